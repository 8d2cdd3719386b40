-- Up Migration
-- How fast we send, how much one person may write, and what waits until they write again.

-- The numbers, which operators change while we run, and the bucket of all that we send, as the moment at which it is
-- full again: one row, whose lock orders whoever wants a token. It holds what may leave within a second.
CREATE TABLE pacing (
  only_row           boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- Null: no limit.
  per_second         integer DEFAULT 70 CHECK (per_second BETWEEN 1 AND 10000),
  -- What the chat leaves in the bucket, so that a code never waits for it.
  code_reserve       integer NOT NULL DEFAULT 10 CHECK (code_reserve >= 0),
  -- To one person: so many at once, then one each so many milliseconds. Null: no limit.
  recipient_burst    integer DEFAULT 30 CHECK (recipient_burst BETWEEN 1 AND 10000),
  recipient_every_ms integer NOT NULL DEFAULT 6000 CHECK (recipient_every_ms BETWEEN 1 AND 3600000),
  full_at            timestamptz NOT NULL DEFAULT '-infinity',
  CHECK (per_second IS NULL OR code_reserve < per_second)
);
INSERT INTO pacing DEFAULT VALUES;

CREATE TABLE pacing_lanes (
  lane       text PRIMARY KEY CHECK (lane IN ('chat', 'codes')),
  -- Set while an operator holds everything back.
  held_at    timestamptz,
  -- The provider asked to slow down: nothing before.
  slow_until timestamptz NOT NULL DEFAULT '-infinity',
  -- The last turn that was promised: who comes later comes after it.
  queued_to  timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO pacing_lanes (lane) VALUES ('chat'), ('codes');

-- The buckets of the people we write to, by keyed hash of the address. One that is full may as well not be there.
CREATE TABLE pacing_recipients (
  recipient_hash bytea PRIMARY KEY,
  full_at        timestamptz NOT NULL
);

ALTER TABLE outbox
  -- When it had its token: a repeated send does not pay twice.
  ADD COLUMN paid_at timestamptz,
  -- Its turn, when there was none at once.
  ADD COLUMN turn_at timestamptz,
  -- Since when it waits for the person to write again, and the session that must still be open then, where it needs one.
  ADD COLUMN parked_at timestamptz,
  ADD COLUMN parked_session_id uuid,
  DROP CONSTRAINT outbox_state_check,
  DROP CONSTRAINT outbox_check,
  ADD CONSTRAINT outbox_state_check CHECK (state IN ('pending', 'sent', 'failed', 'withheld', 'parked')),
  ADD CONSTRAINT outbox_check CHECK (state IN ('pending', 'parked') OR text_enc IS NULL);
CREATE INDEX outbox_parked ON outbox (sender_id, parked_at) WHERE state = 'parked';
DROP INDEX outbox_pending;
CREATE INDEX outbox_waiting ON outbox (created_at) WHERE state IN ('pending', 'parked');

ALTER TABLE sender_addresses
  -- When the person last wrote from it: a text may be sent within a day of that. Null: it is not known.
  ADD COLUMN last_message_at timestamptz,
  -- The minute that runs, and how many messages came in it.
  ADD COLUMN minute_from timestamptz,
  ADD COLUMN minute_messages integer NOT NULL DEFAULT 0;

-- Asks for a token for one send, right before the provider is asked. No row: it may go now. Else why not, and for how
-- long: then this try was none. A send that is too early is promised a turn, so that those who wait come one by one, in
-- order, and not all at once. One statement and no transaction around it: the locks last as long as it does.
CREATE FUNCTION take_turn(of_key text, of_lane text, of_recipient bytea)
RETURNS TABLE (why text, wait_ms double precision) LANGUAGE plpgsql AS $$
DECLARE
  p pacing%ROWTYPE;
  l pacing_lanes%ROWTYPE;
  o record;
  moment timestamptz;
  gap interval;
  free_at timestamptz := '-infinity';
  recipient_full_at timestamptz;
  reason text;
  turn timestamptz;
BEGIN
  -- What a crash may lose here are tokens. Waiting for the disk would hold up everybody.
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT * INTO p FROM pacing;
  SELECT * INTO l FROM pacing_lanes WHERE lane = of_lane;
  SELECT paid_at, turn_at INTO o FROM outbox WHERE key = of_key;
  IF l.held_at IS NOT NULL THEN
    UPDATE outbox SET attempts = attempts - 1 WHERE key = of_key;
    RETURN QUERY SELECT 'held', 10000::double precision;
    RETURN;
  END IF;
  IF o.paid_at IS NOT NULL OR (p.per_second IS NULL AND p.recipient_burst IS NULL) THEN RETURN; END IF;

  SELECT * INTO p FROM pacing FOR UPDATE;
  SELECT * INTO l FROM pacing_lanes WHERE lane = of_lane;
  -- After the lock: in the order in which they have it.
  moment := clock_timestamp();
  IF p.recipient_burst IS NOT NULL AND of_recipient IS NOT NULL THEN
    SELECT full_at INTO recipient_full_at FROM pacing_recipients WHERE recipient_hash = of_recipient;
    free_at := coalesce(recipient_full_at, '-infinity')
      - (p.recipient_burst - 1)::double precision * p.recipient_every_ms * interval '1 ms';
    reason := 'recipient';
  END IF;
  -- Whose recipient has to wait takes no turn from others.
  IF free_at <= moment AND p.per_second IS NOT NULL THEN
    gap := interval '1 s' / p.per_second;
    free_at := greatest(l.slow_until,
      p.full_at - (p.per_second - 1 - CASE of_lane WHEN 'chat' THEN p.code_reserve ELSE 0 END) * gap);
    turn := o.turn_at;
    IF turn IS NULL AND greatest(free_at, l.queued_to) > moment THEN
      turn := greatest(free_at, l.queued_to + gap);
      UPDATE pacing_lanes SET queued_to = turn WHERE lane = of_lane;
    END IF;
    free_at := greatest(free_at, turn);
    reason := 'sender';
  END IF;
  IF free_at > moment THEN
    UPDATE outbox SET attempts = attempts - 1, turn_at = coalesce(turn, turn_at) WHERE key = of_key;
    RETURN QUERY SELECT reason, (extract(epoch FROM free_at - moment) * 1000)::double precision;
    RETURN;
  END IF;

  IF p.per_second IS NOT NULL THEN UPDATE pacing SET full_at = greatest(full_at, moment) + gap; END IF;
  IF p.recipient_burst IS NOT NULL AND of_recipient IS NOT NULL THEN
    INSERT INTO pacing_recipients AS r (recipient_hash, full_at)
      VALUES (of_recipient, moment + p.recipient_every_ms * interval '1 ms')
      ON CONFLICT (recipient_hash) DO UPDATE
        SET full_at = greatest(r.full_at, moment) + p.recipient_every_ms * interval '1 ms';
  END IF;
  UPDATE outbox SET paid_at = moment WHERE key = of_key;
END $$;

GRANT SELECT, UPDATE ON pacing, pacing_lanes TO doorman_app;
GRANT SELECT, INSERT, UPDATE ON pacing_recipients TO doorman_app;

-- Down Migration
DROP FUNCTION take_turn(text, text, bytea);
UPDATE outbox SET state = 'withheld', text_enc = NULL, settled_at = clock_timestamp() WHERE state = 'parked';
DROP INDEX outbox_waiting;
CREATE INDEX outbox_pending ON outbox (created_at) WHERE state = 'pending';
ALTER TABLE sender_addresses DROP COLUMN last_message_at, DROP COLUMN minute_from, DROP COLUMN minute_messages;
ALTER TABLE outbox
  DROP COLUMN paid_at, DROP COLUMN turn_at, DROP COLUMN parked_at, DROP COLUMN parked_session_id,
  DROP CONSTRAINT outbox_state_check,
  DROP CONSTRAINT outbox_check,
  ADD CONSTRAINT outbox_state_check CHECK (state IN ('pending', 'sent', 'failed', 'withheld')),
  ADD CONSTRAINT outbox_check CHECK (state = 'pending' OR text_enc IS NULL);
DROP TABLE pacing, pacing_lanes, pacing_recipients;
