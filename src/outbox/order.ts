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
