-- Up Migration
-- Readings of HR's sources, page by page, until they are applied; and what a source's events said last of each person.

ALTER TABLE employees
  -- On leave: kept out, and back without being hired anew.
  ADD COLUMN absent boolean NOT NULL DEFAULT false CHECK (NOT (active AND absent)),
  -- The source's own key. Null where it tells none.
  ADD COLUMN department text,
  -- When this person was let in again after having left: what was proved before that is no proof any more.
  ADD COLUMN returned_at timestamptz;

CREATE TABLE directory_sources (
  name        text PRIMARY KEY,
  -- Where the next delta begins: of the last reading that was applied.
  watermark   text,
  full_at     timestamptz,
  -- An operator wants the next reading to be a full one.
  full_wanted boolean NOT NULL DEFAULT false
);

-- One row a reading. Neither cursor nor report holds anything of a person.
CREATE TABLE directory_syncs (
  id          uuid PRIMARY KEY,
  source      text NOT NULL,
  workflow_id text NOT NULL,
  -- Whether a full reading of the source delivers everybody.
  is_complete boolean NOT NULL DEFAULT true,
  mode        text NOT NULL CHECK (mode IN ('full', 'delta')),
  state       text NOT NULL DEFAULT 'reading'
    CHECK (state IN ('reading', 'applying', 'waiting', 'applied', 'unchanged', 'refused', 'failed', 'abandoned')),
  since       text,
  cursor      text,
  watermark   text,
  pages       integer NOT NULL DEFAULT 0,
  people      integer NOT NULL DEFAULT 0,
  is_read     boolean NOT NULL DEFAULT false,
  -- Why its source could not be read: a kind, and words of ours.
  fault       text,
  report      jsonb,
  -- Login name of the operator who let many people leave at once.
  approved_by text,
  started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  read_at     timestamptz,
  ended_at    timestamptz,
  CHECK ((ended_at IS NULL) = (state IN ('reading', 'applying', 'waiting')))
);
CREATE INDEX ON directory_syncs (source, started_at DESC);

-- What was read, until it is applied: people as the source has them. Emptied when the reading ends.
CREATE TABLE directory_sync_pages (
  sync_id uuid NOT NULL REFERENCES directory_syncs ON DELETE CASCADE,
  page    integer NOT NULL,
  items   jsonb NOT NULL,
  PRIMARY KEY (sync_id, page)
);

-- The greatest versions of a person that a source's events had: the order in which they come makes no difference (R45).
CREATE TABLE directory_subjects (
  source       text NOT NULL,
  external_id  text NOT NULL,
  -- Of the event whose data is stored, and what it said of the employment.
  data_version bigint,
  listed       text CHECK (listed IN ('active', 'absent', 'inactive')),
  -- A leaver is back only by a later rehire.
  left_version bigint,
  back_version bigint,
  PRIMARY KEY (source, external_id)
);

GRANT SELECT, INSERT, UPDATE ON directory_sources, directory_syncs, directory_subjects TO doorman_app;
GRANT SELECT, INSERT, DELETE ON directory_sync_pages TO doorman_app;

-- Down Migration
DROP TABLE directory_subjects, directory_sync_pages, directory_syncs, directory_sources;
ALTER TABLE employees DROP COLUMN absent, DROP COLUMN department, DROP COLUMN returned_at;
