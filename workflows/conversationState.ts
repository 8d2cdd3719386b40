// What a conversation carries from run to run: plain JSON, versioned, small. No text, no code, no address.
import type { Method } from '../src/domain/messages';
import { soundPolicy } from '../src/domain/policy';
import type { Policy } from '../src/domain/policy';
import type { Outcome, Stage } from '../src/domain/verification';
import type { ConversationStart } from './contract';

/** A message of an unverified sender that is answered after verification. `at` in ms since 1970. */
export interface HeldMessage {
  readonly messageId: string;
  readonly at: number;
  readonly bytes: number;
}

export interface ConversationState {
  readonly version: 1;
  readonly senderId: string;
  readonly policy: Policy;
  stage: Stage;
  outcome: Outcome;
  /** When the stage is over, in ms since 1970. */
  deadline: number;
  /** Message ids not yet taken, in order of arrival. */
  queue: string[];
  /** Messages beyond what may wait: settled without being read (R51). */
  overflow: string[];
  /** The last message ids that were taken in, so that a repeated signal has no effect. */
  seen: string[];
  held: HeldMessage[];
  /** Whether the person was asked for an identifier in this stage: a bare number is an answer then. */
  asked: boolean;
  challengeId: string | null;
  method: Method | null;
  wrongGuesses: number;
  codeDelivery: 'none' | 'sending' | 'handedOver' | 'failed';
  /** `endsAt` in ms since 1970. */
  session: { readonly id: string; readonly endsAt: number } | null;
  /** locked: whether the one notice of this window was given. */
  noticeGiven: boolean;
  /** The latest send of the code that was handed to its activity; absent in states of before it was kept in mind. */
  sends?: number;
  /** Messages of whose turns there is news, in order; absent while there is none. */
  news?: string[];
  /** Whether a held message had to go; absent in states of before it was kept in mind. */
  heldLost?: boolean;
}

/** Enough for every message that a redelivery or the sweeper may repeat while one run lasts. */
const seenMax = 200;

/** Far more than a person writes while a reply is on its way; far less than a run's input can hold. */
const waitingMax = 500;

/** The state that a conversation begins with. `now` in ms since 1970. */
export function initialState({ senderId, policy: given }: ConversationStart, now: number): ConversationState {
  const policy = soundPolicy(given);
  return {
    version: 1, senderId, policy,
    stage: 'identify', outcome: 'open', deadline: now + policy.identifyIdleMs,
    queue: [], overflow: [], seen: [], held: [], asked: false,
    challengeId: null, method: null, wrongGuesses: 0, codeDelivery: 'none',
    session: null, noticeGiven: false,
  };
}

/** Brings the state of an older version to today's shape. Throws for one that this code does not know. */
export function upgrade(state: ConversationState): ConversationState {
  if (state.version !== 1) throw new Error(`conversation state of version ${String(state.version)} is not known`);
  return { ...state, policy: soundPolicy(state.policy) };
}

/** Takes in that there is news of a message's turn. It is looked up when its turn comes: once, however often told. */
export function enqueueNews(state: ConversationState, messageId: string): void {
  const news = state.news ?? [];
  if (!news.includes(messageId) && news.length < waitingMax) state.news = [...news, messageId];
}

/** Takes a message id in unless it is known already. */
export function enqueue(state: ConversationState, messageId: string): void {
  if (state.seen.includes(messageId)) return;
  state.seen = [...state.seen.slice(1 - seenMax), messageId];
  if (state.queue.length < waitingMax) state.queue.push(messageId);
  else state.overflow.push(messageId);
}
