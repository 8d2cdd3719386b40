// Ends sessions, and the messages that nobody will answer.
import { auditedTransaction } from '../src/audit/auditedTransaction';
import type { Pool } from '../src/db/pool';
import { discardMessages } from '../src/inbox/handling';
import { withholdTexts } from '../src/outbox/outbox';
import { endSession } from '../src/sessions/sessions';
import type { EndReason } from '../src/sessions/sessions';

export function createSessionActivities({ pool }: { readonly pool: Pool }) {
  return {
    /**
     * Ends a session, and the replies that still wait to be sent, and answers with the reason for which it really
     * ended: the first one stands.
     */
    async endSession(input: { sessionId: string; reason: EndReason; operator?: string }): Promise<EndReason> {
      const { sessionId, reason, operator } = input;
      return auditedTransaction(pool, async (tx, note) => {
        const ended = await endSession(tx, note, sessionId, reason, operator);
        await withholdTexts(tx, sessionId);
        return ended;
      });
    },

    /** Settles messages without an answer and destroys their text. */
    async discard(input: { senderId: string; messageIds: readonly string[]; reason: string }): Promise<void> {
      await discardMessages(pool, input.senderId, input.messageIds, input.reason);
    },
  };
}

export type SessionActivities = ReturnType<typeof createSessionActivities>;
