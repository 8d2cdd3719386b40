// Which number is bound to whose account: by whoever proved, with a code to the registered work e-mail, that they are
// the employee and write from it. One binding a sender; the database's view says which are over, and why.
import type { Note } from '../audit/auditedTransaction';
import type { Queryable } from '../db/pool';
import type { Method } from '../domain/messages';

export interface NewBinding {
  readonly senderId: string;
  readonly employeeId: string;
  /** The session that proved it, opened in this transaction. */
  readonly sessionId: string;
  readonly how: Method;
}

/** Binds the sender's number. A binding that holds stays as it is; any other of the sender's is over. */
export async function bindNumber(
  tx: Queryable, note: Note, { senderId, employeeId, sessionId, how }: NewBinding,
): Promise<void> {
  const { rows: [held] } = await tx.query(
    'SELECT 1 FROM bindings WHERE sender_id = $1 AND employee_id = $2 AND over IS NULL', [senderId, employeeId]);
  if (held !== undefined) return;
  await release(tx, note, 'b.sender_id = $1', [senderId], 'replaced');
  const { rows: [bound] } = await tx.query<{ id: string }>(
    `INSERT INTO bound_numbers (sender_id, employee_id, since, how, emails_hash)
     SELECT sender_id, employee_id, opened_at, $2, work_emails_hash(employee_id) FROM sessions WHERE id = $1
     RETURNING id`, [sessionId, how]);
  note({ kind: 'number.bound', facts: { bindingId: bound!.id, senderId, employeeId, how } });
}

/** Ends what is over all the same: who left, whose number or e-mail changed, who said NOT ME. Says how many. */
export async function releaseNumbers(tx: Queryable, note: Note): Promise<number> {
  return release(tx, note, 'b.over IS NOT NULL', [], 'replaced');
}

/** Ends a sender's or an employee's binding for an operator. Says how many. */
export async function endBinding(tx: Queryable, note: Note, bindingId: string, operator: string): Promise<number> {
  return release(tx, note, 'b.id = $1', [bindingId], 'operator', operator);
}

/** `condition` is one of the constants above. What was over before has its own reason. */
async function release(
  tx: Queryable, note: Note, condition: string, values: readonly string[], reason: string, operator?: string,
): Promise<number> {
  const { rows } = await tx.query<{ bindingId: string; senderId: string; employeeId: string; reason: string }>(
    `UPDATE bound_numbers n SET ended_at = clock_timestamp(), end_reason = coalesce(b.over, $${values.length + 1})
       FROM bindings b WHERE b.id = n.id AND ${condition}
     RETURNING n.id AS "bindingId", n.sender_id AS "senderId", n.employee_id AS "employeeId", n.end_reason AS reason`,
    [...values, reason]);
  const by = operator === undefined ? {} : { operator };
  for (const facts of rows) note({ kind: 'number.released', facts: { ...facts, ...by } });
  return rows.length;
}

export interface Binding {
  readonly bindingId: string;
  readonly senderId: string;
  readonly employeeNumber: string;
  readonly since: Date;
  readonly how: string;
}

/** Those that hold, of one employee where one is given. */
export async function listBindings(db: Queryable, employeeNumber?: string): Promise<Binding[]> {
  const { rows } = await db.query<Binding>(
    `SELECT b.id AS "bindingId", b.sender_id AS "senderId", e.employee_number AS "employeeNumber", b.since, b.how
       FROM bindings b JOIN employees e ON e.id = b.employee_id
      WHERE b.over IS NULL AND ($1::text IS NULL OR e.employee_number = $1) ORDER BY b.since DESC LIMIT 1000`,
    [employeeNumber ?? null]);
  return rows;
}
