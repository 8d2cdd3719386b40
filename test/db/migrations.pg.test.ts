// The tables as a new installation gets them, and who may do what to them.
import { randomBytes } from 'node:crypto';
import { migrate } from '../../src/db/migrations';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { createEmptyDatabase, createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';

const open: { databases: TestDatabase[]; pools: Pool[]; roles: string[] } = { databases: [], pools: [], roles: [] };

afterAll(async () => {
  await Promise.all(open.pools.map((pool) => pool.end()));
  await Promise.all(open.databases.map((database) => database.drop()));
});

async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createEmptyDatabase();
  open.databases.push(database);
  return database;
}

function poolOn(url: string): Pool {
  const pool = createPool(url, { max: 2 });
  open.pools.push(pool);
  return pool;
}

function as(user: string, password: string, url: string): string {
  return Object.assign(new URL(url), { username: encodeURIComponent(user), password: encodeURIComponent(password) }).href;
}

describe('a migration', () => {
  test('makes the tables and the application\'s user, which can log in', async () => {
    const { ownerUrl } = await emptyDatabase();
    const user = `Doorman "app" ${randomBytes(4).toString('hex')}`;
    const appUrl = as(user, 'pass\'word %L "ü"', ownerUrl);
    const owner = poolOn(ownerUrl);
    const lines: string[] = [];
    expect((await migrate({ ownerUrl, appUrl, onProgress: (line) => lines.push(line) })).length).toBeGreaterThan(0);
    expect(lines).toContain(`created the application's user ${user}`);
    const { rows } = await poolOn(appUrl).query('SELECT count(*)::int AS count FROM employees');
    expect(rows).toEqual([{ count: 0 }]);
    await open.pools.pop()!.end();
    await owner.query(`DROP OWNED BY "${user.replaceAll('"', '""')}"; DROP ROLE "${user.replaceAll('"', '""')}"`);
  });

  test('changes nothing the second time', async () => {
    const { ownerUrl, url } = await emptyDatabase();
    await migrate({ ownerUrl, appUrl: url });
    const lines: string[] = [];
    expect(await migrate({ ownerUrl, appUrl: url, onProgress: (line) => lines.push(line) })).toEqual([]);
    expect(lines).toEqual(['the tables are up to date']);
  });

  test('is applied once when three start at the same time', async () => {
    const { ownerUrl } = await emptyDatabase();
    const appUrl = as(`doorman_test_${randomBytes(6).toString('hex')}`, randomBytes(12).toString('hex'), ownerUrl);
    const runs = await Promise.all([1, 2, 3].map(() => migrate({ ownerUrl, appUrl })));
    expect(runs.filter((applied) => applied.length > 0)).toHaveLength(1);
    await poolOn(appUrl).query('SELECT 1');
    await open.pools.pop()!.end();
    await poolOn(ownerUrl).query(`DROP ROLE ${new URL(appUrl).username}`);
  });

  test('lets a user that exists already into the application\'s role', async () => {
    const { ownerUrl } = await emptyDatabase();
    const user = `doorman_test_${randomBytes(6).toString('hex')}`;
    const owner = poolOn(ownerUrl);
    await owner.query(`CREATE ROLE ${user} LOGIN PASSWORD 'its own'`);
    const appUrl = as(user, 'its own', ownerUrl);
    await migrate({ ownerUrl, appUrl });
    await poolOn(appUrl).query('SELECT 1 FROM employees');
    await open.pools.pop()!.end();
    await owner.query(`DROP ROLE ${user}`);
  });

  test('says so when the application logs in as the owner', async () => {
    const { ownerUrl } = await emptyDatabase();
    const lines: string[] = [];
    await migrate({ ownerUrl, appUrl: ownerUrl, onProgress: (line) => lines.push(line) });
    expect(lines.at(-1)).toMatch(/logs in as the owner/);
  });

  test('makes no user without a password', async () => {
    const { ownerUrl } = await emptyDatabase();
    await expect(migrate({ ownerUrl, appUrl: as('doorman_test_nobody', '', ownerUrl) })).rejects.toThrow(/has no password/);
  });
});

describe('the application\'s user', () => {
  let pool: Pool;

  beforeAll(async () => {
    const database = await createTestDatabase();
    open.databases.push(database);
    pool = poolOn(database.url);
  });

  test.each([
    'UPDATE audit SET kind = \'a.b\'',
    'DELETE FROM audit',
    'TRUNCATE audit',
    'INSERT INTO audit (seq, at, kind, facts, prev_hash, hash) VALUES (1, now(), \'a.b\', \'{}\', \'\', \'\')',
    'ALTER TABLE audit ADD COLUMN note text',
    'DROP TABLE audit',
    'UPDATE audit_head SET seq = 0',
    'DELETE FROM audit_head',
    'TRUNCATE audit_head',
    'CREATE OR REPLACE FUNCTION audit_hash(prev bytea, seq bigint, at timestamptz, kind text, facts jsonb) RETURNS bytea LANGUAGE sql AS \'SELECT prev\'',
    'CREATE TABLE mine (id int)',
    'CREATE ROLE another',
    'ALTER TABLE employees DISABLE TRIGGER ALL',
  ])('may not: %s', async (statement) => {
    await expect(pool.query(statement)).rejects.toMatchObject({ code: '42501' });
  });
});
