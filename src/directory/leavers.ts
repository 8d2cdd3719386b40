// What ends with employment, in the transaction that ends it: open sessions at once, live codes with them (R32).
// It is told here by SQL of its own: a leaver is one statement a table, be it one person or ten thousand.
import type { Note } from '../audit/auditedTransaction';
import type { Queryable } from '../db/pool';

/** Why somebody is out: the feed says so, the feed no longer lists them, or an operator did it. */
export type LeaveReason = 'left' | 'missing' | 'operator';

export interface Leaver {
  readonly employeeId: string;
  readonly reason: LeaveReason;
  /** Login name, for the audit. */
  readonly operator?: string;
}

/**
 * Closes the door behind employees whose row was just made inactive, and notes it all. Says how many sessions ended.
 * The order of locks is employees, then sessions, as when a session is opened.
 */
export async function closeDoor(tx: Queryable, note: Note, leavers: readonly Leaver[]): Promise<number> {
  const ids = leavers.map(({ employeeId }) => employeeId);
  for (const facts of leavers) note({ kind: 'employee.ended', facts });
  const { rows: sessions } = await tx.query<{ sessionId: string; senderId: string; employeeId: string }>(
    `UPDATE sessions SET ended_at = clock_timestamp(), end_reason = 'left'
      WHERE employee_id = ANY ($1::uuid[]) AND ended_at IS NULL
     RETURNING id AS "sessionId", sender_id AS "senderId", employee_id AS "employeeId"`, [ids]);
  for (const session of sessions) note({ kind: 'session.ended', facts: { ...session, reason: 'left' } });
  // The code turns into a decoy and is not ended: whoever waits for it must not be able to tell that somebody left.
  // A challenge that is locked is being judged at this moment, by a transaction that will ask for the employee next:
  // waiting for it would be a deadlock, and it opens no session for somebody who is inactive.
  const { rows: challenges } = await tx.query<{ challengeId: string; senderId: string }>(
    `UPDATE challenges SET employee_id = NULL
      WHERE id IN (SELECT id FROM challenges WHERE employee_id = ANY ($1::uuid[]) AND state = 'live'
                      FOR UPDATE SKIP LOCKED)
     RETURNING id AS "challengeId", sender_id AS "senderId"`, [ids]);
  for (const challenge of challenges) note({ kind: 'challenge.disowned', facts: { ...challenge, reason: 'left' } });
  return sessions.length;
}

/**
 * Ends one person's employment by hand, at once: sessions and codes go with it. The feed lets them in again only after
 * it has listed them as gone (R45). Repeat-safe: says how many people it ended, 0 or 1.
 */
export async function endEmployee(
  tx: Queryable, note: Note, employeeId: string, operator: string,
): Promise<number> {
  const { rowCount } = await tx.query(
    'UPDATE employees SET active = false, changed_at = clock_timestamp() WHERE id = $1 AND active', [employeeId]);
  if (rowCount === 1) await closeDoor(tx, note, [{ employeeId, reason: 'operator', operator }]);
  return rowCount ?? 0;
}
