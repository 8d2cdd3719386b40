// What a provider's refusal means beyond this try: a send that it refuses for good is over, its text goes and its row
// says why; of one that waits for an operator the row says so, too, since a code need not wait for that; one that it
// wants to come later may mean that all of us are too fast.
import type { Pool } from '../src/db/pool';
import { Fault, faultKinds } from '../src/domain/faults';
import { noteFault, settleSend } from '../src/outbox/outbox';
import { asksToSlowDown, slowDown } from '../src/outbox/pacing';

/** Settles the send when this fault is never tried again; throws the fault in any case. */
export async function settleRefused(pool: Pool, key: string, error: unknown): Promise<never> {
  if (error instanceof Fault && !faultKinds[error.kind].retry) {
    await settleSend(pool, key, { state: 'failed', fault: error.code });
  }
  if (error instanceof Fault && error.kind === 'misconfigured') await noteFault(pool, key, error.code);
  if (error instanceof Fault && asksToSlowDown(error)) await slowDown(pool);
  throw error;
}
