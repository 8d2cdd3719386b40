-- Up Migration
-- Verifications at Twilio Verify (decision 11): by which one a challenge's code went, and how it ended. Ids and times.
CREATE TABLE verifications (
  -- Twilio's, `VE…`.
  sid          text PRIMARY KEY,
  challenge_id uuid NOT NULL REFERENCES challenges ON DELETE CASCADE,
  -- Whether Twilio made the code, and compares it.
  managed      boolean NOT NULL,
  begun_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Since when Twilio takes no guesses for it.
  over_at      timestamptz,
  -- The message whose guess Twilio approved: Twilio forgets what it approved, so a repeat finds it here.
  approved_by  text,
  -- How it ended, as Twilio was told or had told us; `gone` when it knew nothing of it any more.
  ended        text CHECK (ended IN ('approved', 'canceled', 'gone')),
  ended_at     timestamptz,
  -- When Twilio was last asked to end it.
  tried_at     timestamptz,
  CHECK ((ended IS NULL) = (ended_at IS NULL)),
  CHECK (approved_by IS NULL OR managed)
);
CREATE INDEX verifications_of_challenge ON verifications (challenge_id, begun_at);
CREATE INDEX verifications_to_end ON verifications (begun_at) WHERE ended IS NULL;

GRANT SELECT, INSERT, UPDATE ON verifications TO doorman_app;

-- Down Migration
DROP TABLE verifications;
