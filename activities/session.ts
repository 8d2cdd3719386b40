// Ends sessions, and the messages that nobody will answer.
import { auditedTransaction } from '../src/audit/auditedTransaction';
import type { Pool } from '../src/db/pool';
import { discardMessages } from '../src/inbox/handling';
import { endSession } from '../src/sessions/sessions';
import type { EndReason } from '../src/sessions/sessions';

export function createSessionActivities({ pool }: { readonly pool: Pool }) {
  return {
    /** Ends a session and answers with the reason for which it really ended: the first one stands. */
    async endSession(input: { sessionId: string; reason: EndReason; operator?: string }): Promise<EndReason> {
      const { sessionId, reason, operator } = input;
      return auditedTransaction(pool, (tx, note) => endSession(tx, note, sessionId, reason, operator));
    },

    /** Settles messages without an answer and destroys their text. */
    async discard(input: { messageIds: readonly string[]; reason: string }): Promise<void> {
      await discardMessages(pool, input.messageIds, input.reason);
    },
  };
}

export type SessionActivities = ReturnType<typeof createSessionActivities>;
