// Charges the send of a code that an application asked for: in the budgets of the telephone and of its country, which
// are the chat's too, and of the client.
import type { Note } from '../audit/auditedTransaction';
import type { Queryable } from '../db/pool';
import type { Policy } from '../domain/policy';
import { limitsOf } from './budgets';

/** Business key of the send: what the outbox knows it by. */
export const sendKey = (verificationId: string): string => `rest:${verificationId}`;

/** False: it is never sent, and nobody is told. Repeat-safe. */
export async function chargeSend(
  tx: Queryable, note: Note, policy: Policy,
  verification: { readonly id: string; readonly client: string }, clientMax: number,
): Promise<boolean> {
  const { rows: [row] } = await tx.query<{ allowed: boolean; client: boolean; country: string | null }>(
    `SELECT c.is_allowed AS allowed, c.spent_client AS client, CASE WHEN c.spent_country THEN v.country END AS country
       FROM charge_rest_send($1, $2, $3) c, rest_verifications v WHERE v.id = $1`,
    [verification.id, clientMax, limitsOf(policy)]);
  if (row === undefined) return false;
  if (row.client) note({ kind: 'client.spent', facts: { client: verification.client } });
  if (row.country !== null) note({ kind: 'country.spent', facts: { country: row.country, pool: 'stranger' } });
  return row.allowed;
}
