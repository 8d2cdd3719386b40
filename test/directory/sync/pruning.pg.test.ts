// Readings are kept for a while, and never longer than they are of use.
import { createPool } from '../../../src/db/pool';
import type { Pool } from '../../../src/db/pool';
import { createPruning } from '../../../src/directory/sync/pruning';
import { createTestDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';

let database: TestDatabase;
let pool: Pool;
let owner: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 2 });
  owner = createPool(database.ownerUrl, { max: 1 });
});

afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});

beforeEach(async () => {
  await owner.query(`DELETE FROM directory_syncs; DELETE FROM directory_sources;
    INSERT INTO directory_sources (name) VALUES ('hr'), ('other')`);
});

/** Readings that began so many days and seconds ago. */
async function readings(state: string, days: number, count = 1, source = 'hr'): Promise<void> {
  await owner.query(
    `INSERT INTO directory_syncs (id, source, workflow_id, mode, state, started_at, ended_at)
     SELECT gen_random_uuid(), $1, $2 || ' ' || $3, 'full', $2, began, CASE WHEN $2 <> 'waiting' THEN began END
       FROM (SELECT clock_timestamp() - $3 * interval '1 day' - n * interval '1 s' AS began
               FROM generate_series(1, $4::int) AS n) AS given`, [source, state, days, count]);
}

const left = async () => (await pool.query<{ what: string; count: number }>(
  'SELECT workflow_id AS what, count(*)::int AS count FROM directory_syncs GROUP BY 1 ORDER BY 1')).rows
  .map(({ what, count }) => `${count} ${what}`);

test('what is older than 90 days goes, but for the last one that was applied and what waits', async () => {
  for (const [state, days] of [['applied', 200], ['applied', 100], ['failed', 95], ['waiting', 94], ['unchanged', 91], ['failed', 89]] as const) {
    await readings(state, days);
  }
  expect(await createPruning(pool)()).toBe(3);
  expect(await left()).toEqual(['1 applied 100', '1 failed 89', '1 waiting 94']);
});

test('of each source the last thousand stay, and the last one that was applied', async () => {
  await readings('applied', 3, 2);
  await readings('unchanged', 2, 30);
  await readings('unchanged', 1, 990);
  await readings('unchanged', 2, 30, 'other');
  expect(await createPruning(pool)()).toBe(21);
  // Ten of the thirty are among the last thousand; those of the other source stay.
  expect(await left()).toEqual(['1 applied 3', '990 unchanged 1', '40 unchanged 2']);
});

test('there is a look an hour, or the next one at once where there is more', async () => {
  let now = 0;
  const prune = createPruning(pool, () => now);
  await readings('failed', 100, 1_500);
  expect([await prune(), await prune()]).toEqual([1_000, 500]);
  await readings('failed', 100);
  expect(await prune()).toBe(0);
  now += 60 * 60_000;
  expect(await prune()).toBe(1);
});

test('the application deletes none by itself', async () => {
  await expect(pool.query('DELETE FROM directory_syncs')).rejects.toThrow('permission denied');
});
