-- Up Migration
-- What happened, once, in order, and never changed: each record holds the hash of the one before (R56).
CREATE TABLE audit (
  seq       bigint PRIMARY KEY,
  at        timestamptz NOT NULL,
  kind      text NOT NULL CHECK (kind ~ '^[a-z]+\.[a-z]+$'),
  facts     jsonb NOT NULL,
  prev_hash bytea NOT NULL,
  hash      bytea NOT NULL
);
CREATE INDEX ON audit (at);

-- The last record, in one row whose lock orders the writers: no gap, no fork. Taken last in a transaction, held briefly.
CREATE TABLE audit_head (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  seq      bigint NOT NULL,
  hash     bytea NOT NULL
);
INSERT INTO audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- hash = sha256(prev_hash || utf8(seq '|' at as ISO 8601 with microseconds '|' kind '|' facts as text)).
CREATE FUNCTION audit_hash(prev bytea, seq bigint, at timestamptz, kind text, facts jsonb) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
  SELECT sha256(prev || convert_to(
    seq::text || '|' || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '|' || kind || '|' || facts::text, 'UTF8'))
$$;

-- The only way in: runs as the owner, so that the application needs no right to write the tables themselves.
-- Takes all records of a transaction at once: the head is locked for one statement, and written once, since each
-- further version of it would slow down the next read (10,000 leavers in one import).
CREATE FUNCTION audit_append_all(record_kinds text[], record_facts jsonb[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  head public.audit_head%ROWTYPE;
  record record;
  moment timestamptz;
  record_hash bytea;
BEGIN
  SELECT * INTO STRICT head FROM public.audit_head FOR UPDATE;
  FOR record IN
    SELECT kind, facts FROM unnest(record_kinds, record_facts) WITH ORDINALITY AS noted (kind, facts, place) ORDER BY place
  LOOP
    moment := clock_timestamp();
    record_hash := public.audit_hash(head.hash, head.seq + 1, moment, record.kind, record.facts);
    INSERT INTO public.audit (seq, at, kind, facts, prev_hash, hash)
      VALUES (head.seq + 1, moment, record.kind, record.facts, head.hash, record_hash);
    head.seq := head.seq + 1;
    head.hash := record_hash;
  END LOOP;
  UPDATE public.audit_head SET seq = head.seq, hash = head.hash;
  RETURN head.seq;
END $$;

REVOKE ALL ON FUNCTION audit_append_all(text[], jsonb[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_append_all(text[], jsonb[]) TO doorman_app;
GRANT SELECT ON audit, audit_head TO doorman_app;

-- Down Migration
DROP FUNCTION audit_append_all(text[], jsonb[]);
DROP FUNCTION audit_hash(bytea, bigint, timestamptz, text, jsonb);
DROP TABLE audit_head, audit;
