// The shape of a stage's step, and what all of them may need.
import type { Conversation } from '../conversationContext';

/** What an operator ordered by an update; `result` is set when it is done. */
export interface Order {
  readonly kind: 'endSession' | 'unlock' | 'resendCode';
  readonly operator: string;
  result?: string;
}

/**
 * A stage: what it does with a message, with its deadline, and with an order (undefined when it is none of its own).
 */
export interface Step {
  onMessage(c: Conversation, messageId: string): Promise<void>;
  onDeadline(c: Conversation): Promise<void>;
  onOrder(c: Conversation, order: Order): Promise<string | undefined>;
}

/** For stages that take no orders. */
export const noOrder = (): Promise<undefined> => Promise.resolve(undefined);
