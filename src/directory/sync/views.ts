// Readings as operators see them.
import type { Queryable } from '../../db/pool';
import type { ImportReport } from '../applyFeed';
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
  readonly approvedBy: string | null;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

const viewed = `source, id AS "syncId", workflow_id AS "workflowId", mode, state, pages, people, fault, report,
  approved_by AS "approvedBy", started_at AS "startedAt", ended_at AS "endedAt"`;

/** The last reading of each source, or of one. */
export async function lastSyncs(db: Queryable, source?: string): Promise<SyncView[]> {
  const { rows } = await db.query<SyncView>(
    `SELECT DISTINCT ON (source) ${viewed} FROM directory_syncs
      WHERE $1::text IS NULL OR source = $1 ORDER BY source, started_at DESC`, [source ?? null]);
  return rows;
}

/** Readings that wait for an operator, whatever was read after them. */
export async function waitingSyncs(db: Queryable): Promise<SyncView[]> {
  const { rows } = await db.query<SyncView>(
    `SELECT ${viewed} FROM directory_syncs WHERE state = 'waiting' ORDER BY source, started_at`);
  return rows;
}
