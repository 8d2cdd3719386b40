// Dispatchers over a Temporal that does what the test says.
import { createDispatcher } from '../../src/inbox/dispatcher';
import type { Dispatcher, DispatcherDeps } from '../../src/inbox/dispatcher';
import { destroyOldTexts } from '../../src/outbox/retention';
import type { InboxWorld } from './inboxWorld';
import { recipient } from './twilioRequests';

export const refused = (): Promise<never> => Promise.reject(new Error('Temporal is down'));
export const never = (): Promise<void> => new Promise<void>(() => undefined);

export interface ObservedDispatcher extends Dispatcher {
  /** The message ids that got through, in order. */
  readonly told: string[];
  readonly logged: string[];
}

export function dispatchingIn(world: () => InboxWorld) {
  let last = 0;
  return {
    /** A number that nobody has written from before. */
    fresh(): { phone: string } {
      last += 1;
      return { phone: `whatsapp:+33612${String(last).padStart(6, '0')}` };
    },
    dispatching(deps: Partial<DispatcherDeps> = {}): ObservedDispatcher {
      const told: string[] = [];
      const logged: string[] = [];
      const { signal = () => Promise.resolve() } = deps;
      const log: DispatcherDeps['log'] = { warn: (event, fields) => { logged.push(JSON.stringify([event, fields])); } };
      const retention = { pool: world().pool, log, textRetentionMs: 86_400_000, receiptWaitMs: 900_000 };
      const dispatcher = createDispatcher({
        pool: world().pool, keys: world().keys, recipient,
        textRetentionMs: retention.textRetentionMs, messagesPerMinuteMax: 1_000, sweepAfterMs: 0, deadlineMs: 20_000,
        fetchMessage: () => Promise.resolve(undefined),
        tasks: [{ name: 'texts', run: () => destroyOldTexts(retention) }],
        log,
        ...deps,
        async signal(message) {
          await signal(message);
          told.push(message.messageId);
        },
      });
      return { ...dispatcher, told, logged };
    },
  };
}
