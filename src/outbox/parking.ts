// Texts for somebody whom WhatsApp lets nobody write to: they wait, sealed, until the person writes again, and then go
// before everything else. What is too old by then is gone (policy `textRetentionMs`).
import type { Queryable } from '../db/pool';
import { seal } from '../keys/box';
import type { PurposeKeys } from '../keys/keyring';
import { textContext } from './outbox';

/** WhatsApp's 24 hours since a person last wrote, less what a text may be on its way. */
const windowMs = (23 * 60 + 55) * 60_000;

/** Whether somebody has been silent for too long to be written to; null when it is not known since when. */
export const isWindowClosed = (silentMs: number | null): boolean => silentMs !== null && silentMs > windowMs;

/** Keeps the text of a send until its person writes again. Its last try counts as none: nothing left. Repeat-safe. */
export async function parkSend(
  db: Queryable, keys: PurposeKeys, { key, text }: { key: string; text: string },
): Promise<void> {
  await db.query(
    `UPDATE outbox SET state = 'parked', text_enc = $2, parked_at = coalesce(parked_at, clock_timestamp()),
            attempts = greatest(attempts - 1, 0)
      WHERE key = $1 AND state IN ('pending', 'parked')`, [key, seal(keys, text, textContext(key))]);
}

/**
 * Notes that the provider found the window closed, unless the person has written since the text left. It is named by
 * our id for it, since the provider may say so only later, in a receipt.
 */
export async function closeWindow(db: Queryable, receiptId: string): Promise<void> {
  await db.query(
    `UPDATE sender_addresses a SET last_message_at = clock_timestamp() - interval '1 day'
       FROM outbox o
      WHERE o.id = $1 AND a.sender_id = o.sender_id
        AND (a.last_message_at IS NULL OR a.last_message_at < coalesce(o.settled_at, o.created_at))`, [receiptId]);
}

export interface Parked {
  readonly key: string;
  readonly sessionId: string | null;
}

/** What waits for a person to write again, in the order in which it would have left. */
export async function parkedSends(db: Queryable, senderId: string): Promise<Parked[]> {
  const { rows } = await db.query<Parked>(
    `SELECT key, parked_session_id AS "sessionId" FROM outbox WHERE sender_id = $1 AND state = 'parked'
      ORDER BY parked_at`, [senderId]);
  return rows;
}
