-- Up Migration
-- By what the applications of DOORMAN_CLIENTS are known. 256 random bits each, of which only the hashes are here.
CREATE TABLE client_credentials (
  -- The client id that it says: random, and no secret.
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  client       text NOT NULL CHECK (client ~ '^[a-z][a-z0-9-]{0,30}$'),
  secret_hash  bytea NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
  api_key_hash bytea NOT NULL UNIQUE CHECK (octet_length(api_key_hash) = 32),
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- To the hour: enough to see which of two is still in use.
  last_used_at timestamptz,
  revoked_at   timestamptz
);
CREATE INDEX client_credentials_of_client ON client_credentials (client) WHERE revoked_at IS NULL;

-- What the token endpoint gave out. Rows go when they are over, or their credentials are revoked.
CREATE TABLE client_tokens (
  token_hash    bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  credential_id uuid NOT NULL REFERENCES client_credentials,
  scopes        text[] NOT NULL,
  issued_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at    timestamptz NOT NULL,
  CHECK (expires_at <= issued_at + interval '1 hour 1 second')
);
CREATE INDEX ON client_tokens (credential_id, issued_at);

-- Which employee a contact centre's customer is. The identifier says nothing by itself (R38).
CREATE TABLE client_customers (
  client      text NOT NULL,
  subject     uuid NOT NULL,
  employee_id uuid NOT NULL REFERENCES employees,
  -- Since when it is theirs.
  known_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (client, subject)
);

-- Who was proved by a verification of the client's own, without a session. Each proves once. Rows go after a day, when
-- neither their JWTs nor the verifications are there any more.
CREATE TABLE client_proofs (
  verification_id uuid PRIMARY KEY,
  client          text NOT NULL,
  employee_id     uuid NOT NULL REFERENCES employees,
  proved_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON client_proofs (proved_at);

GRANT SELECT, INSERT, UPDATE (last_used_at, revoked_at) ON client_credentials TO doorman_app;
GRANT SELECT, INSERT, DELETE ON client_tokens TO doorman_app;
GRANT SELECT, INSERT, DELETE ON client_proofs TO doorman_app;
-- An identifier is never given again.
GRANT SELECT, INSERT ON client_customers TO doorman_app;

-- Down Migration
DROP TABLE client_proofs, client_customers, client_tokens, client_credentials;
