-- Up Migration
-- What HR's feeds say. A row is never deleted, it is deactivated: sessions, challenges and the audit point at it.
CREATE TABLE employees (
  id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  source             text NOT NULL,
  external_id        text NOT NULL,
  employee_number    text NOT NULL,
  -- The one canonical form (src/domain/identifiers.ts) by which people are looked up.
  identifier         text NOT NULL,
  given_name         text NOT NULL DEFAULT '',
  family_name        text NOT NULL DEFAULT '',
  preferred_language text,
  active             boolean NOT NULL,
  -- What the feed said last; false for who was missing. Whoever was ended by another way than the feed stays out until
  -- the feed has listed them as gone and then as back: an old file does not undo a dismissal (R45).
  listed_active      boolean NOT NULL DEFAULT true,
  -- SHA-256 of the feed's record, so that what did not change is not written; empty for who was missing.
  content_hash       bytea NOT NULL,
  source_modified_at timestamptz,
  added_at           timestamptz NOT NULL DEFAULT clock_timestamp(),
  changed_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (source, external_id)
);
CREATE INDEX ON employees (identifier);

CREATE TABLE employee_phones (
  employee_id uuid NOT NULL REFERENCES employees ON DELETE CASCADE,
  e164        text NOT NULL,
  raw         text NOT NULL,
  type        text NOT NULL DEFAULT 'mobile' CHECK (type IN ('mobile', 'work', 'home', 'other')),
  is_primary  boolean NOT NULL DEFAULT false,
  -- Since when it is this employee's: what a changed contact is held back by (R19).
  changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (employee_id, e164)
);
CREATE INDEX ON employee_phones (e164);

CREATE TABLE employee_emails (
  employee_id uuid NOT NULL REFERENCES employees ON DELETE CASCADE,
  address     text NOT NULL CHECK (address = lower(address)),
  type        text NOT NULL DEFAULT 'work' CHECK (type IN ('work', 'private', 'other')),
  is_primary  boolean NOT NULL DEFAULT false,
  -- Since when it is this employee's: what a changed contact is held back by (R19).
  changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (employee_id, address)
);
CREATE INDEX ON employee_emails (address);

-- Nobody is deleted, only deactivated; contacts come and go.
GRANT SELECT, INSERT, UPDATE ON employees TO doorman_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON employee_phones, employee_emails TO doorman_app;

-- Down Migration
DROP TABLE employee_emails, employee_phones, employees;
