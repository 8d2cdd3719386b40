// Before the tests that need it: a Postgres (TEST_DATABASE_URL, else one of our own) and a migrated template in it.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../../src/db/migrations';
import { createPool } from '../../../src/db/pool';
import { anyFreePort } from '../../../src/stack/ports';
import { startPostgres } from '../../../src/stack/postgres/postgresServer';
import type { Progress } from '../../../src/stack/progress';

/** Starts and migrates, hands the addresses over in the environment. Resolves with what undoes it. */
export async function preparePostgres(progress: Progress): Promise<() => Promise<void>> {
  const given = process.env.TEST_DATABASE_URL;
  const foreign = given !== undefined && given !== '';
  const { adminUrl, stop } = foreign ? { adminUrl: given, stop: async () => undefined } : await ownServer(progress);
  // Names of this run: others may use the same server at this moment.
  const name = `doorman_test_${randomBytes(6).toString('hex')}`;
  const template = `${name}_template`;
  const login = { username: name, password: randomBytes(18).toString('hex') };
  const application = Object.assign(new URL(adminUrl), login).href;
  const admin = createPool(adminUrl, { max: 1 });
  const at = (url: string) => Object.assign(new URL(url), { pathname: `/${template}` }).href;
  const undo = async () => {
    if (foreign) {
      await admin.query(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
      await admin.query(`DROP ROLE IF EXISTS ${name}`);
    }
    await admin.end();
    await stop();
  };
  try {
    await admin.query(`CREATE DATABASE ${template} TEMPLATE template0`);
    await migrate({ ownerUrl: at(adminUrl), appUrl: at(application) });
    await withoutPace(at(adminUrl));
  } catch (error) {
    await undo().catch(() => undefined);
    throw error;
  }
  Object.assign(process.env, {
    DOORMAN_TEST_POSTGRES: adminUrl, DOORMAN_TEST_APPLICATION: application, DOORMAN_TEST_TEMPLATE: template,
  });
  return undo;
}

/** Where time is skipped the database's does not go on: nobody would ever have a token again. Tests of the pace set it. */
async function withoutPace(url: string): Promise<void> {
  const pool = createPool(url, { max: 1 });
  await pool.query('UPDATE pacing SET per_second = NULL, recipient_burst = NULL').finally(() => pool.end());
}

async function ownServer(progress: Progress): Promise<{ adminUrl: string; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'doorman-test-'));
  // As root, Postgres runs as another user, who has to get in; what is inside stays closed.
  chmodSync(folder, 0o755);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const server = await startPostgres({
      dataFolder: join(folder, 'postgres'), logFile: join(folder, 'postgres.log'), port: await anyFreePort(),
      password: randomBytes(18).toString('hex'), durable: false, progress,
    });
    return { adminUrl: server.url('postgres'), stop: async () => { await server.stop(); remove(); } };
  } catch (error) {
    remove();
    throw error;
  }
}
