// Splits a long text into parts that one message can hold, where a reader would pause. Never inside a character.

// Twilio takes 1,600; its count of characters beyond the basic plane is not documented, so UTF-16 units with some air.
const unitsMax = 1_500;
// A part shorter than this share of the whole is not worth a finer pause: the next kind of break is looked for.
const shareMin = 1 / 4;

/** Where a text may be parted, best first: after a paragraph, a line, a sentence, a word. */
const pauses = [/\n[^\S\n]*\n\s*/gu, /\n\s*/gu, /[.!?…。！？।]["'”’»)\]]*\s+|[。！？]/gu, /\s+/gu];

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * Parts of at most `max` UTF-16 units, in order; joined they are the text, but for the white space where it was parted.
 * None when there is nothing to read. A single grapheme longer than `max` is parted between code points.
 */
export function splitText(text: string, max: number = unitsMax): string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > max) {
    const end = partEnd(rest, max);
    parts.push(trimEndOf(rest.slice(0, end)));
    rest = trimStartOf(rest.slice(end));
  }
  return [...parts, rest].filter((part) => part.trim() !== '');
}

/** The length of the first part, in units: at least 1 and at most `max`. */
function partEnd(text: string, max: number): number {
  const window = text.slice(0, max);
  const boundaries = graphemes.segment(text);
  const isBoundary = (at: number) => boundaries.containing(at)?.index === at;
  for (const pause of pauses) {
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
