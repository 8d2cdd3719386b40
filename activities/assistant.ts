// One turn of the assistant: guard, ask, guard again, keep the answer. The text is read here and wiped here.
import { cancellationSignal } from '@temporalio/activity';
import type { Assistant, AssistantAnswer, TurnMemory } from '../src/assistant/assistant';
import { keepOffered, offeredBy, payloadOf, takeOffered } from '../src/assistant/choices/offered';
import { DoorClosed, whileOpen } from '../src/assistant/door/whileOpen';
import type { Pushes } from '../src/assistant/pushes';
import { partsOf } from '../src/assistant/replies';
import { readStepUp } from '../src/assistant/stepUp';
import type { StepUp } from '../src/assistant/stepUp';
import { findSaid } from '../src/assistant/stream/said';
import type { Said, TurnInHand } from '../src/assistant/stream/said';
import { createTurnMemory, forgetGiven } from '../src/assistant/turnMemory';
import { endTurn, openTurn, readTurnNews } from '../src/assistant/turns';
import { pendingTexts, storeTexts } from '../src/outbox/outbox';
import { isHeld } from '../src/outbox/pacing';
import type { Note } from '../src/audit/auditedTransaction';
import type { Pool, Queryable } from '../src/db/pool';
import { replyKey, textKey } from '../src/domain/messages';
import { soundPolicy } from '../src/domain/policy';
import { readMessage } from '../src/domain/reading';
import type { Vocabulary } from '../src/domain/reading';
import { stageTable } from '../src/domain/verification';
import { handleMessage, peekMessage } from '../src/inbox/handling';
import type { InboxMessage } from '../src/inbox/handling';
import type { PurposeKeys } from '../src/keys/keyring';
import { endSession, findOpenSession, touchSession } from '../src/sessions/sessions';
import type { OpenSession } from '../src/sessions/sessions';
import { noteStepUp, writerOfSentBack } from '../src/sessions/stepUps';
import { inNobodysName } from '../src/services/onBehalf';
import type { OnBehalf } from '../src/services/onBehalf';
import type { Speaker } from '../src/statements/statements';
import type { StepUpTextRequest, TextRequest } from '../src/texts/keys';
import { sendOnce, whileBeating } from './chat';
import type { SendDeps } from './chat';
import { dispute } from './dispute';
import type { DisputeDeps } from './dispute';
import type { RouteDeps } from './route';
import { judgeStepUp } from './stepUp';

export interface AssistantDeps extends DisputeDeps, SendDeps, RouteDeps {
  readonly pool: Pool;
  readonly storageKeys: PurposeKeys;
  readonly assistant: Assistant;
  /** Asks in the speaker's own name at the service that is configured for the assistant; in none without. */
  readonly onBehalf?: OnBehalf;
  vocabulary(language: string | null): Vocabulary;
  /** Who is speaking, signed for this assistant and this message, and their opaque name in it. */
  state(speaker: Speaker, messageId: string): Promise<{ readonly subject: string; readonly statement: string }>;
  readonly defaultLanguage: string;
  /** Splits a text into parts that one message of the channel can hold. */
  readonly split: (text: string) => readonly string[];
  /** Where links to the assistant's media may lead. */
  readonly mediaHosts: ReadonlySet<string>;
  /** The words for a text in the best language there is. */
  render(text: TextRequest | StepUpTextRequest, language: string | null): string;
  /** Keeps what the assistant says while its turn goes on; without it, that is kept with the answer. Never rejects. */
  readonly say?: Pushes['say'];
  /** How long earlier tries of this activity took, in ms; 0 for the first. */
  triedForMs(): number;
}

export interface RelayInput {
  readonly messageId: string;
  readonly senderId: string;
  readonly sessionId: string;
  readonly repliesMax: number;
  /** Of the conversation's policy; absent in conversations that began before they were needed. */
  readonly knownSenderDays?: number;
  readonly stepUpAgeMs?: number;
  readonly pushedTurnMs?: number;
  readonly stillWorkingAfterMs?: number;
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
      if (session === undefined) return await handledMeanwhile(pool, storageKeys, input) ?? { reaction: 'closed' };
      // Whoever proves next who they are does not do what somebody else wanted done (A47).
      if (writer !== undefined && writer !== session.employeeId) return dropSentBack(deps, input, session);
      const reaction = reactionTo(deps, seen.message, session.language);
      if (reaction !== 'relay') return handleWithoutRelay(deps, input, reaction);
      const asked = await ask(deps, input, seen.message, session).catch(undefinedIfClosed);
      if (asked === undefined) return await handledMeanwhile(pool, storageKeys, input) ?? { reaction: 'closed' };
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
      const keys = Array.from({ length: news.parts }, (_, index) => replyKey(input.messageId, index));
      const pending = await pendingTexts(pool, keys);
      const from = keys.findIndex((key) => pending.has(key));
      return from === -1 ? { reaction: 'nothing' } : { reaction: 'relay', from, to: news.parts };
    },
  };
}

export type AssistantActivities = ReturnType<typeof createAssistantActivities>;

/** The session ended before the turn left. */
function undefinedIfClosed(error: unknown): undefined {
  if (!(error instanceof DoorClosed)) throw error;
}

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

/** In place of an answer: whoever reads it learns nothing of whose it was. */
function dropSentBack(deps: AssistantDeps, input: RelayInput, { language }: OpenSession): Promise<RelayOutcome> {
  const text = deps.render({ key: 'heldDropped', params: {} }, language);
  return handleMessage<RelayOutcome>(deps.pool, deps.storageKeys, input, async (tx) =>
    keepRest(deps, tx, input, [text], await findSaid(tx, input)));
}

/** `late`: so late that the person may have been told that it takes long. */
async function ask(
  deps: AssistantDeps, input: RelayInput, { text }: InboxMessage, session: OpenSession,
): Promise<{ answer: AssistantAnswer; late: boolean }> {
  // Made here and kept nowhere. Without it nothing is relayed (I9).
  const { subject, statement } = await deps.state({ ...session, sessionId: input.sessionId }, input.messageId);
  const payload = await chosenPayload(deps, input, text);
  const turn = {
    turnId: input.messageId,
    conversationId: input.sessionId,
    subject, statement,
    verifiedAt: session.verifiedAt,
    assurance: session.assurance,
    locale: session.language ?? deps.defaultLanguage,
    text,
    ...payload === undefined ? {} : { payload },
  };
  return whileBeating(async () => {
    // Of no consequence, and not waited for: the indicator ends by itself.
    void showTyping(deps, input.messageId);
    const late = sayWhenLate(deps, input, session);
    try {
      const memory = { ...createTurnMemory(deps.pool, deps.storageKeys, input), ...earlyReplies(deps, input) };
      const assistant = whileOpen(deps.assistant, async () =>
        await findOpenSession(deps.pool, input.sessionId, input.senderId) !== undefined);
      const answer = await inTheirName(deps, input, session, (authorization) => {
        const named = authorization === undefined ? turn : { ...turn, authorization };
        return assistant.answer(named, cancellationSignal(), memory);
      });
      return { answer, late: await late.end() };
    } finally {
      await late.end();
    }
  });
}

/** What the assistant offered by the words that the person chose it by. */
async function chosenPayload(
  { pool, storageKeys, assistant }: AssistantDeps, input: RelayInput, text: string,
): Promise<string | undefined> {
  const offered = assistant.hasPayloads === true ? await takeOffered(pool, storageKeys, input) : undefined;
  return offered && payloadOf(text, offered);
}

/** Nothing while an operator holds the chat: this leaves, too. */
async function showTyping({ pool, channel }: AssistantDeps, messageId: string): Promise<void> {
  // A courtesy: what fails here, fails nobody's turn.
  if (!await isHeld(pool, 'chat').catch(() => true)) await channel.showTyping(messageId);
}

/** The token stays within: it is in nothing that is returned or thrown. */
function inTheirName(
  { onBehalf = inNobodysName }: AssistantDeps, { sessionId }: RelayInput, session: OpenSession,
  request: (authorization: string | undefined) => Promise<AssistantAnswer>,
): Promise<AssistantAnswer> {
  const { employeeId, method, assurance, verifiedAt } = session;
  return onBehalf({ employeeId, sessionId, method, assurance, verifiedAt }, request);
}

function earlyReplies({ say }: AssistantDeps, input: RelayInput): Pick<TurnMemory, 'say'> {
  return say === undefined ? {} : { say: (place, reply) => say(turnInHand(input), place, reply) };
}

function turnInHand(input: RelayInput): TurnInHand {
  const { messageId, senderId, sessionId, repliesMax } = input;
  const { pushedTurnMs: lastsMs, stillWorkingAfterMs } = soundPolicy(input);
  return { messageId, senderId, sessionId, repliesMax, lastsMs, stillWorkingAfterMs };
}

/** Tells the person, once a turn, that the assistant still works, when it takes long and has said nothing. */
function sayWhenLate(deps: AssistantDeps, input: RelayInput, { language }: OpenSession): { end(): Promise<boolean> } {
  const { messageId, senderId, sessionId } = input;
  const restMs = soundPolicy(input).stillWorkingAfterMs - deps.triedForMs();
  // As the conversation names it, which says it of a turn that is answered later.
  const key = textKey(messageId, 'stillWorking');
  const words = () => deps.render({ key: 'stillWorking', params: {} }, language);
  let said: Promise<unknown> | undefined;
  const say = async () => await findSaid(deps.pool, input) ?? sendOnce(deps, { key, senderId, sessionId }, words);
  const timer = setTimeout(() => {
    // A courtesy: what fails here, fails nobody's turn.
    said = say().catch(() => undefined);
  }, Math.max(0, restMs));
  return {
    /** Whether it was told, or may have been by an earlier try. */
    async end() {
      clearTimeout(timer);
      await said;
      return said !== undefined || restMs <= 0;
    },
  };
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
      await keepOffered(tx, deps.storageKeys, sessionId, offeredBy(replies, answer.payloads));
    }
    const dropped = answer.replies.length - replies.length;
    return {
      ...kept, ...dropped === 0 ? {} : { dropped }, ...answer.ignored ? { ignored: answer.ignored } : {},
      ...answer.endTurn ? {} : { open: true }, ...late ? { late: true } : {}, ...answer.broken ? { broken: true } : {},
    };
  }, ({ reaction }) => reaction === 'closed');
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
  if (repliesLeft !== undefined) await openTurn(tx, { ...turnInHand(input), repliesLeft, parts });
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
