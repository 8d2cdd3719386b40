-- Up Migration
-- Identity providers that push people by SCIM: how each is read, and by which tokens it is known.
CREATE TABLE scim_sources (
  -- The source of the people in `employees`.
  source               text PRIMARY KEY CHECK (source ~ '^[a-z][a-z0-9-]{0,31}$'),
  -- Where the employee ID stands when the enterprise extension has none; null: nowhere else.
  employee_number_from text CHECK (employee_number_from IN ('userName', 'externalId')),
  -- Of telephone numbers without a country code; null: those are not used.
  default_country      text CHECK (default_country ~ '^[A-Z]{2}$'),
  created_at           timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- 256 random bits each, of which only the hash is here.
CREATE TABLE scim_tokens (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  source       text NOT NULL REFERENCES scim_sources,
  token_hash   bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- To the hour: enough to see which of two is still in use.
  last_used_at timestamptz,
  revoked_at   timestamptz
);
CREATE INDEX scim_tokens_of_source ON scim_tokens (source) WHERE revoked_at IS NULL;

-- People as their identity provider said them, with what it may ask for again. Whether anybody is let in is decided by
-- `employees`, where they stand once they have an employee ID.
CREATE TABLE scim_users (
  -- SCIM's id: ours, random, never given again.
  id              uuid PRIMARY KEY,
  source          text NOT NULL REFERENCES scim_sources,
  user_name       text NOT NULL,
  -- In lower case: unique, and looked up.
  user_key        text NOT NULL,
  -- May change: the key of the person is `directory_key`.
  external_id     text,
  employee_number text,
  active          boolean NOT NULL,
  -- Names, contacts, language, department, manager: an allow-list (src/directory/scim/scimUser.ts).
  attributes      jsonb NOT NULL,
  -- Values of the contacts, in lower case.
  email_keys      text[] NOT NULL,
  phone_keys      text[] NOT NULL,
  -- `external_id` in `employees`; null as long as there was no employee ID.
  directory_key   text,
  created_at      timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp()),
  changed_at      timestamptz NOT NULL DEFAULT date_trunc('milliseconds', clock_timestamp())
);
CREATE UNIQUE INDEX scim_users_name ON scim_users (source, user_key);
CREATE UNIQUE INDEX scim_users_person ON scim_users (source, directory_key);
-- In the order of pages.
CREATE INDEX scim_users_page ON scim_users (source, created_at, id);
CREATE INDEX scim_users_external ON scim_users (source, external_id);
CREATE INDEX scim_users_number ON scim_users (source, lower(employee_number));
CREATE INDEX scim_users_changed ON scim_users (source, changed_at);
CREATE INDEX scim_users_emails ON scim_users USING gin (email_keys);
CREATE INDEX scim_users_phones ON scim_users USING gin (phone_keys);

GRANT SELECT, INSERT, UPDATE ON scim_sources TO doorman_app;
GRANT SELECT, INSERT, UPDATE (last_used_at, revoked_at) ON scim_tokens TO doorman_app;
-- Who is deleted is gone here; the employee stays, deactivated.
GRANT SELECT, INSERT, UPDATE, DELETE ON scim_users TO doorman_app;

-- Down Migration
DROP TABLE scim_users, scim_tokens, scim_sources;
