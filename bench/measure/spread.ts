// Medians and tails of what was measured; no averages, which one slow answer moves.

export interface Spread {
  readonly median: number;
  readonly p99: number;
  readonly max: number;
  readonly count: number;
}

/** The value below which a part `q` (0 to 1) of the values lie, by nearest rank. NaN for none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * How far chance alone moves the difference of two medians, at the most: three standard errors, from the values around
 * each median, whatever their distribution.
 */
export function medianNoise(one: readonly number[], other: readonly number[]): number {
  const noises = [one, other].map((values) => {
    const ranks = 1.5 / Math.sqrt(values.length);
    return (quantile(values, 0.5 + ranks) - quantile(values, 0.5 - ranks)) / 2;
  });
  return Math.hypot(...noises);
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), p99: quantile(values, 0.99), max: quantile(values, 1), count: values.length };
}

/** Milliseconds on the machine's monotonic clock: comparable between processes, unlike performance.now(). */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
