// Says something to a sender, once a key. The words come from src/texts or from the sealed outbox,
// never from an argument.
import { heartbeat } from '@temporalio/activity';
import type { ChatChannel } from '../src/chat/chatChannel';
import { Fault, faultKinds } from '../src/domain/faults';
import { msUntilNext, msUntilNextTo } from '../src/outbox/order';
import { beginSend, knownProviderIds, settleSend } from '../src/outbox/outbox';
import type { Send } from '../src/outbox/outbox';
import { takeTurn } from '../src/outbox/pacing';
import { closeWindow, isWindowClosed, parkedSends, parkSend } from '../src/outbox/parking';
import { settleTaken } from '../src/outbox/takenTexts';
import { settleRefused } from './refusedSend';
import { forgetSaid, stepUpText } from './stepUp';
import type { Pool, Queryable } from '../src/db/pool';
import { findOpenSession, sessionLanguage } from '../src/sessions/sessions';
import type { PurposeKeys } from '../src/keys/keyring';
import type { StepUpTextRequest, TextRequest } from '../src/texts/keys';

export interface ChatDeps {
  readonly pool: Pool;
  readonly storageKeys: PurposeKeys;
  readonly channel: ChatChannel;
  /** The address the sender last wrote from; undefined when another sender has taken it over. */
  replyAddress(db: Queryable, senderId: string): Promise<string | undefined>;
  /** The words for a text in the best language there is. */
  render(text: TextRequest | StepUpTextRequest, language: string | null): string;
  /** Keyed hash by which sends to one address are counted. */
  hashDestination(to: string): Buffer;
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
  /** Key of the text that has to be out first; absent for the first of a turn, which comes after whatever was said. */
  readonly after?: string;
  /** How long that one is waited for, when nobody reports on it; not at all without. */
  readonly orderWaitMs?: number;
}

/** Well within the 15 s that io.ts allows, and longer than what most replies take. */
const beatMs = 5_000;
/** How often it is asked whether the former reply is out. */
const receiptPollMs = 100;

/** How long one try sends what had to wait, so that it ends well before the next one may begin (workflows/io.ts). */
const parkedForMs = 8_000;

/** `parked`: it goes when the person writes again. */
export type ReplyOutcome = { readonly outcome: 'sent' | 'undeliverable' | 'withheld' | 'parked' };

export function createChatActivities(deps: ChatDeps) {
  const { pool } = deps;
  return {
    /** Sends one of Doorman's own texts. */
    async reply({ key, senderId, text, quantum, sessionId }: ReplyInput): Promise<ReplyOutcome> {
      if (quantum !== undefined && quantum.ms > 0) await waitForQuantum(deps, quantum);
      const language = sessionId === undefined ? null : await sessionLanguage(pool, sessionId);
      const full = await stepUpText(pool, deps.storageKeys, text, sessionId);
      const sent = await sendOnce(deps, { key, senderId }, () => deps.render(full, language));
      await forgetSaid(pool, text, sessionId);
      return sent;
    },

    /** Sends one stored reply of the assistant after the former one, if the session is still open at this moment. */
    relayReply({ key, senderId, sessionId, after, orderWaitMs = 0 }: RelayReplyInput): Promise<ReplyOutcome> {
      return whileBeating(async () => {
        const msLeft = () => after === undefined
          ? msUntilNextTo(pool, { key, senderId }, orderWaitMs) : msUntilNext(pool, after, orderWaitMs);
        if (orderWaitMs > 0) await waitForFormer(deps, msLeft);
        return sendOnce(deps, { key, senderId, sessionId }, ({ text }) => text);
      });
    },
  };
}

export type ChatActivities = ReturnType<typeof createChatActivities>;

/** A text of one sender. `sessionId`: it may be read only while that is open (A55). */
interface Text {
  readonly key: string;
  readonly senderId: string;
  readonly sessionId?: string;
}

/**
 * Runs `work` with signs of life: so a worker's death is noticed early, and a cancellation heard. `tell`: what a sign
 * says of how far it is.
 */
export async function whileBeating<T>(work: () => Promise<T>, tell: () => unknown = () => undefined): Promise<T> {
  const beat = setInterval(() => heartbeat(tell()), beatMs);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}

/** What a send needs. */
export type SendDeps = Pick<ChatDeps, 'pool' | 'storageKeys' | 'channel' | 'replyAddress' | 'hashDestination'>;

export async function sendOnce(
  deps: SendDeps, text: Text, wordsOf: (send: Send) => string | null,
): Promise<ReplyOutcome> {
  const { pool } = deps;
  const { key, senderId } = text;
  const [send, to] = await Promise.all([
    beginSend(pool, deps.storageKeys, { ...text, kind: 'reply' }), deps.replyAddress(pool, senderId)]);
  // What the provider gave back for another reason waits, too, and nobody need write for it.
  if (send.state === 'parked' && isWindowClosed(send.silentMs)) return invite(deps, senderId, to);
  if (send.state !== 'pending') return { outcome: send.state === 'failed' ? 'undeliverable' : send.state };
  const words = wordsOf(send);
  // Asked before the provider, too: while that is down, what belongs to nobody any more must not be tried on and on.
  if (to === undefined || words === null || !await maySend(deps, text)) return withhold(pool, key);
  if (isWindowClosed(send.silentMs)) return park(deps, text, { to, words });
  if (send.hasParked) await sendParked(deps, senderId, to);
  return handOver(deps, text, { send, to, words });
}

async function maySend({ pool }: SendDeps, { senderId, sessionId }: Text): Promise<boolean> {
  return sessionId === undefined || await findOpenSession(pool, sessionId, senderId) !== undefined;
}

async function handOver(
  deps: SendDeps, text: Text, { send, to, words }: { send: Send; to: string; words: string },
): Promise<ReplyOutcome> {
  const { pool, channel } = deps;
  const { key } = text;
  await takeTurn(pool, { key, lane: 'chat', recipient: deps.hashDestination(to) });
  const earlier = send.attempts > 1
    ? await findEarlier(deps, key, { to, text: words, sinceMs: send.firstAttemptAgeMs })
    : undefined;
  const { receiptId } = send;
  if (earlier !== undefined) return taken(deps, key, words, { receiptId, providerId: earlier });
  // And after the search for an earlier try, which can take seconds, in which somebody may have left (I6).
  if (send.attempts > 1 && !await maySend(deps, text)) return withhold(pool, key);
  const sent = await channel.sendText({ to, text: words, receiptId })
    .catch((error: unknown) => settleRefused(pool, key, error));
  if (sent.outcome === 'undeliverable') {
    if (sent.class === 'window') {
      // What is said next waits too, without the provider being asked.
      await closeWindow(pool, receiptId);
      return park(deps, text, { to, words });
    }
    await settleSend(pool, key, { state: 'failed', fault: sent.code });
    return { outcome: 'undeliverable' };
  }
  return taken(deps, key, words, { receiptId, providerId: sent.providerId });
}

/** The provider has taken it. It may have given it back before we heard of that: then it waits. */
async function taken(
  { pool, storageKeys }: SendDeps, key: string, words: string, handed: { receiptId: string; providerId: string },
): Promise<ReplyOutcome> {
  if (await settleTaken(pool, storageKeys, { key, text: words, ...handed })) return { outcome: 'sent' };
  await parkSend(pool, storageKeys, { key, text: words });
  return { outcome: 'parked' };
}

/** Keeps a text until the person writes again, and tells them so where that is possible. */
async function park(
  deps: SendDeps, { key, senderId }: Text, { to, words }: { to: string; words: string },
): Promise<ReplyOutcome> {
  await parkSend(deps.pool, deps.storageKeys, { key, text: words });
  return invite(deps, senderId, to);
}

/**
 * Tells somebody by the approved template, where there is one, that a reply waits: once a day. A try whose answer was
 * lost is not repeated: it is no loss.
 */
async function invite(deps: SendDeps, senderId: string, to: string | undefined): Promise<ReplyOutcome> {
  const { pool, channel } = deps;
  if (to === undefined || channel.sendTemplate === undefined) return { outcome: 'parked' };
  const key = `${senderId}:waiting:${new Date().toISOString().slice(0, 10)}`;
  const { state, attempts, receiptId } = await beginSend(pool, deps.storageKeys, { key, senderId, kind: 'reply' });
  if (state !== 'pending') return { outcome: 'parked' };
  if (attempts > 1) await settleSend(pool, key, { state: 'withheld' });
  else {
    await takeTurn(pool, { key, lane: 'chat', recipient: deps.hashDestination(to) });
    const sent = await channel.sendTemplate({ to, receiptId })
      .catch((error: unknown) => settleRefused(pool, key, error));
    await settleSend(pool, key, sent.outcome === 'accepted'
      ? { state: 'sent', providerId: sent.providerId } : { state: 'failed', fault: sent.code });
  }
  return { outcome: 'parked' };
}

/**
 * Sends what waited for the person to write, in order, before what is said now. Whose session is over has it withheld;
 * what the provider refuses for good is over by itself. Where it is slow, the rest and what is said now have another
 * try.
 */
async function sendParked(deps: SendDeps, senderId: string, to: string): Promise<void> {
  const { pool } = deps;
  const until = performance.now() + parkedForMs;
  for (const { key, sessionId } of await parkedSends(pool, senderId)) {
    const text: Text = { key, senderId, ...(sessionId === null ? {} : { sessionId }) };
    const send = await beginSend(pool, deps.storageKeys, { key, senderId, kind: 'reply' });
    if (send.state !== 'parked') continue;
    if (send.text === null || !await maySend(deps, text)) await withhold(pool, key);
    else {
      const sent = await handOver(deps, text, { send, to, words: send.text }).catch(passWhenSettled);
      if (sent.outcome === 'parked') return;
    }
    if (performance.now() > until) throw new Fault('throttled', 'outbox', 'parked', 1);
  }
}

/** A parked text that can never leave is no reason to be silent. */
function passWhenSettled(error: unknown): ReplyOutcome {
  if (error instanceof Fault && !faultKinds[error.kind].retry) return { outcome: 'undeliverable' };
  throw error;
}

async function withhold(pool: Pool, key: string): Promise<ReplyOutcome> {
  await settleSend(pool, key, { state: 'withheld' });
  return { outcome: 'withheld' };
}

/** A try whose answer was lost: the provider is asked before the text is sent again. */
async function findEarlier(
  deps: Pick<SendDeps, 'pool' | 'channel'>, key: string, sent: { to: string; text: string; sinceMs: number },
): Promise<string | undefined> {
  const candidates = await deps.channel.findSent(sent);
  if (candidates.length === 0) return undefined;
  const others = await knownProviderIds(deps.pool, key, candidates);
  return candidates.find((id) => !others.has(id));
}

/** By looking, not by being told: there may be many of these waits, and each is short. */
async function waitForFormer({ wait }: ChatDeps, msLeft: () => Promise<number>): Promise<void> {
  for (let ms = await msLeft(); ms > 0; ms = await msLeft()) await wait(Math.min(ms, receiptPollMs));
}

async function waitForQuantum(deps: ChatDeps, { messageId, ms }: { messageId: string; ms: number }): Promise<void> {
  const age = await deps.messageAgeMs(deps.pool, messageId);
  await deps.wait(ms - (Math.max(age, 0) % ms));
}
