-- Up Migration
-- Counting the wrong guesses of all strangers within a day happens under one lock of the whole organisation: it reads
-- what it counts and nothing else. A moment that is asked anew for each row cannot be looked up in an index.
DROP INDEX guesses_of_strangers;
CREATE INDEX guesses_wrong_of_strangers ON guesses (charged_at)
  WHERE pool = 'stranger' AND evaluated AND verdict IS DISTINCT FROM 'right';
CREATE OR REPLACE FUNCTION stranger_guesses() RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  day_ago timestamptz := clock_timestamp() - interval '1 day';
BEGIN
  RETURN (SELECT count(*) FROM guesses g
           WHERE g.pool = 'stranger' AND g.evaluated AND g.verdict IS DISTINCT FROM 'right' AND g.charged_at > day_ago);
END $$;

-- Down Migration
CREATE OR REPLACE FUNCTION stranger_guesses() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM guesses g
   WHERE g.pool = 'stranger' AND g.evaluated AND g.verdict IS DISTINCT FROM 'right'
     AND g.charged_at > clock_timestamp() - interval '1 day'
$$;
DROP INDEX guesses_wrong_of_strangers;
CREATE INDEX guesses_of_strangers ON guesses (charged_at) WHERE evaluated AND pool = 'stranger';
