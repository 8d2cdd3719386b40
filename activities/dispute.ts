// NOT ME: whoever answers so from an employee's own chat ends what others try in that employee's name (R22).
import type { Note } from '../src/audit/auditedTransaction';
import type { Queryable } from '../src/db/pool';
import type { Policy } from '../src/domain/policy';
import { withholdTexts } from '../src/outbox/outbox';
import { verifiedAs } from '../src/otp/challenges';
import { disown } from '../src/otp/disputes';
import type { DisputeDeps as DisownDeps } from '../src/otp/disputes';
import { endSessionsOfOthers } from '../src/sessions/sessions';

export interface DisputeDeps extends DisownDeps {
  /** The active employee whose number the sender writes from; undefined when it is nobody's, or that of two. */
  findByAddress(db: Queryable, senderId: string): Promise<string | undefined>;
}

/**
 * Disowns the codes that others asked for in the name of the employees whom this sender is known as, ends the sessions
 * that others have as them, and shuts the strangers' pool for them. The sender's own session stays. Does nothing for a
 * stranger, who reads the same thanks.
 */
export async function dispute(
  deps: DisputeDeps, tx: Queryable, note: Note, senderId: string, policy: Policy,
): Promise<void> {
  const own = await deps.findByAddress(tx, senderId);
  const verified = await verifiedAs(tx, senderId, policy.knownSenderDays);
  const employeeIds = new Set([...own === undefined ? [] : [own], ...verified]);
  for (const employeeId of employeeIds) await disown(deps, tx, note, employeeId, senderId);
  for (const employeeId of employeeIds) {
    const ended = await endSessionsOfOthers(tx, note, employeeId, senderId);
    for (const sessionId of ended) await withholdTexts(tx, sessionId);
  }
  if (employeeIds.size > 0) deps.alert('disputed');
}
