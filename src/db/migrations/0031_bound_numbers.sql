-- Up Migration
-- Numbers that are bound to an employee's account: who proved by the registered work e-mail that they write from them.
-- Kept across sessions, ended once with a reason.
CREATE TABLE bound_numbers (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  sender_id   uuid NOT NULL REFERENCES senders,
  employee_id uuid NOT NULL REFERENCES employees,
  -- When the session was opened that proved it: what was changed or disowned since ends it.
  since       timestamptz NOT NULL,
  how         text NOT NULL,
  -- SHA-256 of the work addresses as they were.
  emails_hash bytea NOT NULL,
  ended_at    timestamptz,
  end_reason  text,
  CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE UNIQUE INDEX ON bound_numbers (sender_id) WHERE ended_at IS NULL;
CREATE INDEX ON bound_numbers (employee_id) WHERE ended_at IS NULL;

CREATE FUNCTION work_emails_hash(employee uuid) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT sha256(convert_to(coalesce(string_agg(address, ' ' ORDER BY address), ''), 'UTF8'))
    FROM employee_emails WHERE employee_id = employee AND type = 'work'
$$;

-- Those that nobody has ended yet, with the reason for which they are over all the same; null while they hold.
CREATE VIEW bindings WITH (security_invoker = true) AS
  SELECT b.id, b.sender_id, b.employee_id, b.since, b.how,
         CASE WHEN NOT e.active OR e.returned_at > b.since THEN 'left'
              WHEN s.changed_at > b.since THEN 'senderChanged'
              WHEN EXISTS (SELECT FROM sessions n WHERE n.sender_id = b.sender_id AND n.employee_id = b.employee_id
                              AND n.opened_at >= b.since AND n.end_reason = 'disputed') THEN 'disputed'
              WHEN b.emails_hash <> work_emails_hash(b.employee_id) THEN 'emailChanged'
         END AS over
    FROM bound_numbers b JOIN employees e ON e.id = b.employee_id JOIN senders s ON s.id = b.sender_id
   WHERE b.ended_at IS NULL;

-- What the stronger proof is for that a session ended for: for whom it is sealed, which message waits for it, and how
-- far the next session has to be trusted.
ALTER TABLE sessions
  ADD COLUMN step_up_enc bytea,
  ADD COLUMN step_up_message_id text,
  ADD COLUMN step_up_assurance text;
CREATE INDEX ON sessions (step_up_message_id) WHERE step_up_message_id IS NOT NULL;
CREATE INDEX ON sessions (ended_at) WHERE step_up_enc IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON bound_numbers TO doorman_app;
GRANT SELECT ON bindings TO doorman_app;
GRANT EXECUTE ON FUNCTION work_emails_hash(uuid) TO doorman_app;

-- Down Migration
ALTER TABLE sessions DROP COLUMN step_up_enc, DROP COLUMN step_up_message_id, DROP COLUMN step_up_assurance;
DROP VIEW bindings;
DROP FUNCTION work_emails_hash(uuid);
DROP TABLE bound_numbers;
