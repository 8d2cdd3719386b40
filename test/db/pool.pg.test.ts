import { createPool, inTransaction } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';

// Long enough for a busy machine to answer what is answered.
const queryMs = 2_000;
let database: TestDatabase;
let pool: Pool;
let other: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 1, query_timeout: queryMs });
  other = createPool(database.ownerUrl, { max: 1 });
});

afterAll(async () => {
  await pool.end();
  await other.end();
  await database.drop();
});

// A server that hangs, as far as anybody on this side can tell: it is asked, and does not answer.
const hang = 'SELECT pg_sleep(60)';

test('a statement that is not answered in time is given up, and the next one gets another connection', async () => {
  await expect(pool.query(hang)).rejects.toThrow('Query read timeout');
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('so is a transaction, at once: it does not wait as long again to be rolled back, and leaves nothing', async () => {
  const start = performance.now();
  await expect(inTransaction(pool, async (tx) => {
    await tx.query('INSERT INTO senders DEFAULT VALUES');
    await tx.query(hang);
  })).rejects.toThrow('Query read timeout');
  expect(performance.now() - start).toBeLessThan(2 * queryMs);
  expect((await pool.query('SELECT count(*)::int AS count FROM senders')).rows).toEqual([{ count: 0 }]);
});

test('a connection that breaks inside a transaction fails it, and the next one gets another', async () => {
  await expect(inTransaction(pool, async (tx) => {
    const { rows: [self] } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await other.query('SELECT pg_terminate_backend($1)', [self!.pid]);
    await tx.query('SELECT 1');
  })).rejects.toThrow();
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('a statement with values is prepared once for each connection, and one without is not', async () => {
  const greater = 'SELECT $1::int > 1 AS greater';
  for (const value of [1, 2]) {
    expect((await pool.query(greater, [value])).rows).toEqual([{ greater: value > 1 }]);
    await pool.query('SELECT 1');
  }
  const { rows } = await pool.query('SELECT statement FROM pg_prepared_statements');
  expect(rows.filter(({ statement }) => statement === greater)).toHaveLength(1);
  expect(rows.filter(({ statement }) => statement === 'SELECT 1')).toEqual([]);
});
