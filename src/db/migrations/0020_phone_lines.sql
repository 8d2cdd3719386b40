-- Up Migration
-- One spelling for each telephone line, so that a number of two people is nobody's however either of them is spelled.

-- As `spellingsOf` (src/directory/phoneNumber.ts) takes numbers for the same, which a test compares. Another rule here
-- needs the column made anew: what is stored is not computed again by itself.
CREATE FUNCTION phone_line(e164 text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
  -- Mexico, without the 1 of former mobile numbers.
  WHEN e164 ~ '^[+]521[2-9][0-9]{9}$' THEN '+52' || substr(e164, 5)
  -- Argentina, with the 9 of mobile numbers.
  WHEN e164 ~ '^[+]54(11|[23][0-9])[0-9]{8}$' THEN '+549' || substr(e164, 4)
  -- Brazil, with the ninth digit.
  WHEN e164 ~ '^[+]55[1-9]{2}[6-9][0-9]{7}$' THEN substr(e164, 1, 5) || '9' || substr(e164, 6)
  ELSE e164
END;

ALTER TABLE employee_phones ADD COLUMN line text NOT NULL GENERATED ALWAYS AS (phone_line(e164)) STORED;
-- The one on e164 stays for processes of the former version.
CREATE INDEX ON employee_phones (line);

-- Down Migration
ALTER TABLE employee_phones DROP COLUMN line;
DROP FUNCTION phone_line(text);
