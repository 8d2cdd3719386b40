// Sessions that ended because an assistant wanted a stronger proof: what for, sealed, and which message waits for it.
import type { Queryable } from '../db/pool';
import { open, seal } from '../keys/box';
import type { PurposeKeys } from '../keys/keyring';

const context = (sessionId: string): string => `stepUp:${sessionId}`;

export interface StepUpNote {
  readonly sessionId: string;
  readonly messageId: string;
  readonly action: string | undefined;
  readonly assurance: 'standard' | undefined;
}

/** In the transaction that ends the session. The first note stands. */
export async function noteStepUp(
  tx: Queryable, keys: PurposeKeys, { sessionId, messageId, action, assurance }: StepUpNote,
): Promise<void> {
  await tx.query(
    `UPDATE sessions SET step_up_enc = $2, step_up_message_id = $3, step_up_assurance = $4
      WHERE id = $1 AND step_up_message_id IS NULL`,
    [sessionId, action === undefined ? null : seal(keys, action, context(sessionId)), messageId, assurance ?? null]);
}

/**
 * Whether the message still waits for the stronger proof, and what that is wanted for; undefined when it was not said,
 * or when it was told already.
 */
export async function readStepUpNote(
  db: Queryable, keys: PurposeKeys, sessionId: string,
): Promise<{ waits: boolean; action: string | undefined }> {
  const { rows: [row] } = await db.query<{ sealed: Buffer | null; waits: boolean }>(
    `SELECT step_up_enc AS sealed, EXISTS (
              SELECT FROM inbox WHERE message_id = step_up_message_id AND handled_at IS NULL) AS waits
       FROM sessions WHERE id = $1`, [sessionId]);
  const { sealed = null, waits = false } = row ?? {};
  return { waits, action: sealed === null ? undefined : open(keys, sealed, context(sessionId)).toString('utf8') };
}

/** Nobody reads it again. */
export async function forgetAction(db: Queryable, sessionId: string): Promise<void> {
  await db.query('UPDATE sessions SET step_up_enc = NULL WHERE id = $1 AND step_up_enc IS NOT NULL', [sessionId]);
}

/** What was never said is kept no longer than what was said. Says how many. */
export async function forgetOldActions(db: Queryable, retentionMs: number): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE sessions SET step_up_enc = NULL
      WHERE step_up_enc IS NOT NULL AND ended_at < clock_timestamp() - $1 * interval '1 ms'`, [retentionMs]);
  return rowCount ?? 0;
}

/**
 * The employee who wrote a message that was sent back for a stronger proof: null when it was not them, as they say by
 * now. Undefined for any other message.
 */
export async function writerOfSentBack(db: Queryable, messageId: string): Promise<string | null | undefined> {
  const { rows: [row] } = await db.query<{ employeeId: string | null }>(
    `SELECT CASE WHEN end_reason <> 'disputed' THEN employee_id END AS "employeeId"
       FROM sessions WHERE step_up_message_id = $1 ORDER BY opened_at LIMIT 1`, [messageId]);
  return row?.employeeId;
}

/** Whether this message was sent back once already for a session that can be trusted further: it is not again. */
export async function wasSentBack(db: Queryable, messageId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT 1 FROM sessions WHERE step_up_message_id = $1 AND step_up_assurance IS NOT NULL LIMIT 1`, [messageId]);
  return rowCount === 1;
}

/** Whether a message of this sender waits for a session that can be trusted further than a low one. */
export async function waitsForStandard(db: Queryable, senderId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT 1 FROM sessions n JOIN inbox i ON i.message_id = n.step_up_message_id
      WHERE n.sender_id = $1 AND n.step_up_assurance = 'standard' AND i.handled_at IS NULL LIMIT 1`, [senderId]);
  return rowCount === 1;
}
