-- Up Migration
-- Where codes go: contacts that came or changed a short while ago are held back, people are told of a change, sends to
-- a country have a budget of their own, and each send says whether it went to another number than the sender's.

-- Since when it is held back; null for what was there from the person's first day, and for what two operators confirmed.
ALTER TABLE employee_phones ADD COLUMN held_from timestamptz;
ALTER TABLE employee_emails ADD COLUMN held_from timestamptz;
-- What came with the person came in the same import, which takes minutes at most.
UPDATE employee_phones c SET held_from = c.changed_at
  FROM employees e WHERE e.id = c.employee_id AND c.changed_at > e.added_at + interval '1 hour';
UPDATE employee_emails c SET held_from = c.changed_at
  FROM employees e WHERE e.id = c.employee_id AND c.changed_at > e.added_at + interval '1 hour';

-- Who asked to confirm what is held; somebody else has to agree.
ALTER TABLE employees
  ADD COLUMN confirm_asked_by text,
  ADD COLUMN confirm_asked_at timestamptz,
  ADD CHECK ((confirm_asked_by IS NULL) = (confirm_asked_at IS NULL));

-- One row a number that is told of a change, written with the change itself (R19).
CREATE TABLE contact_notices (
  id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  employee_id      uuid NOT NULL REFERENCES employees ON DELETE CASCADE,
  destination_hash bytea NOT NULL,
  -- Wiped when it is settled: a former number is not kept.
  destination_enc  bytea,
  state            text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'failed')),
  attempts         integer NOT NULL DEFAULT 0,
  tried_at         timestamptz,
  created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  settled_at       timestamptz,
  provider_id      text,
  -- The provider's stable error code, never its words; or why we gave it up.
  fault            text,
  CHECK ((state = 'pending') = (destination_enc IS NOT NULL)),
  CHECK ((state = 'pending') = (settled_at IS NULL))
);
-- A feed that says one thing and then the other sends nobody two of them at once.
CREATE UNIQUE INDEX contact_notices_one ON contact_notices (employee_id, destination_hash) WHERE state = 'pending';
CREATE INDEX contact_notices_pending ON contact_notices (created_at) WHERE state = 'pending';

ALTER TABLE sends
  -- ISO 3166 code, or calling code, of the number that the code goes to; null when it goes to no number.
  ADD COLUMN country text,
  -- True when it goes to a number that is certainly not the sender's own. What is not known to be so is low assurance.
  ADD COLUMN to_other boolean NOT NULL DEFAULT false;

-- Sends of codes to one country within one day (UTC). A counter, where the other budgets are counted from rows: every
-- code to the country would count all of its day's rows under one lock.
CREATE TABLE country_sends (
  country        text NOT NULL,
  day            date NOT NULL,
  sends          integer NOT NULL DEFAULT 0,
  stranger_sends integer NOT NULL DEFAULT 0,
  -- Which pools were refused one, so that each is told of once.
  refused_pools  text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (country, day)
);

-- Charges one send in the country's budget; strangers spend half of it at most, so that they cannot lock employees out.
-- `spent`: it is the first that was refused to this pool today. Locks the country's row: the last one of a charge.
CREATE FUNCTION charge_country(to_country text, by_pool text, sends_max integer)
RETURNS TABLE (charged boolean, spent boolean) LANGUAGE plpgsql AS $$
DECLARE
  today date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
  is_first boolean;
BEGIN
  INSERT INTO country_sends AS c (country, day, sends, stranger_sends)
    VALUES (to_country, today, 1, (by_pool = 'stranger')::int)
  ON CONFLICT (country, day) DO UPDATE
    SET sends = c.sends + 1, stranger_sends = c.stranger_sends + (by_pool = 'stranger')::int
  WHERE c.sends < sends_max AND (by_pool = 'known' OR c.stranger_sends < (sends_max + 1) / 2);
  IF FOUND THEN RETURN QUERY SELECT true, false; RETURN; END IF;
  UPDATE country_sends c SET refused_pools = refused_pools || by_pool
   WHERE c.country = to_country AND c.day = today AND by_pool <> ALL (refused_pools);
  is_first := FOUND;
  RETURN QUERY SELECT false, is_first;
END $$;

-- Charges one send of a code and says whether it may leave; `spent_pool` when it is the first of this pool today that
-- its country's budget refuses. As the function of migration 6, which processes of the former version go on to call; the country comes last.
CREATE FUNCTION charge_send(
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

GRANT SELECT, INSERT, UPDATE ON contact_notices, country_sends TO doorman_app;

-- Down Migration
DROP FUNCTION charge_send(uuid, smallint, bytea, text, boolean, jsonb);
DROP FUNCTION charge_country(text, text, integer);
DROP TABLE country_sends, contact_notices;
ALTER TABLE sends DROP COLUMN country, DROP COLUMN to_other;
ALTER TABLE employees DROP COLUMN confirm_asked_by, DROP COLUMN confirm_asked_at;
ALTER TABLE employee_emails DROP COLUMN held_from;
ALTER TABLE employee_phones DROP COLUMN held_from;
