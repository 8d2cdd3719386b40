// Hundreds guess at one person while workers are killed and connections are cut. What was cut off is run again, as
// Temporal does it: the limit is what is evaluated, exactly, and everybody is answered.
import { randomUUID } from 'node:crypto';
import type { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../activities';
import { failureOf } from '../../activities/failures';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { createTexts } from '../../src/texts/render';
import { createWiredActivities } from '../../src/wiredActivities';
import { Died, DyingProcess } from '../support/dyingProcess';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { addEmployees, FakeAssistant, FakeCarrier, FakeChannel, store, testKeyring, testPolicy } from '../support/world';

let database: TestDatabase;
let owner: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = createPool(database.ownerUrl, { max: 2 });
  await addEmployees(owner);
});

afterAll(async () => {
  await owner.end();
  await database.drop();
});

beforeEach(async () => {
  await owner.query('TRUNCATE senders, pools CASCADE');
});

/** A process with its share of the fifty connections; `dieAfter` counts its statements, whoever they are for. */
function startWorker(dieAfter = Infinity) {
  const pool = createPool(database.url, { max: 10 });
  const process = new DyingProcess(dieAfter);
  const ports = { channel: new FakeChannel(), carriers: new Map([['sms' as const, new FakeCarrier()]]), assistant: new FakeAssistant() };
  const texts = createTexts({ organisation: 'Acme', language: 'en' });
  return { pool, activities: createWiredActivities(process.pool(pool), testKeyring, texts, process.ports(ports), 'en') };
}
type Worker = ReturnType<typeof startWorker>;

type Act = (activities: Activities) => Promise<unknown>;

/** What Temporal would try again later. */
const isUnavailable = (error: unknown) => (failureOf(error) as ApplicationFailure).type === 'unavailable'; // cast: none of these is a cancellation

/** Runs each act on a worker that lives, again on another when it dies meanwhile, until each has its outcome. */
class Workers {
  readonly outcomes: unknown[] = [];
  repeated = 0;
  private living: Worker[];

  constructor(private readonly all: readonly Worker[], private readonly onOutcome: (count: number) => void = () => undefined) {
    this.living = [...all];
  }

  async run(act: Act, nth: number): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const worker = this.living[(nth + attempt) % this.living.length]!;
      try {
        this.outcomes.push(await act(worker.activities));
        this.onOutcome(this.outcomes.length);
        return;
      } catch (error) {
        if (error instanceof Died) this.living = this.living.filter((one) => one !== worker);
        else if (!isUnavailable(error)) throw error;
        this.repeated += 1;
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map(({ pool }) => pool.end()));
  }
}

/** As many strangers who all claim to be Anna; the guess that each of them makes, wrong by all odds. */
async function strangersWhoGuess(count: number): Promise<Act[]> {
  const { pool, activities } = startWorker();
  const acts: Act[] = [];
  for (let from = 0; from < count; from += 10) {
    acts.push(...await Promise.all(Array.from({ length: 10 }, async (_, n) => {
      const person = { phone: `whatsapp:+447700${900_000 + from + n}0` };
      const challengeId = randomUUID();
      const claim = await store(pool, testKeyring, person, '144133');
      await activities.identify({ ...claim, challengeId, asked: true, policy: testPolicy });
      const guess = await store(pool, testKeyring, person, '00000000');
      return (by: Activities) => by.confirm({ ...guess, challengeId, sessionId: randomUUID(), policy: testPolicy });
    })));
  }
  await pool.end();
  return acts;
}

async function expectTenEvaluated(workers: Workers): Promise<void> {
  expect(workers.outcomes).toEqual(Array.from({ length: 500 }, () => ({ reaction: 'wrong', triesLeft: 4 })));
  const { rows } = await owner.query(
    `SELECT count(*)::int AS charged, count(*) FILTER (WHERE evaluated)::int AS evaluated,
            count(*) FILTER (WHERE verdict = 'wrong')::int AS judged FROM guesses`);
  expect(rows).toEqual([{ charged: 500, evaluated: 10, judged: 500 }]);
  const { rows: audited } = await owner.query(
    `SELECT count(*)::int AS count FROM audit WHERE kind = 'challenge.guessed' AND facts->>'challengeId' IN (SELECT id::text FROM challenges)`);
  expect(audited).toEqual([{ count: 500 }]);
  const { rows: waiting } = await owner.query('SELECT 1 FROM inbox WHERE handled_at IS NULL');
  expect(waiting).toEqual([]);
}

test('five hundred senders guess at one employee over fifty connections, and two of five workers are killed: ten are evaluated, all are answered', async () => {
  const guesses = await strangersWhoGuess(500);
  // The first among the charges, the second when some are judged.
  const workers = new Workers([startWorker(), startWorker(45), startWorker(), startWorker(400), startWorker()]);
  await Promise.all(guesses.map((guess, n) => workers.run(guess, n)));
  await workers.stop();
  expect(workers.repeated).toBeGreaterThanOrEqual(2);
  await expectTenEvaluated(workers);
}, 120_000);

test('five hundred senders guess while every connection is cut three times: ten are evaluated, all are answered', async () => {
  const guesses = await strangersWhoGuess(500);
  const cuts: Promise<unknown>[] = [];
  const [, name] = new URL(database.url).pathname.split('/');
  const cut = () => owner.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = $2`, [name, new URL(database.url).username]);
  const workers = new Workers(Array.from({ length: 5 }, () => startWorker()), (count) => {
    if ([1, 5, 200].includes(count)) cuts.push(cut());
  });
  await Promise.all(guesses.map((guess, n) => workers.run(guess, n)));
  await Promise.all(cuts);
  await workers.stop();
  expect(workers.repeated).toBeGreaterThan(0);
  await expectTenEvaluated(workers);
}, 120_000);
