// Forwards what partners posted, one event at a time: looked up by its id, so that nothing of it is in a history.
import { cancellationSignal } from '@temporalio/activity';
import { auditedTransaction } from '../src/audit/auditedTransaction';
import type { Pool } from '../src/db/pool';
import { Fault } from '../src/domain/faults';
import type { PurposeKeys } from '../src/keys/keyring';
import { nextWaiting, openWaiting, settleForwarded, settleParked } from '../src/partners/events';
import type { Subject } from '../src/partners/events';
import type { ForwardTarget } from '../src/partners/forwardTarget';

export interface PartnerDeps {
  readonly pool: Pool;
  readonly storageKeys: PurposeKeys;
  /** By the partner's name. */
  readonly targets: ReadonlyMap<string, ForwardTarget>;
  alert(what: 'partnerParked'): void;
}

export type PartnerActivities = ReturnType<typeof createPartnerActivities>;

export function createPartnerActivities({ pool, storageKeys, targets, alert }: PartnerDeps) {
  return {
    /** The id of the event of this subject that is to be forwarded next. */
    async nextPartnerEvent(subject: Subject): Promise<string | null> {
      return await nextWaiting(pool, subject) ?? null;
    },

    /** At least once: a process that dies before the note forwards it again, under the same key. */
    async forwardPartnerEvent({ eventId }: { eventId: string }): Promise<'forwarded' | 'settled'> {
      const event = await openWaiting(pool, storageKeys, eventId);
      if (event === undefined) return 'settled';
      const target = targets.get(event.partner);
      if (target === undefined) throw new Fault('misconfigured', 'partnerTarget', 'no such partner');
      await target.send(event, cancellationSignal());
      await auditedTransaction(pool, async (tx, note) => {
        const partner = await settleForwarded(tx, eventId);
        if (partner !== undefined) note({ kind: 'partner.forwarded', facts: { partner, eventId } });
      });
      return 'forwarded';
    },

    /** Nobody takes it: it waits for an operator, and the subject's next one has its turn. */
    async parkPartnerEvent({ eventId, fault }: { eventId: string; fault: string }): Promise<'parked' | 'settled'> {
      return auditedTransaction(pool, async (tx, note) => {
        const partner = await settleParked(tx, eventId, fault);
        if (partner === undefined) return 'settled';
        note({ kind: 'partner.parked', facts: { partner, eventId, fault } });
        // Before the commit: told twice rather than never, should the process die.
        alert('partnerParked');
        return 'parked';
      });
    },
  };
}
