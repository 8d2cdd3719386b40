// Which employee a contact centre's customer is: by the identifier that only this client knows them by (R38), and by
// what proved who they are.
import type { Queryable } from '../db/pool';

export interface Customer {
  readonly employeeId: string;
  /**
   * Keyed hash of the number at which a code proved them; null when it was not this verification that did, or they said
   * NOT ME since its code was asked for.
   */
  readonly numberHash: Buffer | null;
}

/** Notes whom a client knows by an identifier. Safe to repeat. */
export async function noteCustomer(db: Queryable, client: string, subject: string, employeeId: string): Promise<void> {
  await db.query(
    'INSERT INTO client_customers (client, subject, employee_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [client, subject, employeeId]);
}

/** SQL: whether the employee said NOT ME since a code was asked for, by columns or parameters. */
const isDisputed = (employeeId: string, askedAt: string): string => `EXISTS (
  SELECT FROM employee_disputes d WHERE d.employee_id = ${employeeId} AND d.disputed_at >= ${askedAt})`;

/** Whom a client knows by this identifier. `proof`: what a JWT names beside it, a session or a verification. */
export async function findCustomer(
  db: Queryable, client: string, subject: string, proof: string,
): Promise<Customer | undefined> {
  const { rows: [row] } = await db.query<Customer>(
    `SELECT employee_id AS "employeeId", (
              SELECT p.number_hash FROM client_proofs p
               WHERE p.verification_id = $3 AND p.client = c.client AND p.employee_id = c.employee_id
                 AND NOT ${isDisputed('p.employee_id', 'p.asked_at')}) AS "numberHash"
       FROM client_customers c WHERE client = $1 AND subject = $2`, [client, subject, proof]);
  return row;
}

/** A verification that proves somebody. */
export interface NewProof {
  readonly verificationId: string;
  readonly client: string;
  readonly employeeId: string;
  readonly numberHash: Buffer;
  /** When the code was asked for. */
  readonly askedAt: Date;
}

/** Notes a proof, and says when; undefined when it was one before, as each proves once, and after a NOT ME. */
export async function noteProof(
  db: Queryable, { verificationId, client, employeeId, numberHash, askedAt }: NewProof,
): Promise<Date | undefined> {
  await db.query(`DELETE FROM client_proofs WHERE proved_at < clock_timestamp() - interval '1 day'`);
  const { rows: [row] } = await db.query<{ provedAt: Date }>(
    `INSERT INTO client_proofs (verification_id, client, employee_id, number_hash, asked_at)
     SELECT $1, $2, $3, $4, $5 WHERE NOT ${isDisputed('$3', '$5')} ON CONFLICT DO NOTHING
     RETURNING proved_at AS "provedAt"`, [verificationId, client, employeeId, numberHash, askedAt]);
  return row?.provedAt;
}
