// One turn of the assistant: guard, ask, guard again, keep the answer. The text is read here and wiped here.
import { heartbeat, cancellationSignal } from '@temporalio/activity';
import type { Assistant, AssistantAnswer } from '../src/assistant/assistant';
import { storeTexts } from '../src/outbox/outbox';
import type { Pool } from '../src/db/pool';
import { soundPolicy } from '../src/domain/policy';
import { readMessage } from '../src/domain/reading';
import type { Vocabulary } from '../src/domain/reading';
import { stageTable } from '../src/domain/verification';
import { handleMessage, peekMessage } from '../src/inbox/handling';
import type { InboxMessage } from '../src/inbox/handling';
import type { PurposeKeys } from '../src/keys/keyring';
import { endSession, findOpenSession, touchSession } from '../src/sessions/sessions';
import type { OpenSession } from '../src/sessions/sessions';
import { dispute } from './dispute';
import type { DisputeDeps } from './dispute';

export interface AssistantDeps extends DisputeDeps {
  readonly pool: Pool;
  readonly storageKeys: PurposeKeys;
  readonly assistant: Assistant;
  vocabulary(language: string | null): Vocabulary;
  /** The opaque, stable name of an employee for this assistant. */
  subjectOf(employeeId: string): string;
  readonly defaultLanguage: string;
  /** Splits a text into parts that one message of the channel can hold. */
  split(text: string): readonly string[];
}

export interface RelayInput {
  readonly messageId: string;
  readonly senderId: string;
  readonly sessionId: string;
  readonly repliesMax: number;
  /** Of the conversation's policy; absent in conversations that began before they were needed. */
  readonly knownSenderDays?: number;
  readonly stepUpAgeMs?: number;
}

export type RelayOutcome =
  /** The assistant answered: this many replies wait in the outbox under `replyKey`; `dropped` were too many. */
  | { readonly reaction: 'relay'; readonly replies: number; readonly dropped?: number }
  | { readonly reaction: 'end' | 'dispute' | 'textOnly' | 'flood' | 'ignore' }
  /** The session is over, be it that the message needs a fresh proof: nothing is answered and it still waits. */
  | { readonly reaction: 'closed' }
  /** It ended while the assistant thought: the answer is dropped, and the message with it, which was relayed. */
  | { readonly reaction: 'tooLate' };

/** Business key of the `index`-th reply (from 0) to a message. */
export const replyKey = (messageId: string, index: number): string => `${messageId}:${index}`;

export function createAssistantActivities(deps: AssistantDeps) {
  const { pool, storageKeys } = deps;
  return {
    /** Relays one message of a verified sender, or does what it asks of Doorman. */
    async relay(input: RelayInput): Promise<RelayOutcome> {
      const [seen, session] = await Promise.all([
        peekMessage(pool, storageKeys, input), touchSession(pool, input.sessionId, input.senderId)]);
      if (seen === undefined) return { reaction: 'ignore' };
      if ('result' in seen) return seen.result as RelayOutcome; // cast: only this activity handles a session's messages
      if (session === undefined) return await handledMeanwhile(pool, storageKeys, input) ?? { reaction: 'closed' };
      const reaction = reactionTo(deps, seen.message, session.language);
      if (reaction !== 'relay') return handleWithoutRelay(deps, input, reaction);
      const answer = await ask(deps, input, seen.message, session);
      return keepAnswer(deps, input, answer);
    },
  };
}

export type AssistantActivities = ReturnType<typeof createAssistantActivities>;

/** Another run of the activity may have ended the session, by this very message: then its result stands. */
async function handledMeanwhile(
  pool: Pool, storageKeys: PurposeKeys, input: RelayInput,
): Promise<RelayOutcome | undefined> {
  const seen = await peekMessage(pool, storageKeys, input);
  return seen !== undefined && 'result' in seen ? seen.result as RelayOutcome : undefined; // cast: as above
}

function reactionTo(deps: AssistantDeps, { kind, text }: InboxMessage, language: string | null) {
  return stageTable.session[readMessage('session', kind, text, { vocabulary: deps.vocabulary(language) }).input];
}

function handleWithoutRelay(
  deps: AssistantDeps, input: RelayInput, reaction: 'end' | 'dispute' | 'textOnly' | 'flood' | 'ignore',
): Promise<RelayOutcome> {
  return handleMessage<RelayOutcome>(deps.pool, deps.storageKeys, input, async (tx, note) => {
    if (reaction === 'end') await endSession(tx, note, input.sessionId, 'logout');
    if (reaction === 'dispute') await dispute(deps, tx, note, input.senderId, soundPolicy(input));
    return { reaction };
  });
}

async function ask(
  deps: AssistantDeps, input: RelayInput, { text }: InboxMessage,
  session: OpenSession,
): Promise<AssistantAnswer> {
  // Cancellation reaches an activity only through heartbeats; every 5 s is well within the 15 s that io.ts allows.
  const beat = setInterval(() => heartbeat(), 5_000);
  try {
    return await deps.assistant.answer({
      turnId: input.messageId,
      conversationId: input.sessionId,
      subject: deps.subjectOf(session.employeeId),
      verifiedAt: session.verifiedAt,
      assurance: session.assurance,
      locale: session.language ?? deps.defaultLanguage,
      text,
    }, cancellationSignal());
  } finally {
    clearInterval(beat);
  }
}

/**
 * Keeps the replies, sealed, in the transaction that settles the message, unless the session ended meanwhile (A55) or
 * is too old for what was asked: then it ends, and the message waits for the next.
 */
function keepAnswer(deps: AssistantDeps, input: RelayInput, answer: AssistantAnswer): Promise<RelayOutcome> {
  const { messageId, senderId, sessionId } = input;
  const { stepUpAgeMs } = soundPolicy(input);
  return handleMessage<RelayOutcome>(deps.pool, deps.storageKeys, input, async (tx, note) => {
    const session = await findOpenSession(tx, sessionId, senderId);
    const isFresh = session !== undefined && session.verifiedAgoMs <= stepUpAgeMs;
    if (answer.stepUp === true && !isFresh) {
      await endSession(tx, note, sessionId, 'stepUp');
      return { reaction: 'closed' };
    }
    if (session === undefined) return { reaction: 'tooLate' };
    const parts = answer.replies.slice(0, input.repliesMax).flatMap(({ text }) => deps.split(text));
    const texts = parts.map((text, index) => ({ key: replyKey(messageId, index), text }));
    await storeTexts(tx, deps.storageKeys, senderId, texts);
    const dropped = Math.max(0, answer.replies.length - input.repliesMax);
    return { reaction: 'relay', replies: parts.length, ...dropped === 0 ? {} : { dropped } };
  }, ({ reaction }) => reaction === 'closed');
}
