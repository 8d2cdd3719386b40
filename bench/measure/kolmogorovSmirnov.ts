// Whether two samples can be of one distribution: the two-sample test of Kolmogorov and Smirnov.

export interface Comparison {
  /** The largest distance between the two empirical distributions, 0 to 1. */
  readonly distance: number;
  /** How likely two samples of one distribution are at least as far apart. */
  readonly p: number;
}

/**
 * Compares two samples; NaN when one is empty. The asymptotic formula with Stephens' correction, good from some twenty
 * values each (Press et al., Numerical Recipes, 3rd edition, §14.3.3).
 */
export function compareSamples(one: readonly number[], other: readonly number[]): Comparison {
  if (one.length === 0 || other.length === 0) return { distance: Number.NaN, p: Number.NaN };
  const distance = distanceOf([...one].sort((a, b) => a - b), [...other].sort((a, b) => a - b));
  const root = Math.sqrt(one.length * other.length / (one.length + other.length));
  return { distance, p: tail((root + 0.12 + 0.11 / root) * distance) };
}

/** Of sorted values. Equal ones are taken together, or their order would count. */
function distanceOf(one: readonly number[], other: readonly number[]): number {
  let [i, j, distance] = [0, 0, 0];
  while (i < one.length && j < other.length) {
    const value = Math.min(one[i]!, other[j]!);
    while (one[i] === value) i += 1;
    while (other[j] === value) j += 1;
    distance = Math.max(distance, Math.abs(i / one.length - j / other.length));
  }
  return distance;
}

/** Kolmogorov's distribution, the part above `x`. */
function tail(x: number): number {
  // Below, the series converges slowly, and the part above is 1 to nine digits.
  if (x < 0.3) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k += 1) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return Math.min(Math.max(sum, 0), 1);
}
