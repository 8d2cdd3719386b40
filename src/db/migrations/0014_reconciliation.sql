-- Up Migration
-- How far the provider's list of received messages was compared with the inbox (R41): one row, for all processes.
CREATE TABLE reconciliation (
  only_row       boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- The first look. What the provider received before was for whoever answered then: it is never taken in.
  begun_at       timestamptz,
  -- By the provider's clock: what it received until then is in the inbox.
  settled_until  timestamptz,
  -- When the whole day was compared for the last time.
  looked_back_at timestamptz,
  -- When the next look is due.
  due_at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO reconciliation DEFAULT VALUES;
GRANT SELECT, UPDATE ON reconciliation TO doorman_app;

-- Down Migration
DROP TABLE reconciliation;
