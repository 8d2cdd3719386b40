-- Up Migration
-- Events that partners posted (R43, R44). A row is what keeps an event from having a second effect, for as long as it
-- is kept; of one that is to be forwarded it also holds the body until that is settled.
CREATE TABLE partner_events (
  id           uuid PRIMARY KEY,
  -- The order in which events of one subject are forwarded.
  arrival      bigint GENERATED ALWAYS AS IDENTITY,
  partner      text NOT NULL,
  -- Keyed hash of the partner's own id of the event, or of the body where there is none.
  event_key    bytea NOT NULL,
  -- Keyed hash of whom the event is about.
  subject_hash bytea,
  -- Applied to the directory: `applied`, `unchanged`, `stale`, `tombstoned`. Of no interest: `ignored`. Not read:
  -- `unreadable`, and it may come again. To be forwarded: `waiting`, then `forwarded`, or `failed` and parked.
  state        text NOT NULL CHECK (state IN ('applied', 'unchanged', 'stale', 'tombstoned', 'ignored', 'unreadable',
                 'waiting', 'forwarded', 'failed')),
  -- Fields of ours that could not be read, by name.
  fields       text[] NOT NULL DEFAULT '{}',
  body_enc     bytea,
  -- Why it was parked: the kind of the last fault.
  fault        text,
  received_at  timestamptz NOT NULL,
  keep_until   timestamptz NOT NULL,
  -- When the workflow of its subject is to be told next; null when there is nothing to tell.
  tell_at      timestamptz,
  settled_at   timestamptz,
  UNIQUE (partner, event_key),
  CHECK ((state IN ('waiting', 'failed')) = (body_enc IS NOT NULL)),
  CHECK (tell_at IS NULL OR state = 'waiting')
);
CREATE INDEX partner_events_waiting ON partner_events (partner, subject_hash, arrival) WHERE state = 'waiting';
CREATE INDEX partner_events_to_tell ON partner_events (tell_at) WHERE tell_at IS NOT NULL;
CREATE INDEX ON partner_events (keep_until);

GRANT SELECT, INSERT, UPDATE, DELETE ON partner_events TO doorman_app;

-- Down Migration
DROP TABLE partner_events;
