// NOT ME: whoever answers so from an employee's own chat ends what others try in that employee's name (R22).
import type { Note } from '../src/audit/auditedTransaction';
import type { Queryable } from '../src/db/pool';
import type { Policy } from '../src/domain/policy';
import { shutStrangers } from '../src/otp/budgets';
import type { Alert } from '../src/otp/budgets';
import { disownOthers, verifiedAs } from '../src/otp/challenges';

export interface DisputeDeps {
  /** The active employee whose number the sender writes from; undefined when it is nobody's, or that of two. */
  findByAddress(db: Queryable, senderId: string): Promise<string | undefined>;
  /** Keyed hash by which guesses at one identity are counted, real or not. */
  hashIdentity(identity: string): Buffer;
  alert(what: Alert): void;
}

/**
 * Disowns the codes that others asked for in the name of the employees whom this sender is known as, and shuts the
 * strangers' pool for them. Does nothing for a stranger, who reads the same thanks.
 */
export async function dispute(
  deps: DisputeDeps, tx: Queryable, note: Note, senderId: string, policy: Policy,
): Promise<void> {
  const own = await deps.findByAddress(tx, senderId);
  const verified = await verifiedAs(tx, senderId, policy.knownSenderDays);
  const employeeIds = new Set([...own === undefined ? [] : [own], ...verified]);
  for (const employeeId of employeeIds) {
    await disownOthers(tx, note, employeeId, senderId);
    await shutStrangers(tx, note, deps.hashIdentity(employeeId));
  }
  if (employeeIds.size > 0) deps.alert('disputed');
}
