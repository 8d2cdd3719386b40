// Tells the workflow of a subject that an event waits: at once where it can be told, else by the sweep. Told twice, an
// event is forwarded once more at most: the workflow looks itself what waits.
import type { Pool, Queryable } from '../db/pool';
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Note } from '../audit/auditedTransaction';
import type { Log } from '../log';
import { dueSubjects, forgetEvents, noteTold, unparkEvents } from './events';
import type { Subject } from './events';

export interface ForwardingDeps {
  readonly pool: Pool;
  /** Tells the subject's workflow, starting it if there is none. Rejects when that is not certain. */
  signal(subject: Subject, eventId: string): Promise<void>;
  readonly log: Pick<Log, 'warn'>;
  readonly now?: () => Date;
}

export interface Forwarding {
  /** Tells of an event that was stored; never rejects. */
  tell(event: Subject & { readonly id: string }): void;
  /** Tells of all that waits for too long, and forgets what is over. For one process at a time. */
  sweep(): Promise<void>;
  /** Resolves when nobody is being told. */
  drain(): Promise<void>;
}

/** Longer than any workflow needs to look again; one that an operator ended is started anew by then. */
const tellAgainMs = 3_600_000;
const dueBatch = 500;
const toldAtOnce = 8;
const forgetBatches = 20;

export function createForwarding({ pool, signal, log, now = () => new Date() }: ForwardingDeps): Forwarding {
  const telling = new Set<Promise<boolean>>();

  /** Whether the workflow knows. */
  async function tellOf(subject: Subject, ids: readonly string[]): Promise<boolean> {
    try {
      // One is enough: the workflow takes all that wait.
      await signal(subject, ids[0]!);
      await noteTold(pool, ids, tellAgainMs);
      return true;
    } catch (error) {
      log.warn('an event of a partner is left to the sweeper', { source: subject.partner, error });
      return false;
    }
  }

  async function tellDue(): Promise<void> {
    const due = await dueSubjects(pool, dueBatch);
    for (let start = 0; start < due.length; start += toldAtOnce) {
      const told = await Promise.all(due.slice(start, start + toldAtOnce)
        .map(({ partner, subject, ids }) => tellOf({ partner, subject }, ids)));
      // Nobody of a whole chunk could be told: nobody of the next one will be.
      if (!told.includes(true)) return;
    }
  }

  return {
    tell({ partner, subject, id }) {
      const told = tellOf({ partner, subject }, [id]).finally(() => telling.delete(told));
      telling.add(told);
    },
    async sweep() {
      await tellDue();
      for (let batch = 0; batch < forgetBatches; batch += 1) if (await forgetEvents(pool, now()) < 1_000) return;
    },
    async drain() {
      while (telling.size > 0) await Promise.all(telling);
    },
  };
}

/** Has the parked events of a partner tried again, because an operator says so. Says how many. */
export function resumeParked(pool: Pool, partner: string, operator: string): Promise<number> {
  return auditedTransaction(pool, async (tx: Queryable, note: Note) => {
    const events = await unparkEvents(tx, partner);
    if (events > 0) note({ kind: 'partner.resumed', facts: { partner, events, operator } });
    return events;
  });
}
