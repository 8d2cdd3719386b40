import fc from 'fast-check';
import { foldDigits } from '../../src/domain/characters';
import { readCode } from '../../src/domain/codeText';

const one = (code: string) => ({ found: 'one', code });
const none = { found: 'none' };
const several = { found: 'several' };
const code = (length = 6) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));

/** Ten consecutive characters from each zero: every decimal digit that this Unicode version has. */
function everyDigit(): string[] {
  const all: string[] = [];
  for (let point = 0; point <= 0x10ffff; point += 1) {
    if (point >= 0xd800 && point <= 0xdfff) continue;
    const character = String.fromCodePoint(point);
    if (/\p{Nd}/u.test(character)) all.push(character);
  }
  return all;
}

describe('the code in a message', () => {
  it.each([
    ['483920'], ['483920 is my otp'], ['otp:483920.'], ['My code is 483920, thanks!'], ['(483920)'], ['*483920*'],
    ['“483920”'],
    ['code=483920'], ['otp-483920'], ['我的验证码是483920谢谢'], ['otp483920'], ['-483920'],
    ['I have 2 codes, the first is 483920'],
    ['483 920'], ['483-920'], ['48 39 20'], ['4 8 3 9 2 0'], ['483\u00A0920'], ['483\u2009920'], ['483–920'],
    ['483−920'], ['483 - 920'],
    ['483920 483920'], ['483920\n483920'], ['483 920, I said 483920!'], ['4️⃣8️⃣3️⃣9️⃣2️⃣0️⃣'],
    ['text +491761234567 then 483920'],
  ])('is found once in %j', (text) => {
    expect(readCode(text, [6])).toEqual(one('483920'));
  });

  it.each([
    [''], ['hello'], ['48392'], ['4839201'], ['1e5'], ['0x1F'], ['+123456'], ['＋123456'], ['123456.0'],
    ['1.123456'], ['0,123456'],
    ['1e123456'], ['0x123456'], ['123456e1'], ['12:34:56'], ['483.920'], ['483,920'], ['483\n920'], ['483 . 920'],
    ['12 483920'],
    ['0171 234567'], ['+49 176 123456'], ['12/483920'], ['²³¹⁴⁵⁶'], ['①②③④⑤⑥'], ['ⅠⅡⅢⅣⅤⅥ'], ['½½½½½½'], ['一二三四五六'],
    ['4_8_3_9_2_0'],
    ['Infinity'], ['NaN'], ['483\u0000920'], ['9'.repeat(10_000)],
  ])('A30 is not found in %j', (text) => {
    expect(readCode(text, [6])).toEqual(none);
  });

  it.each([
    ['111111 222222'], ['111111,222222'], ['111111\n222222'], ['is it 111111 or 222222?'], ['111111 222222 111111'],
    ['111 111 222 222'],
    [Array.from({ length: 1_000 }, (_, i) => String(100_000 + i)).join(' ')],
  ])('A18 is not chosen among several in %j', (text) => {
    expect(readCode(text, [6])).toEqual(several);
  });

  it('A28 is read from the digits of every script', () => {
    const all = everyDigit();
    expect(all.length).toBeGreaterThanOrEqual(650);
    for (let start = 0; start < all.length; start += 10) {
      expect(foldDigits(all.slice(start, start + 10).join(''))).toBe('0123456789');
    }
    fc.assert(fc.property(fc.array(fc.nat({ max: all.length - 1 }), { minLength: 6, maxLength: 6 }), (picks) => {
      const expected = picks.map((pick) => pick % 10).join('');
      expect(readCode(`my code: ${picks.map((pick) => all[pick]).join('')}`, [6])).toEqual(one(expected));
    }), { numRuns: 1_000 });
  });

  it('A28 agrees with the numbering systems of the platform', () => {
    for (const system of Intl.supportedValuesOf('numberingSystem')) {
      const format = new Intl.NumberFormat(`en-u-nu-${system}`, { useGrouping: false });
      const written = format.format(123456);
      if (!/^\p{Nd}{6}$/u.test(written)) continue;
      expect([system, readCode(written, [6])]).toEqual([system, one('123456')]);
    }
  });

  it('A29 does not change with characters that nobody sees', () => {
    const unseen = fc.constantFrom(...'\u200B\u200D\u200E\u200F\u202E\u202C\u2066\u2069\u00AD\uFEFF\uFE0F\u{E0020}');
    fc.assert(fc.property(code(), fc.array(fc.tuple(fc.nat(), unseen), { maxLength: 20 }), (clean, additions) => {
      const text = [...`otp: ${clean}.`];
      for (const [at, character] of additions) text.splice(at % (text.length + 1), 0, character);
      expect(readCode(text.join(''), [6])).toEqual(one(clean));
    }), { numRuns: 2_000 });
  });

  it('survives any words without digits around it', () => {
    const words = fc.string({ unit: 'binary', maxLength: 200 }).map((text) => text.replace(/[\p{Nd}+＋﹢]/gu, ''));
    fc.assert(fc.property(words, code(8), words, (before, clean, after) => {
      expect(readCode(`${before} ${clean} ${after}`, [8])).toEqual(one(clean));
    }), { numRuns: 2_000 });
  });

  it('has one of the allowed lengths', () => {
    expect(readCode('12345678', [6, 8])).toEqual(one('12345678'));
    expect(readCode('123456 78', [6, 8])).toEqual(one('12345678'));
    expect(readCode('1234567', [6, 8])).toEqual(none);
    expect(readCode('123456, 12345678', [6, 8])).toEqual(several);
    expect(readCode('123456', [])).toEqual(none);
    expect(readCode('hello', [0])).toEqual(none);
  });

  it('A30 is always exactly the digits that were typed, never a computed number', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const reading = readCode(text, [6, 8]);
      if (reading.found !== 'one') return;
      expect(reading.code).toMatch(/^(\d{6}|\d{8})$/);
      expect(foldDigits(text).replace(/[^0-9]/g, '')).toContain(reading.code);
    }), { numRuns: 5_000 });
  });

  it.each([
    ['digits', '1'.repeat(100_000)], ['groups', '1 '.repeat(50_000)], ['codes', '123456 '.repeat(14_000)],
    ['dashes', '1-----'.repeat(16_000)],
    ['digits of another script', '१'.repeat(100_000)], ['invisible characters', '\u200B'.repeat(100_000)],
    ['plus signs', '+1'.repeat(50_000)],
  ])('A40 is looked for in linear time among 100,000 %s', (_, text) => {
    readCode(text, [6]);
    const before = process.cpuUsage();
    readCode(text, [6]);
    // Processor time, not the clock's: 10 ms; a quadratic search would take seconds.
    expect(process.cpuUsage(before).user / 1e3).toBeLessThan(500);
  });
});
