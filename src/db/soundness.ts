// Whether a database is fit to hold what Doorman promises: the tables are there, the audit is out of reach,
// commits last.
import type { Queryable } from './pool';

/** One sentence for each thing that is wrong with the database behind DATABASE_URL; empty when it is sound. */
export async function databaseProblems(db: Queryable, production: boolean): Promise<string[]> {
  const { rows: [state] } = await db.query<{ migrated: boolean; fsync: string; commit: string; superuser: boolean }>(
    `SELECT to_regclass('public.audit') IS NOT NULL AS migrated, current_setting('fsync') AS fsync,
            current_setting('synchronous_commit') AS commit,
            (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser`);
  if (state?.migrated !== true) return ['DATABASE_URL: the tables are not there yet; run `doorman migrate`'];
  if (!production) return [];
  return [
    ...(state.superuser || await mayChangeAudit(db)
      ? ['DATABASE_URL: its user may change the audit; use a login that is only a member of doorman_app'] : []),
    ...(state.fsync === 'on' && state.commit !== 'off'
      ? [] : ['DATABASE_URL: fsync and synchronous_commit must be on, or a crash refunds guesses']),
  ];
}

async function mayChangeAudit(db: Queryable): Promise<boolean> {
  const { rows: [row] } = await db.query<{ may: boolean }>(
    `SELECT bool_or(has_table_privilege(name, right_to)) AS may
       FROM unnest(ARRAY['public.audit', 'public.audit_head']) AS name,
            unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS right_to`);
  return row?.may !== false;
}
