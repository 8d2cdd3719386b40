// All that others may say to a workflow: names, shapes and queues. Imports nothing that only runs inside one.
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Policy } from '../src/domain/policy';
import type { Stage } from '../src/domain/verification';

/**
 * `doorman` answers people (activities start eagerly on the workflow's own queue); slow and bulk work is kept apart.
 */
export const taskQueues = {
  doorman: 'doorman', assistant: 'doorman-assistant', batch: 'doorman-batch', partners: 'doorman-partners',
} as const;

export const workflowTypes = {
  conversation: 'conversation', directorySync: 'directorySync', partnerForward: 'partnerForward',
  verification: 'verification',
} as const;
export const signalNames = {
  messageReceived: 'messageReceived', codeMissed: 'codeMissed', repliesReady: 'repliesReady',
  partnerEventStored: 'partnerEventStored',
} as const;
export const queryNames = { status: 'status' } as const;
export const updateNames = {
  endSession: 'endSession', unlock: 'unlock', resendCode: 'resendCode', approve: 'approve', checkCode: 'checkCode',
} as const;
/** Orders to a conversation. */
export type UpdateName = Exclude<keyof typeof updateNames, 'approve' | 'checkCode'>;

/** Searchable in the Temporal UI, in clear: stages, outcomes, counts and times, never anything of a person. */
export const searchAttributes = {
  stage: defineSearchAttributeKey('DoormanStage', 'KEYWORD'),
  outcome: defineSearchAttributeKey('DoormanOutcome', 'KEYWORD'),
  method: defineSearchAttributeKey('DoormanMethod', 'KEYWORD'),
  attempts: defineSearchAttributeKey('DoormanAttempts', 'INT'),
  lockedUntil: defineSearchAttributeKey('DoormanLockedUntil', 'DATETIME'),
  sessionUntil: defineSearchAttributeKey('DoormanSessionUntil', 'DATETIME'),
} as const;

/** The workflow id of a sender's conversation. */
export const conversationId = (senderId: string): string => `wa-${senderId}`;

/** Starts a conversation. The policy is pinned: a conversation keeps the numbers it began with (decision 9). */
export interface ConversationStart {
  readonly senderId: string;
  readonly policy: Policy;
}

export interface MessageReceived {
  readonly messageId: string;
}

/** The `sends`-th send of a code did not arrive, or nobody says that it did. */
export interface CodeMissed {
  readonly challengeId: string;
  readonly sends: number;
}

/** There is news of the turn of this message, which the assistant answers later: to be looked up, not told. */
export interface RepliesReady {
  readonly messageId: string;
}

/** Whose events are forwarded in order: `subject` is a keyed hash in hex. */
export interface PartnerSubject {
  readonly partner: string;
  readonly subject: string;
}

/** The workflow id of what forwards them; half of the hash is enough to tell subjects apart. */
export const partnerForwardId = ({ partner, subject }: PartnerSubject): string =>
  `partner-${partner}-${subject.slice(0, 32)}`;

/** An event waits: to be looked up, not told. */
export interface PartnerEventStored {
  readonly eventId: string;
}

/** Who asks for an operator's act; kept in the audit. A login name, not a person's name. */
export interface OperatorOrder {
  readonly operator: string;
}

/** Throws unless an order says who gives it. */
export function mustBeSigned(order: OperatorOrder | undefined): void {
  if (typeof order?.operator !== 'string' || !/^[\w.@-]{1,64}$/.test(order.operator)) {
    throw new Error('an order needs the login name of its operator');
  }
}

/** Reads a source of the directory and applies what it says. Of one source, one at a time: its schedule sees to it. */
export interface DirectorySyncStart {
  /** The configured name. */
  readonly source: string;
}

/** The schedule of a source, and what its workflows' ids begin with. */
export const syncScheduleId = (source: string): string => `directory-sync-${source}`;

/** A code that an application asked for. */
export interface VerificationStart {
  readonly verificationId: string;
  readonly expiresInMs: number;
  /** Whether there will be guesses. */
  readonly isChecked: boolean;
}

export const verificationWorkflowId = (verificationId: string): string => `verification-${verificationId}`;

/** A guess waits to be judged: to be looked up, not told. */
export interface GuessStored {
  readonly guessId: string;
}

/** `over`: used, expired, exhausted, all alike. */
export type CheckStatus = 'approved' | 'pending' | 'over';

/** What the `status` query answers: enough for an operator, nothing of the person. Times are ISO 8601. */
export interface ConversationStatus {
  readonly stage: Stage;
  readonly outcome: string;
  readonly deadline: string;
  readonly waitingMessages: number;
  readonly heldMessages: number;
  readonly wrongGuesses: number;
  readonly codeDelivery: string;
}
