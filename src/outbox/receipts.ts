// What the provider says became of a send. Callbacks come twice, late and in any order: nothing here ever goes back.
import type { Queryable } from '../db/pool';

/** In the order in which they come; the last two are the other end of it. */
export const receipts = ['queued', 'sending', 'sent', 'delivered', 'read', 'undelivered', 'failed'] as const;
export type Receipt = (typeof receipts)[number];

export interface ReceiptNote {
  /** `outbox.id`: what we gave the provider to name the send by. */
  readonly receiptId: string;
  /** The provider's own id of the message or call. */
  readonly providerId: string;
  readonly receipt: Receipt;
  /** The provider's stable error code, never its words. */
  readonly fault?: string;
}

/** `ignored`: it says no more than is known, or speaks of no send of ours. */
export type NoteOutcome =
  | { readonly outcome: 'noted'; readonly kind: 'reply' | 'code' }
  | { readonly outcome: 'ignored' };

// What is delivered stays so, and what has failed does too.
const rank = `CASE $3 WHEN 'queued' THEN 1 WHEN 'sending' THEN 2 WHEN 'sent' THEN 3 WHEN 'undelivered' THEN 4
  WHEN 'failed' THEN 4 WHEN 'delivered' THEN 5 WHEN 'read' THEN 6 END`;

/**
 * Notes what became of a send; idempotent, and never to less than is known. A send whose answer was lost learns from it
 * that the provider has taken it: it is settled, and not tried again. The text of a reply is kept until it arrived. Of
 * a second copy of a code, which a try whose answer was lost leaves behind, it counts that it was delivered, and not
 * that it failed.
 */
export async function noteReceipt(
  db: Queryable, { receiptId, providerId, receipt, fault }: ReceiptNote,
): Promise<NoteOutcome> {
  const { rows: [noted] } = await db.query<{ kind: 'reply' | 'code' }>(
    `UPDATE outbox o
        SET receipt = $3, receipt_at = clock_timestamp(), receipt_fault = $4, provider_id = coalesce(provider_id, $2),
            state = CASE WHEN provider_id IS NULL AND state <> 'failed' THEN 'sent' ELSE state END,
            settled_at = coalesce(settled_at, clock_timestamp()),
            text_enc = CASE WHEN kind = 'reply' AND $3 IN ('queued', 'sending', 'sent') THEN text_enc END,
            fault = CASE WHEN provider_id IS NULL AND state <> 'failed' THEN NULL ELSE fault END
      WHERE id = $1 AND (coalesce(provider_id, $2) = $2 OR kind = 'code' AND $3 IN ('delivered', 'read'))
        AND (receipt IS NULL OR receipt NOT IN ('undelivered', 'failed')
          AND ${rank} > ${rank.replace('$3', 'receipt')})
    RETURNING kind`,
    [receiptId, providerId, receipt, fault ?? null]);
  return noted === undefined ? { outcome: 'ignored' } : { outcome: 'noted', kind: noted.kind };
}
