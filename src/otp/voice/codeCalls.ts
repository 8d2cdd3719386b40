// What is said in a call that carries a code: which keys have to be pressed, then the code, to whoever pressed them,
// once (R23, A49). Whatever else is asked for has one answer, so that nobody learns what there is.
import type { Pool, Queryable } from '../../db/pool';
import type { Method } from '../../domain/messages';
import type { Log } from '../../log';
import type { Texts } from '../../texts/render';
import { findChallenge } from '../challenges';
import type { Challenge } from '../challenges';
import { claimSpeaking, findCallSend } from './callSends';
import { codeQuestion, goodbye, spokenCode } from './spokenCode';

/** A call, as the provider names it. */
export interface CodeCall {
  readonly receiptId: string;
  readonly callId: string;
  /** Who was called, E.164. */
  readonly to: string;
}

/** As Twilio names them. */
export type CallStatus =
  | 'queued' | 'initiated' | 'ringing' | 'in-progress' | 'completed' | 'busy' | 'no-answer' | 'failed' | 'canceled';

export interface CallReceipt {
  readonly receiptId: string;
  readonly providerId: string;
  readonly receipt: 'queued' | 'sending' | 'sent' | 'delivered' | 'undelivered';
  readonly fault?: string;
}

export interface CodeCallDeps {
  readonly pool: Pool;
  readonly texts: Pick<Texts, 'render' | 'voiceTag'>;
  readonly defaultLanguage: string;
  readonly log: Pick<Log, 'warn'>;
  /** The registered contact that may be used at this moment. */
  findContact(
    db: Queryable, code: { employeeId: string | null; senderId: string; method: Method },
  ): Promise<{ readonly to: string; readonly language: string | null } | undefined>;
  replyAddress(db: Queryable, senderId: string): Promise<string | undefined>;
  deriveCode(challenge: Challenge): string;
  /** The two keys that a call asks for. */
  keysOf(challenge: Challenge, callId: string): string;
  /** Where the provider tells which keys were pressed in the call of a send. */
  pressedUrl(receiptId: string): string;
  /** Notes what became of a send. Rejects when that is not certain. */
  noteReceipt(note: CallReceipt): Promise<unknown>;
}

export type CodeCalls = ReturnType<typeof createCodeCalls>;

export function createCodeCalls(deps: CodeCallDeps) {
  const { pool, texts, log } = deps;
  const nothing = goodbye(texts, deps.defaultLanguage);
  return {
    /** What to say when somebody, or something, has answered. TwiML. Rejects when that cannot be known. */
    async ask(call: CodeCall): Promise<string> {
      const waiting = await findWaiting(deps, call);
      if (waiting === undefined || waiting.spokenIn !== null) return nothing;
      const keys = deps.keysOf(waiting.challenge, call.callId);
      return codeQuestion(texts, { language: waiting.language, keys, actionUrl: deps.pressedUrl(call.receiptId) });
    },

    /** What to say when keys were pressed, or none: `keys` is empty then. TwiML. Rejects when that cannot be known. */
    async press(call: CodeCall, keys: string): Promise<string> {
      if (!/^[0-9]{2}$/.test(keys)) return nothing;
      const waiting = await findWaiting(deps, call);
      if (waiting === undefined) return nothing;
      const { challenge, language, requestedBy } = waiting;
      if (keys !== deps.keysOf(challenge, call.callId)) return nothing;
      if (!await claimSpeaking(pool, { ...call, challengeId: challenge.id })) return nothing;
      // Whoever listens does not wait for it: the report that the call is over brings it again.
      await deps.noteReceipt(heard(call)).catch((error: unknown) => log.warn('receipt not noted', { error }));
      const minutesLeft = Math.max(1, Math.round(challenge.expiresInMs / 60_000));
      return spokenCode(texts, { code: deps.deriveCode(challenge), language, requestedBy, minutesLeft });
    },

    /** Notes what became of a call. Completed is not heard: only a code that was spoken is. Rejects when not noted. */
    async report(call: Omit<CodeCall, 'to'>, status: CallStatus): Promise<void> {
      const send = await findCallSend(pool, call.receiptId);
      if (send === undefined) return;
      const { receiptId, callId: providerId } = call;
      const underway = receiptsUnderway[status];
      if (underway !== undefined) await deps.noteReceipt({ receiptId, providerId, receipt: underway });
      else if (send.spokenIn !== null) await deps.noteReceipt(heard(call));
      else await deps.noteReceipt({ receiptId, providerId, receipt: 'undelivered', fault: status });
    },
  };
}

const receiptsUnderway: Readonly<Partial<Record<CallStatus, CallReceipt['receipt']>>> = {
  queued: 'queued', initiated: 'sending', ringing: 'sending', 'in-progress': 'sent',
};

function heard({ receiptId, callId }: Omit<CodeCall, 'to'>): CallReceipt {
  return { receiptId, providerId: callId, receipt: 'delivered' };
}

interface Waiting {
  readonly challenge: Challenge;
  readonly spokenIn: string | null;
  readonly language: string;
  readonly requestedBy: string;
}

/**
 * The code that this call may carry at this moment: it still counts, whom it is for still works here, and who is called
 * has the number that it would be sent to now. Asked when the call is answered and again when keys were pressed.
 */
async function findWaiting(deps: CodeCallDeps, { receiptId, to }: CodeCall): Promise<Waiting | undefined> {
  const { pool } = deps;
  const send = await findCallSend(pool, receiptId);
  if (send?.isOut !== true) return undefined;
  const challenge = await findChallenge(pool, send.challengeId);
  if (challenge?.state !== 'live' || challenge.expiresInMs <= 0) return undefined;
  const { employeeId, senderId } = challenge;
  const [contact, requester] = await Promise.all([
    deps.findContact(pool, { employeeId, senderId, method: 'call' }), deps.replyAddress(pool, senderId)]);
  if (contact === undefined || contact.to !== to || requester === undefined) return undefined;
  return {
    challenge, spokenIn: send.spokenIn,
    language: contact.language ?? deps.defaultLanguage,
    requestedBy: requester.slice(-4),
  };
}
