-- Up Migration
-- Keyed hash of what the channel says identifies the sender's device, where it says anything: another one is somebody
-- else until they prove it (R28, A46).
ALTER TABLE senders ADD COLUMN identity_key_hash bytea;

-- Down Migration
ALTER TABLE senders DROP COLUMN identity_key_hash;
