// Readings as operators see them.
import type { Queryable } from '../../db/pool';
import type { ImportReport } from '../applyFeed';
import type { FeedRemark } from '../directoryFeed';
import type { SyncMode } from './syncs';

/** A source's last reading, as operators see it. */
export interface SyncView {
  readonly source: string;
  readonly syncId: string;
  readonly workflowId: string;
  readonly mode: SyncMode;
  readonly state: string;
  readonly pages: number;
  readonly people: number;
  readonly fault: string | null;
  readonly report: ImportReport | null;
  /** Of a source that was unchanged: what it remarked on, and then what the reading did that was applied last. */
  readonly notices: readonly FeedRemark[];
  readonly noticeCount: number;
  readonly approvedBy: string | null;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

const viewed = `source, id AS "syncId", workflow_id AS "workflowId", mode, state, pages, people, fault, report,
  approved_by AS "approvedBy", started_at AS "startedAt", ended_at AS "endedAt",
  notices || coalesce(told -> 'notices', '[]') AS notices,
  jsonb_array_length(notices) + coalesce((told ->> 'noticeCount')::int, 0) AS "noticeCount"`;

const readings = `directory_syncs y CROSS JOIN LATERAL (
  SELECT CASE WHEN y.state <> 'unchanged' THEN y.report ELSE (
    SELECT a.report FROM directory_syncs a WHERE a.source = y.source AND a.state = 'applied'
      AND a.started_at < y.started_at ORDER BY a.started_at DESC LIMIT 1) END AS told) AS of_rows`;

/** The last reading of each source, or of one. */
export async function lastSyncs(db: Queryable, source?: string): Promise<SyncView[]> {
  const { rows } = await db.query<SyncView>(
    `SELECT DISTINCT ON (source) ${viewed} FROM ${readings}
      WHERE $1::text IS NULL OR source = $1 ORDER BY source, started_at DESC`, [source ?? null]);
  return rows;
}

/** Readings that wait for an operator, whatever was read after them. */
export async function waitingSyncs(db: Queryable): Promise<SyncView[]> {
  const { rows } = await db.query<SyncView>(
    `SELECT ${viewed} FROM ${readings} WHERE state = 'waiting' ORDER BY source, started_at`);
  return rows;
}
