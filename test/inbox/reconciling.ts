// A provider that has received what the test says, and processes that look for what is missing.
import { createReconciler } from '../../src/inbox/reconcile';
import type { Found, Received, ReconcilerDeps } from '../../src/inbox/reconcile';
import { dispatchingIn } from '../support/dispatching';
import type { ObservedDispatcher } from '../support/dispatching';
import type { InboxWorld } from '../support/inboxWorld';
import { newMessageSid } from '../support/twilioRequests';

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;

/** A process that has just started. */
export interface Looking {
  readonly dispatcher: ObservedDispatcher;
  readonly logged: string[];
  look(): Promise<Found>;
  stop(): Promise<void>;
}

/** What former looks have noted, as ages. */
export interface Remembered {
  readonly begun?: string | null;
  readonly settled?: string | null;
  readonly lookedBack?: string | null;
  readonly due?: string;
}

export interface StoredRow {
  readonly id: string;
  readonly kind: string;
  readonly sender: string | null;
  readonly outcome: string | null;
}

export const idsOf = (messages: readonly { id: string }[]) => messages.map(({ id }) => id);

export function reconcilingIn(world: () => InboxWorld) {
  const { dispatching, fresh } = dispatchingIn(world);
  /** Oldest first. */
  let provider: Received[] = [];
  let askedSince: Date[] = [];

  async function* listReceived(since: Date): AsyncGenerator<readonly Received[]> {
    askedSince.push(since);
    const listed = provider.filter(({ createdAt }) => createdAt >= since).reverse();
    for (let start = 0; start < listed.length; start += 3) yield listed.slice(start, start + 3);
  }

  /** By default, that there was a first look two days ago, and nothing since. */
  async function remember({ begun = '2 days', settled = null, lookedBack = null, due = '0 s' }: Remembered): Promise<void> {
    await world().owner.query(
      `UPDATE reconciliation SET begun_at = clock_timestamp() - $1::interval,
          settled_until = clock_timestamp() - $2::interval, looked_back_at = clock_timestamp() - $3::interval,
          due_at = clock_timestamp() - $4::interval`, [begun, settled, lookedBack, due]);
  }

  return {
    dispatching, fresh, listReceived, remember,

    /** Nothing was received, nothing is stored. */
    async forget(): Promise<void> {
      provider = [];
      askedSince = [];
      await world().owner.query('DELETE FROM inbox');
      await remember({});
    },

    /** Somebody wrote, so many seconds ago. */
    received(secondsAgo: number, changes: Partial<Received> = {}): Received {
      const createdAt = new Date((Math.floor(Date.now() / secondMs) - secondsAgo) * secondMs);
      const message = { id: newMessageSid(), from: fresh().phone, text: 'hello', hasMedia: false, createdAt, ...changes };
      provider.push(message);
      provider.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
      return message;
    },

    looking(changes: Partial<ReconcilerDeps> = {}): Looking {
      const dispatcher = dispatching();
      const logged: string[] = [];
      const reconciler = createReconciler({
        pool: world().pool, listReceived,
        take: (message) => dispatcher.take(message, []),
        intervalMs: minuteMs, patienceMs: 30 * secondMs, textRetentionMs: 24 * hourMs,
        log: { warn: (event, fields) => { logged.push(JSON.stringify([event, fields])); } },
        ...changes,
      });
      return { dispatcher, logged, look: () => reconciler.look(), stop: () => reconciler.stop() };
    },

    /** Until when the last list went back, in seconds before now. */
    secondsLookedBack: (): number => (Date.now() - askedSince.at(-1)!.getTime()) / secondMs,

    makeDue: () => world().owner.query('UPDATE reconciliation SET due_at = clock_timestamp()'),

    async dueInSeconds(): Promise<number> {
      const [row] = await world().rows<{ in: number }>(
        'SELECT extract(epoch FROM due_at - clock_timestamp())::float8 AS in FROM reconciliation');
      return row!.in;
    },

    stored: () => world().rows<StoredRow>(
      'SELECT message_id AS id, kind, sender_id AS sender, outcome FROM inbox ORDER BY arrival'),
  };
}
