// Port: what stands behind the door. The suite in test/ports/assistant holds for each.
import type { Assurance } from '../domain/messages';
import type { StepUp } from './stepUp';

/** One verified message. Everything about the speaker is in fields of its own; `text` is data, never a claim (A43). */
export interface Turn {
  /** Stable over retries: the assistant may use it to answer once. */
  readonly turnId: string;
  /** A UUID for the verified period, exactly 36 characters. */
  readonly conversationId: string;
  /** Opaque, stable id of the employee. */
  readonly subject: string;
  /** When the employee proved who they are, and how far that can be trusted: an action may ask for a younger proof. */
  readonly verifiedAt: Date;
  readonly assurance: Assurance;
  readonly locale: string;
  readonly text: string;
  /** What the assistant wants to be told in place of the text: a payload of its own, of the answer before this turn. */
  readonly payload?: string;
  /** Who is speaking, signed by Doorman for this assistant alone: a JWT that lasts two minutes at most. */
  readonly statement?: string;
  /** The speaker's own token of the service that is configured for the assistant: `Bearer …`. */
  readonly authorization?: string;
}

/** One reply. The channel shows choices and media as words: src/assistant/replies.ts. */
export interface Reply {
  /** May be empty beside media. */
  readonly text: string;
  /** What the person may answer; they may answer anything else as well. */
  readonly choices?: readonly string[] | undefined;
  readonly media?: { readonly url: string; readonly type: string } | undefined;
}

export interface AssistantAnswer {
  readonly replies: readonly Reply[];
  /** False announces that more replies are pushed later; what is here is the whole turn so far. */
  readonly endTurn: boolean;
  /**
   * What was asked for needs a fresh proof (A47): the session ends, nothing of this answer is relayed, and the turn
   * comes again in the session that follows. Means nothing while the proof is younger than `stepUpAgeMs` (policy),
   * unless it says that a proof of this kind is not enough: then it comes again once.
   */
  readonly stepUp?: boolean | StepUp;
  /** What it wants to be told for each choice of the one reply that has any, in their order. */
  readonly payloads?: readonly string[];
  /** How much of what it said no chat can show: that is left out. */
  readonly ignored?: number;
  /** It broke off: what is here came before, and there will be no more. */
  readonly broken?: true;
}

/** What outlives a try of a turn, and the process that ran it. Each promise resolves when that is certain. */
export interface TurnMemory {
  /** Notes that the turn leaves now. False when it left before: then it is not to be given again. */
  give(): Promise<boolean>;
  /** The turn was not taken: it may be given again. */
  takeBack(): Promise<void>;
  /** What was kept of the assistant's own conversation with this session. */
  recall(): Promise<string | undefined>;
  keep(note: string): Promise<void>;
  forget(): Promise<void>;
  /**
   * Keeps the reply at this place of the answer, whole: it is read while the turn goes on. What an earlier try kept
   * there stands, so that this one is not read. False when nobody is left who may read it. Never rejects. Without it,
   * replies are read when the answer is whole.
   */
  say?(place: number, reply: Reply): Promise<boolean>;
}

export interface Assistant {
  /** It wants to be told payloads: they are remembered for it. */
  readonly hasPayloads?: true;
  /**
   * Gives the turn to the assistant and waits for its answer. Throws Fault; with the code `speakerRefused` only where
   * it is the speaker's token that is not taken. Repeats carry the same turnId. What would be done twice by them is
   * given once, which `memory` knows: from then on the turn is `refused`.
   */
  answer(turn: Turn, signal: AbortSignal, memory: TurnMemory): Promise<AssistantAnswer>;
}
