// What holds over all codes: nobody guesses their way in, nobody locks somebody else out, whoever comes and goes.
import { randomBytes, randomUUID } from 'node:crypto';
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { defaultPolicy } from '../../src/domain/policy';
import type { Policy } from '../../src/domain/policy';
import { askSender, chargeGuess, findSend, reopenPools, shutStrangers } from '../../src/otp/budgets';
import type { PoolName } from '../../src/otp/budgets';
import { endChallenge, issueChallenge, judgeGuess, lockedForMs, unlockSender } from '../../src/otp/challenges';
import { chargeResend } from '../../src/otp/resends';
import { createTestDatabase, patience } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';

const isSendAllowed = async (...send: Parameters<typeof findSend>) => (await findSend(...send))!.allowed;

let database: TestDatabase;
let pool: Pool;
let owner: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 50, ...patience });
  owner = createPool(database.ownerUrl, { max: 2 });
});

afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});

beforeEach(async () => {
  await owner.query('TRUNCATE senders, pools CASCADE');
});

const policy = defaultPolicy;

async function newSender(): Promise<string> {
  const { rows: [row] } = await pool.query<{ id: string }>('INSERT INTO senders DEFAULT VALUES RETURNING id');
  return row!.id;
}

const newSenders = (count: number) => Promise.all(Array.from({ length: count }, newSender));

async function issue(senderId: string, identityHash: Buffer, of: PoolName = 'stranger', destinationHash: Buffer | null = null) {
  const challengeId = randomUUID();
  await auditedTransaction(pool, (tx, note) => issueChallenge(tx, note, policy, {
    challengeId, senderId, employeeId: undefined, identityHash, claimHash: identityHash, pool: of, method: 'sms', keyId: 'k1', destinationHash }));
  return challengeId;
}

/** One guess to its end: what was charged, and what came of it. */
async function guess(challengeId: string, right = false, by: Policy = policy): Promise<string> {
  const messageId = randomUUID();
  const { charge } = await chargeGuess(pool, by, challengeId, messageId);
  if (charge === 'refused') return 'refused';
  const isRight = right && charge === 'charged';
  const { verdict } = await auditedTransaction(pool, (tx, note) => judgeGuess(tx, note, by, { challengeId, messageId, right: isRight }));
  return charge === 'blind' ? `blind ${verdict}` : verdict;
}

const evaluated = async (identityHash?: Buffer): Promise<number> => {
  const { rows: [row] } = await pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM guesses WHERE evaluated AND ($1::bytea IS NULL OR identity_hash = $1)', [identityHash ?? null]);
  return row!.count;
};

const ask = (senderId: string, identityHash: Buffer) =>
  auditedTransaction(pool, (tx) => askSender(tx, policy, senderId, identityHash));

/** As if so many hours had gone by on the database's clock. */
async function pass(hours: number): Promise<void> {
  for (const [table, columns] of [
    ['guesses', ['charged_at']], ['sends', ['charged_at']], ['senders', ['locked_until', 'counted_from']],
    ['pools', ['counted_from', 'shut_at', 'reopen_asked_at']],
  ] as const) {
    await owner.query(`UPDATE ${table} SET ${columns.map((name) => `${name} = ${name} - $1 * interval '1 h'`).join(', ')}`, [hours]);
  }
  await owner.query(`UPDATE challenges SET issued_at = issued_at - $1 * interval '1 h', expires_at = expires_at - $1 * interval '1 h',
    last_sent_at = last_sent_at - $1 * interval '1 h'`, [hours]);
}

test('A20 five hundred strangers guess at one person at once: ten are evaluated, all are answered', async () => {
  const identity = randomBytes(32);
  const challenges = await Promise.all((await newSenders(500)).map((senderId) => issue(senderId, identity)));
  const verdicts = await Promise.all(challenges.map((challengeId) => guess(challengeId)));
  expect(verdicts.filter((verdict) => verdict === 'wrong')).toHaveLength(10);
  expect(verdicts.filter((verdict) => verdict === 'blind wrong')).toHaveLength(490);
  expect(await evaluated(identity)).toBe(10);
});

test('A22 while a thousand strangers flood one person, the known sender verifies a hundred times out of a hundred', async () => {
  const [identity, telephone] = [randomBytes(32), randomBytes(32)];
  const known = await newSender();
  const strangers = await newSenders(1_000);
  let [came, isFlooding] = [0, true];
  // One connection of the fifty less, so that the known sender waits for the same rows, and not for a connection.
  const flood = Promise.all(Array.from({ length: 49 }, async () => {
    while (isFlooding || came < strangers.length) {
      await guess(await issue(strangers[came++ % strangers.length]!, identity, 'stranger', telephone));
    }
  }));
  const verified: string[] = [];
  for (let n = 0; n < 100; n += 1) {
    const challengeId = await issue(known, identity, 'known', telephone);
    verified.push(`${await isSendAllowed(pool, challengeId, 1) ? 'sent' : 'kept'}, ${await guess(challengeId, true)}`);
  }
  isFlooding = false;
  await flood;
  expect(verified).toEqual(Array.from({ length: 100 }, () => 'sent, right'));
  expect(await evaluated(identity)).toBe(10 + 100);
  const { rows } = await pool.query(
    `SELECT count(DISTINCT sender_id)::int AS strangers, count(*) FILTER (WHERE allowed) BETWEEN 1 AND 5 AS "areHeldBack"
       FROM sends WHERE destination_hash = $1 AND pool = 'stranger'`, [telephone]);
  expect(rows).toEqual([{ strangers: 1_000, areHeldBack: true }]);
});

test('A21 guesses sprayed over the whole staff stop at two hundred, alert once, and leave known senders alone', async () => {
  const senders = await newSenders(260);
  const challenges = await Promise.all(senders.map((senderId) => issue(senderId, randomBytes(32))));
  const charges = await Promise.all(challenges.map((challengeId) => chargeGuess(pool, policy, challengeId, randomUUID())));
  expect(charges.filter(({ charge }) => charge === 'charged')).toHaveLength(200);
  expect(charges.filter(({ charge }) => charge === 'blind')).toHaveLength(60);
  expect(charges.flatMap(({ alerts }) => alerts)).toEqual(['breakerTripped']);
  const { rows } = await pool.query(`SELECT facts FROM audit WHERE kind = 'breaker.tripped'`);
  expect(rows).toEqual([{ facts: { guesses: 200 } }]);
  expect(await guess(await issue(await newSender(), randomBytes(32), 'known'), true)).toBe('right');
  expect(await guess(await issue(await newSender(), randomBytes(32)), true)).toBe('blind wrong');
});

test('A20 strangers have ten guesses a day and thirty a month at one person, and sixty in a row close the pool', async () => {
  const identity = randomBytes(32);
  const byDay: number[] = [];
  for (let day = 0; day < 5; day += 1) {
    const before = await evaluated(identity);
    for (let n = 0; n < 12; n += 1) await guess(await issue(await newSender(), identity));
    byDay.push(await evaluated(identity) - before);
    await pass(25);
  }
  expect(byDay).toEqual([10, 10, 10, 0, 0]);
  await pass(24 * 31);
  for (let day = 0; day < 3; day += 1) {
    for (let n = 0; n < 12; n += 1) await guess(await issue(await newSender(), identity));
    await pass(25);
  }
  expect(await evaluated(identity)).toBe(60);
  await pass(24 * 365);
  expect(await guess(await issue(await newSender(), identity), true)).toBe('blind wrong');
  const { rows } = await pool.query(`SELECT facts->>'pool' AS pool FROM audit WHERE kind = 'pool.closed'`);
  expect(rows).toEqual([{ pool: 'stranger' }]);
});

test('known senders have twenty guesses a day, and forty in a row close their pool too', async () => {
  const identity = randomBytes(32);
  for (let day = 0; day < 2; day += 1) {
    for (const senderId of await newSenders(5)) {
      const challengeId = await issue(senderId, identity, 'known');
      for (let n = 0; n < 5; n += 1) await guess(challengeId);
    }
    expect(await evaluated(identity)).toBe(20 * (day + 1));
    await pass(25);
  }
  await pass(24 * 365);
  expect(await guess(await issue(await newSender(), identity, 'known'), true)).toBe('blind wrong');
});

test('a right code begins the row of its pool anew, and is no wrong guess', async () => {
  const identity = randomBytes(32);
  for (let n = 0; n < 9; n += 1) await guess(await issue(await newSender(), identity));
  expect(await guess(await issue(await newSender(), identity), true)).toBe('right');
  const { rows } = await pool.query('SELECT wrong_in_a_row AS wrong FROM pools WHERE identity_hash = $1', [identity]);
  expect(rows).toEqual([{ wrong: 0 }]);
  // Nine were wrong: there is room for one.
  expect(await guess(await issue(await newSender(), identity))).toBe('wrong');
  expect(await guess(await issue(await newSender(), identity))).toBe('blind wrong');
});

test('A19 R11 a sender has ten wrong guesses a day, whatever codes and people they are at', async () => {
  const senderId = await newSender();
  const identity = randomBytes(32);
  for (const wrong of [4, 4]) {
    const challengeId = await issue(senderId, identity, 'known');
    for (let n = 0; n < wrong; n += 1) expect(await guess(challengeId)).toBe('wrong');
    await auditedTransaction(pool, (tx, note) => endChallenge(tx, note, challengeId, 'cancelled'));
  }
  const last = await issue(senderId, randomBytes(32), 'known');
  expect(await guess(last)).toBe('wrong');
  expect(await guess(last)).toBe('exhausted');
  expect(await lockedForMs(pool, senderId)).toBeGreaterThan(23.9 * 3_600_000);
  expect(await ask(senderId, identity)).toMatchObject({ outcome: 'spent' });
  await pass(23);
  expect(await ask(senderId, identity)).toMatchObject({ outcome: 'spent' });
  await pass(2);
  expect(await ask(senderId, identity)).toEqual({ outcome: 'may' });
});

test('A21 R11 a sender may claim to be three different people a day, and the one whom they proved to be is none of them', async () => {
  const senderId = await newSender();
  const proved = randomBytes(32);
  await guess(await issue(senderId, proved, 'known'), true);
  const claimed = [randomBytes(32), randomBytes(32), randomBytes(32)];
  for (const identity of claimed) {
    expect((await ask(senderId, identity)).outcome).toBe('may');
    await issue(senderId, identity);
    await pass(1.1);
  }
  expect(await ask(senderId, randomBytes(32))).toMatchObject({ outcome: 'spent' });
  expect((await ask(senderId, claimed[0]!)).outcome).toBe('may');
});

test('A19 a cancelled code does not bring the next one sooner', async () => {
  const senderId = await newSender();
  const identity = randomBytes(32);
  for (const gap of [30, 60, 120]) {
    const challengeId = await issue(senderId, identity);
    await auditedTransaction(pool, (tx, note) => endChallenge(tx, note, challengeId, 'cancelled'));
    const asked = await ask(senderId, identity);
    expect(asked.outcome === 'tooSoon' && Math.round(asked.waitMs / 1_000)).toBe(gap);
    await pass(gap / 3_600);
    expect((await ask(senderId, identity)).outcome).toBe('may');
  }
});

test('A19 what was counted goes over to whoever takes the addresses of a sender', async () => {
  const [former, now] = await newSenders(2);
  const identity = randomBytes(32);
  for (let code = 0; code < 2; code += 1) {
    const challengeId = await issue(former!, identity);
    for (let n = 0; n < 5; n += 1) await guess(challengeId);
  }
  expect(await ask(now!, identity)).toEqual({ outcome: 'may' });
  await owner.query('UPDATE senders SET former_ids = ARRAY[$2::uuid] WHERE id = $1', [now, former]);
  expect(await ask(now!, identity)).toMatchObject({ outcome: 'spent' });
  expect(await guess(await issue(now!, identity))).toBe('refused');
});

test('A19 an unlock forgives the sender what was spent today, and nothing at the people who were claimed', async () => {
  const senderId = await newSender();
  const identity = randomBytes(32);
  for (let code = 0; code < 2; code += 1) {
    const challengeId = await issue(senderId, identity);
    for (let n = 0; n < 5; n += 1) await guess(challengeId);
  }
  expect((await ask(senderId, identity)).outcome).toBe('spent');
  await auditedTransaction(pool, (tx, note) => unlockSender(tx, note, senderId, 'tester'));
  expect(await ask(senderId, identity)).toEqual({ outcome: 'may' });
  expect(await guess(await issue(senderId, identity), true)).toBe('blind wrong');
});

test('A51 strangers cause three sends an hour and five a day to one person, known senders more, however many they are', async () => {
  const identity = randomBytes(32);
  const allowed = async (of: PoolName, count: number) => {
    const ids = await Promise.all((await newSenders(count)).map((senderId) => issue(senderId, identity, of)));
    const sent = await Promise.all(ids.map((id) => isSendAllowed(pool, id, 1)));
    return sent.filter(Boolean).length;
  };
  expect(await allowed('stranger', 20)).toBe(3);
  await pass(1.1);
  expect(await allowed('stranger', 20)).toBe(2);
  expect(await allowed('known', 20)).toBe(5);
  await pass(24);
  expect(await allowed('stranger', 20)).toBe(3);
});

test('R12 one telephone gets ten codes a day, however many people it belongs to', async () => {
  const destination = randomBytes(32);
  const ids = await Promise.all((await newSenders(15)).map((senderId) => issue(senderId, randomBytes(32), 'known', destination)));
  const sent = await Promise.all(ids.map((id) => isSendAllowed(pool, id, 1)));
  expect(sent.filter(Boolean)).toHaveLength(10);
});

test('a resend is charged like a send, and one that may not leave is granted all the same', async () => {
  const identity = randomBytes(32);
  const [first] = await Promise.all((await newSenders(3)).map((senderId) => issue(senderId, identity)));
  await owner.query(`UPDATE challenges SET last_sent_at = last_sent_at - interval '31 s'`);
  const resent = await auditedTransaction(pool, (tx, note) =>
    chargeResend(tx, note, policy, { challengeId: first!, method: 'sms', destinationHash: null }));
  expect(resent).toEqual({ outcome: 'granted', sends: 2, allowed: false });
  expect([await isSendAllowed(pool, first!, 1), await isSendAllowed(pool, first!, 2)]).toEqual([true, false]);
});

test('R22 NOT ME shuts strangers out until two people let them in again', async () => {
  const identity = randomBytes(32);
  const before = await issue(await newSender(), identity);
  await auditedTransaction(pool, (tx, note) => shutStrangers(tx, note, identity));
  expect(await guess(before, true)).toBe('blind wrong');
  expect(await guess(await issue(await newSender(), identity, 'known'), true)).toBe('right');
  const reopen = (operator: string) => auditedTransaction(pool, (tx, note) => reopenPools(tx, note, identity, operator));
  expect(await reopen('ann')).toBe('asked');
  expect(await reopen('ann')).toBe('askedAlready');
  expect(await guess(await issue(await newSender(), identity), true)).toBe('blind wrong');
  await pass(1.1);
  expect(await reopen('bob')).toBe('asked');
  expect(await reopen('ann')).toBe('reopened');
  expect(await guess(await issue(await newSender(), identity), true)).toBe('right');
  const { rows } = await pool.query(`SELECT kind FROM audit WHERE kind LIKE 'pool.%' ORDER BY seq DESC LIMIT 4`);
  expect(rows.map(({ kind }: { kind: string }) => kind)).toEqual(['pool.reopened', 'pool.reopening', 'pool.reopening', 'pool.shut']);
});
