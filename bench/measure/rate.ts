// How often a second something can be done.
import { nowMs } from './spread';

/** Does it over and over, `atOnce` at a time. */
export async function ratePerSecond(seconds: number, atOnce: number, act: () => Promise<unknown>): Promise<number> {
  const start = nowMs();
  let done = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (; nowMs() - start < seconds * 1_000; done += 1) await act();
  }));
  return done / ((nowMs() - start) / 1_000);
}
