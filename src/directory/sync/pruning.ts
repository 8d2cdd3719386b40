// Old readings go (src/db/migrations/0025_sync_upkeep.sql says which stay), a batch a call.
import type { Queryable } from '../../db/pool';

const batch = 1_000;
/** They are counted in days: there is no need to look each time. */
const everyMs = 60 * 60_000;

/** Deletes the next few, once an hour unless there are more; says how many. */
export function createPruning(db: Queryable, now: () => number = Date.now): () => Promise<number> {
  let nextAt = 0;
  return async () => {
    if (now() < nextAt) return 0;
    const { rows: [row] } = await db.query<{ pruned: number }>('SELECT prune_directory_syncs($1) AS pruned', [batch]);
    const { pruned } = row!; // a SELECT without FROM is one row
    if (pruned < batch) nextAt = now() + everyMs;
    return pruned;
  };
}
