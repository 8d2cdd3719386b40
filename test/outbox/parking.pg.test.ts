// What nobody may be sent waits until they write again: sealed, in order, before everything else, and for a day at most.
import { MockActivityEnvironment } from '@temporalio/testing';
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import type { OutgoingText, SendOutcome } from '../../src/chat/chatChannel';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { endEmployee } from '../../src/directory/leavers';
import { Fault } from '../../src/domain/faults';
import { withholdExpired } from '../../src/outbox/outbox';
import { closeWindow } from '../../src/outbox/parking';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { addEmployees, anna, createTestActivities, store, testKeyring, testPolicy } from '../support/world';

let database: TestDatabase;
let pool: Pool;
let owner: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 5 });
  owner = createPool(database.ownerUrl, { max: 1 });
});

afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});

const environment = new MockActivityEnvironment();

type Template = Omit<OutgoingText, 'text'>;

let world: ReturnType<typeof createTestActivities>;
let senderId: string;
let templates: Template[];

beforeEach(async () => {
  await owner.query('TRUNCATE senders, employees, pools CASCADE');
  await addEmployees(owner);
  world = createTestActivities(pool, testKeyring);
  templates = [];
  ({ senderId } = await store(pool, testKeyring, anna, 'hello'));
});

const silentFor = (interval: string) => owner.query(
  'UPDATE sender_addresses SET last_message_at = clock_timestamp() - $1::interval', [interval]);
const writes = () => store(pool, testKeyring, anna, 'hello again');
const say = (key: string) => world.activities.reply({ key, senderId, text: { key: 'textOnly', params: {} } });
const said = () => world.channel.sent.all.map(({ text }) => text);
const rowOf = async (key: string) => (await owner.query<Record<string, unknown>>(
  `SELECT state, fault, attempts, text_enc IS NULL AS wiped FROM outbox WHERE key = $1`, [key])).rows[0];

function withTemplate(answer: () => SendOutcome = () => ({ outcome: 'accepted', providerId: 'SMtemplate' })): void {
  world.channel.sendTemplate = async (template: Template) => {
    templates.push(template);
    return answer();
  };
}

/** Anna's session, with replies of the assistant that wait to be sent. */
async function relayed(replies: readonly string[]): Promise<string> {
  const [challengeId, sessionId] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000003'];
  const claim = await store(pool, testKeyring, anna, '144133');
  await world.activities.identify({ ...claim, challengeId, asked: true, policy: testPolicy });
  await world.activities.sendCode({ challengeId, sends: 1 });
  const guess = await store(pool, testKeyring, anna, world.carrier.carried.all.at(-1)!.code);
  await world.activities.confirm({ ...guess, challengeId, sessionId, policy: testPolicy });
  world.assistant.answerTo = () => ({ replies: replies.map((text) => ({ text })), endTurn: true });
  const { activities } = world;
  const question = await store(pool, testKeyring, anna, 'where is my order?', { messageId: 'SM-question' });
  expect(await environment.run(() => activities.relay({ ...question, sessionId, repliesMax: 10 }))).toMatchObject({ reaction: 'relay' });
  return sessionId;
}

const relayReply = (index: number, sessionId: string) =>
  world.activities.relayReply({ key: `SM-question:${index}`, senderId, sessionId });

test('a text to somebody who wrote less than 23 hours and 55 minutes ago leaves at once', async () => {
  await silentFor('23 hours 54 minutes');
  expect(await say('one')).toEqual({ outcome: 'sent' });
  expect(said()).toEqual([world.texts.render({ key: 'textOnly', params: {} }, 'en')]);
});

test('a later one waits, sealed, and the provider is not asked', async () => {
  await silentFor('23 hours 56 minutes');
  expect(await say('one')).toEqual({ outcome: 'parked' });
  expect(await say('one')).toEqual({ outcome: 'parked' });
  expect(said()).toEqual([]);
  expect(await rowOf('one')).toMatchObject({ state: 'parked', wiped: false });
  const { rows: [row] } = await owner.query<{ text: Buffer }>(`SELECT text_enc AS text FROM outbox WHERE key = 'one'`);
  expect(row!.text.toString('latin1')).not.toContain('text');
});

test('it leaves when the person writes again, in order, before what answers them, and once', async () => {
  const sessionId = await relayed(['first', 'second']);
  await silentFor('24 hours');
  expect(await relayReply(0, sessionId)).toEqual({ outcome: 'parked' });
  expect(await relayReply(1, sessionId)).toEqual({ outcome: 'parked' });
  await writes();
  expect(await say('answer')).toEqual({ outcome: 'sent' });
  await say('another');
  const plain = world.texts.render({ key: 'textOnly', params: {} }, 'en');
  expect(said()).toEqual(['first', 'second', plain, plain]);
  expect(await rowOf('SM-question:0')).toMatchObject({ state: 'sent', wiped: true });
});

test.each([
  ['ended', (sessionId: string) => world.activities.endSession({ sessionId, reason: 'operator' })],
  ['idle', () => owner.query(`UPDATE sessions SET active_at = active_at - interval '31 minutes'`)],
  ['a leaver\'s', () => auditedTransaction(pool, async (tx, note) => {
    const { rows: [row] } = await tx.query<{ id: string }>(`SELECT id FROM employees WHERE employee_number = '144133'`);
    await endEmployee(tx, note, row!.id, 'tester');
  })],
])('a reply that waits stays in when its session is %s', async (_, end) => {
  const sessionId = await relayed(['secret']);
  await silentFor('24 hours');
  await relayReply(0, sessionId);
  await end(sessionId);
  await writes();
  expect(await say('answer')).toEqual({ outcome: 'sent' });
  expect(said()).toHaveLength(1);
  expect(said()).not.toContain('secret');
  expect(await rowOf('SM-question:0')).toMatchObject({ state: 'withheld', wiped: true });
});

test('what the provider refuses with 63016 waits as well, and what is said next does without asking', async () => {
  let asked = 0;
  world.channel.before = () => { asked += 1; return { outcome: 'undeliverable', code: '63016' }; };
  expect(await say('one')).toEqual({ outcome: 'parked' });
  expect(await say('two')).toEqual({ outcome: 'parked' });
  expect(asked).toBe(1);
  world.channel.before = () => undefined;
  await writes();
  await say('answer');
  expect(said()).toHaveLength(3);
});

test('what the provider refuses only afterwards is lost, and what is said next waits', async () => {
  await say('one');
  const { rows: [row] } = await owner.query<{ id: string }>(`SELECT id FROM outbox WHERE key = 'one'`);
  await closeWindow(pool, row!.id);
  expect(await say('two')).toEqual({ outcome: 'parked' });
  await writes();
  await say('answer');
  expect(said()).toHaveLength(3);
  // A receipt that comes after that closes nothing.
  await closeWindow(pool, row!.id);
  expect(await say('three')).toEqual({ outcome: 'sent' });
});

test('a provider that goes on refusing is asked once for what waits, and once for what answers', async () => {
  await silentFor('24 hours');
  await say('one');
  await say('two');
  await writes();
  let asked = 0;
  world.channel.before = () => { asked += 1; return { outcome: 'undeliverable', code: '63016' }; };
  expect(await say('answer')).toEqual({ outcome: 'parked' });
  expect(asked).toBe(2);
  expect((await owner.query(`SELECT 1 FROM outbox WHERE state = 'parked'`)).rowCount).toBe(3);
});

test('one that can never leave is over and holds nobody up; a provider that is down does, until it is back', async () => {
  await silentFor('24 hours');
  for (const key of ['one', 'two', 'three']) await say(key);
  await writes();
  const moods: (() => SendOutcome | undefined)[] = [
    () => ({ outcome: 'undeliverable', code: '63003' }), () => { throw new Fault('refused', 'twilio', '63005'); },
    () => { throw new Fault('unavailable', 'twilio', '503'); }];
  world.channel.before = () => moods.shift()?.();
  await expect(say('answer')).rejects.toThrow('503');
  expect(await say('answer')).toEqual({ outcome: 'sent' });
  expect([await rowOf('one'), await rowOf('two'), await rowOf('three')]).toMatchObject([
    { state: 'failed', fault: '63003' }, { state: 'failed', fault: '63005' }, { state: 'sent' }]);
  expect(said()).toHaveLength(2);
});

test('R59 what waits for a day is destroyed', async () => {
  await silentFor('24 hours');
  await say('one');
  expect(await withholdExpired(pool, testPolicy.textRetentionMs)).toBe(0);
  await owner.query(`UPDATE outbox SET created_at = created_at - interval '25 hours'`);
  expect(await withholdExpired(pool, testPolicy.textRetentionMs)).toBe(1);
  expect(await rowOf('one')).toMatchObject({ state: 'withheld', fault: 'abandoned', wiped: true });
  await writes();
  await say('answer');
  expect(said()).toHaveLength(1);
});

describe('with a template', () => {
  test('the person is asked to write again once a day, whatever waits', async () => {
    withTemplate();
    await silentFor('24 hours');
    for (const key of ['one', 'two', 'three']) expect(await say(key)).toEqual({ outcome: 'parked' });
    expect(await say('one')).toEqual({ outcome: 'parked' });
    expect(templates.map(({ to }) => to)).toEqual([anna.phone]);
    expect(said()).toEqual([]);
  });

  test('one whose answer was lost is not sent twice, and what waits goes on waiting', async () => {
    let isLost = true;
    withTemplate(() => {
      if (isLost) throw new Fault('unavailable', 'twilio', 'timeout');
      return { outcome: 'accepted', providerId: 'SMtemplate' };
    });
    await silentFor('24 hours');
    await expect(say('one')).rejects.toThrow('timeout');
    isLost = false;
    expect(await say('one')).toEqual({ outcome: 'parked' });
    expect(templates).toHaveLength(1);
    await writes();
    await say('answer');
    expect(said()).toHaveLength(2);
  });

  test('one that the provider does not know harms nobody', async () => {
    withTemplate(() => ({ outcome: 'undeliverable', code: '63027' }));
    await silentFor('24 hours');
    expect(await say('one')).toEqual({ outcome: 'parked' });
    expect(await say('two')).toEqual({ outcome: 'parked' });
    expect(templates).toHaveLength(1);
  });
});
