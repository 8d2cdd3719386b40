// The database goes away while a guess is charged: nothing is compared, nothing is lost, and it is tried again later.
import { once } from 'node:events';
import type { ApplicationFailure } from '@temporalio/common';
import type { PoolClient } from 'pg';
import { failureOf } from '../../activities/failures';
import { createPool, inTransaction } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import type { Keyring } from '../../src/keys/keyring';
import { createTexts } from '../../src/texts/render';
import { createWiredActivities } from '../../src/wiredActivities';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { addEmployees, anna, FakeAssistant, FakeCarrier, FakeChannel, store, testKeyring, testPolicy } from '../support/world';

const challengeId = '00000000-0000-4000-8000-000000000001';
const sessionId = '00000000-0000-4000-8000-000000000002';

let database: TestDatabase;
let pool: Pool;
let owner: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 3 });
  owner = createPool(database.ownerUrl, { max: 3 });
  await addEmployees(owner);
});

afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});

/** The keys of codes are asked for whenever a code is derived: to send it, or to compare with it. */
let derived = 0;
const keyring: Keyring = {
  ...testKeyring,
  code: { activeId: testKeyring.code.activeId, key(id) { derived += 1; return testKeyring.code.key(id); } },
};

const carrier = new FakeCarrier();
const activities = () => createWiredActivities(pool, keyring, createTexts({ organisation: 'Acme', language: 'en' }), {
  channel: new FakeChannel(), carriers: new Map([['sms' as const, carrier]]), assistant: new FakeAssistant() }, 'en');

test('a guess whose charge the database breaks off is not compared, and counts once when it is tried again', async () => {
  const { identify, sendCode, confirm } = activities();
  const claim = await store(pool, testKeyring, anna, '144133');
  await identify({ ...claim, challengeId, asked: true, policy: testPolicy });
  await sendCode({ challengeId, sends: 1 });
  const guess = await store(pool, testKeyring, anna, carrier.carried.all[0]!.code);
  derived = 0;

  const blocker = await owner.connect();
  await blocker.query('BEGIN');
  await blocker.query('SELECT 1 FROM challenges WHERE id = $1 FOR UPDATE', [challengeId]);
  const broken = confirm({ ...guess, challengeId, sessionId, policy: testPolicy }).then(() => undefined, (error: unknown) => error);
  await endWhoeverWaits();
  const failure = failureOf(await broken) as ApplicationFailure; // cast: what failureOf makes of a database's error
  await blocker.query('COMMIT');
  blocker.release();

  // Of this type Temporal tries again, for as long as it takes; nobody is told anything meanwhile.
  expect({ type: failure.type, nonRetryable: failure.nonRetryable }).toEqual({ type: 'unavailable', nonRetryable: false });
  expect(derived).toBe(0);
  expect((await pool.query('SELECT 1 FROM guesses')).rows).toEqual([]);
  const { rows } = await pool.query('SELECT handled_at, text_enc IS NOT NULL AS kept FROM inbox WHERE message_id = $1', [guess.messageId]);
  expect(rows).toEqual([{ handled_at: null, kept: true }]);

  expect(await confirm({ ...guess, challengeId, sessionId, policy: testPolicy })).toMatchObject({ reaction: 'right' });
  expect(derived).toBe(1);
  expect((await pool.query('SELECT ordinal, evaluated, verdict FROM guesses')).rows).toEqual([{ ordinal: 1, evaluated: true, verdict: 'right' }]);
});

test('a connection that is lost between two statements is tried again later too', async () => {
  const lost = inTransaction(pool, async (tx) => {
    const { rows: [row] } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const gone = once(tx as PoolClient, 'error'); // cast: what a transaction runs on is a client of the pool
    await owner.query('SELECT pg_terminate_backend($1)', [row!.pid]);
    await gone;
    await tx.query('SELECT 1');
  });
  const failure = failureOf(await lost.then(() => undefined, (error: unknown) => error));
  expect(failure).toMatchObject({ type: 'unavailable', nonRetryable: false });
});

/** Ends the connection that waits for the challenge, as soon as one does. */
async function endWhoeverWaits(): Promise<void> {
  for (;;) {
    const { rowCount } = await owner.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%charge_guess%'`);
    if (rowCount === 1) return;
  }
}
