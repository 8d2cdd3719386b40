-- Up Migration
-- What the provider says became of each send, and by which way each send of a code went.
ALTER TABLE outbox
  -- What we tell the provider to name a send by. Random: it says nothing of whom or what.
  ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
  ADD COLUMN receipt text
    CHECK (receipt IN ('queued', 'sending', 'sent', 'delivered', 'read', 'undelivered', 'failed')),
  ADD COLUMN receipt_at timestamptz,
  -- The provider's stable error code, never its words.
  ADD COLUMN receipt_fault text;
CREATE UNIQUE INDEX outbox_id ON outbox (id);

ALTER TABLE sends
  ADD COLUMN method text NOT NULL DEFAULT 'sms' CHECK (method IN ('sms', 'call', 'email')),
  -- When its conversation was told that it does not arrive.
  ADD COLUMN missed_at timestamptz,
  -- False when nobody asked for it: the former send did not arrive. What the sender may ask for does not count it, or who
  -- asks could tell whose codes can fail from who has none.
  ADD COLUMN asked boolean NOT NULL DEFAULT true;
-- What became of the codes that went to a country by one way lately.
CREATE INDEX sends_of_country ON sends (country, method, charged_at) WHERE allowed;

-- As in migration 6, but for sends that nobody asked for.
CREATE OR REPLACE FUNCTION sender_sends(of_sender uuid) RETURNS TABLE (charged_at timestamptz) LANGUAGE sql STABLE AS $$
  SELECT n.charged_at
    FROM senders s JOIN sends n ON n.sender_id = ANY (s.former_ids || s.id) JOIN challenges c ON c.id = n.challenge_id
   WHERE s.id = of_sender AND c.state <> 'used' AND n.asked
     AND n.charged_at > greatest(clock_timestamp() - interval '1 day', s.counted_from)
$$;

-- As in migration 7, and each send notes the way of its code at that moment.
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
  SELECT count(*), count(*) FILTER (WHERE s.pool = 'stranger') INTO to_one, to_one_by_strangers
    FROM sends s JOIN challenges o ON o.id = s.challenge_id AND o.state <> 'used'
   WHERE s.destination_hash = to_destination AND s.allowed AND s.charged_at > clock_timestamp() - interval '1 day';
  is_allowed := per_hour < (limits->c.pool->>'sendsPerHour')::int AND per_day < (limits->c.pool->>'sendsPerDay')::int
    AND to_one < (limits->>'sendsPerDestination')::int
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

-- Down Migration
CREATE OR REPLACE FUNCTION sender_sends(of_sender uuid) RETURNS TABLE (charged_at timestamptz) LANGUAGE sql STABLE AS $$
  SELECT n.charged_at
    FROM senders s JOIN sends n ON n.sender_id = ANY (s.former_ids || s.id) JOIN challenges c ON c.id = n.challenge_id
   WHERE s.id = of_sender AND c.state <> 'used'
     AND n.charged_at > greatest(clock_timestamp() - interval '1 day', s.counted_from)
$$;
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
  SELECT count(*), count(*) FILTER (WHERE s.pool = 'stranger') INTO to_one, to_one_by_strangers
    FROM sends s JOIN challenges o ON o.id = s.challenge_id AND o.state <> 'used'
   WHERE s.destination_hash = to_destination AND s.allowed AND s.charged_at > clock_timestamp() - interval '1 day';
  is_allowed := per_hour < (limits->c.pool->>'sendsPerHour')::int AND per_day < (limits->c.pool->>'sendsPerDay')::int
    AND to_one < (limits->>'sendsPerDestination')::int
    -- Half of it at most, or strangers could lock the employee out.
    AND (c.pool = 'known' OR to_one_by_strangers < (limits->>'sendsPerDestination')::int / 2)
    AND is_pool_open(c.identity_hash, c.pool, limits);
  IF is_allowed AND to_country IS NOT NULL THEN
    SELECT y.charged, y.spent INTO is_allowed, is_spent
      FROM charge_country(to_country, c.pool, (limits->>'sendsPerCountry')::int) y;
  END IF;
  INSERT INTO sends (challenge_id, ordinal, sender_id, identity_hash, pool, destination_hash, country, to_other, allowed)
    VALUES (of_challenge, nth, c.sender_id, c.identity_hash, c.pool, to_destination, to_country, is_other, is_allowed);
  RETURN QUERY SELECT is_allowed, CASE WHEN is_spent THEN c.pool END;
END $$;
DROP INDEX sends_of_country;
ALTER TABLE sends DROP COLUMN method, DROP COLUMN missed_at, DROP COLUMN asked;
ALTER TABLE outbox DROP COLUMN id, DROP COLUMN receipt, DROP COLUMN receipt_at, DROP COLUMN receipt_fault;
