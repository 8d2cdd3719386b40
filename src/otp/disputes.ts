// NOT ME, said in a chat or by a link: what others have or try in an employee's name ends (R22).
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Note } from '../audit/auditedTransaction';
import type { Pool, Queryable } from '../db/pool';
import { shutStrangers } from './budgets';
import type { Alert } from './budgets';
import { disownOthers } from './challenges';

/** A session as somebody disputes it. */
export interface DisputedSession {
  readonly employeeId: string;
  /** Somebody said NOT ME to it before. */
  readonly isDisputed: boolean;
}

export interface DisputeDeps {
  /** Keyed hash by which guesses at one identity are counted, real or not. */
  hashIdentity(identity: string): Buffer;
  alert(what: Alert): void;
}

export interface LinkDeps extends DisputeDeps {
  readonly pool: Pool;
  /** The session with this id, open or over. */
  findSession(db: Queryable, sessionId: string): Promise<DisputedSession | undefined>;
  /**
   * Ends the session and the replies that wait for it; one that is over counts as a proof no more. False when it was
   * disputed before. Locks the session.
   */
  endDisputed(tx: Queryable, note: Note, sessionId: string): Promise<boolean>;
}

/**
 * Takes an employee's codes from everybody but the spared senders, and shuts the strangers' pool. Sessions
 * are ended after this: challenges, pools, sessions is the order of locks in which a right code opens one.
 */
export async function disown(
  deps: DisputeDeps, tx: Queryable, note: Note, employeeId: string, spared: readonly string[],
): Promise<void> {
  await disownOthers(tx, note, employeeId, spared);
  await shutStrangers(tx, note, deps.hashIdentity(employeeId));
}

/** Codes for applications that were asked for until now prove nothing more of an employee. The last, after sessions. */
export async function endProofs(tx: Queryable, note: Note, employeeId: string): Promise<void> {
  await tx.query(
    `INSERT INTO employee_disputes (employee_id) VALUES ($1)
     ON CONFLICT (employee_id) DO UPDATE SET disputed_at = clock_timestamp()`, [employeeId]);
  note({ kind: 'employee.disputed', facts: { employeeId } });
}

/**
 * The employee says by the link that an announced session is not theirs. Nobody knows in whose hands the chats are, so
 * that every code goes, whoever asked for it. Done once: what operators reopen afterwards, the same link does not shut.
 */
export async function disputeByLink(deps: LinkDeps, sessionId: string): Promise<'disputed' | 'unknown'> {
  return auditedTransaction(deps.pool, async (tx, note) => {
    const session = await deps.findSession(tx, sessionId);
    if (session === undefined) return 'unknown';
    if (session.isDisputed) return 'disputed';
    await disown(deps, tx, note, session.employeeId, []);
    if (await deps.endDisputed(tx, note, sessionId)) {
      await endProofs(tx, note, session.employeeId);
      // Before the commit: told twice rather than never, should the process die.
      deps.alert('disputed');
    }
    return 'disputed';
  });
}
