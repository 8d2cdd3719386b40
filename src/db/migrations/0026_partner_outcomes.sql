-- Up Migration
-- An event that says of a key that nobody has that its person left: `unknown`.
ALTER TABLE partner_events
  DROP CONSTRAINT partner_events_state_check,
  ADD CONSTRAINT partner_events_state_check CHECK (state IN ('applied', 'unchanged', 'stale', 'tombstoned', 'unknown',
    'ignored', 'unreadable', 'waiting', 'forwarded', 'failed'));

-- Of which source's people each partner speaks, as web processes are configured: no identity provider may push those.
CREATE TABLE partner_sources (
  partner text PRIMARY KEY,
  source  text NOT NULL
);
GRANT SELECT, INSERT, DELETE ON partner_sources TO doorman_app;

-- Down Migration
DROP TABLE partner_sources;
UPDATE partner_events SET state = 'applied' WHERE state = 'unknown';
ALTER TABLE partner_events
  DROP CONSTRAINT partner_events_state_check,
  ADD CONSTRAINT partner_events_state_check CHECK (state IN ('applied', 'unchanged', 'stale', 'tombstoned', 'ignored',
    'unreadable', 'waiting', 'forwarded', 'failed'));
