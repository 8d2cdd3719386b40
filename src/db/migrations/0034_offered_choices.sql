-- Up Migration
-- What an assistant offered in its latest answer to a session, sealed, where it wants to be told something else than the
-- words that the person reads. Good for the turn that comes next: the message that took it.
CREATE TABLE offered_choices (
  session_id    uuid PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
  choices_enc   bytea NOT NULL,
  taken_by      text,
  offered_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX offered_choices_offered ON offered_choices (offered_at);

-- In place of what was offered before, and nobody's after its session.
GRANT SELECT, INSERT, UPDATE, DELETE ON offered_choices TO doorman_app;

-- Down Migration
DROP TABLE offered_choices;
