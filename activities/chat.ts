// Says something to a sender, once a key. The words come from src/texts or from the sealed outbox,
// never from an argument.
import type { ChatChannel } from '../src/chat/chatChannel';
import { beginSend, knownProviderIds, settleSend } from '../src/outbox/outbox';
import { settleRefused } from './refusedSend';
import type { Send } from '../src/outbox/outbox';
import type { Pool, Queryable } from '../src/db/pool';
import { findOpenSession, sessionLanguage } from '../src/sessions/sessions';
import type { PurposeKeys } from '../src/keys/keyring';
import type { TextRequest } from '../src/texts/keys';

export interface ChatDeps {
  readonly pool: Pool;
  readonly storageKeys: PurposeKeys;
  readonly channel: ChatChannel;
  /** The address the sender last wrote from; undefined when another sender has taken it over. */
  replyAddress(db: Queryable, senderId: string): Promise<string | undefined>;
  /** The words for a text in the best language there is. */
  render(text: TextRequest, language: string | null): string;
  /** Milliseconds since a message was received, by the database's clock. */
  messageAgeMs(db: Queryable, messageId: string): Promise<number>;
  /** Waits; rejects when the activity is cancelled. */
  wait(ms: number): Promise<void>;
}

export interface ReplyInput {
  /** Business key: the same reply is sent once, however often this runs. */
  readonly key: string;
  readonly senderId: string;
  readonly text: TextRequest;
  /** Before verification: leaves on a whole multiple of `ms` after the receipt of the message (R25). */
  readonly quantum?: { readonly messageId: string; readonly ms: number };
  /** After verification: speaks the employee's language. */
  readonly sessionId?: string;
}

export interface RelayReplyInput {
  readonly key: string;
  readonly senderId: string;
  /** Asked again right before the send: a leaver's answers stay in (A55). */
  readonly sessionId: string;
}

export type ReplyOutcome = { readonly outcome: 'sent' | 'undeliverable' | 'withheld' };

export function createChatActivities(deps: ChatDeps) {
  const { pool } = deps;
  return {
    /** Sends one of Doorman's own texts. */
    async reply({ key, senderId, text, quantum, sessionId }: ReplyInput): Promise<ReplyOutcome> {
      if (quantum !== undefined && quantum.ms > 0) await waitForQuantum(deps, quantum);
      const language = sessionId === undefined ? null : await sessionLanguage(pool, sessionId);
      return sendOnce(deps, { key, senderId }, () => deps.render(text, language));
    },

    /** Sends one stored reply of the assistant, if the session is still open at this moment. */
    async relayReply({ key, senderId, sessionId }: RelayReplyInput): Promise<ReplyOutcome> {
      const isOpen = async () => await findOpenSession(pool, sessionId, senderId) !== undefined;
      return sendOnce(deps, { key, senderId }, ({ text }) => text, isOpen);
    },
  };
}

export type ChatActivities = ReturnType<typeof createChatActivities>;

async function sendOnce(
  deps: ChatDeps, { key, senderId }: { key: string; senderId: string }, words: (send: Send) => string | null,
  maySend: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<ReplyOutcome> {
  const { pool, channel } = deps;
  const [send, to] = await Promise.all([
    beginSend(pool, deps.storageKeys, { key, senderId, kind: 'reply' }), deps.replyAddress(pool, senderId)]);
  if (send.state !== 'pending') return { outcome: send.state === 'failed' ? 'undeliverable' : send.state };
  const text = words(send);
  // Asked before the provider, too: while that is down, what belongs to nobody any more must not be tried on and on.
  if (to === undefined || text === null || !await maySend()) return withhold(pool, key);
  const earlier = send.attempts > 1
    ? await findEarlier(deps, { to, text, sinceMs: send.firstAttemptAgeMs })
    : undefined;
  if (earlier !== undefined) {
    await settleSend(pool, key, { state: 'sent', providerId: earlier });
    return { outcome: 'sent' };
  }
  // And after the search for an earlier try, which can take seconds, in which somebody may have left (I6).
  if (send.attempts > 1 && !await maySend()) return withhold(pool, key);
  const sent = await channel.sendText({ to, text, receiptId: send.receiptId })
    .catch((error: unknown) => settleRefused(pool, key, error));
  if (sent.outcome === 'undeliverable') {
    await settleSend(pool, key, { state: 'failed', fault: sent.code });
    return { outcome: 'undeliverable' };
  }
  await settleSend(pool, key, { state: 'sent', providerId: sent.providerId });
  return { outcome: 'sent' };
}

async function withhold(pool: Pool, key: string): Promise<ReplyOutcome> {
  await settleSend(pool, key, { state: 'withheld' });
  return { outcome: 'withheld' };
}

/** A try whose answer was lost: the provider is asked before the text is sent again. */
async function findEarlier(
  deps: ChatDeps, sent: { to: string; text: string; sinceMs: number },
): Promise<string | undefined> {
  const candidates = await deps.channel.findSent(sent);
  if (candidates.length === 0) return undefined;
  const others = await knownProviderIds(deps.pool, candidates);
  return candidates.find((id) => !others.has(id));
}

async function waitForQuantum(deps: ChatDeps, { messageId, ms }: { messageId: string; ms: number }): Promise<void> {
  const age = await deps.messageAgeMs(deps.pool, messageId);
  await deps.wait(ms - (Math.max(age, 0) % ms));
}
