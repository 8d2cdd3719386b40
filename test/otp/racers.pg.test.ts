// A25 R04: a right code opens one session, however often it is sent at once and whichever worker has which message.
import { randomUUID } from 'node:crypto';
import type { Activities } from '../../activities';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { codePurpose, findChallenge } from '../../src/otp/challenges';
import { deriveCode } from '../../src/otp/codes';
import { createTestDatabase, patience } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { addEmployees, anna, createTestActivities, store, testKeyring, testPolicy } from '../support/world';

const [rounds, racers] = [100, 50];
const policy = testPolicy;

let database: TestDatabase;
let pool: Pool;
let activities: Activities;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: racers, ...patience });
  await addEmployees(pool);
  ({ activities } = createTestActivities(pool, testKeyring));
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Anna claims to be Anna: the challenge, and its code. */
async function claim(): Promise<{ challengeId: string; code: string }> {
  const challengeId = randomUUID();
  const claimed = await store(pool, testKeyring, anna, '144133');
  const outcome = await activities.identify({ ...claimed, challengeId, asked: true, policy });
  expect(outcome).toMatchObject({ reaction: 'issue', challengeId });
  const { id, keyId, digits } = (await findChallenge(pool, challengeId))!;
  return { challengeId, code: deriveCode(testKeyring.code, { challengeId: id, keyId, digits, purpose: codePurpose }) };
}

/** All messages are there before the first is looked at: what each comes to, with the session that it asked for. */
async function race(challengeId: string, code: string) {
  const messages = await Promise.all(Array.from({ length: racers }, () => store(pool, testKeyring, anna, code)));
  return Promise.all(messages.map(async (message) => {
    const sessionId = randomUUID();
    const { reaction } = await activities.confirm({ ...message, challengeId, sessionId, policy });
    return { reaction, sessionId };
  }));
}

async function count(what: string): Promise<number> {
  const { rows: [row] } = await pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${what}`);
  return row!.count;
}

test('A25 R04 100 rounds of 50 racers with the right code: 100 sessions, never 101', async () => {
  for (let round = 1; round <= rounds; round += 1) {
    const { challengeId, code } = await claim();
    const answers = await race(challengeId, code);
    const winners = answers.filter(({ reaction }) => reaction === 'right').map(({ sessionId }) => sessionId);
    expect(answers.filter(({ reaction }) => reaction === 'expired')).toHaveLength(racers - 1);
    const { rows } = await pool.query<{ id: string }>('SELECT id FROM sessions WHERE challenge_id = $1', [challengeId]);
    expect(rows.map(({ id }) => id)).toEqual(winners);
    expect(await count('sessions')).toBe(round);
  }
  expect(await count('sessions')).toBe(rounds);
  expect(await count('sessions WHERE ended_at IS NULL')).toBe(1);
  expect(await count(`audit WHERE kind = 'session.opened'`)).toBe(rounds);
  expect(await count('inbox WHERE handled_at IS NULL')).toBe(0);
  // They did race: more right codes were charged and compared than opened something.
  expect(await count('guesses WHERE evaluated')).toBeGreaterThan(rounds);
}, 180_000);
