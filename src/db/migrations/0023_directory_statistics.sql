-- Up Migration
-- What Postgres knows of the directory's size, made anew right after a large reading: until it found out by itself, a
-- look-up would read all of it. As the owner of the tables, who alone may.
CREATE FUNCTION analyze_directory() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  ANALYZE employees;
  ANALYZE employee_phones;
  ANALYZE employee_emails;
END $$;
REVOKE EXECUTE ON FUNCTION analyze_directory() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analyze_directory() TO doorman_app;

-- Down Migration
DROP FUNCTION analyze_directory();
