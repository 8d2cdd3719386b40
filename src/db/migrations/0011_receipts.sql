-- Up Migration
-- What the provider says became of each send, and by which way each send of a code went.
ALTER TABLE outbox
  -- What we tell the provider to name a send by. Random: it says nothing of whom or what.
  ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
  ADD COLUMN receipt text
    CHECK (receipt IN ('queued', 'sending', 'sent', 'delivered', 'read', 'undelivered', 'failed')),
  ADD COLUMN receipt_at timestamptz,
  -- The provider's stable error code, never its words.
  ADD COLUMN receipt_fault text;
CREATE UNIQUE INDEX outbox_id ON outbox (id);

ALTER TABLE sends
  ADD COLUMN method text NOT NULL DEFAULT 'sms' CHECK (method IN ('sms', 'call', 'email')),
  -- When its conversation was told that it does not arrive.
  ADD COLUMN missed_at timestamptz;
-- What became of the codes that went to a country by one way lately.
CREATE INDEX sends_of_country ON sends (country, method, charged_at) WHERE allowed;

-- Down Migration
DROP INDEX sends_of_country;
ALTER TABLE sends DROP COLUMN method, DROP COLUMN missed_at;
ALTER TABLE outbox DROP COLUMN id, DROP COLUMN receipt, DROP COLUMN receipt_at, DROP COLUMN receipt_fault;
