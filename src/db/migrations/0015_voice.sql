-- Up Migration
-- The call in which the code of a send was spoken, and when it began: in no other call is it spoken, and in this one
-- not much later (R23). The provider's id of the call; never a number.
ALTER TABLE outbox
  ADD COLUMN spoken_call text,
  ADD COLUMN spoken_at timestamptz,
  ADD CONSTRAINT outbox_spoken CHECK ((spoken_call IS NULL) = (spoken_at IS NULL));

-- Down Migration
ALTER TABLE outbox DROP COLUMN spoken_call, DROP COLUMN spoken_at;
