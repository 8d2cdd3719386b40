-- Up Migration
-- What a guess is charged by counts wrong guesses alone, of which there are few: the right ones, of which there is one for
-- each code that was used, are neither read nor waited for behind the lock of their client.
DROP INDEX rest_guesses_evaluated;
CREATE INDEX rest_guesses_wrong ON rest_guesses (charged_at, verification_id)
  WHERE evaluated AND verdict IS DISTINCT FROM 'right';
CREATE INDEX rest_verifications_of_telephone ON rest_verifications (destination_hash);

-- Wrong guesses at codes of one telephone that were evaluated since a moment.
CREATE OR REPLACE FUNCTION rest_guesses_since(spellings bytea[], since timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM rest_guesses g JOIN rest_verifications v ON v.id = g.verification_id
   WHERE v.destination_hash = ANY (spellings) AND g.evaluated
     AND g.verdict IS DISTINCT FROM 'right' AND g.charged_at > since
$$;

-- Down Migration
CREATE OR REPLACE FUNCTION rest_guesses_since(spellings bytea[], since timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM rest_guesses g JOIN rest_verifications v ON v.id = g.verification_id
   WHERE (spellings IS NULL OR v.destination_hash = ANY (spellings)) AND g.evaluated
     AND g.verdict IS DISTINCT FROM 'right' AND g.charged_at > since
$$;

DROP INDEX rest_verifications_of_telephone;
DROP INDEX rest_guesses_wrong;
CREATE INDEX rest_guesses_evaluated ON rest_guesses (charged_at) WHERE evaluated;
