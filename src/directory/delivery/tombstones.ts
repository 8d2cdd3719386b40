// Who has left by an event of the source: a list that has them still, made before or read late, lets nobody back in.
import type { Queryable } from '../../db/pool';
import { findingsMax } from './findings';
import type { Findings } from './findings';

/**
 * Stages everybody as gone who has left by an event and was not hired anew by one (R45, as `applyEvent` has it), and as
 * away, or not working here, whom an event has put out since the list began to be read, at `readFrom`. Says who of them
 * is listed as working here. Their hash goes, so that coming back is a change even with the same data.
 */
export async function keepLeaversOut(tx: Queryable, source: string, readFrom: Date | undefined): Promise<Findings> {
  const { rows } = await tx.query<{ line: string; left: boolean; total: number }>(
    `WITH gone AS MATERIALIZED (
       SELECT i.place, i.line, i.active, h.left, NOT h.left AND s.listed = 'absent' AS absent FROM incoming i
         JOIN directory_subjects s ON s.source = $1 AND s.external_id = i.external_id
        CROSS JOIN LATERAL (
          SELECT coalesce(s.left_version >= coalesce(s.back_version, s.left_version), false) AS left) AS h
        WHERE h.left OR (s.listed IN ('inactive', 'absent') AND EXISTS (
          SELECT FROM employees e WHERE e.source = $1 AND e.external_id = i.external_id AND NOT e.active
             AND e.changed_at > $3::timestamptz))),
     kept AS (
       UPDATE incoming i SET active = false, absent = g.absent, content_hash = '' FROM gone g WHERE g.place = i.place)
     SELECT line, "left", count(*) OVER ()::int AS total FROM gone WHERE active ORDER BY place LIMIT $2`,
    [source, findingsMax, readFrom ?? null]);
  const why = (left: boolean) => (left
    ? 'is listed as active, but has left by an event of this source: stays out until a rehire by one'
    : 'is listed as active, but was put out by an event while the list was read: stays out until the next list');
  return { remarks: rows.map(({ line, left }) => ({ where: line, why: why(left) })), count: rows[0]?.total ?? 0 };
}

/**
 * A list that brings somebody takes the place of an event that had told that they do not work here: when it lets them
 * go again, no event but a rehire has them back.
 */
export async function noteBrought(tx: Queryable, source: string): Promise<void> {
  await tx.query(
    `UPDATE directory_subjects s SET listed = CASE WHEN i.active THEN 'active' ELSE 'absent' END FROM incoming i
      WHERE s.source = $1 AND s.external_id = i.external_id AND s.listed = 'inactive' AND (i.active OR i.absent)`,
    [source]);
}
