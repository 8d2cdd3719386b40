-- Up Migration
-- What a reading remarked on that found its source unchanged: files that are left out, and their like. Nothing of a person.
ALTER TABLE directory_syncs ADD COLUMN notices jsonb NOT NULL DEFAULT '[]';

-- Deletes at most so many readings: of each source the last 1,000 stay, of the last 90 days. So does the last one that was
-- applied, whatever its age: the next one begins where it ended. As the owner of the table: Doorman itself deletes none.
CREATE FUNCTION prune_directory_syncs(most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH old AS (
    SELECT y.id FROM directory_sources s
      LEFT JOIN LATERAL (SELECT started_at FROM directory_syncs WHERE source = s.name
                          ORDER BY started_at DESC OFFSET 999 LIMIT 1) AS oldest ON true
      JOIN directory_syncs y ON y.source = s.name
       AND y.started_at < greatest(oldest.started_at, clock_timestamp() - interval '90 days')
     WHERE y.ended_at IS NOT NULL
       AND (y.state <> 'applied' OR EXISTS (SELECT FROM directory_syncs n
             WHERE n.source = s.name AND n.state = 'applied' AND n.started_at > y.started_at))
     LIMIT most),
  gone AS (DELETE FROM directory_syncs WHERE id IN (SELECT id FROM old) RETURNING 1)
  SELECT count(*)::integer FROM gone
$$;
REVOKE EXECUTE ON FUNCTION prune_directory_syncs(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prune_directory_syncs(integer) TO doorman_app;

-- Down Migration
DROP FUNCTION prune_directory_syncs(integer);
ALTER TABLE directory_syncs DROP COLUMN notices;
