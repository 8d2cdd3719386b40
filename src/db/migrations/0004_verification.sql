-- Up Migration
-- One code for one employee and one sender. A decoy has no employee: same row, same counters, nothing is sent.
CREATE TABLE challenges (
  id            uuid PRIMARY KEY,
  sender_id     uuid NOT NULL REFERENCES senders ON DELETE CASCADE,
  employee_id   uuid REFERENCES employees,
  -- Keyed hash of the canonical identifier that was claimed: what budgets are counted by, for real and unknown alike.
  identity_hash bytea NOT NULL,
  pool          text NOT NULL CHECK (pool IN ('known', 'stranger')),
  purpose       text NOT NULL,
  method        text NOT NULL,
  key_id        text NOT NULL,
  digits        smallint NOT NULL CHECK (digits BETWEEN 6 AND 10),
  -- The policy's own bound: whatever a conversation was started with (A72).
  tries_max     smallint NOT NULL CHECK (tries_max BETWEEN 1 AND 10),
  tries_used    smallint NOT NULL DEFAULT 0,
  sends         smallint NOT NULL DEFAULT 1 CHECK (sends BETWEEN 1 AND 10),
  last_sent_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  issued_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at    timestamptz NOT NULL,
  state         text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'used', 'exhausted', 'expired', 'voided')),
  ended_at      timestamptz,
  CHECK (tries_used BETWEEN 0 AND tries_max),
  CHECK (expires_at <= issued_at + interval '10 minutes 1 second'),
  CHECK ((state = 'live') = (ended_at IS NULL))
);
-- I4: one live code per sender, hence per (employee, sender).
CREATE UNIQUE INDEX challenges_one_live ON challenges (sender_id) WHERE state = 'live';
CREATE INDEX ON challenges (sender_id, issued_at);
CREATE INDEX ON challenges (identity_hash, issued_at);

-- Where a sender stands on the ladder of locks: a success is all that leads down (R10).
CREATE FUNCTION exhausted_in_a_row(of_sender uuid) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT count(c.id)::int + CASE WHEN u.last_used IS NULL THEN s.exhausted_before ELSE 0 END
    FROM senders s
    CROSS JOIN LATERAL (
      SELECT max(issued_at) AS last_used FROM challenges WHERE sender_id = s.id AND state = 'used') u
    LEFT JOIN challenges c
      ON c.sender_id = s.id AND c.state = 'exhausted' AND c.issued_at > coalesce(u.last_used, '-infinity')
   WHERE s.id = of_sender GROUP BY s.id, u.last_used
$$;

-- One row a charged guess, written and committed before the comparison (decision 6). The guess itself is never stored.
CREATE TABLE guesses (
  challenge_id  uuid NOT NULL REFERENCES challenges ON DELETE CASCADE,
  message_id    text NOT NULL,
  ordinal       smallint NOT NULL,
  charged_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  verdict       text CHECK (verdict IN ('right', 'wrong')),
  PRIMARY KEY (challenge_id, message_id),
  UNIQUE (challenge_id, ordinal)
);

-- The verified period of one sender. The database's clock decides whether it is still open.
CREATE TABLE sessions (
  id              uuid PRIMARY KEY,
  sender_id       uuid NOT NULL REFERENCES senders ON DELETE CASCADE,
  employee_id     uuid NOT NULL REFERENCES employees,
  challenge_id    uuid NOT NULL UNIQUE REFERENCES challenges,
  method          text NOT NULL,
  assurance       text NOT NULL CHECK (assurance IN ('low', 'standard', 'high')),
  opened_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  active_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  idle_ms         integer NOT NULL CHECK (idle_ms > 0),
  ends_at         timestamptz NOT NULL,
  ended_at        timestamptz,
  end_reason      text,
  CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
  CHECK (ends_at <= opened_at + interval '24 hours 1 second')
);
CREATE UNIQUE INDEX sessions_one_open ON sessions (sender_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_of_employee ON sessions (employee_id, opened_at) WHERE ended_at IS NULL;
CREATE INDEX ON sessions (sender_id, employee_id, opened_at);

-- What was charged cannot be made undone by deleting it.
GRANT SELECT, INSERT, UPDATE ON challenges, guesses, sessions TO doorman_app;

-- Down Migration
DROP FUNCTION exhausted_in_a_row(uuid);
DROP TABLE sessions, guesses, challenges;
