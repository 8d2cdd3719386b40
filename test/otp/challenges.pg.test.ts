// Counting, by Postgres: what holds when many guess at once, workers die and clocks are the database's.
import { randomBytes, randomUUID } from 'node:crypto';
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { defaultPolicy } from '../../src/domain/policy';
import { chargeGuess as charge } from '../../src/otp/budgets';
import {
  endChallenge, findChallenge, findJustExpired, issueChallenge, judgeGuess, lockedForMs, unlockSender,
} from '../../src/otp/challenges';
import { chargeResend } from '../../src/otp/resends';
import { createTestDatabase, patience } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 50, ...patience });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function newSender(): Promise<string> {
  const { rows: [row] } = await pool.query<{ id: string }>('INSERT INTO senders DEFAULT VALUES RETURNING id');
  return row!.id;
}

const chargeGuess = async (challengeId: string, messageId: string) =>
  (await charge(pool, defaultPolicy, challengeId, messageId)).charge;

async function issued(senderId: string, known = true): Promise<string> {
  const challengeId = randomUUID();
  await auditedTransaction(pool, (tx, note) => issueChallenge(tx, note, defaultPolicy, {
    challengeId, senderId, employeeId: undefined, identityHash: randomBytes(32), claimHash: randomBytes(32), pool: known ? 'known' : 'stranger', method: 'sms', keyId: 'k1',
    destinationHash: null,
  }));
  return challengeId;
}

const judge = (challengeId: string, messageId: string, right: boolean) =>
  auditedTransaction(pool, (tx, note) => judgeGuess(tx, note, defaultPolicy, { challengeId, messageId, right }));

async function wrongGuess(challengeId: string): Promise<string> {
  const messageId = randomUUID();
  expect(await chargeGuess(challengeId, messageId)).toBe('charged');
  return (await judge(challengeId, messageId, false)).verdict;
}

test('A17 five hundred guesses at once are charged exactly five times', async () => {
  const challengeId = await issued(await newSender());
  const charges = await Promise.all(Array.from({ length: 500 }, () => chargeGuess(challengeId, randomUUID())));
  expect(charges.filter((charge) => charge === 'charged')).toHaveLength(5);
  expect(charges.filter((charge) => charge === 'refused')).toHaveLength(495);
});

test('a message is charged once, however many workers take it up', async () => {
  const challengeId = await issued(await newSender());
  const messageId = randomUUID();
  const charges = await Promise.all(Array.from({ length: 30 }, () => chargeGuess(challengeId, messageId)));
  expect(new Set(charges)).toEqual(new Set(['charged']));
  expect((await findChallenge(pool, challengeId))?.triesLeft).toBe(4);
});

test('A25 fifty racers with the right code use it once', async () => {
  for (let round = 0; round < 10; round += 1) {
    const challengeId = await issued(await newSender());
    const racers = await Promise.all(Array.from({ length: 50 }, async () => {
      const messageId = randomUUID();
      if (await chargeGuess(challengeId, messageId) === 'refused') return 'refused';
      return (await judge(challengeId, messageId, true)).verdict;
    }));
    expect(racers.filter((verdict) => verdict === 'right')).toHaveLength(1);
  }
});

test('the last try succeeds when it is right', async () => {
  const challengeId = await issued(await newSender());
  for (let n = 0; n < 4; n += 1) expect(await wrongGuess(challengeId)).toBe('wrong');
  const messageId = randomUUID();
  await chargeGuess(challengeId, messageId);
  expect(await judge(challengeId, messageId, true)).toEqual({ verdict: 'right' });
});

test('the fifth wrong guess exhausts the code and locks the sender for a minute, the next time for five', async () => {
  const senderId = await newSender();
  for (const seconds of [60, 300, 900]) {
    const challengeId = await issued(senderId);
    for (let n = 0; n < 4; n += 1) await wrongGuess(challengeId);
    expect(await wrongGuess(challengeId)).toBe('exhausted');
    expect(Math.round(await lockedForMs(pool, senderId) / 1_000)).toBe(seconds);
    await auditedTransaction(pool, (tx, note) => unlockSender(tx, note, senderId, 'tester'));
    expect(await lockedForMs(pool, senderId)).toBe(0);
  }
});

test('a success begins the ladder of locks anew', async () => {
  const senderId = await newSender();
  const first = await issued(senderId);
  for (let n = 0; n < 5; n += 1) await wrongGuess(first);
  const second = await issued(senderId);
  const messageId = randomUUID();
  await chargeGuess(second, messageId);
  await judge(second, messageId, true);
  // Else the guesses of the day would lock for longer.
  await pool.query(`UPDATE guesses SET charged_at = charged_at - interval '1 day' WHERE sender_id = $1`, [senderId]);
  const third = await issued(senderId);
  for (let n = 0; n < 5; n += 1) await wrongGuess(third);
  expect(Math.round(await lockedForMs(pool, senderId) / 1_000)).toBe(60);
});

test('a repeated judgement gives the first verdict and counts nothing twice', async () => {
  const challengeId = await issued(await newSender());
  const messageId = randomUUID();
  await chargeGuess(challengeId, messageId);
  expect(await judge(challengeId, messageId, false)).toEqual({ verdict: 'wrong', triesLeft: 4 });
  expect(await judge(challengeId, messageId, true)).toEqual({ verdict: 'wrong', triesLeft: 4 });
});

test.each([[-1, 'charged'], [1, 'refused']])('A27 a guess %i s around the expiry by the database\'s clock is %s', async (seconds, charge) => {
  const challengeId = await issued(await newSender());
  await pool.query(`UPDATE challenges SET expires_at = clock_timestamp() - $2 * interval '1 s' WHERE id = $1`, [challengeId, seconds]);
  expect(await chargeGuess(challengeId, randomUUID())).toBe(charge);
});

/** As if the code had run out so long ago. */
const runOut = (challengeId: string, ago: string) => pool.query(
  `UPDATE challenges SET issued_at = clock_timestamp() - $2::interval - interval '5 min', expires_at = clock_timestamp() - $2::interval
    WHERE id = $1`, [challengeId, ago]);

test.each([['4 minutes', 'right'], ['11 minutes', 'over']])(
  'A27 a guess that was charged in time and is judged %s after the code ran out is %s', async (late, verdict) => {
    const challengeId = await issued(await newSender());
    const messageId = randomUUID();
    await chargeGuess(challengeId, messageId);
    await runOut(challengeId, late);
    expect(await judge(challengeId, messageId, true)).toEqual({ verdict });
  });

test.each([['1 s', 'before', 'charged'], ['-1 s', 'after', 'refused']])(
  'A27 a guess that came %s %s the code ran out, and is looked at a minute later, is %s', async (early, _when, charge) => {
    const senderId = await newSender();
    const challengeId = await issued(senderId);
    const messageId = randomUUID();
    await runOut(challengeId, '1 min');
    await pool.query(`INSERT INTO inbox (message_id, sender_id, kind, received_at)
      SELECT $1, $2, 'text', expires_at - $4::interval FROM challenges WHERE id = $3`, [messageId, senderId, challengeId, early]);
    expect(await chargeGuess(challengeId, messageId)).toBe(charge);
  });

test('A25 a new code voids the sender\'s former one', async () => {
  const senderId = await newSender();
  const first = await issued(senderId);
  const second = await issued(senderId);
  expect((await findChallenge(pool, first))?.state).toBe('voided');
  expect((await findChallenge(pool, second))?.state).toBe('live');
  expect(await chargeGuess(first, randomUUID())).toBe('refused');
});

test('A19 a resend keeps code, tries and lifetime, and its gaps grow', async () => {
  const challengeId = await issued(await newSender());
  await wrongGuess(challengeId);
  const before = await findChallenge(pool, challengeId);
  const resend = () => auditedTransaction(pool, (tx, note) => chargeResend(tx, note, defaultPolicy, { challengeId, method: 'sms', destinationHash: null }));
  for (const [index, gap] of [30, 60, 120, 300].entries()) {
    expect(await resend()).toMatchObject({ outcome: 'tooSoon' });
    await pool.query(`UPDATE challenges SET last_sent_at = clock_timestamp() - $2 * interval '1 s' WHERE id = $1`, [challengeId, gap]);
    expect(await resend()).toMatchObject({ outcome: 'granted', sends: index + 2 });
  }
  expect(await resend()).toEqual({ outcome: 'spent' });
  const after = await findChallenge(pool, challengeId);
  expect([after?.triesLeft, after?.keyId, after?.digits]).toEqual([before?.triesLeft, before?.keyId, before?.digits]);
  expect(after!.expiresInMs).toBeLessThanOrEqual(before!.expiresInMs);
});

test('a code that ended stays ended: expiry, cancel and dispute change nothing afterwards', async () => {
  const challengeId = await issued(await newSender());
  const end = (reason: 'expired' | 'cancelled' | 'disputed') =>
    auditedTransaction(pool, (tx, note) => endChallenge(tx, note, challengeId, reason));
  await end('cancelled');
  await end('expired');
  expect((await findChallenge(pool, challengeId))?.state).toBe('voided');
});

test('the last code of a sender is found when it has just run out, and only then', async () => {
  const senderId = await newSender();
  const end = (id: string, reason: 'expired' | 'cancelled') =>
    auditedTransaction(pool, (tx, note) => endChallenge(tx, note, id, reason));
  const found = async () => (await findJustExpired(pool, senderId))?.id;
  expect(await found()).toBeUndefined();
  const first = await issued(senderId);
  await end(await issued(await newSender()), 'expired');
  expect(await found()).toBeUndefined();
  await end(first, 'expired');
  expect(await found()).toBe(first);
  const second = await issued(senderId);
  expect(await found()).toBeUndefined();
  await end(second, 'cancelled');
  expect(await found()).toBeUndefined();
  const third = await issued(senderId);
  await end(third, 'expired');
  expect(await found()).toBe(third);
  await pool.query(`UPDATE challenges SET ended_at = ended_at - interval '25 hours' WHERE id = $1`, [third]);
  expect(await found()).toBeUndefined();
});

test('A21 a known sender gets six digits, a stranger eight', async () => {
  expect((await findChallenge(pool, await issued(await newSender(), true)))?.digits).toBe(6);
  expect((await findChallenge(pool, await issued(await newSender(), false)))?.digits).toBe(8);
});

test('without the audit nothing is issued', async () => {
  const owner = createPool(database.ownerUrl);
  await owner.query('REVOKE EXECUTE ON FUNCTION audit_append_all(text[], jsonb[]) FROM doorman_app');
  const senderId = await newSender();
  await expect(issued(senderId)).rejects.toMatchObject({ code: '42501' });
  const { rows } = await pool.query('SELECT 1 FROM challenges WHERE sender_id = $1', [senderId]);
  expect(rows).toEqual([]);
  await owner.query('GRANT EXECUTE ON FUNCTION audit_append_all(text[], jsonb[]) TO doorman_app');
  await owner.end();
});
