// One turn of the assistant: guard, ask, guard again, keep the answer. The text is read here and wiped here.
import type { AssistantAnswer, Reply } from '../src/assistant/assistant';
import { keepOffered, offeredBy } from '../src/assistant/choices/offered';
import { DoorClosed } from '../src/assistant/door/whileOpen';
import { partsOf } from '../src/assistant/replies';
import { readStepUp } from '../src/assistant/stepUp';
import type { StepUp } from '../src/assistant/stepUp';
import { findSaid } from '../src/assistant/stream/said';
import type { Said } from '../src/assistant/stream/said';
import { forgetGiven } from '../src/assistant/turnMemory';
import { endTurn, openTurn, readTurnNews } from '../src/assistant/turns';
import { pendingTexts, storeTexts } from '../src/outbox/outbox';
import type { Note } from '../src/audit/auditedTransaction';
import type { Queryable } from '../src/db/pool';
import { replyKey } from '../src/domain/messages';
import { soundPolicy } from '../src/domain/policy';
import { readMessage } from '../src/domain/reading';
import type { Vocabulary } from '../src/domain/reading';
import { stageTable } from '../src/domain/verification';
import { handleMessage, peekMessage } from '../src/inbox/handling';
import type { InboxMessage } from '../src/inbox/handling';
import { endSession, findOpenSession, touchSession } from '../src/sessions/sessions';
import type { OpenSession } from '../src/sessions/sessions';
import { noteStepUp, writerOfSentBack } from '../src/sessions/stepUps';
import { dispute } from './dispute';
import type { DisputeDeps } from './dispute';
import type { RouteDeps } from './route';
import { askAssistant, turnInHand } from './relay/ask';
import type { AskDeps, RelayInput } from './relay/ask';
import { judgeStepUp } from './stepUp';

export interface AssistantDeps extends AskDeps, DisputeDeps, RouteDeps {
  vocabulary(language: string | null): Vocabulary;
  /** Splits a text into parts that one message of the channel can hold. */
  readonly split: (text: string) => readonly string[];
  /** Where links to the assistant's media may lead. */
  readonly mediaHosts: ReadonlySet<string>;
}

export type RelayOutcome =
  /**
   * The assistant answered: this many replies wait in the outbox under `replyKey`; `dropped` were too many, `ignored`
   * no chat can show, more are pushed later when `open`, and `late` comes after the text that says that it takes long.
   * It broke off when `broken`: the last of them says so. Those before `from` were for a former session.
   */
  | {
    readonly reaction: 'relay'; readonly replies: number; readonly dropped?: number; readonly ignored?: number;
    readonly open?: true; readonly late?: true; readonly broken?: true; readonly from?: number;
  }
  | { readonly reaction: 'end' | 'dispute' | 'textOnly' | 'flood' | 'ignore' }
  /** The session is over, be it that the message needs a fresh proof: nothing is answered and it still waits. */
  | { readonly reaction: 'closed' }
  /** It ended while the assistant thought: the answer is dropped, and the message with it, which was relayed. */
  | { readonly reaction: 'tooLate' };

export type KeptOutcome = RelayOutcome | { readonly reaction: 'unanswered' };

/** What there is to do about a turn that is answered later. `from` and `to` are places of replies. */
export type NewsOutcome =
  | { readonly reaction: 'relay'; readonly from: number; readonly to: number }
  | { readonly reaction: 'slow' | 'silent' | 'nothing' };

export function createAssistantActivities(deps: AssistantDeps) {
  const { pool, storageKeys } = deps;
  return {
    /** Relays one message of a verified sender, or does what it asks of Doorman. */
    async relay(input: RelayInput): Promise<RelayOutcome> {
      const [seen, session, writer] = await Promise.all([
        peekMessage(pool, storageKeys, input), touchSession(pool, input.sessionId, input.senderId),
        writerOfSentBack(pool, input.messageId)]);
      if (seen === undefined) return { reaction: 'ignore' };
      if ('result' in seen) return seen.result as RelayOutcome; // cast: only this activity handles a session's messages
      if (session === undefined) return closed(deps, input);
      // Whoever proves next who they are does not do what somebody else wanted done (A47).
      if (writer !== undefined && writer !== session.employeeId) return dropSentBack(deps, input, session);
      const reaction = reactionTo(deps, seen.message, session.language);
      if (reaction !== 'relay') return handleWithoutRelay(deps, input, reaction);
      const asked = await askAssistant(deps, input, seen.message, session).catch(undefinedIfClosed);
      if (asked === undefined) return closed(deps, input);
      return keepAnswer(deps, input, asked.answer, asked.late);
    },

    /** What a turn came to that ended without saying so: what was kept, or that nobody answers it. */
    async keptOutcome(input: { messageId: string; senderId: string }): Promise<KeptOutcome> {
      const seen = await peekMessage(pool, storageKeys, input);
      // cast: only `relay` handles a session's messages, and whoever asks has dropped this one as unanswered else
      return seen !== undefined && 'result' in seen ? seen.result as KeptOutcome : { reaction: 'unanswered' };
    },

    /** What there is to do about a turn of this session that is answered later. */
    async readNews(input: { messageId: string; senderId: string; sessionId: string }): Promise<NewsOutcome> {
      const news = await readTurnNews(pool, input);
      if (typeof news === 'string') return { reaction: news };
      // What waits of a former session is nobody's: who proved next may be somebody else.
      const places = Array.from({ length: news.parts - news.from }, (_, index) => news.from + index);
      const pending = await pendingTexts(pool, places.map((place) => replyKey(input.messageId, place)));
      const from = places.find((place) => pending.has(replyKey(input.messageId, place)));
      return from === undefined ? { reaction: 'nothing' } : { reaction: 'relay', from, to: news.parts };
    },
  };
}

export type AssistantActivities = ReturnType<typeof createAssistantActivities>;

/** The session ended before the turn left. */
function undefinedIfClosed(error: unknown): undefined {
  if (!(error instanceof DoorClosed)) throw error;
}

/**
 * Without a session the message waits for the next proof, unless another run of the activity handled it, or an earlier
 * try may have given it to the assistant: that one is not given again, to whoever proves next, who would hear what it
 * answers to the other. What was sent back waits in any case.
 */
function closed({ pool, storageKeys, triedForMs }: AssistantDeps, input: RelayInput): Promise<RelayOutcome> {
  return handleMessage<RelayOutcome>(pool, storageKeys, input, async (tx) => {
    const isSentBack = await writerOfSentBack(tx, input.messageId) !== undefined;
    const mayBeGiven = triedForMs() !== 0 || await findSaid(tx, input) !== undefined;
    return { reaction: isSentBack || !mayBeGiven ? 'closed' : 'tooLate' };
  }, ({ reaction }) => reaction === 'closed');
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

/** In place of an answer: whoever reads it learns nothing of whose it was. */
function dropSentBack(deps: AssistantDeps, input: RelayInput, { language }: OpenSession): Promise<RelayOutcome> {
  const text = deps.render({ key: 'heldDropped', params: {} }, language);
  return handleMessage<RelayOutcome>(deps.pool, deps.storageKeys, input, async (tx) =>
    keepRest(deps, tx, input, [text], await findSaid(tx, input)));
}

/**
 * Keeps the replies, sealed, in the transaction that settles the message, unless the session ended meanwhile (A55) or
 * is too old for what was asked: then it ends, and the message waits for the next.
 */
function keepAnswer(
  deps: AssistantDeps, input: RelayInput, answer: AssistantAnswer, late: boolean,
): Promise<RelayOutcome> {
  const { messageId, senderId, sessionId, repliesMax } = input;
  return handleMessage<RelayOutcome>(deps.pool, deps.storageKeys, input, async (tx, note) => {
    const session = await findOpenSession(tx, sessionId, senderId);
    const wanted = readStepUp(answer.stepUp);
    const { stepUpAgeMs } = soundPolicy(input);
    const verdict = await judgeStepUp(deps, tx, wanted, session, { messageId, senderId, stepUpAgeMs });
    if (verdict === 'again') return stepUp(deps, tx, note, input, wanted!); // nothing is judged so unless it is wanted
    if (session === undefined) return { reaction: 'tooLate' };
    const said = await findSaid(tx, input);
    const say = (key: 'stepUpImpossible' | 'assistantUnavailable') =>
      deps.render({ key, params: {} }, session.language);
    // In place of what the assistant said.
    if (verdict === 'impossible') return keepRest(deps, tx, input, [say('stepUpImpossible')], said);
    const replies = answer.replies.slice(0, repliesMax);
    const parts = partsOf(replies.slice(said?.replies), deps.split, deps.mediaHosts);
    // In its place behind what came before, and once, as every reply is.
    if (answer.broken === true) parts.push(say('assistantUnavailable'));
    const repliesLeft = repliesMax - Math.max(replies.length, said?.replies ?? 0);
    const kept = await keepRest(deps, tx, input, parts, said, answer.endTurn ? undefined : repliesLeft);
    if (deps.assistant.hasPayloads === true) {
      const offered = offeredBy(replies, answer.payloads);
      const shownIn = replyKey(messageId, (said?.from ?? 0) + placeOfChoices(deps, replies));
      await keepOffered(tx, deps.storageKeys, sessionId, offered && { ...offered, shownIn });
    }
    const dropped = answer.replies.length - replies.length;
    return {
      ...kept, ...dropped === 0 ? {} : { dropped }, ...answer.ignored ? { ignored: answer.ignored } : {},
      ...answer.endTurn ? {} : { open: true }, ...late ? { late: true } : {}, ...answer.broken ? { broken: true } : {},
    };
  }, ({ reaction }) => reaction === 'closed');
}

/** Of the part in which the last of the choices stands, among these replies'. */
function placeOfChoices({ split, mediaHosts }: AssistantDeps, replies: readonly Reply[]): number {
  const last = replies.findLastIndex(({ choices }) => choices !== undefined);
  return partsOf(replies.slice(0, last + 1), split, mediaHosts).length - 1;
}

/** Behind what was said early. More may be pushed where `repliesLeft` says how much; else the turn is over. */
async function keepRest(
  deps: AssistantDeps, tx: Queryable, input: RelayInput, texts: readonly string[], said: Said | undefined,
  repliesLeft?: number,
): Promise<Extract<RelayOutcome, { reaction: 'relay' }>> {
  const { messageId, senderId } = input;
  const { parts: before, from } = said ?? { parts: 0, from: 0 };
  const keyed = texts.map((text, index) => ({ key: replyKey(messageId, before + index), text }));
  await storeTexts(tx, deps.storageKeys, senderId, keyed);
  const parts = before + texts.length;
  if (repliesLeft !== undefined) await openTurn(tx, { ...turnInHand(input), repliesLeft, from, parts });
  else if (said !== undefined) await endTurn(tx, messageId);
  return { reaction: 'relay', replies: parts, ...from === 0 ? {} : { from } };
}

async function stepUp(
  { storageKeys }: AssistantDeps, tx: Queryable, note: Note, { sessionId, messageId }: RelayInput, wanted: StepUp,
): Promise<RelayOutcome> {
  await endSession(tx, note, sessionId, 'stepUp');
  await noteStepUp(tx, storageKeys, { sessionId, messageId, action: wanted.action, assurance: wanted.assurance });
  // Nothing was done, and the turn comes again.
  await forgetGiven(tx, messageId);
  return { reaction: 'closed' };
}
