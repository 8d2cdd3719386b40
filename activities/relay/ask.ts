// Asks the assistant for one turn, in the name of who speaks, and tells the person when that takes long.
import { cancellationSignal } from '@temporalio/activity';
import type { Assistant, AssistantAnswer, TurnMemory } from '../../src/assistant/assistant';
import { payloadOf, takeOffered } from '../../src/assistant/choices/offered';
import { whileOpen } from '../../src/assistant/door/whileOpen';
import type { Pushes } from '../../src/assistant/pushes';
import { findSaid } from '../../src/assistant/stream/said';
import type { TurnInHand } from '../../src/assistant/stream/said';
import { createTurnMemory } from '../../src/assistant/turnMemory';
import type { Pool } from '../../src/db/pool';
import { textKey } from '../../src/domain/messages';
import { soundPolicy } from '../../src/domain/policy';
import type { InboxMessage } from '../../src/inbox/handling';
import type { PurposeKeys } from '../../src/keys/keyring';
import { isHeld } from '../../src/outbox/pacing';
import { inNobodysName } from '../../src/services/onBehalf';
import type { OnBehalf } from '../../src/services/onBehalf';
import { findOpenSession } from '../../src/sessions/sessions';
import type { OpenSession } from '../../src/sessions/sessions';
import type { Speaker } from '../../src/statements/statements';
import type { StepUpTextRequest, TextRequest } from '../../src/texts/keys';
import { sendOnce, whileBeating } from '../chat';
import type { SendDeps } from '../chat';

export interface AskDeps extends SendDeps {
  readonly pool: Pool;
  readonly storageKeys: PurposeKeys;
  readonly assistant: Assistant;
  /** Asks in the speaker's own name at the service that is configured for the assistant; in none without. */
  readonly onBehalf?: OnBehalf;
  /** Who is speaking, signed for this assistant and this message, and their opaque name in it. */
  state(speaker: Speaker, messageId: string): Promise<{ readonly subject: string; readonly statement: string }>;
  readonly defaultLanguage: string;
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

/** `late`: so late that the person may have been told that it takes long. */
export async function askAssistant(
  deps: AskDeps, input: RelayInput, { text }: InboxMessage, session: OpenSession,
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
  { pool, storageKeys, assistant }: AskDeps, input: RelayInput, text: string,
): Promise<string | undefined> {
  const offered = assistant.hasPayloads === true ? await takeOffered(pool, storageKeys, input) : undefined;
  return offered && payloadOf(text, offered);
}

/** Nothing while an operator holds the chat: this leaves, too. */
async function showTyping({ pool, channel }: AskDeps, messageId: string): Promise<void> {
  // A courtesy: what fails here, fails nobody's turn.
  if (!await isHeld(pool, 'chat').catch(() => true)) await channel.showTyping(messageId);
}

/** The token stays within: it is in nothing that is returned or thrown. */
function inTheirName(
  { onBehalf = inNobodysName }: AskDeps, { sessionId }: RelayInput, session: OpenSession,
  request: (authorization: string | undefined) => Promise<AssistantAnswer>,
): Promise<AssistantAnswer> {
  const { employeeId, method, assurance, verifiedAt } = session;
  return onBehalf({ employeeId, sessionId, method, assurance, verifiedAt }, request);
}

function earlyReplies({ say }: AskDeps, input: RelayInput): Pick<TurnMemory, 'say'> {
  return say === undefined ? {} : { say: (place, reply) => say(turnInHand(input), place, reply) };
}

export function turnInHand(input: RelayInput): TurnInHand {
  const { messageId, senderId, sessionId, repliesMax } = input;
  const { pushedTurnMs: lastsMs, stillWorkingAfterMs } = soundPolicy(input);
  return { messageId, senderId, sessionId, repliesMax, lastsMs, stillWorkingAfterMs };
}

/** Tells the person, once a turn, that the assistant still works, when it takes long and has said nothing. */
function sayWhenLate(deps: AskDeps, input: RelayInput, { language }: OpenSession): { end(): Promise<boolean> } {
  const { messageId, senderId, sessionId } = input;
  const restMs = soundPolicy(input).stillWorkingAfterMs - deps.triedForMs();
  // As the conversation names it, which says it of a turn that is answered later.
  const key = textKey(messageId, 'stillWorking');
  const words = () => deps.render({ key: 'stillWorking', params: {} }, language);
  let said: Promise<unknown> | undefined;
  const say = async () => {
    const { parts, from } = await findSaid(deps.pool, input) ?? { parts: 0, from: 0 };
    // What a former session was told is no answer to this one.
    if (parts === from) await sendOnce(deps, { key, senderId, sessionId }, words);
  };
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
