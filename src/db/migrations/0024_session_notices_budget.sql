-- Up Migration
-- What a telephone is told of new sessions counts in the budget of all that it gets in a day.
CREATE TABLE notice_sends (
  session_id       uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
  destination_hash bytea NOT NULL,
  -- False when the budget was spent: it is told by mail, or not at all.
  allowed          boolean NOT NULL,
  charged_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (session_id, destination_hash)
);
CREATE INDEX notice_sends_of_destination ON notice_sends (destination_hash, charged_at) WHERE allowed;

CREATE FUNCTION notices_to(to_destination bytea) RETURNS bigint LANGUAGE sql AS $$
  SELECT count(*) FROM notice_sends
   WHERE destination_hash = to_destination AND allowed AND charged_at > clock_timestamp() - interval '1 day'
$$;

-- Charges the SMS that tells of a session, once, and says whether it may leave.
CREATE FUNCTION charge_notice(of_session uuid, to_destination bytea, sends_max integer)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  is_allowed boolean;
  codes bigint;
BEGIN
  -- That of charge_send: two processes, or a code and a notice, would else take the last one both.
  PERFORM pg_advisory_xact_lock(hashtextextended(encode(to_destination, 'hex'), 0));
  SELECT n.allowed INTO is_allowed FROM notice_sends n
   WHERE n.session_id = of_session AND n.destination_hash = to_destination;
  IF FOUND THEN RETURN is_allowed; END IF;
  SELECT count(*) INTO codes FROM sends s
   WHERE s.destination_hash = to_destination AND s.allowed AND s.charged_at > clock_timestamp() - interval '1 day';
  is_allowed := codes + notices_to(to_destination) < sends_max;
  INSERT INTO notice_sends (session_id, destination_hash, allowed) VALUES (of_session, to_destination, is_allowed);
  RETURN is_allowed;
END $$;

-- As in migration 18, and notices count in what a telephone gets in all.
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
  to_one_in_all := to_one_in_all + notices_to(to_destination);
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

GRANT SELECT, INSERT ON notice_sends TO doorman_app;

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
DROP FUNCTION notices_to(bytea);
DROP TABLE notice_sends;
