// A database for a test file: cloned from a migrated template, on the Postgres that the global set-up started.
import { randomBytes } from 'node:crypto';
import { createPool } from '../../src/db/pool';
import type { PoolOptions } from '../../src/db/pool';
import { given } from './setup/given';

const patienceMs = 120_000;
/** Of a pool where hundreds stand in line, on a machine that may be slow: who gives up is tried again, by no test. */
export const patience: PoolOptions = {
  connectionTimeoutMillis: patienceMs, lock_timeout: patienceMs, statement_timeout: patienceMs, query_timeout: patienceMs,
};

export interface TestDatabase {
  /** As the application: a member of `doorman_app`, owner of nothing. */
  readonly url: string;
  /** As the owner of the tables. */
  readonly ownerUrl: string;
  drop(): Promise<void>;
}

/** Takes some 50 ms. Every test file makes its own and drops it. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return createDatabaseFrom(given('DOORMAN_TEST_TEMPLATE'));
}

/** A database without any table, for tests of the migrations themselves. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabaseFrom('template0');
}

async function createDatabaseFrom(template: string): Promise<TestDatabase> {
  const adminUrl = given('DOORMAN_TEST_POSTGRES');
  const name = `doorman_test_${randomBytes(6).toString('hex')}`;
  await asAdmin(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const at = (url: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href;
  return {
    url: at(given('DOORMAN_TEST_APPLICATION')),
    ownerUrl: at(adminUrl),
    drop: () => asAdmin(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function asAdmin(adminUrl: string, statement: string): Promise<void> {
  const pool = createPool(adminUrl, { max: 1 });
  try {
    await pool.query(statement);
  } finally {
    await pool.end();
  }
}
