// Who has left by an event of the source: a list that has them still, made before or read late, lets nobody back in.
import type { Queryable } from '../../db/pool';
import { findingsMax } from './findings';
import type { Findings } from './findings';

/**
 * Stages everybody as gone who has left by an event and was not hired anew by one (R45, as `applyEvent` has it). Says
 * who of them is listed as working here. Their hash goes, so that coming back is a change even with the same data.
 */
export async function keepLeaversOut(tx: Queryable, source: string): Promise<Findings> {
  const { rows } = await tx.query<{ line: string; total: number }>(
    `WITH gone AS MATERIALIZED (
       SELECT i.place, i.line, i.active FROM incoming i
         JOIN directory_subjects s ON s.source = $1 AND s.external_id = i.external_id
        WHERE s.left_version >= coalesce(s.back_version, s.left_version)),
     kept AS (
       UPDATE incoming SET active = false, absent = false, content_hash = '' WHERE place IN (SELECT place FROM gone))
     SELECT line, count(*) OVER ()::int AS total FROM gone WHERE active ORDER BY place LIMIT $2`,
    [source, findingsMax]);
  const why = 'is listed as active, but has left by an event of this source: stays out until a rehire by one';
  return { remarks: rows.map(({ line }) => ({ where: line, why })), count: rows[0]?.total ?? 0 };
}

/**
 * A list that brings somebody takes the place of an event that had told that they do not work here: when it lets them go
 * again, no event but a rehire has them back.
 */
export async function noteBrought(tx: Queryable, source: string): Promise<void> {
  await tx.query(
    `UPDATE directory_subjects s SET listed = CASE WHEN i.active THEN 'active' ELSE 'absent' END FROM incoming i
      WHERE s.source = $1 AND s.external_id = i.external_id AND s.listed = 'inactive' AND (i.active OR i.absent)`,
    [source]);
}
