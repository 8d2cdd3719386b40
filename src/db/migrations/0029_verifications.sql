-- Up Migration
-- Codes that other applications ask for over REST (decision 19). What was asked for a number that no code goes to is the
-- same row, without a destination: whoever asks cannot tell. `verifications` are those at Twilio Verify (decision 11).
CREATE TABLE rest_verifications (
  id               uuid PRIMARY KEY,
  client           text NOT NULL,
  -- `checked` here; `returned` to the client with the answer, in the contract of before.
  mode             text NOT NULL CHECK (mode IN ('checked', 'returned')),
  state            text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'approved', 'exhausted', 'expired')),
  language         text NOT NULL,
  -- The number, for as long as somebody may need it. Wiped when it is over, or was asked for.
  number_enc       bytea,
  -- Of `returned` alone: the code, until it was sent.
  code_enc         bytea,
  key_id           text NOT NULL,
  digits           smallint NOT NULL,
  -- Keyed hashes of the number and of its other spelling; null when it goes nowhere.
  destination_hash bytea,
  other_hash       bytea,
  country          text,
  tries_used       smallint NOT NULL DEFAULT 0,
  tries_max        smallint NOT NULL,
  created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at       timestamptz NOT NULL,
  -- When its workflow was told; null while it has to be told again.
  started_at       timestamptz,
  -- When its send was charged; false when a budget was spent.
  charged_at       timestamptz,
  allowed          boolean,
  ended_at         timestamptz,
  approved_by      uuid,
  -- When the client had its number from us.
  taken_at         timestamptz,
  -- Keyed hashes of the Idempotency-Key, and of what was asked for under it.
  request_key      bytea UNIQUE,
  request_hash     bytea,
  CHECK ((charged_at IS NULL) = (allowed IS NULL)),
  CHECK (code_enc IS NULL OR mode = 'returned'),
  CHECK (tries_used <= tries_max)
);
CREATE INDEX rest_verifications_destination ON rest_verifications (destination_hash, charged_at) WHERE allowed;
CREATE INDEX rest_verifications_other ON rest_verifications (other_hash, charged_at) WHERE allowed;
CREATE INDEX rest_verifications_untold ON rest_verifications (created_at) WHERE started_at IS NULL;
CREATE INDEX rest_verifications_numbers ON rest_verifications (expires_at)
  WHERE number_enc IS NOT NULL OR code_enc IS NOT NULL;
CREATE INDEX ON rest_verifications (created_at);

CREATE TABLE rest_guesses (
  id              uuid PRIMARY KEY,
  verification_id uuid NOT NULL REFERENCES rest_verifications ON DELETE CASCADE,
  -- Sealed, until it is judged.
  guess_enc       bytea,
  stored_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  charged_at      timestamptz,
  -- False when a budget was spent: answered like a wrong one, compared with nothing.
  evaluated       boolean,
  verdict         text CHECK (verdict IN ('right', 'wrong')),
  CHECK ((charged_at IS NULL) = (evaluated IS NULL))
);
CREATE INDEX ON rest_guesses (verification_id);
CREATE INDEX rest_guesses_evaluated ON rest_guesses (charged_at) WHERE evaluated;
CREATE INDEX rest_guesses_sealed ON rest_guesses (stored_at) WHERE guess_enc IS NOT NULL;

-- Codes that were sent for a client within one day (UTC).
CREATE TABLE rest_client_days (
  client  text NOT NULL,
  day     date NOT NULL,
  sends   integer NOT NULL DEFAULT 0,
  -- Whether one was refused, so that it is told of once.
  refused boolean NOT NULL DEFAULT false,
  PRIMARY KEY (client, day)
);

-- Codes for applications have rows of the outbox too: they take their turns, and have receipts. Nobody in a chat asked.
ALTER TABLE outbox ALTER COLUMN sender_id DROP NOT NULL;

-- What the chat sent to a telephone within a day, in any of these spellings; notices of sessions count in all of it.
CREATE FUNCTION chat_sends_to(spellings bytea[]) RETURNS TABLE (in_all bigint, unused bigint, by_strangers bigint)
LANGUAGE sql STABLE AS $$
  SELECT count(*) + (SELECT count(*) FROM notice_sends n
                      WHERE n.destination_hash = ANY (spellings) AND n.allowed
                        AND n.charged_at > clock_timestamp() - interval '1 day'),
         count(*) FILTER (WHERE o.state <> 'used'),
         count(*) FILTER (WHERE o.state <> 'used' AND s.pool = 'stranger')
    FROM sends s JOIN challenges o ON o.id = s.challenge_id
   WHERE s.destination_hash = ANY (spellings) AND s.allowed AND s.charged_at > clock_timestamp() - interval '1 day'
$$;

-- The same of applications. A code that was used was wanted.
CREATE FUNCTION rest_sends_to(spellings bytea[])
RETURNS TABLE (in_all bigint, unused bigint, unused_in_hour bigint, last_at timestamptz) LANGUAGE sql STABLE AS $$
  SELECT count(*), count(*) FILTER (WHERE state <> 'approved'),
         count(*) FILTER (WHERE state <> 'approved' AND charged_at > clock_timestamp() - interval '1 hour'),
         max(charged_at) FILTER (WHERE state <> 'approved')
    FROM rest_verifications
   WHERE (destination_hash = ANY (spellings) OR other_hash = ANY (spellings)) AND allowed
     AND charged_at > clock_timestamp() - interval '1 day'
$$;

-- Wrong guesses at codes of one telephone, or of all when none is given, that were evaluated since a moment.
CREATE FUNCTION rest_guesses_since(spellings bytea[], since timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM rest_guesses g JOIN rest_verifications v ON v.id = g.verification_id
   WHERE (spellings IS NULL OR v.destination_hash = ANY (spellings)) AND g.evaluated
     AND g.verdict IS DISTINCT FROM 'right' AND g.charged_at > since
$$;

-- Charges the send of a code that an application asked for, and says whether it may leave. Locks verification,
-- telephone, client, country, in this order, the telephone by what the chat locks it by. Repeat-safe.
-- `limits` as src/verifications/budgets.ts writes it.
CREATE FUNCTION charge_rest_send(of_verification uuid, client_max integer, limits jsonb)
RETURNS TABLE (is_allowed boolean, spent_client boolean, spent_country boolean) LANGUAGE plpgsql AS $$
DECLARE
  v rest_verifications%ROWTYPE;
  spellings bytea[];
  spelling bytea;
  r record;
  c record;
  may boolean := false;
  of_client boolean := false;
  of_country boolean := false;
  today date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
BEGIN
  SELECT * INTO v FROM rest_verifications WHERE id = of_verification FOR UPDATE;
  IF NOT FOUND THEN RETURN QUERY SELECT false, false, false; RETURN; END IF;
  IF v.allowed IS NOT NULL THEN RETURN QUERY SELECT v.allowed, false, false; RETURN; END IF;
  IF v.destination_hash IS NOT NULL AND v.state = 'live' AND v.expires_at > clock_timestamp() THEN
    spellings := array_remove(ARRAY[v.destination_hash, v.other_hash], NULL);
    FOR spelling IN SELECT one FROM unnest(spellings) one ORDER BY 1 LOOP
      PERFORM pg_advisory_xact_lock(hashtextextended(encode(spelling, 'hex'), 0));
    END LOOP;
    SELECT * INTO r FROM rest_sends_to(spellings);
    SELECT * INTO c FROM chat_sends_to(spellings);
    may := r.unused_in_hour < (limits->>'sendsPerHour')::int AND r.unused < (limits->>'sendsPerDay')::int
      AND r.unused + c.unused < (limits->>'sendsPerDestination')::int
      -- Half of it at most, together with strangers in the chat, or an application could lock an employee out.
      AND r.unused + c.by_strangers < (limits->>'sendsPerDestination')::int / 2
      AND r.in_all + c.in_all < (limits->>'sendsInAllPerDestination')::int
      AND (r.unused_in_hour = 0 OR r.last_at + interval '1 ms' *
        (limits->'gapsMs'->>(least(r.unused_in_hour, jsonb_array_length(limits->'gapsMs')) - 1)::int)::int
          <= clock_timestamp());
    IF may THEN
      INSERT INTO rest_client_days AS d (client, day, sends)
        SELECT v.client, today, 1 WHERE client_max > 0
      ON CONFLICT (client, day) DO UPDATE SET sends = d.sends + 1 WHERE d.sends < client_max;
      may := FOUND;
      IF NOT may THEN
        INSERT INTO rest_client_days AS d (client, day, refused) VALUES (v.client, today, true)
        ON CONFLICT (client, day) DO UPDATE SET refused = true WHERE NOT d.refused;
        of_client := FOUND;
      END IF;
    END IF;
    IF may AND v.country IS NOT NULL THEN
      SELECT y.charged, y.spent INTO may, of_country
        FROM charge_country(v.country, 'stranger', (limits->>'sendsPerCountry')::int) y;
      IF NOT may THEN
        UPDATE rest_client_days SET sends = sends - 1 WHERE client = v.client AND day = today;
      END IF;
    END IF;
  END IF;
  UPDATE rest_verifications SET charged_at = clock_timestamp(), allowed = may WHERE id = of_verification;
  RETURN QUERY SELECT may, of_client, of_country;
END $$;

-- Charges one guess, as charge_guess does in the chat: `charged`, `blind` or `refused`; `unknown` when it is no guess at
-- this one. Locks verification, telephone, all applications, in this order. Repeat-safe by guess.
CREATE FUNCTION charge_rest_guess(of_guess uuid, at_verification uuid, limits jsonb) RETURNS TABLE (charge text, tripped boolean)
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

-- As in migration 18; what applications had sent to the same telephone counts as what strangers did.
CREATE OR REPLACE FUNCTION charge_send(
  of_challenge uuid, nth smallint, to_destination bytea, to_country text, is_other boolean, limits jsonb)
RETURNS TABLE (allowed boolean, spent_pool text) LANGUAGE plpgsql AS $$
DECLARE
  c challenges%ROWTYPE;
  is_allowed boolean;
  is_spent boolean := false;
  per_hour bigint;
  per_day bigint;
  chat record;
  rest record;
BEGIN
  SELECT s.allowed INTO is_allowed FROM sends s WHERE s.challenge_id = of_challenge AND s.ordinal = nth;
  IF FOUND THEN RETURN QUERY SELECT is_allowed, NULL::text; RETURN; END IF;
  SELECT * INTO STRICT c FROM challenges WHERE id = of_challenge;
  PERFORM lock_pool(c.identity_hash, c.pool);
  -- A code that was used was wanted.
  SELECT count(*) FILTER (WHERE s.charged_at > clock_timestamp() - interval '1 hour'), count(*)
    INTO per_hour, per_day FROM sends s JOIN challenges o ON o.id = s.challenge_id AND o.state <> 'used'
   WHERE s.identity_hash = c.identity_hash AND s.pool = c.pool AND s.allowed
     AND s.charged_at > clock_timestamp() - interval '1 day';
  -- Two people may have one telephone: a lock of its own, after those of the pools.
  IF to_destination IS NOT NULL THEN PERFORM pg_advisory_xact_lock(hashtextextended(encode(to_destination, 'hex'), 0)); END IF;
  SELECT * INTO chat FROM chat_sends_to(ARRAY[to_destination]);
  SELECT * INTO rest FROM rest_sends_to(ARRAY[to_destination]);
  is_allowed := per_hour < (limits->c.pool->>'sendsPerHour')::int AND per_day < (limits->c.pool->>'sendsPerDay')::int
    AND chat.unused + rest.unused < (limits->>'sendsPerDestination')::int
    -- Somebody who verifies again and again would else spend what their whole country has. A process of before names none.
    AND chat.in_all + rest.in_all < coalesce((limits->>'sendsInAllPerDestination')::int, 2147483647)
    -- Half of it at most, or strangers could lock the employee out.
    AND (c.pool = 'known' OR chat.by_strangers + rest.unused < (limits->>'sendsPerDestination')::int / 2)
    AND is_pool_open(c.identity_hash, c.pool, limits);
  IF is_allowed AND to_country IS NOT NULL THEN
    SELECT y.charged, y.spent INTO is_allowed, is_spent
      FROM charge_country(to_country, c.pool, (limits->>'sendsPerCountry')::int) y;
  END IF;
  INSERT INTO sends (challenge_id, ordinal, sender_id, identity_hash, pool, destination_hash, country, to_other, allowed,
                     method)
    VALUES (of_challenge, nth, c.sender_id, c.identity_hash, c.pool, to_destination, to_country, is_other, is_allowed, c.method);
  RETURN QUERY SELECT is_allowed, CASE WHEN is_spent THEN c.pool END;
END $$;

-- Charges the SMS that tells of a session, once, and says whether it may leave.
CREATE FUNCTION charge_notice(of_session uuid, to_destination bytea, sends_max integer)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  is_allowed boolean;
BEGIN
  -- That of charge_send: two processes, or a code and a notice, would else take the last one both.
  PERFORM pg_advisory_xact_lock(hashtextextended(encode(to_destination, 'hex'), 0));
  SELECT n.allowed INTO is_allowed FROM notice_sends n
   WHERE n.session_id = of_session AND n.destination_hash = to_destination;
  IF FOUND THEN RETURN is_allowed; END IF;
  SELECT chat.in_all + rest.in_all < sends_max INTO is_allowed
    FROM chat_sends_to(ARRAY[to_destination]) chat, rest_sends_to(ARRAY[to_destination]) rest;
  INSERT INTO notice_sends (session_id, destination_hash, allowed) VALUES (of_session, to_destination, is_allowed);
  RETURN is_allowed;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON rest_verifications, rest_guesses, rest_client_days TO doorman_app;

-- Down Migration
CREATE OR REPLACE FUNCTION charge_send(
  of_challenge uuid, nth smallint, to_destination bytea, to_country text, is_other boolean, limits jsonb)
RETURNS TABLE (allowed boolean, spent_pool text) LANGUAGE plpgsql AS $$
DECLARE
  c challenges%ROWTYPE;
  is_allowed boolean;
  is_spent boolean := false;
  per_hour bigint;
  per_day bigint;
  to_one bigint;
  to_one_by_strangers bigint;
  to_one_in_all bigint;
BEGIN
  SELECT s.allowed INTO is_allowed FROM sends s WHERE s.challenge_id = of_challenge AND s.ordinal = nth;
  IF FOUND THEN RETURN QUERY SELECT is_allowed, NULL::text; RETURN; END IF;
  SELECT * INTO STRICT c FROM challenges WHERE id = of_challenge;
  PERFORM lock_pool(c.identity_hash, c.pool);
  -- A code that was used was wanted.
  SELECT count(*) FILTER (WHERE s.charged_at > clock_timestamp() - interval '1 hour'), count(*)
    INTO per_hour, per_day FROM sends s JOIN challenges o ON o.id = s.challenge_id AND o.state <> 'used'
   WHERE s.identity_hash = c.identity_hash AND s.pool = c.pool AND s.allowed
     AND s.charged_at > clock_timestamp() - interval '1 day';
  -- Two people may have one telephone: a lock of its own, after those of the pools.
  IF to_destination IS NOT NULL THEN PERFORM pg_advisory_xact_lock(hashtextextended(encode(to_destination, 'hex'), 0)); END IF;
  SELECT count(*), count(*) FILTER (WHERE o.state <> 'used'),
         count(*) FILTER (WHERE o.state <> 'used' AND s.pool = 'stranger')
    INTO to_one_in_all, to_one, to_one_by_strangers
    FROM sends s JOIN challenges o ON o.id = s.challenge_id
   WHERE s.destination_hash = to_destination AND s.allowed AND s.charged_at > clock_timestamp() - interval '1 day';
  is_allowed := per_hour < (limits->c.pool->>'sendsPerHour')::int AND per_day < (limits->c.pool->>'sendsPerDay')::int
    AND to_one < (limits->>'sendsPerDestination')::int
    -- Somebody who verifies again and again would else spend what their whole country has. A process of before names none.
    AND to_one_in_all < coalesce((limits->>'sendsInAllPerDestination')::int, 2147483647)
    -- Half of it at most, or strangers could lock the employee out.
    AND (c.pool = 'known' OR to_one_by_strangers < (limits->>'sendsPerDestination')::int / 2)
    AND is_pool_open(c.identity_hash, c.pool, limits);
  IF is_allowed AND to_country IS NOT NULL THEN
    SELECT y.charged, y.spent INTO is_allowed, is_spent
      FROM charge_country(to_country, c.pool, (limits->>'sendsPerCountry')::int) y;
  END IF;
  INSERT INTO sends (challenge_id, ordinal, sender_id, identity_hash, pool, destination_hash, country, to_other, allowed,
                     method)
    VALUES (of_challenge, nth, c.sender_id, c.identity_hash, c.pool, to_destination, to_country, is_other, is_allowed, c.method);
  RETURN QUERY SELECT is_allowed, CASE WHEN is_spent THEN c.pool END;
END $$;

DROP FUNCTION charge_notice(uuid, bytea, integer);
DROP FUNCTION charge_rest_guess(uuid, uuid, jsonb);
DROP FUNCTION charge_rest_send(uuid, integer, jsonb);
DROP FUNCTION rest_guesses_since(bytea[], timestamptz);
DROP FUNCTION rest_sends_to(bytea[]);
DROP FUNCTION chat_sends_to(bytea[]);
DELETE FROM outbox WHERE sender_id IS NULL;
ALTER TABLE outbox ALTER COLUMN sender_id SET NOT NULL;
DROP TABLE rest_client_days, rest_guesses, rest_verifications;
