-- Up Migration
-- The keys that sign statements (R33, R34), one row as long as a key is published. The application writes them: keys
-- change by themselves, and no other process may be needed for it.
CREATE TABLE signing_keys (
  -- RFC 7638 thumbprint.
  kid          text PRIMARY KEY CHECK (kid ~ '^[A-Za-z0-9_-]{43}$'),
  public_jwk   jsonb NOT NULL,
  -- Sealed under the storage key, with `kid` as its context. Destroyed once the key signs no more.
  private_enc  bytea,
  state        text NOT NULL CHECK (state IN ('next', 'active', 'retiring')),
  published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Of the active key: when the next one takes over, or an operator wants it to.
  due_at       timestamptz,
  -- After this it has signed nothing.
  retired_at   timestamptz,
  CHECK ((private_enc IS NULL) = (state = 'retiring')),
  CHECK ((due_at IS NULL) = (state <> 'active')),
  CHECK ((retired_at IS NULL) = (state <> 'retiring'))
);
-- One signs, and one is about to.
CREATE UNIQUE INDEX signing_keys_one ON signing_keys (state) WHERE state <> 'retiring';

GRANT SELECT, INSERT, UPDATE, DELETE ON signing_keys TO doorman_app;

-- Down Migration
DROP TABLE signing_keys;
