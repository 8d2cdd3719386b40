-- Up Migration
-- The application never owns its tables: it logs in as a user that is only a member of this role, so that it cannot
-- rewrite the audit (R55). Roles belong to the whole cluster, hence the guard; two migrations may race for it.
DO $$ BEGIN
  CREATE ROLE doorman_app NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT USAGE ON SCHEMA public TO doorman_app;

-- Down Migration
REVOKE USAGE ON SCHEMA public FROM doorman_app;
