-- Up Migration
-- Who writes to us. The id is random and is all that the rest of the system knows of a sender (decision 10).
CREATE TABLE senders (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Refuses every challenge until then; outlives the conversation, so that ending a workflow does not unlock (R10).
  locked_until  timestamptz,
  -- When an address left this sender, or came from another: proofs from before say nothing about who writes now (A45).
  changed_at    timestamptz,
  -- Exhausted codes in a row that it inherited: what restricts goes over to a new sender, what permits does not.
  exhausted_before smallint NOT NULL DEFAULT 0
);

-- The addresses under which a sender is known. Found by keyed hash; the address itself is encrypted.
CREATE TABLE sender_addresses (
  address_hash  bytea PRIMARY KEY,
  sender_id     uuid NOT NULL REFERENCES senders ON DELETE CASCADE,
  kind          text NOT NULL CHECK (kind IN ('phone', 'bsuid')),
  address_enc   bytea NOT NULL,
  -- Replies go to the address that last stood in From; null when it was only mentioned beside another.
  written_from_at timestamptz
);
CREATE INDEX ON sender_addresses (sender_id);

-- Every message that was answered with 2xx. The row stays as the guard against replays (A10); its text does not.
CREATE TABLE inbox (
  message_id    text PRIMARY KEY,
  arrival       bigint GENERATED ALWAYS AS IDENTITY,
  -- Null until the provider has confirmed the message: an unconfirmed one touches no sender.
  sender_id     uuid REFERENCES senders ON DELETE CASCADE,
  kind          text NOT NULL,
  text_enc      bytea,
  -- What the provider must confirm before dispatch (R39), by rule and parameter name; null when nothing.
  unconfirmed   text[],
  -- The addresses of an unconfirmed message, sealed; wiped when it was confirmed or refused.
  origin_enc    bytea,
  checked_at    timestamptz,
  received_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  dispatched_at timestamptz,
  handled_at    timestamptz,
  outcome       text,
  -- What handling it came to, without text: a repeated activity answers with this and has no second effect (I2).
  result        jsonb,
  CHECK ((handled_at IS NULL) = (outcome IS NULL)),
  CHECK (handled_at IS NULL OR (text_enc IS NULL AND origin_enc IS NULL)),
  CHECK (sender_id IS NOT NULL OR unconfirmed IS NOT NULL)
);
CREATE INDEX inbox_waiting ON inbox (sender_id, arrival) WHERE dispatched_at IS NULL AND handled_at IS NULL;
CREATE INDEX inbox_unconfirmed ON inbox (arrival) WHERE sender_id IS NULL AND handled_at IS NULL;
CREATE INDEX inbox_unhandled ON inbox (received_at) WHERE handled_at IS NULL;

-- Everything that we send, by business key: the record that makes a repeated activity send once (decision 8).
CREATE TABLE outbox (
  key           text PRIMARY KEY,
  sender_id     uuid NOT NULL REFERENCES senders ON DELETE CASCADE,
  kind          text NOT NULL CHECK (kind IN ('reply', 'code')),
  text_enc      bytea,
  state         text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'failed', 'withheld')),
  -- How often the provider was asked; more than once means that an earlier try may have got through.
  attempts      integer NOT NULL DEFAULT 0,
  provider_id   text,
  -- The provider's stable error code, never its words; or why we withheld it.
  fault         text,
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  settled_at    timestamptz,
  CHECK (state = 'pending' OR text_enc IS NULL)
);
CREATE INDEX outbox_pending ON outbox (created_at) WHERE state = 'pending';
-- What is withheld when a session ends.
CREATE INDEX outbox_texts ON outbox (sender_id) WHERE text_enc IS NOT NULL;
-- Each further try of a reply asks whose the provider's messages are, and most of all while the provider is down.
CREATE INDEX outbox_provider ON outbox (provider_id) WHERE provider_id IS NOT NULL;

-- Rows that restrict somebody, or guard against a repetition, are never deleted by the application.
GRANT SELECT, INSERT, UPDATE ON senders, inbox, outbox TO doorman_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON sender_addresses TO doorman_app;

-- Down Migration
DROP TABLE outbox, inbox, sender_addresses, senders;
