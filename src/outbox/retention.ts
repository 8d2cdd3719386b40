// Destroys texts whose time is over, a batch a call (R59): what nobody sent, and what nobody reported on.
import type { Pool, Queryable } from '../db/pool';
import type { Log } from '../log';

export interface RetentionDeps {
  readonly pool: Pool;
  readonly log: Pick<Log, 'warn'>;
  /** After how long a text that was not sent is destroyed (policy `textRetentionMs`). */
  readonly textRetentionMs: number;
  /** After how long one that the provider took is destroyed, reported on or not (policy `receiptWaitMs`). */
  readonly receiptWaitMs: number;
}

const batch = 1_000;

/** Destroys the next few of both; says how many. */
export async function destroyOldTexts(
  { pool, log, textRetentionMs, receiptWaitMs }: RetentionDeps,
): Promise<{ withheld: number; unreported: number }> {
  const withheld = await withholdExpired(pool, textRetentionMs);
  if (withheld > 0) log.warn('sends abandoned', { count: withheld });
  return { withheld, unreported: await wipeTaken(pool, receiptWaitMs) };
}

/**
 * Gives up sends that nobody settled within the retention, and destroys their text: their conversation gave them up,
 * was ended in the Temporal UI, or is gone. Returns how many.
 */
export async function withholdExpired(db: Queryable, retentionMs: number): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE outbox SET state = 'withheld', fault = 'abandoned', settled_at = clock_timestamp(), text_enc = NULL
      WHERE key IN (SELECT key FROM outbox
        WHERE state IN ('pending', 'parked') AND created_at < clock_timestamp() - $1 * interval '1 ms'
        ORDER BY created_at LIMIT ${batch} FOR UPDATE SKIP LOCKED)`, [retentionMs]);
  return rowCount ?? 0;
}

/** Destroys texts that the provider took so long ago; what is said of them after that is only noted. */
async function wipeTaken(db: Queryable, waitMs: number): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE outbox SET text_enc = NULL
      WHERE key IN (SELECT key FROM outbox
        WHERE state = 'sent' AND text_enc IS NOT NULL AND settled_at < clock_timestamp() - $1 * interval '1 ms'
        ORDER BY settled_at LIMIT ${batch} FOR UPDATE SKIP LOCKED)`, [waitMs]);
  return rowCount ?? 0;
}
