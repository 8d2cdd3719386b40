// The pages behind a NOT ME link: constants, made once. No script, nothing fetched, nothing of a request in them.
import { createHash } from 'node:crypto';
import { disputeWords } from './disputeWords';
import type { DisputeLanguage, PageWords } from './disputeWords';

export type DisputePageName = 'ask' | 'done' | 'unknown' | 'later';

const style = `
:root { color-scheme: light dark; --ink: #15221e; --muted: #586963; --line: #dde4e0; --ground: #eef1ee; --card: #fff;
  --bad: #b3261e; --on-bad: #fff;
  font: 17px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6ede9; --muted: #9cada6; --line: #28342f; --ground: #0d1311; --card: #151d1a; --bad: #f2b8b5;
    --on-bad: #4b0f0b; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: grid; place-items: center; padding: 1rem;
  background: var(--ground); color: var(--ink); }
main { width: min(28rem, 100%); padding: 1.75rem 1.5rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 14px; box-shadow: 0 8px 30px rgb(20 40 32 / .12); }
h1 { margin: 0 0 .75rem; font-size: 1.35rem; line-height: 1.25; letter-spacing: -.01em; }
p { margin: 0; color: var(--muted); }
button { width: 100%; margin-top: 1.5rem; padding: .9rem 1rem; border: 0; border-radius: 99px; background: var(--bad);
  color: var(--on-bad); font: inherit; font-weight: 600; cursor: pointer; }
button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
`;

/** Only this style, and a form that comes back to us. */
export const disputePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

function pageOf(language: string, { title, text }: PageWords, button?: string): string {
  // Without an action a form comes back to where it stands: the link itself.
  const form = button === undefined ? '' : `\n<form method="post"><button type="submit">${button}</button></form>`;
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${text}</p>${form}
</main>
</body>
</html>
`;
}

export const disputeLanguages = Object.keys(disputeWords) as DisputeLanguage[]; // cast: keys forgets what they are

const pages = new Map(disputeLanguages.map((language) => {
  const { ask, done, unknown, later } = disputeWords[language];
  return [language, {
    ask: pageOf(language, ask, ask.button),
    done: pageOf(language, done),
    unknown: pageOf(language, unknown),
    later: pageOf(language, later),
  } satisfies Record<DisputePageName, string>] as const;
}));

export function disputePage(language: DisputeLanguage, name: DisputePageName): string {
  return pages.get(language)![name];
}
