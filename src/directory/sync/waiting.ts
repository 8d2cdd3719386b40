// Readings that would put out more people than may leave at once, and what an operator says to them. Nothing of what
// one of them read is kept: an approval is of the next reading, which knows what came since, and of as many people.
import type { Note } from '../../audit/auditedTransaction';
import type { Queryable } from '../../db/pool';
import type { SyncMode } from './syncs';

interface Approval {
  readonly operator: string;
  readonly deactivations: number;
}

/** What an operator said to a reading of the source that waits. Who is missing from a full one is in no delta. */
export async function approvalFor(
  tx: Queryable, { source, mode }: Pick<Judged, 'source' | 'mode'>,
): Promise<Approval | undefined> {
  const { rows: [approval] } = await tx.query<Approval>(
    `SELECT approved_by AS operator, (report ->> 'deactivated')::int AS deactivations FROM directory_syncs
      WHERE source = $1 AND state = 'waiting' AND approved_by IS NOT NULL AND mode IN ('delta', $2)
      ORDER BY deactivations DESC LIMIT 1`, [source, mode]);
  return approval;
}

/** A reading of which is known what it came to. */
interface Judged {
  readonly id: string;
  readonly source: string;
  readonly mode: SyncMode;
  readonly state: 'applied' | 'waiting' | 'unchanged';
}

const replaced = 'replaced: a newer reading took its place';

/** Ends those that wait and of which a newer reading told as much or more. */
export async function withdrawWaiting(
  tx: Queryable, note: Note, { id, source, mode, state }: Judged, approvedBy?: string,
): Promise<void> {
  const { rows } = await tx.query<{ deactivated: number }>(
    `UPDATE directory_syncs SET state = 'abandoned', fault = $4, ended_at = clock_timestamp()
      WHERE source = $1 AND id <> $2 AND state = 'waiting' AND mode IN ('delta', $3)
     RETURNING (report ->> 'deactivated')::int AS deactivated`, [source, id, mode, replaced]);
  if (approvedBy !== undefined) return;
  for (const { deactivated } of rows) {
    note({ kind: 'directory.withdrawn', facts: { source, deactivated, outcome: state } });
  }
}

/** Lets the next reading of a source put out as many as those that wait told of; says how many that are. */
export async function approveWaiting(db: Queryable, source: string, operator: string): Promise<number | undefined> {
  const { rows } = await db.query<{ deactivated: number }>(
    `UPDATE directory_syncs SET approved_by = $2 WHERE source = $1 AND state = 'waiting'
     RETURNING (report ->> 'deactivated')::int AS deactivated`, [source, operator]);
  return rows.length === 0 ? undefined : Math.max(...rows.map(({ deactivated }) => deactivated));
}
