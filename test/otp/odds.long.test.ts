// The mathematics of guessing: codes are as good as drawn, and a million guesses have the luck that chance gives them.
// Keys and challenges are fixed, so that a figure is the same each time: none of these tests fails by chance.
import { createHmac } from 'node:crypto';
import { deriveCode, sameCode } from '../../src/otp/codes';

const keys = { activeId: 'k1', key: () => Buffer.alloc(32, 'test key ') };
const codeOf = (challenge: number, digits: number): string =>
  deriveCode(keys, { keyId: 'k1', challengeId: `challenge-${challenge}`, purpose: 'verify-sender', digits });

/** More of them in a long run. */
const samples = Number(process.env.DOORMAN_CODES ?? 100_000);

// Upper .001 quantiles of chi-square (R02), by degrees of freedom: 9 a position, one less than there are bins.
const positionsLimit: Readonly<Record<number, number>> = { 6: 91.87, 7: 103.44, 8: 114.84, 9: 126.08, 10: 137.21 };
const binsLimit = 1_142.85;
const pairsLimit = 148.23;

/** How far counts are from all being the same. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

const zeros = (length: number) => new Array<number>(length).fill(0);

/** Over all positions of all codes: digits, neighbours, and the code itself in a thousand bins of equal width. */
function spreadOf(digits: number, derive: (challenge: number, digits: number) => string) {
  const positions = Array.from({ length: digits }, () => zeros(10));
  const pairs = Array.from({ length: digits - 1 }, () => zeros(100));
  const bins = zeros(1_000);
  for (let n = 0; n < samples; n += 1) {
    const code = derive(n, digits);
    bins[Number(code.slice(0, 3))]! += 1;
    let former = 0;
    for (let at = 0; at < digits; at += 1) {
      const digit = code.charCodeAt(at) - 48;
      positions[at]![digit]! += 1;
      if (at > 0) pairs[at - 1]![former * 10 + digit]! += 1;
      former = digit;
    }
  }
  return {
    positions: positions.map(chiSquare).reduce((sum, one) => sum + one, 0),
    pairs: pairs.map(chiSquare),
    bins: chiSquare(bins),
  };
}

describe('codes', () => {
  test.each([6, 7, 8, 9, 10])('of %i digits are spread evenly: each digit, each pair of neighbours, each thousandth', (digits) => {
    const { positions, pairs, bins } = spreadOf(digits, codeOf);
    expect(positions).toBeLessThan(positionsLimit[digits]!);
    expect(bins).toBeLessThan(binsLimit);
    // As many chances of a thousandth as there are pairs: the median has none.
    expect(pairs.sort((a, b) => a - b)[Math.floor(pairs.length / 2)]).toBeLessThan(pairsLimit);
  });

  test('that took every byte, and not only those below 250, would be found out', () => {
    const biased = (challenge: number, digits: number) =>
      Array.from(createHmac('sha256', keys.key()).update(`${challenge}`).digest().subarray(0, digits), (byte) => byte % 10).join('');
    const { positions } = spreadOf(6, biased);
    expect(positions).toBeGreaterThan(positionsLimit[6]!);
  });
});

describe('a million guesses at codes of three digits', () => {
  const triesMax = 5;
  const space = 1_000;

  /** How many sigma lie between the codes that fell and those that chance lets fall. */
  function deviation(codes: number, evaluationsPerTry: number): number {
    // Different guesses at one code exclude each other: each code falls with this probability.
    const fall = triesMax / space;
    return (fallen(codes, evaluationsPerTry) - codes * fall) / Math.sqrt(codes * fall * (1 - fall));
  }

  /** Nothing shorter than six digits is ever derived: the first three are a code of their own, as evenly spread. */
  const shortCode = (challenge: number) => codeOf(challenge, 6).slice(0, 3);
  /** Anything that does not know the code. */
  const guessOf = (challenge: number, nth: number) => String((challenge * 7 + nth * 389) % space).padStart(3, '0');

  /** Codes that fell, when each try evaluates as many guesses. */
  function fallen(codes: number, evaluationsPerTry: number): number {
    let count = 0;
    for (let challenge = 0; challenge < codes; challenge += 1) {
      const code = shortCode(challenge);
      for (let nth = 0; nth < triesMax * evaluationsPerTry; nth += 1) if (sameCode(guessOf(challenge, nth), code)) count += 1;
    }
    return count;
  }

  test('succeed as often as five tries at each of two hundred thousand codes do, give or take three sigma', () => {
    expect(Math.abs(deviation(200_000, 1))).toBeLessThan(3);
  });

  test('would be found out, were a second one evaluated beside each: a tenth of them is enough', () => {
    expect(deviation(20_000, 2)).toBeGreaterThan(3);
  });
});
