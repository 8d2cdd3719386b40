// Sending at its limits, through the activities: what waits, what is told to Temporal, and that nobody can tell whom.
import { failureOf } from '../../activities/failures';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { Fault } from '../../src/domain/faults';
import { tellMissedCodes } from '../../src/otp/missedCodes';
import { holdSending, limitSending, sendingState } from '../../src/outbox/sendingControl';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { addEmployees, anna, createTestActivities, store, stranger, testKeyring, testPolicy } from '../support/world';

let database: TestDatabase;
let pool: Pool;
let owner: Pool;
let world: ReturnType<typeof createTestActivities>;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 5 });
  owner = createPool(database.ownerUrl, { max: 1 });
});

afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});

beforeEach(async () => {
  await owner.query('TRUNCATE senders, employees, pools CASCADE');
  await owner.query(`UPDATE pacing SET per_second = NULL, recipient_burst = NULL, recipient_every_ms = 6000, full_at = '-infinity'`);
  await owner.query(`UPDATE pacing_lanes SET held_at = NULL, slow_until = '-infinity', queued_to = '-infinity'`);
  await addEmployees(owner);
  world = createTestActivities(pool, testKeyring);
});

const say = (key: string, senderId: string) => world.activities.reply({ key, senderId, text: { key: 'textOnly', params: {} } });
const failure = (act: Promise<unknown>) => act.then((outcome) => outcome, failureOf);
const throttledFor = (ms: number, why: string) => ({ type: 'throttled', message: `pacing throttled: ${why}`, nextRetryDelay: ms, nonRetryable: false });

/** A code, or a decoy, that is issued and not sent. */
async function issued(identifier: string, n: number): Promise<string> {
  const challengeId = `00000000-0000-4000-8000-00000000000${n}`;
  const person = { phone: `whatsapp:+44770090070${n}` };
  const claim = await store(pool, testKeyring, person, identifier);
  await world.activities.identify({ ...claim, challengeId, asked: true, policy: testPolicy });
  return challengeId;
}

test('A36 while codes are held a code waits as a decoy does, and afterwards only the code leaves', async () => {
  const challengeIds = [await issued('144133', 1), await issued('999999', 2), await issued('144134', 3), await issued('144135', 4)];
  await holdSending(pool, ['codes'], true, 'tester');
  const send = (challengeId: string) => failure(world.activities.sendCode({ challengeId, sends: 1 }));
  for (const challengeId of challengeIds) expect(await send(challengeId)).toMatchObject(throttledFor(10_000, 'held'));
  await holdSending(pool, ['codes'], false, 'tester');
  for (const challengeId of challengeIds) expect(await send(challengeId)).toEqual({ outcome: 'handedOver' });
  expect(world.carrier.carried.all.map(({ to }) => to)).toEqual(['+447700900123']);
});

test('a code that runs out while it is held never leaves', async () => {
  const challengeId = await issued('144133', 1);
  await holdSending(pool, ['codes'], true, 'tester');
  await failure(world.activities.sendCode({ challengeId, sends: 1 }));
  await owner.query('UPDATE challenges SET expires_at = clock_timestamp()');
  await holdSending(pool, ['codes'], false, 'tester');
  expect(await world.activities.sendCode({ challengeId, sends: 1 })).toEqual({ outcome: 'handedOver' });
  expect(world.carrier.carried.all).toEqual([]);
});

test('a code that is held goes by no other way, and after it has left has all its time to arrive', async () => {
  await limitSending(pool, { perSecond: 70, codeReserve: 10 }, 'tester');
  const challengeId = await issued('144133', 1);
  const missed = () => tellMissedCodes({ pool, log: { warn: () => undefined }, silenceMs: 60_000, tell: () => Promise.resolve() });
  await holdSending(pool, ['codes'], true, 'tester');
  await failure(world.activities.sendCode({ challengeId, sends: 1 }));
  await owner.query(`UPDATE outbox SET created_at = created_at - interval '2 minutes'`);
  expect(await missed()).toBe(0);
  await holdSending(pool, ['codes'], false, 'tester');
  await world.activities.sendCode({ challengeId, sends: 1 });
  expect(await missed()).toBe(0);
  await owner.query(`UPDATE outbox SET settled_at = settled_at - interval '2 minutes'`);
  expect(await missed()).toBe(1);
});

test('a code and a decoy without a token are told the same wait', async () => {
  await limitSending(pool, { perSecond: 1, codeReserve: 0 }, 'tester');
  const challengeIds = [await issued('144133', 1), await issued('999999', 2)];
  await owner.query(`UPDATE pacing SET full_at = clock_timestamp() + interval '1 hour'`);
  for (const challengeId of challengeIds) {
    const refused = await failure(world.activities.sendCode({ challengeId, sends: 1 })) as { nextRetryDelay: number };
    expect(refused).toMatchObject({ type: 'throttled', message: 'pacing throttled: sender' });
    expect(refused.nextRetryDelay).toBeGreaterThan(3_590_000);
  }
  expect(world.carrier.carried.all).toEqual([]);
});

test('more texts to one person than the bucket holds are told to come back, and the provider is not asked', async () => {
  await limitSending(pool, { recipientBurst: 3, recipientEveryMs: 60_000 }, 'tester');
  const [mine, other] = [await store(pool, testKeyring, anna, 'hello'), await store(pool, testKeyring, stranger, 'hello')];
  for (const n of [1, 2, 3]) expect(await say(`mine-${n}`, mine.senderId)).toEqual({ outcome: 'sent' });
  const refused = await failure(say('mine-4', mine.senderId)) as { nextRetryDelay: number };
  expect(refused).toMatchObject({ type: 'throttled', message: 'pacing throttled: recipient' });
  expect(refused.nextRetryDelay).toBeLessThanOrEqual(60_000);
  expect(await say('other', other.senderId)).toEqual({ outcome: 'sent' });
  expect(await say('mine-3', mine.senderId)).toEqual({ outcome: 'sent' });
  expect(world.channel.sent.all).toHaveLength(4);
  // Nothing in the table names anybody.
  const { rows } = await owner.query<{ recipient_hash: Buffer }>('SELECT recipient_hash FROM pacing_recipients');
  expect(rows.every(({ recipient_hash: hash }) => hash.length === 32 && !hash.toString('latin1').includes('4477'))).toBe(true);
});

test.each(['63018', '20429', 'http 429'])('%s from the provider slows down everybody\'s texts, and no code', async (code) => {
  await limitSending(pool, { perSecond: 70, codeReserve: 10 }, 'tester');
  const [mine, other] = [await store(pool, testKeyring, anna, 'hello'), await store(pool, testKeyring, stranger, 'hello')];
  world.channel.before = () => { throw new Fault('throttled', 'twilio', code, 60_000); };
  expect(await failure(say('mine', mine.senderId))).toMatchObject({ type: 'throttled', message: `twilio throttled: ${code}` });
  world.channel.before = () => undefined;
  expect(await failure(say('other', other.senderId))).toMatchObject({ type: 'throttled', message: 'pacing throttled: sender' });
  expect(await world.activities.sendCode({ challengeId: await issued('144133', 1), sends: 1 })).toEqual({ outcome: 'handedOver' });
  expect(world.carrier.carried.all).toHaveLength(1);
});

test('a full queue of one recipient slows nobody else down', async () => {
  await limitSending(pool, { perSecond: 70, codeReserve: 10 }, 'tester');
  const [mine, other] = [await store(pool, testKeyring, anna, 'hello'), await store(pool, testKeyring, stranger, 'hello')];
  world.channel.before = () => { throw new Fault('throttled', 'twilio', '21611', 60_000); };
  await failure(say('mine', mine.senderId));
  world.channel.before = () => undefined;
  expect(await say('other', other.senderId)).toEqual({ outcome: 'sent' });
});

test('operators see what is held and what waits, and the audit names them', async () => {
  const { senderId } = await store(pool, testKeyring, anna, 'hello');
  expect(await holdSending(pool, ['chat', 'codes'], true, 'olga')).toEqual(['chat', 'codes']);
  expect(await holdSending(pool, ['chat'], true, 'olga')).toEqual([]);
  await failure(say('one', senderId));
  expect(await sendingState(pool)).toMatchObject({
    parked: 0, lanes: [{ lane: 'chat', heldAt: expect.any(Date), waiting: 1 }, { lane: 'codes', heldAt: expect.any(Date), waiting: 0 }] });
  await limitSending(pool, { perSecond: 30 }, 'olga');
  expect(await holdSending(pool, ['chat', 'codes'], false, 'pete')).toEqual(['chat', 'codes']);
  const { rows } = await owner.query<{ kind: string; facts: object }>(`SELECT kind, facts FROM audit WHERE kind LIKE 'sending.%' ORDER BY seq DESC LIMIT 3`);
  expect(rows).toEqual([
    { kind: 'sending.released', facts: { lanes: ['chat', 'codes'], operator: 'pete' } },
    { kind: 'sending.limited', facts: { perSecond: 30, codeReserve: 10, recipientBurst: null, recipientEveryMs: 6_000, operator: 'olga' } },
    { kind: 'sending.held', facts: { lanes: ['chat', 'codes'], operator: 'olga' } }]);
});

test('a reserve that leaves nothing to the chat is refused, and nothing changes', async () => {
  await limitSending(pool, { perSecond: 20, codeReserve: 5 }, 'tester');
  await expect(limitSending(pool, { perSecond: 5 }, 'tester')).rejects.toThrow('must be less');
  expect(await sendingState(pool)).toMatchObject({ perSecond: 20, codeReserve: 5 });
});
