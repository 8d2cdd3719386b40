// Splits a long text into parts that one message can hold, where a reader would pause. Never inside a character.

// Twilio takes 1,600; its count of characters beyond the basic plane is not documented, so UTF-16 units with some air.
const unitsMax = 1_500;
// A part shorter than this share of the whole is not worth a finer pause: the next kind of break is looked for.
const shareMin = 1 / 4;

/** Where a text may be parted, best first: after a paragraph, a line, a sentence, a word. */
const pauses = [/\n[^\S\n]*\n\s*/gu, /\n\s*/gu, /[.!?…。！？।]["'”’»)\]]*\s+|[。！？]/gu, /\s+/gu];

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Inside code, where indentation is meant: after a line, a word. */
const codePauses = [/\n/gu, /\s+/gu];

/** What stands between two of these is shown as code. A part closes what it opens, and the next one opens it again. */
const fence = '```';
const opening = `${fence}\n`;
const closing = `\n${fence}`;

/**
 * Parts of at most `max` UTF-16 units, in order; joined they are the text, but for the white space where it was parted,
 * and fences that were set where code was. None when there is nothing to read. A single grapheme longer than `max` is
 * parted between code points. A text that fits is left as it is.
 */
export function splitText(text: string, max: number = unitsMax): string[] {
  if (text.length <= max) return [text].filter(isPrinted);
  const parts: string[] = [];
  let left: Rest = { rest: text, inCode: false };
  while (!fits(left, max)) {
    const part = firstPart(left, max);
    parts.push(part.text);
    left = part;
  }
  return [...parts, wholeOf(left)].filter(isPrinted);
}

const isPrinted = (part: string): boolean => part.trim() !== '';

/** What is still to be parted, and whether it begins inside code. */
interface Rest {
  readonly rest: string;
  readonly inCode: boolean;
}

const prefixOf = ({ inCode }: Rest): string => inCode ? opening : '';

/** The last part: closed, should the text have left its code open. */
function wholeOf(left: Rest): string {
  const whole = prefixOf(left) + left.rest;
  if (!isOpen(whole)) return whole;
  return isEmptyCode(whole) ? '' : whole + closing;
}

function fits(left: Rest, max: number): boolean {
  return prefixOf(left).length + left.rest.length <= max && wholeOf(left).length <= max;
}

function isOpen(text: string): boolean {
  return text.split(fence).length % 2 === 0;
}

function isEmptyCode(text: string): boolean {
  return !isPrinted(text.replaceAll(fence, ''));
}

function firstPart(left: Rest, max: number): Rest & { readonly text: string } {
  const { rest, inCode } = left;
  const prefix = prefixOf(left);
  const hasCode = inCode || rest.slice(0, max).includes(fence);
  const room = hasCode ? max - prefix.length - closing.length : max;
  const endAmong = (breaks: readonly RegExp[]) => beforeFence(rest, prefix, partEnd(rest, room, breaks));
  const isCode = (end: number) => isOpen(prefix + rest.slice(0, end));
  const usual = endAmong(pauses);
  const end = isCode(usual) ? endAmong(codePauses) : usual;
  const [head, after] = [prefix + rest.slice(0, end), rest.slice(end)];
  if (!isCode(end)) return { text: trimEndOf(head), rest: trimStartOf(after), inCode: false };
  // Where the code would end by itself, our fence stands in place of its own.
  const [ending = ''] = /^\s*```\s*/.exec(after) ?? [];
  const text = isEmptyCode(head) ? '' : trimEndOf(head) + closing;
  return { text, rest: after.slice(ending.length), inCode: ending === '' };
}

/** Code that would only be opened at the end of a part is opened in the next one. */
function beforeFence(rest: string, prefix: string, end: number): number {
  const head = rest.slice(0, end).trimEnd();
  if (!head.endsWith(fence) || !isOpen(prefix + head)) return end;
  const before = marksStart(rest, head.length);
  return isPrinted(rest.slice(0, before)) ? before : end;
}

/** The length of the first part, in units: at least 1 and at most `max`. Not among the marks of a fence. */
function partEnd(text: string, max: number, breaks: readonly RegExp[]): number {
  const end = pauseEnd(text, max, breaks);
  const isAmongMarks = text[end] === '`' && text[end - 1] === '`';
  return isAmongMarks && marksStart(text, end) > 0 ? marksStart(text, end) : end;
}

/** Where the marks begin that a part would end with; its end when they are part of a character. */
function marksStart(text: string, end: number): number {
  const start = text.slice(0, end).replace(/`+$/, '').length;
  return graphemes.segment(text).containing(start)?.index === start ? start : end;
}

function pauseEnd(text: string, max: number, breaks: readonly RegExp[]): number {
  const window = text.slice(0, max);
  const boundaries = graphemes.segment(text);
  const isBoundary = (at: number) => boundaries.containing(at)?.index === at;
  for (const pause of breaks) {
    const ends = [...window.matchAll(pause)].map((match) => match.index + match[0].length);
    const best = ends.findLast(isBoundary);
    if (best !== undefined && best >= max * shareMin) return best;
  }
  const last = boundaries.containing(max)?.index ?? max;
  return last > 0 ? last : codePointEnd(text, max);
}

function codePointEnd(text: string, max: number): number {
  const insidePair = /[\uDC00-\uDFFF]/.test(text[max] ?? '') && /[\uD800-\uDBFF]/.test(text[max - 1] ?? '');
  return insidePair && max > 1 ? max - 1 : max;
}

// A space can carry an accent and is then part of a character: only graphemes that are all space are dropped.
function trimEndOf(part: string): string {
  const kept = part.trimEnd().length;
  const split = graphemes.segment(part).containing(kept);
  return split === undefined || split.index === kept
    ? part.slice(0, kept)
    : part.slice(0, split.index + split.segment.length);
}

function trimStartOf(rest: string): string {
  const dropped = rest.length - rest.trimStart().length;
  return rest.slice(graphemes.segment(rest).containing(dropped)?.index ?? dropped);
}
