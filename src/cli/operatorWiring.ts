// What an operator's commands run on.
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Config } from '../config';
import { createPool } from '../db/pool';
import { confirmContacts } from '../directory/contacts';
import { findEmployee } from '../directory/employees';
import { findSender } from '../inbox/senderLookup';
import { lookupHash } from '../keys/box';
import { reopenPools } from '../otp/budgets';
import { unlockSender } from '../otp/challenges';
import { endSessionOfSender } from '../sessions/sessions';
import { connectConversations } from '../wiring';

export function wireOperator(config: Config) {
  const pool = createPool(config.DATABASE_URL, { max: 2, application_name: 'doorman cli' });
  const { conversations, close } = connectConversations(config);
  return {
    conversations,
    findSender: (address: string) => findSender(pool, config.keyring.lookup, address),
    /** Undefined when nobody has this identifier, or two have. */
    reopenPools: (identifier: string, operator: string) => auditedTransaction(pool, async (tx, note) => {
      const found = await findEmployee(tx, identifier);
      if (found.outcome !== 'found') return undefined;
      return reopenPools(tx, note, lookupHash(config.keyring.lookup, 'identity', found.employee.id), operator);
    }),
    /** Undefined when nobody has this identifier, or two have. */
    confirmContacts: (identifier: string, operator: string) => auditedTransaction(pool, async (tx, note) => {
      const found = await findEmployee(tx, identifier);
      if (found.outcome !== 'found') return undefined;
      return confirmContacts(tx, note, found.employee.id, operator, config.policy.contactHoldMs);
    }),
    endSession: (senderId: string, operator: string) =>
      auditedTransaction(pool, (tx, note) => endSessionOfSender(tx, note, senderId, operator)),
    unlock: (senderId: string, operator: string) =>
      auditedTransaction(pool, (tx, note) => unlockSender(tx, note, senderId, operator)),
    close: async () => { await close(); await pool.end(); },
  };
}
