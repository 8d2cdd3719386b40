-- Up Migration
-- Turns that left for an assistant that would do twice what it is given twice: noted before the request leaves, so that
-- no try after a crash gives one again.
CREATE TABLE given_turns (
  message_id    text PRIMARY KEY REFERENCES inbox ON DELETE CASCADE,
  given_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The assistant's own conversation of a session, sealed, where it gives one out: any worker finds it again.
CREATE TABLE assistant_conversations (
  session_id    uuid PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
  note_enc      bytea NOT NULL,
  kept_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX assistant_conversations_kept ON assistant_conversations (kept_at);

-- A mark is taken back when the turn was not taken; a note is nobody's after its session.
GRANT SELECT, INSERT, DELETE ON given_turns TO doorman_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON assistant_conversations TO doorman_app;

-- Down Migration
DROP TABLE assistant_conversations, given_turns;
