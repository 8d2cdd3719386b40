-- Up Migration
-- What a guess is charged by counts wrong guesses alone, of which there are few: the right ones, of which there is one for
-- each code that was used, are neither read nor waited for behind the lock of their client.
DROP INDEX rest_guesses_evaluated;
CREATE INDEX rest_guesses_wrong ON rest_guesses (charged_at, verification_id)
  WHERE evaluated AND verdict IS DISTINCT FROM 'right';
CREATE INDEX rest_verifications_of_telephone ON rest_verifications (destination_hash);

-- Wrong guesses at codes of one telephone that were evaluated since a moment.
CREATE OR REPLACE FUNCTION rest_guesses_since(spellings bytea[], since timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM rest_guesses g JOIN rest_verifications v ON v.id = g.verification_id
   WHERE v.destination_hash = ANY (spellings) AND g.evaluated
     AND g.verdict IS DISTINCT FROM 'right' AND g.charged_at > since
$$;

-- As in migration 32; moments are variables, because no index is looked into by what the clock may say anew.
CREATE OR REPLACE FUNCTION charge_rest_guess(of_guess uuid, at_verification uuid, limits jsonb) RETURNS TABLE (charge text, tripped boolean)
LANGUAGE plpgsql AS $$
DECLARE
  g rest_guesses%ROWTYPE;
  v rest_verifications%ROWTYPE;
  spellings bytea[];
  is_open boolean;
  day_ago timestamptz;
  month_ago timestamptz;
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
  month_ago := clock_timestamp() - interval '30 days';
  is_open := rest_guesses_of(v.client, day_ago) < (limits->>'organisation')::int
    AND rest_guesses_since(spellings, day_ago) < (limits->>'guessesPerDay')::int
    AND rest_guesses_since(spellings, month_ago) < (limits->>'guessesPerMonth')::int;
  UPDATE rest_verifications SET tries_used = tries_used + 1 WHERE id = v.id;
  UPDATE rest_guesses SET charged_at = clock_timestamp(), evaluated = is_open WHERE id = of_guess;
  RETURN QUERY SELECT CASE WHEN is_open THEN 'charged' ELSE 'blind' END,
    is_open AND rest_guesses_of(v.client, day_ago) = (limits->>'organisation')::int;
END $$;

-- Down Migration
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

CREATE OR REPLACE FUNCTION rest_guesses_since(spellings bytea[], since timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM rest_guesses g JOIN rest_verifications v ON v.id = g.verification_id
   WHERE (spellings IS NULL OR v.destination_hash = ANY (spellings)) AND g.evaluated
     AND g.verdict IS DISTINCT FROM 'right' AND g.charged_at > since
$$;

DROP INDEX rest_verifications_of_telephone;
DROP INDEX rest_guesses_wrong;
CREATE INDEX rest_guesses_evaluated ON rest_guesses (charged_at) WHERE evaluated;
