// A send that the provider refuses for good is over: its text goes, and its row says why.
import type { Pool } from '../src/db/pool';
import { Fault, faultKinds } from '../src/domain/faults';
import { settleSend } from '../src/outbox/outbox';

/** Settles the send when this fault is never tried again; throws the fault in any case. */
export async function settleRefused(pool: Pool, key: string, error: unknown): Promise<never> {
  if (error instanceof Fault && !faultKinds[error.kind].retry) {
    await settleSend(pool, key, { state: 'failed', fault: error.code });
  }
  throw error;
}
