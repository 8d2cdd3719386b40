// Tells conversations of stored messages: at once where it can, in order for each sender, and again by sweeping where
// it could not (decision 2). A message may be told twice after a crash: the conversation takes it once.
import type { Pool } from '../db/pool';
import type { Log } from '../log';
import { createChains } from './chains';
import { markDispatched, storeMessage, waitingMessages } from './inbox';
import type { IncomingMessage } from './inbox';
import type { AddressKeys } from './senders';
import { sweep } from './sweep';
import type { SweepReport, SweepTask } from './sweep';
import { storeUnconfirmed } from './unconfirmed';
import type { ProviderView } from './unconfirmed';

/** `later`: it is stored, and the sweeper will tell it. */
export type Delivery = 'delivered' | 'later';

export interface DispatcherDeps {
  readonly pool: Pool;
  readonly keys: AddressKeys;
  /** Tells the sender's conversation. Rejects when that is not certain; need not have a deadline of its own. */
  signal(message: { senderId: string; messageId: string }): Promise<void>;
  /** The provider's own record of a message; undefined when it has none. Rejects when it cannot be asked. */
  fetchMessage(messageId: string): Promise<ProviderView | undefined>;
  /** Our WhatsApp sender, as the channel spells it: what the provider's record must name as recipient. */
  readonly recipient: string;
  /** How many messages of one sender are read in a minute (policy `messagesPerMinuteMax`). */
  readonly messagesPerMinuteMax: number;
  /** What each sweep does beside, in their order. */
  readonly tasks?: readonly SweepTask[];
  /** After how long a text that nobody handled is destroyed (policy `textRetentionMs`). */
  readonly textRetentionMs: number;
  readonly log: Pick<Log, 'warn'>;
  /** Hears what each sweep came to. */
  readonly onSweep?: (report: SweepReport) => void;
  /** How long one signal, and a webhook that waits for it, may take. */
  readonly deadlineMs?: number;
  /** How long a row is left to the web process that stored it before the sweeper takes it. */
  readonly sweepAfterMs?: number;
}

export interface Dispatcher {
  /**
   * Stores a message that came in, then tells its conversation, within the deadline. Rejects only when the message is
   * not stored. `doubts` make it wait for the provider's confirmation instead. One that `isLate`, which no webhook
   * brought in its time, is not counted as one of this minute.
   */
  take(
    message: IncomingMessage, doubts: readonly string[], isLate?: boolean,
  ): Promise<'known' | 'flood' | 'unconfirmed' | Delivery>;
  /**
   * Asks the provider about unconfirmed messages, then tells all that waited too long. One sweeper runs at a time, over
   * all processes; the others find nothing to do.
   */
  sweep(): Promise<SweepReport>;
  /** Sweeps at once, or right after the sweep that runs: somebody waits for what it finds. */
  sweepSoon(): void;
  /** Sweeps now, and again `intervalMs` after each sweep has ended, or at once for a message in doubt. */
  start(intervalMs: number): void;
  /** No further sweep; resolves when what runs has ended and is noted. */
  stop(): Promise<void>;
  /** Resolves when everything that was begun is noted in the inbox. */
  drain(): Promise<void>;
}

// Of Twilio's 15 s in total, a fifth at most together with the store's own limits (R40).
const defaultDeadlineMs = 2_000;
const defaultSweepAfterMs = 5_000;
// A sender with more than this waiting is told in several goes.
const waitingBatch = 100;

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { pool, keys, log, deadlineMs = defaultDeadlineMs, sweepAfterMs = defaultSweepAfterMs } = deps;
  const chains = createChains((error) => log.warn('dispatch left to the sweeper', { error }));
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<SweepReport> | undefined;
  let stopped = true;
  let intervalMs = 0;
  let again = false;

  const tell = (senderId: string, messageId: string) =>
    withDeadline(deps.signal({ senderId, messageId }), deadlineMs);

  // Always all that waits, oldest first, and never just the newest message: two that were stored in the same moment do
  // not know of each other, and the second must not overtake the first when telling that one fails.
  async function tellWaiting(senderId: string, answer: (delivery: Delivery) => void): Promise<void> {
    for (let more = true; more;) {
      const waiting = await waitingMessages(pool, senderId, waitingBatch);
      more = waiting.length === waitingBatch;
      const told: string[] = [];
      try {
        for (const messageId of waiting) {
          await tell(senderId, messageId);
          told.push(messageId);
        }
        // The webhook need not wait for the note: should it get lost, a message is told twice and taken once.
        if (!more) answer('delivered');
      } finally {
        await markDispatched(pool, told);
      }
    }
  }

  /** Tells in turn with other work for this sender; resolves when that is noted, too. */
  async function deliverAll(senderId: string, answer?: (delivery: Delivery) => void): Promise<Delivery> {
    let delivery: Delivery = 'later';
    await chains.run(senderId, () => tellWaiting(senderId, (told) => {
      delivery = told;
      answer?.(told);
    }));
    return delivery;
  }

  /** Answers within the deadline, whatever Temporal does, and before the note; the work itself goes on. */
  function deliver(senderId: string): Promise<Delivery> {
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve('later'), deadlineMs);
      void deliverAll(senderId, resolve).then(resolve).finally(() => clearTimeout(late));
    });
  }

  function sweepOnce(): Promise<SweepReport> {
    sweeping ??= sweep({ ...deps, sweepAfterMs, deliverAll: (senderId) => deliverAll(senderId) })
      .then((report) => {
        deps.onSweep?.(report);
        return report;
      })
      .finally(() => { sweeping = undefined; });
    return sweeping;
  }

  function scheduleSweep(afterMs: number): void {
    timer = setTimeout(() => {
      again = false;
      void sweepOnce()
        .catch((error: unknown) => log.warn('sweep failed', { error }))
        .then(() => { if (!stopped) scheduleSweep(again ? 0 : intervalMs); });
    }, afterMs);
    timer.unref();
  }

  function sweepSoon(): void {
    again = true;
    if (stopped || sweeping !== undefined) return;
    clearTimeout(timer);
    scheduleSweep(0);
  }

  return {
    async take(message, doubts, isLate = false) {
      if (doubts.length > 0) {
        const kept = await storeUnconfirmed(pool, keys, message, doubts, deps.messagesPerMinuteMax);
        if (kept !== 'stored') return kept;
        sweepSoon();
        return 'unconfirmed';
      }
      const stored = await storeMessage(pool, keys, message, isLate ? undefined : deps.messagesPerMinuteMax);
      return stored.outcome === 'stored' ? deliver(stored.senderId) : stored.outcome;
    },
    sweep: sweepOnce,
    sweepSoon,
    start(everyMs) {
      stopped = false;
      intervalMs = everyMs;
      scheduleSweep(0);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await sweeping?.catch(() => undefined);
      await chains.drain();
    },
    drain: () => chains.drain(),
  };
}

function withDeadline(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TookTooLong()), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

class TookTooLong extends Error {
  override readonly name = 'TookTooLong';
}
