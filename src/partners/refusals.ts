// Refused requests in the audit: one record a partner and minute with their number, so that a flood of them fills
// neither the audit nor the time of its writers.
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Pool } from '../db/pool';
import type { Log } from '../log';

export interface Refusals {
  /** Counts a request that was refused in a partner's name. */
  note(partner: string): void;
  /** Writes what was counted; what cannot be written stays counted. */
  flush(): Promise<void>;
}

const minuteMs = 60_000;

export function createRefusals(pool: Pool, log: Pick<Log, 'warn'>): Refusals {
  const counts = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  const add = (partner: string, count: number) => counts.set(partner, (counts.get(partner) ?? 0) + count);

  function flushLater(): void {
    timer ??= setTimeout(() => { void flush(); }, minuteMs).unref();
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const taken = [...counts];
    if (taken.length === 0) return;
    counts.clear();
    try {
      await auditedTransaction(pool, async (_tx, note) => {
        for (const [partner, count] of taken) note({ kind: 'partner.refused', facts: { partner, count } });
      });
    } catch (error) {
      log.warn('refused requests could not be noted', { error });
      for (const [partner, count] of taken) add(partner, count);
      flushLater();
    }
  }

  return {
    note(partner) {
      add(partner, 1);
      flushLater();
    },
    flush,
  };
}
