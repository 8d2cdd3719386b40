import { createPool } from '../../src/db/pool';
import { databaseProblems } from '../../src/db/soundness';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';

let database: TestDatabase;
beforeAll(async () => { database = await createTestDatabase(); });
afterAll(async () => { await database.drop(); });

async function problems(url: string, production: boolean): Promise<string[]> {
  const pool = createPool(url, { max: 1 });
  try {
    return await databaseProblems(pool, production);
  } finally {
    await pool.end();
  }
}

test('production refuses a user that may change the audit, and says what to use', async () => {
  expect(await problems(database.ownerUrl, true)).toContainEqual(expect.stringContaining('member of doorman_app'));
  expect(await problems(database.url, true)).not.toContainEqual(expect.stringContaining('member of doorman_app'));
});

test('production refuses a database whose commits may be lost', async () => {
  // The database of the tests is fast and forgetful, which is just what must not pass.
  expect(await problems(database.url, true)).toContainEqual(expect.stringContaining('fsync'));
});

test('development is content with any database that has the tables', async () => {
  expect(await problems(database.ownerUrl, false)).toEqual([]);
});

describe('a database that lacks a migration', () => {
  const upToDate = async (url: string) => (await problems(url, false)).every((problem) => !problem.includes('doorman migrate'));
  const owner = async (statement: string) => {
    const pool = createPool(database.ownerUrl, { max: 1 });
    await pool.query(statement).finally(() => pool.end());
  };

  test.each(['url', 'ownerUrl'] as const)('is named as such, to who comes by its %s', async (url) => {
    await owner(`UPDATE migrations SET name = 'mislaid' WHERE name LIKE '0001%'`);
    expect(await problems(database[url], true)).toEqual([expect.stringContaining('doorman migrate')]);
    await owner(`UPDATE migrations SET name = '0001_roles' WHERE name = 'mislaid'`);
    expect(await upToDate(database[url])).toBe(true);
  });

  test('is known by its list, too, which it does not show yet', async () => {
    await owner('REVOKE SELECT ON migrations FROM doorman_app');
    expect(await problems(database.url, true)).toEqual([expect.stringContaining('doorman migrate')]);
    await owner('GRANT SELECT ON migrations TO doorman_app');
  });

  test('is none that a later version has changed', async () => {
    await owner(`INSERT INTO migrations (name, run_on) VALUES ('9999_later', now())`);
    expect(await upToDate(database.url)).toBe(true);
  });
});

test('a database without tables is named as such', async () => {
  const empty = new URL(database.ownerUrl);
  empty.pathname = '/postgres';
  expect(await problems(empty.href, false)).toEqual([expect.stringContaining('doorman migrate')]);
});
