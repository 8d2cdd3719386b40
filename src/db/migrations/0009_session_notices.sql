-- Up Migration
-- Whether the employee was told of a session on another registered channel than those it came by (R30): `none` when
-- there is no such channel, and for sessions from before.
ALTER TABLE sessions
  ADD COLUMN notice text NOT NULL DEFAULT 'none' CHECK (notice IN ('none', 'pending', 'sent', 'failed')),
  ADD COLUMN notice_tried_at timestamptz;
CREATE INDEX sessions_to_tell ON sessions (opened_at) WHERE notice = 'pending';

-- Down Migration
DROP INDEX sessions_to_tell;
ALTER TABLE sessions DROP COLUMN notice, DROP COLUMN notice_tried_at;
