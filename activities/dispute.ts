// NOT ME: whoever answers so from an employee's own chat ends what others try in that employee's name (R22).
import type { Note } from '../src/audit/auditedTransaction';
import type { Queryable } from '../src/db/pool';
import type { Policy } from '../src/domain/policy';
import { withholdTexts } from '../src/outbox/outbox';
import { verifiedAs } from '../src/otp/challenges';
import { disown, endProofs } from '../src/otp/disputes';
import type { DisputeDeps as DisownDeps } from '../src/otp/disputes';
import { disputeSessionsOfOthers } from '../src/sessions/sessions';

export interface DisputeDeps extends DisownDeps {
  /** The active employees whose number is the sender's, as long as it is nobody else's, too. */
  findByNumbers(db: Queryable, senderId: string): Promise<string[]>;
  /** The senders who write from a number that is registered for an employee. */
  registeredSenders(db: Queryable, employeeId: string): Promise<string[]>;
}

/**
 * Disowns the codes that others asked for in the name of the employees whom this sender is known as, ends the sessions
 * that others have as them and what codes for applications proved, and shuts the strangers' pool for them. The sender's
 * own session stays; so does what comes from the employee's registered number, unless the sender writes from one: a
 * former proof, which may be stolen, is no power over it. Does nothing for a stranger, who reads the same thanks.
 */
export async function dispute(
  deps: DisputeDeps, tx: Queryable, note: Note, senderId: string, policy: Policy,
): Promise<void> {
  const own = await deps.findByNumbers(tx, senderId);
  const verified = await verifiedAs(tx, senderId, policy.knownSenderDays);
  const spared = new Map<string, readonly string[]>();
  for (const employeeId of verified) {
    spared.set(employeeId, [senderId, ...await deps.registeredSenders(tx, employeeId)]);
  }
  for (const employeeId of own) spared.set(employeeId, [senderId]);
  for (const [employeeId, senderIds] of spared) await disown(deps, tx, note, employeeId, senderIds);
  for (const [employeeId, senderIds] of spared) {
    const ended = await disputeSessionsOfOthers(tx, note, employeeId, senderIds);
    for (const sessionId of ended) await withholdTexts(tx, sessionId);
    await endProofs(tx, note, employeeId);
  }
  // Before the commit: told twice rather than never, should the process die.
  if (spared.size > 0) deps.alert('disputed');
}
