// Whether a database is fit to hold what Doorman promises: the tables are there, the audit is out of reach,
// commits last.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Queryable } from './pool';

/** Beside the compiled file stands a copy of the same folder: the build puts it there. */
export const migrationsFolder = join(__dirname, 'migrations');

/** One sentence for each thing that is wrong with the database behind DATABASE_URL; empty when it is sound. */
export async function databaseProblems(db: Queryable, production: boolean): Promise<string[]> {
  const { rows: [state] } = await db.query<{ migrated: boolean; fsync: string; commit: string; superuser: boolean }>(
    `SELECT to_regclass('public.audit') IS NOT NULL AS migrated, current_setting('fsync') AS fsync,
            current_setting('synchronous_commit') AS commit,
            (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser`);
  if (state?.migrated !== true) return ['DATABASE_URL: the tables are not there yet; run `doorman migrate`'];
  if (!await isUpToDate(db)) return ['DATABASE_URL: the tables are older than this version; run `doorman migrate`'];
  if (!production) return [];
  return [
    ...(state.superuser || await mayChangeAudit(db)
      ? ['DATABASE_URL: its user may change the audit; use a login that is only a member of doorman_app'] : []),
    ...(state.fsync === 'on' && state.commit !== 'off'
      ? [] : ['DATABASE_URL: fsync and synchronous_commit must be on, or a crash refunds guesses']),
  ];
}

/** Whether every migration of this version is applied. What a later one applied besides does not matter. */
async function isUpToDate(db: Queryable): Promise<boolean> {
  // Migration 33 lets the application read the list.
  const { rows: [list] } = await db.query<{ readable: boolean | null }>(
    `SELECT has_table_privilege(to_regclass('public.migrations'), 'SELECT') AS readable`);
  if (list?.readable !== true) return false;
  const { rows } = await db.query<{ name: string }>('SELECT name FROM public.migrations');
  const applied = new Set(rows.map(({ name }) => `${name}.sql`));
  return readdirSync(migrationsFolder).filter((file) => file.endsWith('.sql')).every((file) => applied.has(file));
}

async function mayChangeAudit(db: Queryable): Promise<boolean> {
  const { rows: [row] } = await db.query<{ may: boolean }>(
    `SELECT bool_or(has_table_privilege(name, right_to)) AS may
       FROM unnest(ARRAY['public.audit', 'public.audit_head']) AS name,
            unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS right_to`);
  return row?.may !== false;
}
