// Readings of a source, page by page: begun, kept, gone on with, applied in one transaction, and emptied when over.
// A source is read by one at a time: the schedule sees to it. Nothing of a person is in a row of `directory_syncs`.
import { auditedTransaction } from '../../audit/auditedTransaction';
import { inTransaction } from '../../db/pool';
import type { Pool, Queryable } from '../../db/pool';
import { applyIn } from '../applyFeed';
import type { ApplyOptions, ImportReport } from '../applyFeed';
import { findingsMax } from '../delivery/findings';
import type { DirectoryFeed, FeedItem, FeedPage } from '../directoryFeed';
import type { FeedFault } from '../feedFault';
import { approvalFor, withdrawWaiting } from './waiting';

export type SyncMode = 'full' | 'delta';
export type SyncEnd = 'applied' | 'unchanged' | 'refused' | 'failed' | 'abandoned';

export interface NewSync {
  readonly syncId: string;
  readonly source: string;
  /** By which an operator's approval finds it. */
  readonly workflowId: string;
  /** Whether a full reading delivers everybody, and whether the source can tell changes alone. */
  readonly complete: boolean;
  readonly hasDeltas: boolean;
  /** How old the last full reading may be for a delta to do, in ms. */
  readonly fullEveryMs: number;
}

/** A reading as it stands. */
export interface Sync {
  readonly mode: SyncMode;
  readonly since: string | null;
  readonly cursor: string | null;
  readonly pages: number;
  readonly people: number;
  readonly isRead: boolean;
}

/**
 * Begins a reading, or finds the one that was begun; others of the source that never ended are over now. A delta where
 * the source has them, one was asked for by nobody else's order, and the last full reading is young enough. One that
 * waits counts for that until an operator approves it: what changes meanwhile is not held back by it.
 */
export function beginSync(pool: Pool, sync: NewSync): Promise<Sync> {
  const { syncId, source, workflowId, complete, hasDeltas, fullEveryMs } = sync;
  return inTransaction(pool, async (tx) => {
    await endOthers(tx, source, syncId);
    await tx.query(`INSERT INTO directory_sources (name) VALUES ($1) ON CONFLICT DO NOTHING`, [source]);
    await tx.query(
      `INSERT INTO directory_syncs (id, source, workflow_id, is_complete, mode, since)
       SELECT $1, name, $3, $6, CASE WHEN deltas THEN 'delta' ELSE 'full' END,
              CASE WHEN NOT full_wanted THEN watermark END
         FROM (SELECT name, s.watermark, full_wanted,
                      $4 AND s.watermark IS NOT NULL AND NOT full_wanted AND w.approved_by IS NULL AND coalesce(
                        greatest(full_at, w.started_at) > clock_timestamp() - $5 * interval '1 ms', false) AS deltas
                 FROM directory_sources s
                 LEFT JOIN directory_syncs w ON w.source = name AND w.state = 'waiting' AND w.mode = 'full'
                WHERE name = $2) AS known
       ON CONFLICT (id) DO NOTHING`, [syncId, source, workflowId, hasDeltas, fullEveryMs, complete]);
    const { rows: [row] } = await tx.query<Sync>(
      `SELECT mode, since, cursor, pages, people, is_read AS "isRead" FROM directory_syncs WHERE id = $1`, [syncId]);
    return row!; // it was inserted, or was there
  });
}

/** One that waits is over when a newer one was judged. */
async function endOthers(tx: Queryable, source: string, syncId: string): Promise<void> {
  await tx.query(
    `UPDATE directory_syncs SET state = 'abandoned', ended_at = clock_timestamp(),
            fault = coalesce(fault, 'interrupted: the next reading began before its end')
      WHERE source = $1 AND id <> $2 AND state IN ('reading', 'applying')`, [source, syncId]);
  await tx.query(
    `DELETE FROM directory_sync_pages WHERE sync_id IN (
       SELECT id FROM directory_syncs WHERE source = $1 AND id <> $2 AND state <> 'waiting')`, [source, syncId]);
}

const empty = (tx: Queryable, syncId: string) =>
  tx.query('DELETE FROM directory_sync_pages WHERE sync_id = $1', [syncId]);

/** Throws away what was read: its source cannot go on where it was. */
export async function restartSync(pool: Pool, syncId: string): Promise<void> {
  await inTransaction(pool, async (tx) => {
    await empty(tx, syncId);
    await tx.query('UPDATE directory_syncs SET pages = 0, people = 0, cursor = NULL WHERE id = $1', [syncId]);
  });
}

/**
 * Keeps a page, with the cursor after it; says how many people are on it. Repeated by whoever did not hear that it was
 * kept, it is kept once.
 */
export async function keepPage(
  pool: Pool, syncId: string, page: number, { items, next, watermark }: FeedPage,
): Promise<number> {
  const people = items.filter((item) => 'record' in item).length;
  await inTransaction(pool, async (tx) => {
    const { rowCount } = await tx.query(
      `UPDATE directory_syncs SET pages = $2 + 1, people = people + $3, cursor = $4, watermark = coalesce($5, watermark)
        WHERE id = $1 AND pages = $2 AND ended_at IS NULL`, [syncId, page, people, next ?? null, watermark ?? null]);
    if (rowCount === 0) throw new Error('another reading took this page');
    await tx.query('INSERT INTO directory_sync_pages (sync_id, page, items) VALUES ($1, $2, $3)',
      [syncId, page, JSON.stringify(items)]);
  });
  return people;
}

/** Keeps what was remarked on by a page of which nothing is applied. */
export async function keepNotices(pool: Pool, syncId: string, { items }: FeedPage): Promise<void> {
  const notices = items.flatMap((item) => ('notice' in item ? [item.notice] : [])).slice(0, findingsMax);
  await pool.query('UPDATE directory_syncs SET notices = $2 WHERE id = $1', [syncId, JSON.stringify(notices)]);
}

/** Keeps why a try could not read the source, for operators. */
export async function noteFault(pool: Pool, syncId: string, { kind, message }: FeedFault): Promise<void> {
  await pool.query('UPDATE directory_syncs SET fault = $2 WHERE id = $1', [syncId, `${kind}: ${message}`]);
}

export async function markRead(pool: Pool, syncId: string): Promise<void> {
  await pool.query(
    `UPDATE directory_syncs SET is_read = true, state = 'applying', fault = NULL, read_at = clock_timestamp()
      WHERE id = $1 AND NOT is_read`, [syncId]);
}

/** What applying came to. */
export type Applied = Pick<ImportReport, 'outcome' | 'people' | 'added' | 'changed' | 'reactivated' | 'deactivated'>;

/**
 * Applies what was read, once: report, watermark and emptied pages are in the transaction of the change itself.
 * An operator who approved one that waits lets as many leave as that one told of. One that waits is not judged anew.
 * Throws what `signal` is aborted with; nothing is applied then.
 */
export function applySync(
  pool: Pool, syncId: string,
  options: Omit<ApplyOptions, 'dryRun' | 'force' | 'deactivationsApproved' | 'heardAt' | 'readFrom'>,
  signal?: AbortSignal,
): Promise<Applied> {
  return auditedTransaction(pool, async (tx, note) => {
    // A Date has no microseconds: the next whole millisecond, so that nobody of a moment before is taken for newer.
    const { rows: [sync] } = await tx.query<StagedSync>(
      `SELECT id, source, mode, started_at + interval '1 ms' AS "startedAt", read_at AS "readAt", report,
              is_complete AS "isComplete", state IN ('reading', 'applying') AS "isOpen"
         FROM directory_syncs WHERE id = $1 FOR UPDATE`, [syncId]);
    if (sync?.isOpen !== true) return sync?.report ?? nothingApplied;
    const approval = await approvalFor(tx, sync);
    const report = await applyIn(tx, note, stagedFeed(tx, sync, signal), {
      ...options, readFrom: sync.startedAt, heardAt: sync.readAt,
      ...approval === undefined ? {} : { deactivationsApproved: approval.deactivations } });
    if (report.outcome === 'busy') return report;
    const { source, outcome, deactivated, deactivationsMax } = report;
    const isNeeded = outcome === 'applied' && deactivated > deactivationsMax;
    const operator = isNeeded ? approval?.operator : undefined;
    if (operator !== undefined) note({ kind: 'directory.approved', facts: { source, deactivated, operator } });
    await keepReport(tx, syncId, report, operator);
    const state = stateAfter(report);
    if (state !== 'refused') await withdrawWaiting(tx, note, { ...sync, state }, operator);
    return report;
  });
}

interface StagedSync {
  readonly id: string;
  readonly source: string;
  readonly mode: SyncMode;
  readonly startedAt: Date;
  readonly readAt: Date;
  readonly isComplete: boolean;
  readonly report: ImportReport | null;
  readonly isOpen: boolean;
}

const nothingApplied: Applied = { outcome: 'refused', people: 0, added: 0, changed: 0, reactivated: 0, deactivated: 0 };

/** What was kept, as the feed that it came from; of a delta nobody is missing. */
function stagedFeed(
  tx: Queryable, { id, source, mode, isComplete }: StagedSync, signal: AbortSignal | undefined,
): DirectoryFeed {
  async function* read(): AsyncGenerator<FeedPage> {
    for (let page = 0; ; page += 1) {
      signal?.throwIfAborted();
      const { rows: [kept] } = await tx.query<{ items: FeedItem[] }>(
        'SELECT items FROM directory_sync_pages WHERE sync_id = $1 AND page = $2', [id, page]);
      if (kept === undefined) return;
      yield kept;
    }
  }
  return { source, complete: isComplete && mode === 'full', hasDeltas: false, read };
}

const stateAfter = ({ outcome }: ImportReport): 'applied' | 'waiting' | 'refused' =>
  (outcome === 'applied' ? 'applied' : outcome === 'tooMany' ? 'waiting' : 'refused');

async function keepReport(
  tx: Queryable, syncId: string, report: ImportReport, approvedBy: string | undefined,
): Promise<void> {
  const state = stateAfter(report);
  await tx.query(
    `UPDATE directory_syncs SET state = $2, report = $3, approved_by = $4,
            ended_at = CASE WHEN $2 <> 'waiting' THEN clock_timestamp() END WHERE id = $1`,
    [syncId, state, JSON.stringify(report), approvedBy ?? null]);
  if (state === 'applied') await keepWatermark(tx, syncId);
  // Of one that waits nothing is applied any more: an approval is of the next reading, which knows what came since.
  await empty(tx, syncId);
}

/** The next delta begins where this reading ended. */
const keepWatermark = (db: Queryable, syncId: string) => db.query(
  `UPDATE directory_sources s SET watermark = coalesce(y.watermark, s.watermark),
          full_at = CASE WHEN y.mode = 'full' THEN y.started_at ELSE s.full_at END,
          full_wanted = s.full_wanted AND y.mode <> 'full'
     FROM directory_syncs y WHERE y.id = $1 AND s.name = y.source`, [syncId]);

/**
 * Ends a reading that was not applied, and throws away what it had read. One that has ended stays as it is. Why a try
 * could not read the source is the reason of one that failed, and of no other.
 */
export async function endSync(pool: Pool, syncId: string, end: SyncEnd, fault?: string): Promise<void> {
  await auditedTransaction(pool, async (tx, note) => {
    if (end === 'unchanged') await keepWatermark(tx, syncId);
    const { rows: [ended] } = await tx.query<Pick<StagedSync, 'id' | 'source' | 'mode'>>(
      `UPDATE directory_syncs SET state = $2, ended_at = clock_timestamp(),
              fault = CASE WHEN $2 = 'failed' THEN coalesce(fault, $3) ELSE $3 END
        WHERE id = $1 AND ended_at IS NULL RETURNING id, source, mode`, [syncId, end, fault ?? null]);
    await empty(tx, syncId);
    if (end === 'unchanged' && ended !== undefined) await withdrawWaiting(tx, note, { ...ended, state: end });
  });
}

/** Has the next reading of a source be a full one. */
export async function wantFullSync(db: Queryable, source: string): Promise<void> {
  await db.query(
    `INSERT INTO directory_sources (name, full_wanted) VALUES ($1, true)
     ON CONFLICT (name) DO UPDATE SET full_wanted = true`, [source]);
}
