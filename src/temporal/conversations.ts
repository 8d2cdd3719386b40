// All that the web process and operators say to conversations. Starts by name, so that no workflow code is loaded.
import { WorkflowUpdateFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { Policy } from '../domain/policy';
import { summaries } from '../domain/shown';
import {
  conversationId, queryNames, searchAttributes, signalNames, taskQueues, updateNames, workflowTypes,
} from '../../workflows/contract';
import type {
  CodeMissed, ConversationStart, ConversationStatus, MessageReceived, RepliesReady, UpdateName,
} from '../../workflows/contract';

/** Half of what Twilio's connect takes: a message that is stored but not signalled is signalled later (decision 2). */
const deliverDeadlineMs = 2_000;

/** An operator waits no longer; the order stands, and the conversation takes it when it can. */
const orderDeadlineMs = 10_000;

export type OrderOutcome =
  | { readonly outcome: 'done'; readonly result: string }
  | { readonly outcome: 'refused'; readonly why: string }
  | { readonly outcome: 'none' };

export type Conversations = ReturnType<typeof createConversations>;

export function createConversations(client: Client, policy: Policy) {
  return {
    /**
     * Tells the sender's conversation of a stored message, starting it if there is none. Rejects after 2 s; the
     * conversation takes a message once, however often it is told.
     */
    async deliver({ senderId, messageId }: { senderId: string; messageId: string }): Promise<void> {
      const start: ConversationStart = { senderId, policy };
      const signal: MessageReceived = { messageId };
      await client.withDeadline(Date.now() + deliverDeadlineMs, () =>
        client.workflow.signalWithStart(workflowTypes.conversation, {
          workflowId: conversationId(senderId),
          taskQueue: taskQueues.doorman,
          args: [start],
          signal: signalNames.messageReceived,
          signalArgs: [signal],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          typedSearchAttributes: [
            { key: searchAttributes.stage, value: 'identify' },
            { key: searchAttributes.outcome, value: 'open' },
          ],
          staticSummary: summaries.conversation,
        }));
    },

    /**
     * Tells a conversation that a code did not arrive. Nothing to do when it is over. Repeated, it has no effect.
     */
    async tellMissed({ senderId, ...missed }: CodeMissed & { senderId: string }): Promise<void> {
      const handle = client.workflow.getHandle(conversationId(senderId));
      try {
        await client.withDeadline(Date.now() + deliverDeadlineMs, () => handle.signal(signalNames.codeMissed, missed));
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },

    /**
     * Tells the sender's conversation that there is news of a turn; `gone` when there is no conversation: none is
     * started by what an assistant says. Rejects after 2 s.
     */
    async tellNews({ senderId, messageId }: { senderId: string; messageId: string }): Promise<'told' | 'gone'> {
      const news: RepliesReady = { messageId };
      const handle = client.workflow.getHandle(conversationId(senderId));
      try {
        await client.withDeadline(Date.now() + deliverDeadlineMs, () => handle.signal(signalNames.repliesReady, news));
        return 'told';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'gone';
        throw error;
      }
    },

    /** The redacted state of a sender's conversation; undefined when there never was one. */
    async status(senderId: string): Promise<ConversationStatus | undefined> {
      try {
        return await client.workflow.getHandle(conversationId(senderId)).query<ConversationStatus>(queryNames.status);
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      }
    },

    /** Gives an operator's order. `refused` when the conversation is in another stage, `none` when there is none. */
    async order(senderId: string, order: UpdateName, operator: string): Promise<OrderOutcome> {
      const handle = client.workflow.getHandle(conversationId(senderId));
      try {
        const result = await client.withDeadline(Date.now() + orderDeadlineMs, () =>
          handle.executeUpdate<string, [{ operator: string }]>(updateNames[order], { args: [{ operator }] }));
        return { outcome: 'done', result };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return { outcome: 'none' };
        if (error instanceof WorkflowUpdateFailedError) {
          return { outcome: 'refused', why: error.cause?.message ?? 'refused' };
        }
        throw error;
      }
    },
  };
}
