-- Up Migration
-- What is counted over several codes: wrong guesses and sends, per sender, per identity in two pools, and for everybody.
-- Windows are counted from the rows themselves; what is locked before counting makes the limits exact.

-- The addresses of a sender move to another row when they change hands; what was counted moves with them (A19).
ALTER TABLE senders
  ADD COLUMN former_ids uuid[] NOT NULL DEFAULT '{}',
  -- An operator's unlock forgives what was before.
  ADD COLUMN counted_from timestamptz NOT NULL DEFAULT '-infinity';

-- Keyed hash of the identifier that was typed. A sender's claims are counted by it and not by the person, or the limit
-- would tell which ID and which e-mail address are one person's.
ALTER TABLE challenges ADD COLUMN claim_hash bytea;

ALTER TABLE guesses
  ADD COLUMN sender_id uuid REFERENCES senders ON DELETE CASCADE,
  ADD COLUMN identity_hash bytea,
  ADD COLUMN pool text CHECK (pool IN ('known', 'stranger')),
  -- False when a budget was spent: answered like a wrong one, compared with nothing.
  ADD COLUMN evaluated boolean NOT NULL DEFAULT true;
UPDATE guesses g SET sender_id = c.sender_id, identity_hash = c.identity_hash, pool = c.pool
  FROM challenges c WHERE c.id = g.challenge_id;
ALTER TABLE guesses
  ALTER COLUMN sender_id SET NOT NULL, ALTER COLUMN identity_hash SET NOT NULL, ALTER COLUMN pool SET NOT NULL;
CREATE INDEX guesses_of_sender ON guesses (sender_id, charged_at);
CREATE INDEX guesses_of_pool ON guesses (identity_hash, pool, charged_at) WHERE evaluated;
CREATE INDEX guesses_of_strangers ON guesses (charged_at) WHERE evaluated AND pool = 'stranger';

-- One row an identity and pool, real or not: the lock under which its guesses and sends are counted.
CREATE TABLE pools (
  identity_hash   bytea NOT NULL,
  pool            text NOT NULL CHECK (pool IN ('known', 'stranger')),
  -- Evaluated guesses since the last right one; a pool that reaches the limit stays closed until two people reopen it.
  wrong_in_a_row  integer NOT NULL DEFAULT 0 CHECK (wrong_in_a_row >= 0),
  counted_from    timestamptz NOT NULL DEFAULT '-infinity',
  -- When the employee said NOT ME.
  shut_at         timestamptz,
  -- Who asked to reopen it; somebody else has to agree.
  reopen_asked_by text,
  reopen_asked_at timestamptz,
  CHECK ((reopen_asked_by IS NULL) = (reopen_asked_at IS NULL)),
  PRIMARY KEY (identity_hash, pool)
);

-- The lock under which strangers' guesses are counted for the whole organisation.
CREATE TABLE organisation (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row));
INSERT INTO organisation DEFAULT VALUES;

-- One row a send of a code, charged before it is sent; for decoys too, where nothing leaves.
CREATE TABLE sends (
  challenge_id     uuid NOT NULL REFERENCES challenges ON DELETE CASCADE,
  ordinal          smallint NOT NULL,
  sender_id        uuid NOT NULL REFERENCES senders ON DELETE CASCADE,
  identity_hash    bytea NOT NULL,
  pool             text NOT NULL CHECK (pool IN ('known', 'stranger')),
  -- Keyed hash of the number that the code goes to; null when it goes nowhere.
  destination_hash bytea,
  charged_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- False when a budget was spent: said to be sent, and not sent.
  allowed          boolean NOT NULL,
  PRIMARY KEY (challenge_id, ordinal)
);
CREATE INDEX sends_of_sender ON sends (sender_id, charged_at);
CREATE INDEX sends_of_pool ON sends (identity_hash, pool, charged_at) WHERE allowed;
CREATE INDEX sends_of_destination ON sends (destination_hash, charged_at) WHERE allowed;

-- Wrong guesses of a sender within a day, under all the rows that it ever was.
CREATE FUNCTION sender_guesses(of_sender uuid) RETURNS TABLE (charged_at timestamptz) LANGUAGE sql STABLE AS $$
  SELECT g.charged_at
    FROM senders s JOIN guesses g ON g.sender_id = ANY (s.former_ids || s.id)
   WHERE s.id = of_sender AND g.verdict IS DISTINCT FROM 'right'
     AND g.charged_at > greatest(clock_timestamp() - interval '1 day', s.counted_from)
$$;

-- Sends of codes that a sender caused within a day without a success.
CREATE FUNCTION sender_sends(of_sender uuid) RETURNS TABLE (charged_at timestamptz) LANGUAGE sql STABLE AS $$
  SELECT n.charged_at
    FROM senders s JOIN sends n ON n.sender_id = ANY (s.former_ids || s.id) JOIN challenges c ON c.id = n.challenge_id
   WHERE s.id = of_sender AND c.state <> 'used'
     AND n.charged_at > greatest(clock_timestamp() - interval '1 day', s.counted_from)
$$;

-- Wrong guesses, or ones not judged yet, that were evaluated at an identity by one pool since a moment.
CREATE FUNCTION pool_guesses(of_identity bytea, of_pool text, since timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM guesses g
   WHERE g.identity_hash = of_identity AND g.pool = of_pool AND g.evaluated AND g.verdict IS DISTINCT FROM 'right'
     AND g.charged_at > since
$$;

-- The same of all strangers within a day.
CREATE FUNCTION stranger_guesses() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM guesses g
   WHERE g.pool = 'stranger' AND g.evaluated AND g.verdict IS DISTINCT FROM 'right'
     AND g.charged_at > clock_timestamp() - interval '1 day'
$$;

-- Locks what guesses and sends at an identity are counted under, until the transaction ends.
CREATE FUNCTION lock_pool(of_identity bytea, of_pool text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO pools (identity_hash, pool) VALUES (of_identity, of_pool) ON CONFLICT DO NOTHING;
  PERFORM 1 FROM pools WHERE identity_hash = of_identity AND pool = of_pool FOR UPDATE;
END $$;

-- Whether a guess at an identity would be evaluated for this pool. The caller holds the pool's lock.
-- `limits` as src/otp/budgets.ts writes it.
CREATE FUNCTION is_pool_open(of_identity bytea, of_pool text, limits jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  p pools%ROWTYPE;
  day_ago timestamptz := clock_timestamp() - interval '1 day';
  month_ago timestamptz := clock_timestamp() - interval '30 days';
BEGIN
  SELECT * INTO p FROM pools WHERE identity_hash = of_identity AND pool = of_pool;
  IF p.shut_at IS NOT NULL OR p.wrong_in_a_row >= (limits->of_pool->>'inARow')::int
    OR pool_guesses(of_identity, of_pool, greatest(day_ago, p.counted_from)) >= (limits->of_pool->>'perDay')::int
  THEN RETURN false; END IF;
  RETURN of_pool = 'known'
    OR pool_guesses(of_identity, of_pool, greatest(month_ago, p.counted_from)) < (limits->of_pool->>'perMonth')::int
    AND stranger_guesses() < (limits->>'organisation')::int;
END $$;

-- Charges one guess. `charged`: compare it. `blind`: a budget is spent, answer as if it were wrong. `refused`: the code
-- is over, or the sender may not guess any more. Whoever charges at the same moment waits: challenge, sender, pool,
-- organisation, in this order. Repeat-safe by message.
CREATE FUNCTION charge_guess(of_challenge uuid, of_message text, limits jsonb)
RETURNS TABLE (charge text, identity bytea, pool text, closed boolean, tripped boolean) LANGUAGE plpgsql AS $$
DECLARE
  c challenges%ROWTYPE;
  earlier boolean;
  is_open boolean;
  in_a_row integer;
  came_at timestamptz;
BEGIN
  SELECT * INTO c FROM challenges WHERE id = of_challenge FOR UPDATE;
  IF NOT FOUND THEN RETURN QUERY SELECT 'refused', NULL::bytea, NULL, false, false; RETURN; END IF;
  SELECT g.evaluated INTO earlier FROM guesses g WHERE g.challenge_id = of_challenge AND g.message_id = of_message;
  IF FOUND THEN
    RETURN QUERY SELECT CASE WHEN earlier THEN 'charged' ELSE 'blind' END, c.identity_hash, c.pool, false, false;
    RETURN;
  END IF;
  PERFORM 1 FROM senders WHERE id = c.sender_id FOR NO KEY UPDATE;
  -- What counts is when the message came, not when a worker had time for it (R03); up to ten minutes later.
  SELECT i.received_at INTO came_at FROM inbox i WHERE i.message_id = of_message;
  IF c.state <> 'live' OR c.tries_used >= c.tries_max OR c.expires_at <= coalesce(came_at, clock_timestamp())
    OR c.expires_at + interval '10 minutes' <= clock_timestamp()
    OR (SELECT count(*) FROM sender_guesses(c.sender_id)) >= (limits->>'perSender')::int
  THEN RETURN QUERY SELECT 'refused', c.identity_hash, c.pool, false, false; RETURN; END IF;

  PERFORM lock_pool(c.identity_hash, c.pool);
  IF c.pool = 'stranger' THEN PERFORM 1 FROM organisation FOR UPDATE; END IF;
  is_open := is_pool_open(c.identity_hash, c.pool, limits);
  UPDATE challenges SET tries_used = tries_used + 1 WHERE id = of_challenge;
  INSERT INTO guesses (challenge_id, message_id, ordinal, sender_id, identity_hash, pool, evaluated)
    VALUES (of_challenge, of_message, c.tries_used + 1, c.sender_id, c.identity_hash, c.pool, is_open);
  IF NOT is_open THEN RETURN QUERY SELECT 'blind', c.identity_hash, c.pool, false, false; RETURN; END IF;
  UPDATE pools p SET wrong_in_a_row = p.wrong_in_a_row + 1
   WHERE p.identity_hash = c.identity_hash AND p.pool = c.pool RETURNING p.wrong_in_a_row INTO in_a_row;
  RETURN QUERY SELECT 'charged', c.identity_hash, c.pool, in_a_row = (limits->c.pool->>'inARow')::int,
    c.pool = 'stranger' AND stranger_guesses() = (limits->>'organisation')::int;
END $$;

-- Charges one send of a code and says whether it may leave. The caller holds the challenge; repeat-safe by ordinal.
CREATE FUNCTION charge_send(of_challenge uuid, nth smallint, to_destination bytea, limits jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  c challenges%ROWTYPE;
  is_allowed boolean;
  per_hour bigint;
  per_day bigint;
  to_one bigint;
BEGIN
  SELECT s.allowed INTO is_allowed FROM sends s WHERE s.challenge_id = of_challenge AND s.ordinal = nth;
  IF FOUND THEN RETURN is_allowed; END IF;
  SELECT * INTO STRICT c FROM challenges WHERE id = of_challenge;
  PERFORM lock_pool(c.identity_hash, c.pool);
  -- A code that was used was wanted.
  SELECT count(*) FILTER (WHERE s.charged_at > clock_timestamp() - interval '1 hour'), count(*)
    INTO per_hour, per_day FROM sends s JOIN challenges o ON o.id = s.challenge_id AND o.state <> 'used'
   WHERE s.identity_hash = c.identity_hash AND s.pool = c.pool AND s.allowed
     AND s.charged_at > clock_timestamp() - interval '1 day';
  -- Two people may have one telephone: a lock of its own, after those of the pools.
  IF to_destination IS NOT NULL THEN PERFORM pg_advisory_xact_lock(hashtextextended(encode(to_destination, 'hex'), 0)); END IF;
  SELECT count(*) INTO to_one FROM sends s JOIN challenges o ON o.id = s.challenge_id AND o.state <> 'used'
   WHERE s.destination_hash = to_destination AND s.allowed AND s.charged_at > clock_timestamp() - interval '1 day';
  is_allowed := per_hour < (limits->c.pool->>'sendsPerHour')::int AND per_day < (limits->c.pool->>'sendsPerDay')::int
    AND to_one < (limits->>'sendsPerDestination')::int AND is_pool_open(c.identity_hash, c.pool, limits);
  INSERT INTO sends (challenge_id, ordinal, sender_id, identity_hash, pool, destination_hash, allowed)
    VALUES (of_challenge, nth, c.sender_id, c.identity_hash, c.pool, to_destination, is_allowed);
  RETURN is_allowed;
END $$;

GRANT SELECT, INSERT, UPDATE ON pools, sends TO doorman_app;
GRANT SELECT, UPDATE ON organisation TO doorman_app;

-- Down Migration
DROP FUNCTION charge_send(uuid, smallint, bytea, jsonb);
DROP FUNCTION charge_guess(uuid, text, jsonb);
DROP FUNCTION is_pool_open(bytea, text, jsonb);
DROP FUNCTION lock_pool(bytea, text);
DROP FUNCTION stranger_guesses();
DROP FUNCTION pool_guesses(bytea, text, timestamptz);
DROP FUNCTION sender_sends(uuid);
DROP FUNCTION sender_guesses(uuid);
DROP TABLE sends, organisation, pools;
ALTER TABLE guesses DROP COLUMN sender_id, DROP COLUMN identity_hash, DROP COLUMN pool, DROP COLUMN evaluated;
ALTER TABLE challenges DROP COLUMN claim_hash;
ALTER TABLE senders DROP COLUMN former_ids, DROP COLUMN counted_from;
