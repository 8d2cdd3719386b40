-- Up Migration
-- Replies that are read while their turn still goes on (decision 23): how many the assistant said to this session so
-- far, and the place of the first. What a former session was told of the same turn stands before it.
ALTER TABLE turns
  ADD COLUMN said integer NOT NULL DEFAULT 0 CHECK (said >= 0),
  ADD COLUMN first_part integer NOT NULL DEFAULT 0 CHECK (first_part >= 0);

-- What a telephone is told of a changed contact counts in the budget of all that it gets in a day. One for which that is
-- spent waits: the contact is held back for longer, and nobody could silence the notice for good by having codes sent.
ALTER TABLE contact_notices
  ADD COLUMN charged_at timestamptz,
  ADD COLUMN due_at timestamptz;
CREATE INDEX contact_notices_of_destination ON contact_notices (destination_hash, charged_at)
  WHERE charged_at IS NOT NULL;

-- As in migration 29, and notices of changed contacts besides.
CREATE OR REPLACE FUNCTION chat_sends_to(spellings bytea[])
RETURNS TABLE (in_all bigint, unused bigint, by_strangers bigint) LANGUAGE sql STABLE AS $$
  SELECT count(*) + (SELECT count(*) FROM notice_sends n
                      WHERE n.destination_hash = ANY (spellings) AND n.allowed
                        AND n.charged_at > clock_timestamp() - interval '1 day')
                  + (SELECT count(*) FROM contact_notices n
                      WHERE n.destination_hash = ANY (spellings)
                        AND n.charged_at > clock_timestamp() - interval '1 day'),
         count(*) FILTER (WHERE o.state <> 'used'),
         count(*) FILTER (WHERE o.state <> 'used' AND s.pool = 'stranger')
    FROM sends s JOIN challenges o ON o.id = s.challenge_id
   WHERE s.destination_hash = ANY (spellings) AND s.allowed AND s.charged_at > clock_timestamp() - interval '1 day'
$$;

-- Charges the SMS that tells of a changed contact, once, and says whether it may leave; else it is due in an hour.
CREATE FUNCTION charge_contact_notice(of_notice uuid, sends_max integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  n contact_notices%ROWTYPE;
  is_allowed boolean;
BEGIN
  SELECT * INTO STRICT n FROM contact_notices WHERE id = of_notice FOR UPDATE;
  IF n.charged_at IS NOT NULL THEN RETURN true; END IF;
  -- That of charge_send and charge_notice, which lock nothing of this table.
  PERFORM pg_advisory_xact_lock(hashtextextended(encode(n.destination_hash, 'hex'), 0));
  SELECT chat.in_all + rest.in_all < sends_max INTO is_allowed
    FROM chat_sends_to(ARRAY[n.destination_hash]) chat, rest_sends_to(ARRAY[n.destination_hash]) rest;
  IF is_allowed THEN
    UPDATE contact_notices SET charged_at = clock_timestamp() WHERE id = of_notice;
  ELSE
    -- As if it had not been tried: it holds up no other one.
    UPDATE contact_notices SET due_at = clock_timestamp() + interval '1 hour', tried_at = NULL WHERE id = of_notice;
  END IF;
  RETURN is_allowed;
END $$;

-- Keyed hash of the address that a message in doubt came from: so many of one are kept in a minute.
ALTER TABLE inbox ADD COLUMN origin_hash bytea;
CREATE INDEX inbox_origin ON inbox (origin_hash, received_at) WHERE origin_hash IS NOT NULL;

-- So that a process can say that the tables are older than it is.
GRANT SELECT ON migrations TO doorman_app;

-- Down Migration
REVOKE SELECT ON migrations FROM doorman_app;
DROP INDEX inbox_origin;
ALTER TABLE inbox DROP COLUMN origin_hash;
DROP FUNCTION charge_contact_notice(uuid, integer);
CREATE OR REPLACE FUNCTION chat_sends_to(spellings bytea[])
RETURNS TABLE (in_all bigint, unused bigint, by_strangers bigint) LANGUAGE sql STABLE AS $$
  SELECT count(*) + (SELECT count(*) FROM notice_sends n
                      WHERE n.destination_hash = ANY (spellings) AND n.allowed
                        AND n.charged_at > clock_timestamp() - interval '1 day'),
         count(*) FILTER (WHERE o.state <> 'used'),
         count(*) FILTER (WHERE o.state <> 'used' AND s.pool = 'stranger')
    FROM sends s JOIN challenges o ON o.id = s.challenge_id
   WHERE s.destination_hash = ANY (spellings) AND s.allowed AND s.charged_at > clock_timestamp() - interval '1 day'
$$;
DROP INDEX contact_notices_of_destination;
ALTER TABLE contact_notices DROP COLUMN charged_at, DROP COLUMN due_at;
ALTER TABLE turns DROP COLUMN said, DROP COLUMN first_part;
