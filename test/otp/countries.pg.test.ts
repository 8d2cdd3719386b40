// A52: what may be sent to one country within a day, and what a session is worth by where its codes went.
import { randomBytes, randomUUID } from 'node:crypto';
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { defaultPolicy } from '../../src/domain/policy';
import { assuranceOf, noteDestination } from '../../src/otp/assurance';
import { findSend } from '../../src/otp/budgets';
import type { PoolName } from '../../src/otp/budgets';
import { issueChallenge } from '../../src/otp/challenges';
import { chargeResend } from '../../src/otp/resends';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';

const isSendAllowed = async (...send: Parameters<typeof findSend>) => (await findSend(...send))!.allowed;

let database: TestDatabase;
let pool: Pool;
let owner: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 20 });
  owner = createPool(database.ownerUrl, { max: 2 });
});

afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});

beforeEach(async () => {
  await owner.query('TRUNCATE senders, pools, country_sends CASCADE');
});

const policy = { ...defaultPolicy, countrySendsPerDayMax: 20, destinationSendsInAllPerDayMax: 5 };

interface Sent {
  readonly of?: PoolName;
  readonly country?: string;
  readonly isOther?: boolean;
  /** Another one each time when it is not said. */
  readonly telephone?: Buffer;
}

/** Issues a code for somebody else each time; says which challenge it was. */
async function issue({ of = 'known', country = 'GB', isOther, telephone = randomBytes(32) }: Sent = {}): Promise<string> {
  const { rows: [sender] } = await pool.query<{ id: string }>('INSERT INTO senders DEFAULT VALUES RETURNING id');
  const challengeId = randomUUID();
  await auditedTransaction(pool, (tx, note) => issueChallenge(tx, note, policy, {
    challengeId, senderId: sender!.id, employeeId: undefined, identityHash: randomBytes(32), claimHash: randomBytes(32),
    pool: of, method: 'sms', keyId: 'k1', destinationHash: telephone, country, isOther }));
  return challengeId;
}

async function allowed(count: number, sent?: Sent): Promise<number> {
  const ids = await Promise.all(Array.from({ length: count }, () => issue(sent)));
  const each = await Promise.all(ids.map((id) => isSendAllowed(pool, id, 1)));
  return each.filter(Boolean).length;
}

async function spentSince(seq: string): Promise<unknown[]> {
  const { rows } = await pool.query<{ facts: unknown }>(
    `SELECT facts FROM audit WHERE kind = 'country.spent' AND seq > $1 ORDER BY seq`, [seq]);
  return rows.map(({ facts }) => facts);
}

const head = async () => (await pool.query<{ seq: string }>('SELECT seq FROM audit_head')).rows[0]!.seq;

test('a country gets as many codes a day as the budget says, however many ask at once, and others are not touched', async () => {
  const before = await head();
  expect(await allowed(60)).toBe(20);
  expect(await allowed(3, { country: 'DE' })).toBe(3);
  expect(await spentSince(before)).toEqual([{ country: 'GB', pool: 'known' }]);
});

test('strangers spend half of it, so that they lock nobody out; each pool that gets no more is told of once a day', async () => {
  const before = await head();
  expect(await allowed(30, { of: 'stranger' })).toBe(10);
  expect(await allowed(8)).toBe(8);
  expect(await allowed(10)).toBe(2);
  expect(await allowed(5, { of: 'stranger' })).toBe(0);
  expect(await spentSince(before)).toEqual([{ country: 'GB', pool: 'stranger' }, { country: 'GB', pool: 'known' }]);
  await owner.query(`UPDATE country_sends SET day = day - 1`);
  expect(await allowed(30, { of: 'stranger' })).toBe(10);
  expect(await spentSince(before)).toHaveLength(3);
});

test('A52 one telephone gets so many codes a day and no more, also when all of them are used', async () => {
  const telephone = randomBytes(32);
  const verify = async () => {
    const challengeId = await issue({ telephone });
    await owner.query(`UPDATE challenges SET state = 'used', ended_at = clock_timestamp() WHERE id = $1`, [challengeId]);
    return isSendAllowed(pool, challengeId, 1);
  };
  const sent: boolean[] = [];
  for (let n = 0; n < 8; n += 1) sent.push(await verify());
  expect(sent).toEqual([true, true, true, true, true, false, false, false]);
  expect((await pool.query('SELECT sends FROM country_sends')).rows).toEqual([{ sends: 5 }]);
  await owner.query(`UPDATE sends SET charged_at = charged_at - interval '25 h'`);
  expect(await verify()).toBe(true);
});

test('a send that another budget refuses, one to nowhere, and one that is charged again cost the country nothing', async () => {
  const challengeId = await issue();
  await owner.query(`UPDATE challenges SET last_sent_at = last_sent_at - interval '1 h'`);
  const resend = () => auditedTransaction(pool, (tx, note) =>
    chargeResend(tx, note, { ...policy, destinationSendsPerDayMax: 2 }, { challengeId, method: 'sms', destinationHash: null, country: 'GB' }));
  expect(await resend()).toMatchObject({ outcome: 'granted' });
  await owner.query(`UPDATE pools SET shut_at = clock_timestamp()`);
  await owner.query(`UPDATE challenges SET last_sent_at = last_sent_at - interval '1 h'`);
  expect(await resend()).toMatchObject({ outcome: 'granted' });
  expect([await isSendAllowed(pool, challengeId, 2), await isSendAllowed(pool, challengeId, 3)]).toEqual([true, false]);
  const again = `SELECT * FROM charge_send($1, 1::smallint, NULL, 'GB', true, '{}')`;
  expect((await pool.query(again, [challengeId])).rows).toEqual([{ allowed: true, spent_pool: null }]);
  const { rows } = await pool.query('SELECT sends FROM country_sends');
  expect(rows).toEqual([{ sends: 2 }]);
});

test('a session is of standard assurance when all codes went to another number than the sender\'s, else low', async () => {
  const other = await issue({ isOther: true });
  expect(await assuranceOf(pool, other)).toBe('standard');
  expect(await assuranceOf(pool, await issue({ isOther: false }))).toBe('low');
  expect(await assuranceOf(pool, await issue())).toBe('low');
  expect(await assuranceOf(pool, randomUUID())).toBe('low');
  await owner.query(`UPDATE challenges SET last_sent_at = last_sent_at - interval '1 h'`);
  await auditedTransaction(pool, (tx, note) =>
    chargeResend(tx, note, policy, { challengeId: other, method: 'sms', destinationHash: null, isOther: true }));
  expect(await assuranceOf(pool, other)).toBe('standard');
  await noteDestination(pool, other, 2, false);
  expect(await assuranceOf(pool, other)).toBe('low');
});

test('a process of the former version charges on, and its sends are low assurance', async () => {
  const challengeId = await issue({ isOther: true });
  const limits = JSON.stringify({ sendsPerDestination: 10, known: { sendsPerHour: 5, sendsPerDay: 10, inARow: 40, perDay: 20 } });
  const { rows } = await pool.query('SELECT charge_send($1, 2::smallint, $2, $3) AS allowed', [challengeId, randomBytes(32), limits]);
  expect(rows).toEqual([{ allowed: true }]);
  expect(await assuranceOf(pool, challengeId)).toBe('low');
});
