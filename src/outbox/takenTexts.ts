// Texts that the provider took and may still give back: kept, sealed, until it is known what became of them, and no
// longer than policy `receiptWaitMs`.
import type { Queryable } from '../db/pool';
import { seal } from '../keys/box';
import type { PurposeKeys } from '../keys/keyring';
import { textContext } from './outbox';

export interface Taken {
  readonly key: string;
  /** Under which it was handed over: another one since means that it was given back. */
  readonly receiptId: string;
  readonly providerId: string;
  readonly text: string;
}

/**
 * Records that the provider took a text, and keeps it unless its receipt has said already that it arrived. What was
 * withheld while it left, was sent: nothing is kept of it. False when it was given back meanwhile. Repeat-safe.
 */
export async function settleTaken(
  db: Queryable, keys: PurposeKeys, { key, receiptId, providerId, text }: Taken,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE outbox
        SET state = 'sent', provider_id = coalesce(provider_id, $3), fault = NULL,
            settled_at = CASE state WHEN 'sent' THEN settled_at ELSE clock_timestamp() END,
            text_enc = CASE WHEN state IN ('pending', 'parked', 'sent')
                             AND coalesce(receipt IN ('queued', 'sending', 'sent'), true) THEN $4::bytea END
      WHERE key = $1 AND id = $2`,
    [key, receiptId, providerId, seal(keys, text, textContext(key))]);
  return rowCount === 1;
}

/**
 * Takes a reply back that the provider took and will not deliver now: it is parked among the others in the order in
 * which it left, and whoever is just sending it finds it not sent. It gets another id, so that nothing more that is
 * reported of its former copy is taken for the next. False when it is not to be had back: it was given back
 * `timesMax` times before, its text is gone, or it arrived. Repeat-safe.
 */
export async function takeBack(
  db: Queryable, { receiptId, providerId }: { receiptId: string; providerId: string }, timesMax: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE outbox
        SET id = gen_random_uuid(), given_back = given_back + 1, provider_id = NULL,
            receipt = NULL, receipt_at = NULL, receipt_fault = NULL, settled_at = NULL, paid_at = NULL, turn_at = NULL,
            state = CASE WHEN text_enc IS NULL THEN 'pending' ELSE 'parked' END,
            parked_at = CASE WHEN text_enc IS NOT NULL THEN coalesce(settled_at, parked_at, clock_timestamp()) END,
            attempts = CASE state WHEN 'sent' THEN 0 ELSE attempts END
      WHERE id = $1 AND kind = 'reply' AND coalesce(provider_id, $2) = $2 AND given_back < $3
        AND (text_enc IS NOT NULL OR state = 'pending')
        AND coalesce(receipt IN ('queued', 'sending', 'sent'), true)`,
    [receiptId, providerId, timesMax]);
  return rowCount === 1;
}
