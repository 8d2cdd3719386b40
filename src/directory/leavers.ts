// What ends with employment, in the transaction that ends it: open sessions at once, live codes with them (R32).
// It is told here by SQL of its own: a leaver is one statement a table, be it one person or ten thousand.
import type { Note } from '../audit/auditedTransaction';
import type { Queryable } from '../db/pool';
import { policyRules } from '../domain/policy';

/** Why somebody is out: the feed says so, the feed no longer lists them, they are on leave, or an operator did it. */
export type LeaveReason = 'left' | 'missing' | 'absent' | 'operator';

export interface Leaver {
  readonly employeeId: string;
  readonly reason: LeaveReason;
  /** Login name, for the audit. */
  readonly operator?: string;
}

/**
 * Closes the door behind employees whose row was just made inactive, and notes it all, with what it took since
 * `heardAt`, when the source's word came (R32). Says how many sessions ended.
 * The order of locks is employees, then sessions, as when a session is opened.
 */
export async function closeDoor(
  tx: Queryable, note: Note, leavers: readonly Leaver[], heardAt: Date,
): Promise<number> {
  if (leavers.length === 0) return 0;
  const ids = leavers.map(({ employeeId }) => employeeId);
  const sessionsEnded = await endSessionsOf(tx, note, ids, 'left');
  // The code turns into a decoy and is not ended: whoever waits for it must not be able to tell that somebody left.
  // A challenge that is locked is being judged at this moment, by a transaction that will ask for the employee next:
  // waiting for it would be a deadlock, and it opens no session for somebody who is inactive.
  const { rows: challenges } = await tx.query<{ challengeId: string; senderId: string }>(
    `UPDATE challenges SET employee_id = NULL
      WHERE id IN (SELECT id FROM challenges WHERE employee_id = ANY ($1::uuid[]) AND state = 'live'
                      FOR UPDATE SKIP LOCKED)
     RETURNING id AS "challengeId", sender_id AS "senderId"`, [ids]);
  for (const challenge of challenges) note({ kind: 'challenge.disowned', facts: { ...challenge, reason: 'left' } });
  await keepOldContacts(tx, ids);
  const afterMs = Math.max(0, Date.now() - heardAt.getTime());
  for (const facts of leavers) note({ kind: 'employee.ended', facts: { ...facts, afterMs } });
  return sessionsEnded;
}

/**
 * A contact that was held back for as long as any policy may ask is its owner's like one of the first day: who returns
 * has what is still held, or comes while they are away, held back anew, and nothing else.
 */
async function keepOldContacts(tx: Queryable, ids: readonly string[]): Promise<void> {
  for (const table of ['employee_phones', 'employee_emails']) {
    await tx.query(
      `UPDATE ${table} SET held_from = NULL
        WHERE employee_id = ANY ($1::uuid[]) AND held_from < clock_timestamp() - $2 * interval '1 ms'`,
      [ids, policyRules.contactHoldMs.max]);
  }
}

/**
 * Ends the sessions of people who are in another department now: what an assistant may show them was decided for the
 * former one, and whoever moves proves anew who they are.
 */
export function endMoved(tx: Queryable, note: Note, ids: readonly string[]): Promise<number> {
  return ids.length === 0 ? Promise.resolve(0) : endSessionsOf(tx, note, ids, 'moved');
}

async function endSessionsOf(
  tx: Queryable, note: Note, ids: readonly string[], reason: 'left' | 'moved',
): Promise<number> {
  const { rows: sessions } = await tx.query<{ sessionId: string; senderId: string; employeeId: string }>(
    `UPDATE sessions SET ended_at = clock_timestamp(), end_reason = $2
      WHERE employee_id = ANY ($1::uuid[]) AND ended_at IS NULL
     RETURNING id AS "sessionId", sender_id AS "senderId", employee_id AS "employeeId"`, [ids, reason]);
  for (const session of sessions) note({ kind: 'session.ended', facts: { ...session, reason } });
  return sessions.length;
}

/**
 * Ends one person's employment by hand, at once: sessions and codes go with it. The feed lets them in again only after
 * it has listed them as gone (R45). Repeat-safe: says how many people it ended, 0 or 1.
 */
export async function endEmployee(
  tx: Queryable, note: Note, employeeId: string, operator: string,
): Promise<number> {
  const heardAt = new Date();
  // Whoever is on leave is listed as gone: for this, the list has to say it once more.
  const { rowCount } = await tx.query(
    `UPDATE employees SET active = false, absent = false, listed_active = true, changed_at = clock_timestamp()
      WHERE id = $1 AND (active OR absent)`, [employeeId]);
  if (rowCount === 1) await closeDoor(tx, note, [{ employeeId, reason: 'operator', operator }], heardAt);
  return rowCount ?? 0;
}
