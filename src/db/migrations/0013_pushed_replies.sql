-- Up Migration
-- Turns that the assistant answers later: until when it may push replies, and how far it is (decision 10). The replies
-- themselves are in the outbox, under the message's id and their place.
CREATE TABLE turns (
  message_id    text PRIMARY KEY REFERENCES inbox ON DELETE CASCADE,
  sender_id     uuid NOT NULL REFERENCES senders ON DELETE CASCADE,
  session_id    uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
  -- Replies that may still come, of those that a turn may have.
  replies_left  integer NOT NULL CHECK (replies_left >= 0),
  -- What the outbox holds of this turn: places 0 to parts - 1.
  parts         integer NOT NULL CHECK (parts >= 0),
  -- When the person is told that it takes long, if nothing was said until then; and when the turn is over.
  still_at      timestamptz NOT NULL,
  ends_at       timestamptz NOT NULL,
  -- By the assistant, or when its time was over.
  ended_at      timestamptz,
  -- When the conversation is to be told next; null when there is nothing left to tell it.
  due_at        timestamptz
);
CREATE INDEX turns_due ON turns (due_at) WHERE due_at IS NOT NULL;

-- Requests by which replies came, by the assistant's own id: what comes again has no second effect.
CREATE TABLE pushes (
  id            text PRIMARY KEY,
  message_id    text NOT NULL REFERENCES turns ON DELETE CASCADE,
  taken         integer NOT NULL,
  dropped       integer NOT NULL,
  pushed_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Rows that guard against a repetition are never deleted by the application.
GRANT SELECT, INSERT, UPDATE ON turns TO doorman_app;
GRANT SELECT, INSERT ON pushes TO doorman_app;

-- Down Migration
DROP TABLE pushes, turns;
