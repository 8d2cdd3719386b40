import fc from 'fast-check';
import { splitText } from '../../src/domain/splitText';

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });
const graphemesOf = (text: string) => Array.from(segmenter.segment(text), ({ segment }) => segment);
const printed = (text: string) => graphemesOf(text).filter((grapheme) => grapheme.trim() !== '');

// Characters that are easily broken: families, flags, accents on spaces, surrogate pairs, Indic clusters, CR LF.
const pieces = fc.constantFrom(
  'a', 'word', ' ', '  ', '\n', '\n\n', '\r\n', '. ', '! ', '。', '…', '👨‍👩‍👧‍👦', '🇩🇪', '🇫🇷', 'e\u0301', ' \u0301', '\u0600 ', 'नि', '각',
  '𝟏', '\u200B', '\u00A0', '*bold* ', '1️⃣', '\uD800', '\uDC00');
const texts = fc.oneof(
  fc.array(pieces, { maxLength: 120 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 200 }), fc.lorem({ maxCount: 60, mode: 'sentences' }));

const fences = (text: string) => text.split('```').length - 1;
const withoutMarks = (text: string) => printed(text.replaceAll('`', ''));
const code = fc.constantFrom('```', '```\n', '\n```', '``', '`', 'code', '    indented\n', 'x = 1;\n', ' ', '\n', 'words. ', '👨‍👩‍👧‍👦', 'e\u0301');
const textsWithCode = fc.array(code, { maxLength: 150 }).map((parts) => parts.join(''));

describe('a long text', () => {
  it('is parted without losing, adding, breaking or moving a character', () => {
    fc.assert(fc.property(texts, fc.integer({ min: 30, max: 100 }), (text, max) => {
      const parts = splitText(text, max);
      expect(parts.flatMap(printed)).toEqual(printed(text));
      for (const part of parts) {
        expect(part.length).toBeLessThanOrEqual(max);
        expect(part.trim()).not.toBe('');
      }
    }), { numRuns: 1_500 });
  });

  it('is not parted into crumbs: only the last part is shorter than a quarter of what fits', () => {
    fc.assert(fc.property(fc.lorem({ maxCount: 200, mode: 'sentences' }), fc.integer({ min: 60, max: 200 }), (text, max) => {
      const parts = splitText(text, max);
      for (const part of parts.slice(0, -1)) expect(part.length).toBeGreaterThanOrEqual(max / 4 - 2);
    }));
  });

  it.each([
    ['a paragraph', `${'One. '.repeat(8)}\n\nTwo. ${'three '.repeat(10)}`, 60, `${'One. '.repeat(8).trim()}`],
    ['a line', `${'one '.repeat(8)}\n${'two '.repeat(12)}`, 60, 'one '.repeat(8).trim()],
    ['a sentence', `${'one '.repeat(8)}two. ${'three '.repeat(12)}`, 60, `${'one '.repeat(8)}two.`],
    ['a Chinese sentence', `${'一'.repeat(30)}。${'二'.repeat(40)}`, 60, `${'一'.repeat(30)}。`],
    ['a word', 'word '.repeat(30), 61, 'word '.repeat(12).trim()],
    ['a character', '👨‍👩‍👧‍👦'.repeat(10), 60, '👨‍👩‍👧‍👦'.repeat(5)],
  ])('ends its first part after %s', (_, text, max, first) => {
    expect(splitText(text, max)[0]).toBe(first);
  });

  it('with code closes in each part what it opens, and loses nothing but space', () => {
    fc.assert(fc.property(textsWithCode, fc.integer({ min: 30, max: 100 }), (text, max) => {
      const parts = splitText(text, max);
      expect(parts.flatMap(withoutMarks)).toEqual(withoutMarks(text));
      for (const part of parts) {
        expect(part.length).toBeLessThanOrEqual(max);
        expect(part.trim()).not.toBe('');
        if (text.length > max) expect(fences(part) % 2).toBe(0);
      }
    }), { numRuns: 1_500 });
  });

  it.each([
    ['long code between its lines, with its indentation', '```\nif (a) {\n  first();\n  second();\n}\n```', 30,
      ['```\nif (a) {\n  first();\n```', '```\n  second();\n}\n```']],
    ['before code that would only be opened', 'Some words here. ```\nlong code with words\n```', 30,
      ['Some words here.', '```\nlong code with words\n```']],
    ['after code that ends there', '```\nlong code of words\n``` and words then', 30,
      ['```\nlong code of words\n```', 'and words then']],
    ['code that is never closed, and closes it', '```\nlong code\nof three lines\nlast line', 34,
      ['```\nlong code\nof three lines\n```', '```\nlast line\n```']],
    ['code of one endless word', `\`\`\`${'x'.repeat(40)}\`\`\``, 30,
      [`\`\`\`${'x'.repeat(23)}\n\`\`\``, `\`\`\`\n${'x'.repeat(17)}\`\`\``]],
  ])('is parted in %s', (_, text, max, parts) => {
    expect(splitText(text, max)).toEqual(parts);
  });

  it('keeps a short first line with what follows', () => {
    expect(splitText(`Hi!\n\n${'word '.repeat(30)}`, 100)[0]!.length).toBeGreaterThan(80);
  });

  it('that fits is left as it is', () => {
    const text = `  ${'x'.repeat(1_490)} \n`;
    expect(splitText(text)).toEqual([text]);
    expect(splitText('x'.repeat(1_501)).map(({ length }) => length)).toEqual([1_500, 1]);
  });

  it.each([[''], [' '], ['\n\n'], [' '.repeat(4_000)]])('without anything to read has no parts (%#)', (text) => {
    expect(splitText(text)).toEqual([]);
  });

  it('of one endless character is parted between code points all the same', () => {
    const endless = `e${'\u0301'.repeat(4_000)}`;
    const parts = splitText(endless);
    expect(parts.join('')).toBe(endless);
    for (const part of parts) expect(part.length).toBeLessThanOrEqual(1_500);
    expect(splitText(`👨${'\u200D👨'.repeat(600)}`).every((part) => !/\p{Cs}/u.test(part))).toBe(true);
  });

  it('of 64 KiB is parted in no time', () => {
    const started = performance.now();
    for (const unit of ['.', 'word. ', '\n \n', '👩‍👩‍👧', ')', '.)))', '`', '```', '``` x\n']) splitText(unit.repeat(65_536 / unit.length));
    expect(performance.now() - started).toBeLessThan(4_000);
  });
});
