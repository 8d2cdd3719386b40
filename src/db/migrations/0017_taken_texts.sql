-- Up Migration
-- A reply that the provider took keeps its text, sealed, until it is known what became of it: what WhatsApp gives back
-- afterwards is not lost (decision 14).
ALTER TABLE outbox
  -- How often the provider took it and gave it back.
  ADD COLUMN given_back smallint NOT NULL DEFAULT 0,
  DROP CONSTRAINT outbox_check,
  ADD CONSTRAINT outbox_check CHECK (text_enc IS NULL OR state IN ('pending', 'parked')
    OR (state = 'sent' AND kind = 'reply' AND coalesce(receipt IN ('queued', 'sending', 'sent'), true)));
-- What is destroyed when nobody reports on it.
CREATE INDEX outbox_taken ON outbox (settled_at) WHERE state = 'sent' AND text_enc IS NOT NULL;

-- Down Migration
DROP INDEX outbox_taken;
UPDATE outbox SET text_enc = NULL WHERE state = 'sent';
ALTER TABLE outbox
  DROP COLUMN given_back,
  DROP CONSTRAINT outbox_check,
  ADD CONSTRAINT outbox_check CHECK (state IN ('pending', 'parked') OR text_enc IS NULL);
