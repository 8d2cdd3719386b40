// The bench's judgement of times: what is alike passes, what differs by little is found.
import { compareSamples } from '../../bench/measure/kolmogorovSmirnov';
import { judge } from '../../bench/parts/alike';
import { classes } from '../../bench/stand/claimed';
import type { Class } from '../../bench/stand/claimed';

/** Numbers from 0 to 1 that look like chance and are the same in every run (Park and Miller's generator). */
function chance(seed: number): () => number {
  let state = seed;
  return () => (state = state * 48_271 % 2_147_483_647) / 2_147_483_647;
}

const values = (count: number, next: () => number, of: (x: number) => number = (x) => x) =>
  Array.from({ length: count }, () => of(next()));

describe('two samples', () => {
  test('that are the same are not told apart, in whatever order they come', () => {
    expect(compareSamples([3, 1, 2, 2], [2, 3, 2, 1])).toEqual({ distance: 0, p: 1 });
  });

  test('that have nothing in common are', () => {
    const { distance, p } = compareSamples(values(100, chance(1)), values(100, chance(2), (x) => x + 1));
    expect(distance).toBe(1);
    expect(p).toBeLessThan(1e-20);
  });

  test('are as far apart as their distributions are at the widest place, equal values taken together', () => {
    expect(compareSamples([1, 2, 3, 4], [3, 4, 5, 6]).distance).toBe(0.5);
    expect(compareSamples([1, 1, 1, 1], [1, 1, 1, 2]).distance).toBe(0.25);
  });

  test('have the probability that the tables of Kolmogorov\'s distribution give', () => {
    // 10,000 each, so that the correction for small samples is none: distances at which the tables have 10, 5 and 1 %.
    for (const [critical, p] of [[1.2238, 0.1], [1.3581, 0.05], [1.6276, 0.01]] as const) {
      const apart = Math.round(critical / Math.sqrt(5_000) * 10_000);
      const one = Array.from({ length: 10_000 }, (_, index) => index);
      const other = one.map((value) => value + apart);
      expect(compareSamples(one, other).p).toBeCloseTo(p, 2);
    }
  });

  test('of one distribution are told apart about as often as the probability says', () => {
    const next = chance(7);
    const ps = Array.from({ length: 1_000 }, () => compareSamples(values(60, next), values(60, next)).p);
    const below = (limit: number) => ps.filter((p) => p < limit).length / ps.length;
    expect(below(0.05)).toBeGreaterThan(0.02);
    expect(below(0.05)).toBeLessThan(0.08);
    expect(below(0.5)).toBeGreaterThan(0.35);
    expect(below(0.5)).toBeLessThan(0.65);
  });

  test('of which one is empty are not compared', () => {
    expect(compareSamples([], [1]).p).toBeNaN();
  });
});

describe('times of the classes that nobody may tell apart', () => {
  const timed = (answer: number, reply: number) => ({
    'claim: webhook answer': answer, 'claim: reply': reply, 'wrong code: webhook answer': answer, 'wrong code: reply': reply });
  /** Jitter of some ms after the quantum; `slower` ms more for this class. */
  const times = (seed: number, slower = 0) => {
    const next = chance(seed);
    return Array.from({ length: 1_000 }, () => timed(5 + 3 * next(), 2_003 + 8 * next() + slower));
  };

  /** All classes alike but for these. */
  const withTimes = (changed: Partial<Record<Class, ReturnType<typeof times>>>) => ({
    ...Object.fromEntries(classes.map((one, nth) => [one, times(11 + nth)])), ...changed,
  }) as Record<Class, ReturnType<typeof times>>; // cast: fromEntries forgets the keys

  test('that differ by chance alone are alike, in every class', () => {
    const { wrong, sections } = judge('idle', withTimes({}));
    expect(wrong).toEqual([]);
    expect(sections[0]!.rows).toHaveLength((classes.length - 1) * 4);
  });

  test.each(classes.slice(1))('A35 that differ by a single millisecond are found by their distribution: %s', (one) => {
    const { wrong } = judge('idle', withTimes({ [one]: times(22, 1) }));
    expect(wrong).toHaveLength(2);
    expect(wrong[0]).toMatch(new RegExp(`^idle, ${one}, claim: reply: the medians are [01]\\.\\d ms apart, KS p is `));
  });

  test('A35 that differ by eleven milliseconds are found by their medians, however few they are', () => {
    const few = Object.fromEntries(classes.map((one, nth) => [one, times(11 + nth, one === 'departed' ? 20 : 0).slice(0, 5)]));
    const { wrong } = judge('idle', few as Record<Class, ReturnType<typeof times>>); // cast: fromEntries forgets the keys
    expect(wrong).toHaveLength(2);
    expect(wrong[0]).toMatch(/^idle, departed, claim: reply/);
  });

  test('of a machine that is too busy are not judged, and are not called alike', () => {
    const busy = (seed: number) => times(seed).map((all) => ({ ...all, 'claim: reply': all['claim: reply'] * 400 - 800_000 }));
    const all = Object.fromEntries(classes.map((one, nth) => [one, busy(11 + nth)]));
    const { wrong } = judge('idle', all as Record<Class, ReturnType<typeof times>>); // cast: fromEntries forgets the keys
    expect(wrong).toHaveLength(classes.length - 1);
    expect(wrong[0]).toMatch(/^idle, of a strange form, claim: reply: not decided, since chance alone puts medians up to \d+ ms apart/);
  });
});
