// The verified period of a sender: opened by a used challenge, asked before every relay, ended once with a reason.
// Whether it is open is decided here, by the database's clock and the directory, and nowhere else (I5, I6, I9).
import type { Note } from '../audit/auditedTransaction';
import type { Queryable } from '../db/pool';
import type { Assurance, Method } from '../domain/messages';
import type { Policy } from '../domain/policy';

export interface NewSession {
  readonly sessionId: string;
  readonly senderId: string;
  readonly employeeId: string;
  readonly challengeId: string;
  readonly method: Method;
  readonly assurance: Assurance;
}

export type EndReason =
  | 'logout' | 'idle' | 'aged' | 'operator' | 'left' | 'moved' | 'replaced' | 'tooMany' | 'senderChanged' | 'stepUp'
  /** The employee said that it was not them: no proof comes of it either. */
  | 'disputed';

/** An open session as the relay needs it. */
export interface OpenSession {
  readonly employeeId: string;
  /** Employee's preferred language, null when HR gave none. */
  readonly language: string | null;
  readonly verifiedAt: Date;
  readonly verifiedAgoMs: number;
  readonly method: Method;
  readonly assurance: Assurance;
  /** When they came back after having left; null when they never did. */
  readonly returnedAt: Date | null;
}

const openNow = `s.ended_at IS NULL AND e.active AND clock_timestamp() < s.ends_at
  AND clock_timestamp() < s.active_at + s.idle_ms * interval '1 ms'`;

const shown = `e.id AS "employeeId", e.preferred_language AS language, s.opened_at AS "verifiedAt", s.method, s.assurance,
  e.returned_at AS "returnedAt",
  (extract(epoch FROM clock_timestamp() - s.opened_at) * 1000)::float8 AS "verifiedAgoMs"`;

/**
 * Opens a session in the transaction that consumed its challenge. Ends the sender's former session, and the oldest of
 * the employee's beyond the limit. 'refused' when the employee is no longer active, or said NOT ME since the code was
 * compared: nothing is opened then.
 */
export async function openSession(
  tx: Queryable, note: Note, policy: Policy, session: NewSession,
): Promise<'opened' | 'refused'> {
  const { sessionId, senderId, employeeId, challengeId, method, assurance } = session;
  // The row lock makes a leaver event and this transaction follow one another, whichever comes first.
  const { rowCount: active } = await tx.query(
    `SELECT 1 FROM employees e WHERE id = $1 AND active
        AND EXISTS (SELECT FROM challenges WHERE id = $2 AND employee_id = e.id) FOR NO KEY UPDATE OF e`,
    [employeeId, challengeId]);
  if (active !== 1) return 'refused';
  await endWhere(tx, note, 's.sender_id = $2', [senderId], 'replaced');
  await endWhere(tx, note, `s.id IN (SELECT id FROM sessions WHERE employee_id = $2 AND ended_at IS NULL
    ORDER BY opened_at DESC OFFSET $3)`, [employeeId, policy.sessionsPerEmployeeMax - 1], 'tooMany');
  await tx.query(
    `INSERT INTO sessions (id, sender_id, employee_id, challenge_id, method, assurance, idle_ms, ends_at, notice)
     VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + $8 * interval '1 ms', 'pending')`,
    [sessionId, senderId, employeeId, challengeId, method, assurance, policy.sessionIdleMs, policy.sessionAbsoluteMs]);
  note({ kind: 'session.opened', facts: { sessionId, senderId, employeeId, challengeId, method, assurance } });
  return 'opened';
}

/** Marks the sender's session active when it is open; undefined when the door is closed. */
export async function touchSession(
  db: Queryable, sessionId: string, senderId: string,
): Promise<OpenSession | undefined> {
  const { rows: [row] } = await db.query<OpenSession>(
    `UPDATE sessions s SET active_at = clock_timestamp() FROM employees e
      WHERE s.id = $1 AND s.sender_id = $2 AND e.id = s.employee_id AND ${openNow}
     RETURNING ${shown}`, [sessionId, senderId]);
  return row;
}

/** Whether the sender's session is open at this moment: asked before each reply and before an answer is kept. */
export async function findOpenSession(
  db: Queryable, sessionId: string, senderId: string,
): Promise<OpenSession | undefined> {
  const { rows: [row] } = await db.query<OpenSession>(
    `SELECT ${shown} FROM sessions s JOIN employees e ON e.id = s.employee_id
      WHERE s.id = $1 AND s.sender_id = $2 AND ${openNow}`, [sessionId, senderId]);
  return row;
}

/** The same whoever its sender is: for those that show what was said to them of a session. */
export async function findSpeaker(db: Queryable, sessionId: string): Promise<OpenSession | undefined> {
  const { rows: [row] } = await db.query<OpenSession>(
    `SELECT ${shown} FROM sessions s JOIN employees e ON e.id = s.employee_id WHERE s.id = $1 AND ${openNow}`,
    [sessionId]);
  return row;
}

/** The language of the employee that a session is or was of; null when HR gave none. */
export async function sessionLanguage(db: Queryable, sessionId: string): Promise<string | null> {
  const { rows: [row] } = await db.query<{ language: string | null }>(
    `SELECT e.preferred_language AS language
       FROM sessions s JOIN employees e ON e.id = s.employee_id WHERE s.id = $1`, [sessionId]);
  return row?.language ?? null;
}

/**
 * Ends a session and says for which reason it had ended: the first reason stands, so that somebody whose session was
 * ended by HR's event is not told that it was idle. Repeat-safe.
 */
export async function endSession(
  tx: Queryable, note: Note, sessionId: string, reason: EndReason, operator?: string,
): Promise<EndReason> {
  await endWhere(tx, note, 's.id = $2', [sessionId], reason, operator);
  const { rows: [row] } = await tx.query<{ reason: EndReason | null }>(
    'SELECT end_reason AS reason FROM sessions WHERE id = $1', [sessionId]);
  return row?.reason ?? reason;
}

/** Ends the sender's open session for an operator, whatever its conversation is doing (R31). Says how many: 0 or 1. */
export async function endSessionOfSender(
  tx: Queryable, note: Note, senderId: string, operator: string,
): Promise<number> {
  return (await endWhere(tx, note, 's.sender_id = $2', [senderId], 'operator', operator)).length;
}

/**
 * Ends what all but the spared senders have open as an employee, who says that it was not them; what they had before is
 * no proof any more. Says which sessions were open.
 */
export async function disputeSessionsOfOthers(
  tx: Queryable, note: Note, employeeId: string, spared: readonly string[],
): Promise<string[]> {
  return (await disputeWhere(tx, note, 's.employee_id = $2 AND s.sender_id <> ALL ($3)', [employeeId, spared])).ended;
}

/** The reason of a session that is over is replaced: only `disputed` makes it no proof any more. */
async function disputeWhere(
  tx: Queryable, note: Note, condition: string, values: unknown[],
): Promise<{ ended: string[]; over: string[] }> {
  const ended = await endWhere(tx, note, condition, values, 'disputed');
  const { rows: over } = await tx.query<{ sessionId: string; senderId: string; employeeId: string }>(
    `UPDATE sessions s SET end_reason = $1 WHERE s.end_reason <> $1 AND ${condition}
     RETURNING s.id AS "sessionId", s.sender_id AS "senderId", s.employee_id AS "employeeId"`, ['disputed', ...values]);
  for (const facts of over) note({ kind: 'session.disputed', facts });
  return { ended, over: over.map(({ sessionId }) => sessionId) };
}

/** Whose a session is or was, and whether somebody said NOT ME to it. */
export async function findDisputedSession(
  db: Queryable, sessionId: string,
): Promise<{ employeeId: string; isDisputed: boolean } | undefined> {
  const { rows: [row] } = await db.query<{ employeeId: string; isDisputed: boolean }>(
    `SELECT employee_id AS "employeeId", end_reason IS NOT DISTINCT FROM 'disputed' AS "isDisputed"
       FROM sessions WHERE id = $1`, [sessionId]);
  return row;
}

/**
 * Ends a session that was not its employee's, with whatever else its sender has or had as that employee. Says what it
 * found: `before` when all was disputed already, or there is none.
 */
export async function disputeSession(
  tx: Queryable, note: Note, sessionId: string,
): Promise<'open' | 'over' | 'before'> {
  const { ended, over } = await disputeWhere(tx, note, sameHolder, [sessionId]);
  if (ended.length > 0) return 'open';
  return over.length > 0 ? 'over' : 'before';
}

const sameHolder = '(s.sender_id, s.employee_id) = (SELECT sender_id, employee_id FROM sessions WHERE id = $2)';

/**
 * Only the database's clock knows whether a session that is over was idle or too old.
 * `condition` is one of the constants above, with $2 and on for `values`; never text from outside. Says which it ended.
 */
async function endWhere(
  tx: Queryable, note: Note, condition: string, values: unknown[], wanted: EndReason, operator?: string,
): Promise<string[]> {
  const { rows } = await tx.query<{ id: string; senderId: string; employeeId: string; reason: EndReason }>(
    `UPDATE sessions s SET ended_at = clock_timestamp(),
            end_reason = CASE WHEN $1 = 'idle' AND s.ends_at <= clock_timestamp() THEN 'aged' ELSE $1 END
      WHERE s.ended_at IS NULL AND ${condition}
     RETURNING s.id, s.sender_id AS "senderId", s.employee_id AS "employeeId", s.end_reason AS reason`,
    [wanted, ...values]);
  for (const { id, senderId, employeeId, reason } of rows) {
    const by = operator === undefined ? {} : { operator };
    note({ kind: 'session.ended', facts: { sessionId: id, senderId, employeeId, reason, ...by } });
  }
  return rows.map(({ id }) => id);
}
