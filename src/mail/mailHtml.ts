// The HTML part of a mail: the words of its text part, with the same line breaks, in letters that a phone shows well.
// What stands in the text is data (A42): it is escaped as a whole, and nothing is fetched.

const meanings: Readonly<Record<string, string>> = {
  '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => meanings[sign]!);

/** Paragraphs of a text; a line that is nothing but an address becomes a link. `language`: BCP 47. */
export function mailHtml(text: string, language: string): string {
  const paragraphs = text.split('\n\n').map((paragraph) => `<p>${paragraph.split('\n').map(line).join('<br>')}</p>`);
  return `<!doctype html><html lang="${escaped(language)}"><meta charset="utf-8">`
    + '<body style="font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:1.5em auto;padding:0 1em">'
    + `${paragraphs.join('')}</body></html>`;
}

function line(text: string): string {
  const isLink = /^https?:\/\/\S+$/.test(text);
  return isLink ? `<a href="${escaped(text)}">${escaped(text)}</a>` : escaped(text);
}
