// How long a text has to wait for the one before it: WhatsApp keeps no order between two that are on their way at once.
import type { Queryable } from '../db/pool';

/**
 * Milliseconds until the text after this one may leave, if nothing is heard of it: none once the provider has reported
 * that it is out, or that it never will be, and none for one that was never sent. Of one that was handed over and not
 * reported on, what is left of `waitMs` since then.
 */
export async function msUntilNext(db: Queryable, key: string, waitMs: number): Promise<number> {
  const { rows: [row] } = await db.query<{ ms: number }>(
    `SELECT CASE WHEN receipt IN ('sent', 'delivered', 'read', 'undelivered', 'failed') THEN 0
              ELSE $2 - extract(epoch FROM clock_timestamp() - settled_at) * 1000 END::float8 AS ms
       FROM outbox WHERE key = $1 AND state = 'sent'`, [key, waitMs]);
  return Math.max(0, row?.ms ?? 0);
}

/** The same of whatever was handed over to a sender last, for a text that comes after no certain one. */
export async function msUntilNextTo(
  db: Queryable, { key, senderId }: { key: string; senderId: string }, waitMs: number,
): Promise<number> {
  // The text of what may still be on its way is kept (takenTexts.ts), and by that it is found.
  const { rows: [row] } = await db.query<{ ms: number | null }>(
    `SELECT ($2 - extract(epoch FROM clock_timestamp() - max(settled_at)) * 1000)::float8 AS ms
       FROM outbox
      WHERE sender_id = $1 AND key <> $3 AND state = 'sent' AND text_enc IS NOT NULL
        AND receipt IS DISTINCT FROM 'sent'`, [senderId, waitMs, key]);
  return Math.max(0, row?.ms ?? 0);
}
