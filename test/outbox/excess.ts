// Whether times of sends fit a bucket.

/** The most that left within any stretch of time, less what a bucket of this size may let go in it: at most 0. */
export function excess(times: readonly number[], burst: number, everyMs: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  let most = -Infinity;
  for (let first = 0; first < sorted.length; first += 1) {
    for (let end = first; end < sorted.length; end += 1) {
      most = Math.max(most, end - first + 1 - burst - Math.floor((sorted[end]! - sorted[first]! + 1e-6) / everyMs));
    }
  }
  return most;
}
