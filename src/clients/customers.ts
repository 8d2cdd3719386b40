// Which employee a contact centre's customer is: by the identifier that only this client knows them by (R38), and by
// what proved who they are.
import type { Queryable } from '../db/pool';

export interface Customer {
  readonly employeeId: string;
  /** Whether they were proved by this verification. */
  readonly isVerified: boolean;
}

/** Notes whom a client knows by an identifier. Safe to repeat. */
export async function noteCustomer(db: Queryable, client: string, subject: string, employeeId: string): Promise<void> {
  await db.query(
    'INSERT INTO client_customers (client, subject, employee_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [client, subject, employeeId]);
}

/** Whom a client knows by this identifier. `proof`: what a JWT names beside it, a session or a verification. */
export async function findCustomer(
  db: Queryable, client: string, subject: string, proof: string,
): Promise<Customer | undefined> {
  const { rows: [row] } = await db.query<Customer>(
    `SELECT employee_id AS "employeeId", EXISTS (
              SELECT FROM client_proofs p
               WHERE p.verification_id = $3 AND p.client = c.client AND p.employee_id = c.employee_id) AS "isVerified"
       FROM client_customers c WHERE client = $1 AND subject = $2`, [client, subject, proof]);
  return row;
}

/** Notes that a verification proved somebody, and when; undefined when it did so before: each proves once. */
export async function noteProof(
  db: Queryable, client: string, verificationId: string, employeeId: string,
): Promise<Date | undefined> {
  await db.query(`DELETE FROM client_proofs WHERE proved_at < clock_timestamp() - interval '1 day'`);
  const { rows: [row] } = await db.query<{ provedAt: Date }>(
    `INSERT INTO client_proofs (verification_id, client, employee_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
     RETURNING proved_at AS "provedAt"`, [verificationId, client, employeeId]);
  return row?.provedAt;
}
