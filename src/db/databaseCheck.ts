// Whether the database may be relied on: asked at the start until it answers.
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from './pool';

/** How soon a database that does not answer is asked again. */
const askAgainMs = 1_000;

/**
 * Whether the database may be relied on. A process whose database is down starts all the same, waits, and does nothing
 * until it is known to be sound; one whose database is unsound ends. `findProblems` is asked until it answers;
 * `onSilence` hears each time that it does not.
 */
export function createDatabaseCheck(
  pool: Pool, findProblems: () => Promise<readonly string[]>, onSilence: (error: unknown) => void,
  refusal: (problems: readonly string[]) => Error,
) {
  let isSound = false;
  /** Throws the refusal when it is unsound; false when it does not answer. */
  async function check(): Promise<boolean> {
    const problems = await findProblems().catch(onSilence);
    if (problems === undefined) return false;
    if (problems.length > 0) throw refusal(problems);
    return isSound = true;
  }
  return {
    check,
    /** Throws until it is known to be sound. */
    requireSound() {
      if (!isSound) throw new Error('it is not known yet whether the database is sound');
    },
    /** Resolves when it is sound, or when the signal came. */
    async untilSound(signal: AbortSignal): Promise<void> {
      while (!isSound && !signal.aborted && !await check()) {
        await delay(askAgainMs, undefined, { signal }).catch(() => undefined);
      }
    },
    /** Whether it is sound and answers at this moment. */
    isReady: async () => isSound && await pool.query('SELECT 1').then(() => true, () => false),
  };
}
