-- Up Migration
-- What a telephone is told of new sessions counts in the budget of all that it gets in a day: `charge_notice` and
-- `charge_send` of migration 29.
CREATE TABLE notice_sends (
  session_id       uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
  destination_hash bytea NOT NULL,
  -- False when the budget was spent: it is told by mail, or not at all.
  allowed          boolean NOT NULL,
  charged_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (session_id, destination_hash)
);
CREATE INDEX notice_sends_of_destination ON notice_sends (destination_hash, charged_at) WHERE allowed;

GRANT SELECT, INSERT ON notice_sends TO doorman_app;

-- Down Migration
DROP TABLE notice_sends;
