// Tells employees of each new session, on another registered channel than those that it came by (R30, A47): a few at a
// time, until each is told or could have lasted no longer. May tell one twice after a crash.
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Pool } from '../db/pool';
import { Fault, faultKinds } from '../domain/faults';
import type { Log } from '../log';

export interface NewSession {
  readonly sessionId: string;
  readonly employeeId: string;
  readonly senderId: string;
  readonly challengeId: string;
  readonly language: string | null;
}

export type Telling =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'undeliverable'; readonly code: string }
  /** The employee has no channel besides the chat and the one that the code came by. */
  | { readonly outcome: 'noChannel' };

export interface SessionNoticeDeps {
  readonly pool: Pool;
  /** Throws Fault. The same session is the same notice, however often it is told. */
  tell(session: NewSession): Promise<Telling>;
  readonly log: Pick<Log, 'warn'>;
}

// As many requests at once as a provider that hangs may hold up a sweep by, and as many in a sweep as leave it short.
const batchRows = 10;
const batchesMax = 10;

/** Tells what waits. One caller at a time, or two may tell the same. Says how many were told, and how many given up. */
export async function tellNewSessions(deps: SessionNoticeDeps): Promise<{ notified: number; unnotified: number }> {
  const report = { notified: 0, unnotified: await giveUp(deps) };
  for (let batch = 0; batch < batchesMax; batch += 1) {
    const settled = await Promise.all((await takeDue(deps.pool)).map((session) => tellOne(deps, session)));
    report.notified += settled.filter((state) => state === 'sent').length;
    report.unnotified += settled.filter((state) => state === 'failed').length;
    if (settled.length < batchRows || settled.includes('later')) break;
  }
  return report;
}

/** None within a minute of a try that failed: a sweep that waits for a dead mail server keeps messages waiting. */
async function takeDue(pool: Pool): Promise<NewSession[]> {
  const { rows } = await pool.query<NewSession>(
    `UPDATE sessions s SET notice_tried_at = clock_timestamp() FROM employees e
      WHERE e.id = s.employee_id AND s.id IN (
        SELECT id FROM sessions WHERE notice = 'pending' AND NOT EXISTS (
          SELECT FROM sessions WHERE notice = 'pending' AND notice_tried_at > clock_timestamp() - interval '1 min')
         ORDER BY notice_tried_at NULLS FIRST, opened_at LIMIT ${batchRows} FOR UPDATE SKIP LOCKED)
     RETURNING s.id AS "sessionId", s.employee_id AS "employeeId", s.sender_id AS "senderId",
               s.challenge_id AS "challengeId", e.preferred_language AS language`);
  return rows;
}

async function tellOne(deps: SessionNoticeDeps, session: NewSession): Promise<'sent' | 'failed' | 'none' | 'later'> {
  try {
    const told = await deps.tell(session);
    switch (told.outcome) {
      case 'accepted': return await settle(deps.pool, session, 'sent');
      case 'noChannel': return await settle(deps.pool, session, 'none');
      case 'undeliverable': return await settle(deps.pool, session, 'failed', told.code);
    }
  } catch (error) {
    deps.log.warn('a new session could not be told of', { sessionId: session.sessionId, error });
    if (!(error instanceof Fault) || faultKinds[error.kind].retry) return 'later';
    return settle(deps.pool, session, 'failed', error.code);
  }
}

async function settle<State extends 'sent' | 'failed' | 'none'>(
  pool: Pool, { sessionId, employeeId }: NewSession, state: State, fault = '',
): Promise<State> {
  await auditedTransaction(pool, async (tx, note) => {
    const { rowCount } = await tx.query(
      `UPDATE sessions SET notice = $2 WHERE id = $1 AND notice = 'pending'`, [sessionId, state]);
    if (rowCount !== 1 || state === 'none') return;
    const facts = { sessionId, employeeId };
    if (state === 'sent') note({ kind: 'session.announced', facts });
    else note({ kind: 'session.unannounced', facts: { ...facts, fault } });
  });
  return state;
}

function giveUp({ pool, log }: SessionNoticeDeps): Promise<number> {
  return auditedTransaction(pool, async (tx, note) => {
    const { rows } = await tx.query<{ sessionId: string; employeeId: string }>(
      `UPDATE sessions SET notice = 'failed'
        WHERE notice = 'pending' AND ends_at < clock_timestamp()
       RETURNING id AS "sessionId", employee_id AS "employeeId"`);
    for (const facts of rows) note({ kind: 'session.unannounced', facts: { ...facts, fault: 'abandoned' } });
    if (rows.length > 0) log.warn('new sessions were given up, untold', { count: rows.length });
    return rows.length;
  });
}
