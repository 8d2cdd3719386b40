-- Up Migration
-- An event that says of a key that nobody has that its person left: `unknown`.
ALTER TABLE partner_events
  DROP CONSTRAINT partner_events_state_check,
  ADD CONSTRAINT partner_events_state_check CHECK (state IN ('applied', 'unchanged', 'stale', 'tombstoned', 'unknown',
    'ignored', 'unreadable', 'waiting', 'forwarded', 'failed'));

-- Down Migration
UPDATE partner_events SET state = 'applied' WHERE state = 'unknown';
ALTER TABLE partner_events
  DROP CONSTRAINT partner_events_state_check,
  ADD CONSTRAINT partner_events_state_check CHECK (state IN ('applied', 'unchanged', 'stale', 'tombstoned', 'ignored',
    'unreadable', 'waiting', 'forwarded', 'failed'));
