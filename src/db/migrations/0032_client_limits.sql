-- Up Migration
-- How many requests a client made within the minute, whichever process took them: one row a client, however many come.
CREATE TABLE client_minutes (
  client   text PRIMARY KEY,
  minute   timestamptz NOT NULL,
  requests integer NOT NULL,
  -- The day (UTC) for which the audit has that there were too many.
  noted_on date
) WITH (fillfactor = 50);

-- Counts a request, and says for how many seconds this one is too many; null when it is not. Without a client, as of
-- who is refused, nothing is counted. For a transaction of its own, which does not wait for the disk: a crash may
-- forget what came right before it, and clients do not wait for each other's writes.
CREATE FUNCTION charge_client_request(of_client text, requests_max integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  m client_minutes%ROWTYPE;
BEGIN
  IF of_client IS NULL THEN RETURN NULL; END IF;
  PERFORM set_config('synchronous_commit', 'off', true);
  -- Who waited for the row may have asked the clock before the minute in it began.
  INSERT INTO client_minutes AS c (client, minute, requests)
    VALUES (of_client, date_trunc('minute', clock_timestamp()), 1)
  ON CONFLICT (client) DO UPDATE
    SET minute = greatest(c.minute, excluded.minute),
        requests = CASE WHEN c.minute >= excluded.minute THEN c.requests + 1 ELSE 1 END
  RETURNING * INTO m;
  IF m.requests <= requests_max THEN RETURN NULL; END IF;
  RETURN greatest(1, ceil(extract(epoch FROM m.minute + interval '1 min' - clock_timestamp())));
END $$;

-- Wrong guesses at codes of one client that were evaluated since a moment.
CREATE FUNCTION rest_guesses_of(of_client text, since timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM rest_guesses g JOIN rest_verifications v ON v.id = g.verification_id
   WHERE v.client = of_client AND g.evaluated AND g.verdict IS DISTINCT FROM 'right' AND g.charged_at > since
$$;

-- As in migration 29; `organisation` bounds the guesses of one client, so that its visitors stop no other's. Locks
-- verification, telephone, client, in this order.
CREATE OR REPLACE FUNCTION charge_rest_guess(of_guess uuid, at_verification uuid, limits jsonb) RETURNS TABLE (charge text, tripped boolean)
LANGUAGE plpgsql AS $$
DECLARE
  g rest_guesses%ROWTYPE;
  v rest_verifications%ROWTYPE;
  spellings bytea[];
  is_open boolean;
  day_ago timestamptz;
BEGIN
  SELECT * INTO v FROM rest_verifications WHERE id = at_verification FOR UPDATE;
  SELECT * INTO g FROM rest_guesses WHERE id = of_guess AND verification_id = at_verification;
  IF NOT FOUND THEN RETURN QUERY SELECT 'unknown', false; RETURN; END IF;
  IF g.evaluated IS NOT NULL THEN
    RETURN QUERY SELECT CASE WHEN g.evaluated THEN 'charged' ELSE 'blind' END, false;
    RETURN;
  END IF;
  -- What counts is when it came, not when a worker had time for it (R03); up to ten minutes later.
  IF v.mode <> 'checked' OR v.state <> 'live' OR v.tries_used >= v.tries_max OR v.expires_at <= g.stored_at
    OR v.expires_at + interval '10 minutes' <= clock_timestamp()
  THEN RETURN QUERY SELECT 'refused', false; RETURN; END IF;
  spellings := coalesce(array_remove(ARRAY[v.destination_hash, v.other_hash], NULL), '{}');
  PERFORM pg_advisory_xact_lock(hashtextextended('guess ' || encode(least(v.destination_hash, v.other_hash), 'hex'), 0))
    WHERE v.destination_hash IS NOT NULL;
  PERFORM pg_advisory_xact_lock(hashtextextended('guesses of ' || v.client, 0));
  day_ago := clock_timestamp() - interval '1 day';
  is_open := rest_guesses_of(v.client, day_ago) < (limits->>'organisation')::int
    AND rest_guesses_since(spellings, day_ago) < (limits->>'guessesPerDay')::int
    AND rest_guesses_since(spellings, clock_timestamp() - interval '30 days') < (limits->>'guessesPerMonth')::int;
  UPDATE rest_verifications SET tries_used = tries_used + 1 WHERE id = v.id;
  UPDATE rest_guesses SET charged_at = clock_timestamp(), evaluated = is_open WHERE id = of_guess;
  RETURN QUERY SELECT CASE WHEN is_open THEN 'charged' ELSE 'blind' END,
    is_open AND rest_guesses_of(v.client, day_ago) = (limits->>'organisation')::int;
END $$;

-- When an employee last said NOT ME. What was proved of them without a chat, by a code that was asked for before, is no
-- proof any more.
CREATE TABLE employee_disputes (
  employee_id uuid PRIMARY KEY REFERENCES employees,
  disputed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- By which number somebody was proved (its keyed hash), and when its code was asked for. Rows of before have neither,
-- and prove nothing any more: their JWTs last for a quarter of an hour.
ALTER TABLE client_proofs ADD COLUMN number_hash bytea, ADD COLUMN asked_at timestamptz;

-- One rule for all names: that of sources and partners.
ALTER TABLE client_credentials DROP CONSTRAINT client_credentials_client_check,
  ADD CONSTRAINT client_credentials_client_check CHECK (client ~ '^[a-z][a-z0-9-]{0,31}$');

GRANT SELECT, INSERT, UPDATE ON client_minutes, employee_disputes TO doorman_app;

-- Down Migration
DELETE FROM client_tokens t USING client_credentials c WHERE c.id = t.credential_id AND length(c.client) > 31;
DELETE FROM client_credentials WHERE length(client) > 31;
ALTER TABLE client_credentials DROP CONSTRAINT client_credentials_client_check,
  ADD CONSTRAINT client_credentials_client_check CHECK (client ~ '^[a-z][a-z0-9-]{0,30}$');
ALTER TABLE client_proofs DROP COLUMN number_hash, DROP COLUMN asked_at;
DROP TABLE employee_disputes;
CREATE OR REPLACE FUNCTION charge_rest_guess(of_guess uuid, at_verification uuid, limits jsonb) RETURNS TABLE (charge text, tripped boolean)
LANGUAGE plpgsql AS $$
DECLARE
  g rest_guesses%ROWTYPE;
  v rest_verifications%ROWTYPE;
  spellings bytea[];
  is_open boolean;
  day_ago timestamptz;
BEGIN
  SELECT * INTO v FROM rest_verifications WHERE id = at_verification FOR UPDATE;
  SELECT * INTO g FROM rest_guesses WHERE id = of_guess AND verification_id = at_verification;
  IF NOT FOUND THEN RETURN QUERY SELECT 'unknown', false; RETURN; END IF;
  IF g.evaluated IS NOT NULL THEN
    RETURN QUERY SELECT CASE WHEN g.evaluated THEN 'charged' ELSE 'blind' END, false;
    RETURN;
  END IF;
  -- What counts is when it came, not when a worker had time for it (R03); up to ten minutes later.
  IF v.mode <> 'checked' OR v.state <> 'live' OR v.tries_used >= v.tries_max OR v.expires_at <= g.stored_at
    OR v.expires_at + interval '10 minutes' <= clock_timestamp()
  THEN RETURN QUERY SELECT 'refused', false; RETURN; END IF;
  spellings := coalesce(array_remove(ARRAY[v.destination_hash, v.other_hash], NULL), '{}');
  PERFORM pg_advisory_xact_lock(hashtextextended('guess ' || encode(least(v.destination_hash, v.other_hash), 'hex'), 0))
    WHERE v.destination_hash IS NOT NULL;
  PERFORM pg_advisory_xact_lock(hashtextextended('guesses of applications', 0));
  day_ago := clock_timestamp() - interval '1 day';
  is_open := rest_guesses_since(NULL, day_ago) < (limits->>'organisation')::int
    AND rest_guesses_since(spellings, day_ago) < (limits->>'guessesPerDay')::int
    AND rest_guesses_since(spellings, clock_timestamp() - interval '30 days') < (limits->>'guessesPerMonth')::int;
  UPDATE rest_verifications SET tries_used = tries_used + 1 WHERE id = v.id;
  UPDATE rest_guesses SET charged_at = clock_timestamp(), evaluated = is_open WHERE id = of_guess;
  RETURN QUERY SELECT CASE WHEN is_open THEN 'charged' ELSE 'blind' END,
    is_open AND rest_guesses_since(NULL, day_ago) = (limits->>'organisation')::int;
END $$;

DROP FUNCTION rest_guesses_of(text, timestamptz);
DROP FUNCTION charge_client_request(text, integer);
DROP TABLE client_minutes;
