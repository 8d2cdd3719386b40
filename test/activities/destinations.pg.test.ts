// The number that a code is charged for is the one that it goes to, and the session says whether it was the sender's own.
import { randomUUID } from 'node:crypto';
import type { Activities } from '../../activities';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { usualRules } from '../../src/directory/contacts';
import type { DestinationRules } from '../../src/directory/contacts';
import { lookupHash } from '../../src/keys/box';
import type { Alert } from '../../src/otp/budgets';
import { createTexts } from '../../src/texts/render';
import { createWiredActivities } from '../../src/wiredActivities';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { addEmployees, FakeAssistant, FakeCarrier, FakeChannel, store, stranger, testKeyring, testPolicy } from '../support/world';
import type { Person } from '../support/world';

let database: TestDatabase;
let pool: Pool;
let owner: Pool;
const carrier = new FakeCarrier();
const alerts: Alert[] = [];

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
  await owner.query('TRUNCATE senders, employees, pools, country_sends CASCADE');
  await addEmployees(pool);
  await pool.query(`UPDATE employee_phones SET e164 = '+12025550123' WHERE e164 = '+447700900123'`);
  carrier.carried.clear();
  alerts.length = 0;
});

const first = '+12025550123';
const second = '+12025550177';
const own: Person = { phone: `whatsapp:${first}` };

const addSecond = (heldFrom = 'NULL') => pool.query(
  `INSERT INTO employee_phones (employee_id, e164, raw, held_from)
   SELECT id, $1, $1, ${heldFrom} FROM employees WHERE identifier = '144133'`, [second]);

function activitiesUnder(rules: Partial<DestinationRules> = {}): Activities {
  const ports = { channel: new FakeChannel(), carriers: new Map([['sms' as const, carrier]]), assistant: new FakeAssistant() };
  const texts = createTexts({ organisation: 'Acme', language: 'en' });
  return createWiredActivities(pool, testKeyring, texts, ports, 'en', (what) => alerts.push(what), { ...usualRules, ...rules });
}

/** A sender claims to be Anna, and whatever code there is leaves. */
async function claim(person: Person, rules?: Partial<DestinationRules>, policy = testPolicy) {
  const activities = activitiesUnder(rules);
  const challengeId = randomUUID();
  const { messageId, senderId } = await store(pool, testKeyring, person, '144133');
  await activities.identify({ senderId, messageId, challengeId, asked: true, policy });
  await activities.sendCode({ challengeId, sends: 1 });
  const say = async (text: string) => {
    const message = await store(pool, testKeyring, person, text);
    return activities.confirm({ ...message, challengeId, sessionId: randomUUID(), policy });
  };
  return { activities, challengeId, say };
}

async function assurances(): Promise<unknown[]> {
  const { rows } = await pool.query<{ assurance: string }>('SELECT assurance FROM sessions');
  return rows.map(({ assurance }) => assurance);
}

async function charged(): Promise<unknown[]> {
  const { rows } = await pool.query<{ hash: Buffer | null; country: string | null; to_other: boolean }>(
    'SELECT destination_hash AS hash, country, to_other FROM sends ORDER BY ordinal');
  const nameOf = (hash: Buffer) => [first, second].find((to) => lookupHash(testKeyring.lookup, 'destination', to).equals(hash));
  return rows.map(({ hash, country, to_other }) => [hash === null ? null : nameOf(hash), country, to_other]);
}

const to = () => carrier.carried.all.map((code) => code.to);
const lastCode = () => carrier.carried.all.at(-1)!.code;

test('a code to the sender\'s own number opens a session of low assurance', async () => {
  const { say } = await claim(own);
  expect([to(), await charged()]).toEqual([[first], [[first, 'US', false]]]);
  expect(await say(lastCode())).toMatchObject({ reaction: 'right' });
  expect(await assurances()).toEqual(['low']);
});

test.each<[string, Person]>([
  ['another number of the employee than the sender\'s', own], ['the number of an employee who writes from elsewhere', stranger],
])('a code to %s opens a session of standard assurance', async (_which, person) => {
  if (person === own) await addSecond();
  const { say } = await claim(person);
  const expected = person === own ? second : first;
  expect([to(), await charged()]).toEqual([[expected], [[expected, 'US', true]]]);
  expect(await say(lastCode())).toMatchObject({ reaction: 'right' });
  expect(await assurances()).toEqual(['standard']);
});

test('a resend goes by the directory as it is then, and one code to the own number is enough for low assurance', async () => {
  await addSecond();
  const { activities, challengeId, say } = await claim(own);
  await pool.query('DELETE FROM employee_phones WHERE e164 = $1', [second]);
  await owner.query(`UPDATE challenges SET last_sent_at = last_sent_at - interval '1 min'`);
  expect(await say('resend')).toEqual({ reaction: 'resend', sends: 2 });
  await activities.sendCode({ challengeId, sends: 2 });
  expect([to(), await charged()]).toEqual([[second, first], [[second, 'US', true], [first, 'US', false]]]);
  expect(await say(lastCode())).toMatchObject({ reaction: 'right' });
  expect(await assurances()).toEqual(['low']);
});

test('a contact that is another one when the code leaves gets none: only where it was charged to, and RESEND charges anew', async () => {
  await addSecond();
  const activities = activitiesUnder();
  const challengeId = randomUUID();
  const { messageId, senderId } = await store(pool, testKeyring, own, '144133');
  await activities.identify({ senderId, messageId, challengeId, asked: true, policy: testPolicy });
  await pool.query('DELETE FROM employee_phones WHERE e164 = $1', [second]);
  await activities.sendCode({ challengeId, sends: 1 });
  expect([to(), await charged()]).toEqual([[], [[second, 'US', false]]]);
});

test('a second number that is held back is not preferred', async () => {
  await addSecond('clock_timestamp()');
  await claim(own);
  expect([to(), await charged()]).toEqual([[first], [[first, 'US', false]]]);
});

test.each<[string, Person]>([
  ['the only number is the sender\'s own', own], ['WhatsApp shows the sender by a name only', { bsuid: 'whatsapp:US.12345' }],
])('no code leaves, nor is a number charged, where the own number is refused and %s', async (_why, person) => {
  const { say } = await claim(person, { sameNumber: 'refuse' });
  expect([to(), await charged()]).toEqual([[], [[null, null, false]]]);
  expect(await say('000000')).toEqual({ reaction: 'wrong', triesLeft: 4 });
});

test('a sender by name only gets a code elsewhere, and a session of low assurance', async () => {
  const { say } = await claim({ bsuid: 'whatsapp:US.12345' });
  expect(to()).toEqual([first]);
  await say(lastCode());
  expect(await assurances()).toEqual(['low']);
});

test('a number whose country was struck off the list after the charge gets no code', async () => {
  const { messageId, senderId } = await store(pool, testKeyring, stranger, '144133');
  const challengeId = randomUUID();
  await activitiesUnder().identify({ senderId, messageId, challengeId, asked: true, policy: testPolicy });
  expect(await activitiesUnder({ countries: new Set(['DE']) }).sendCode({ challengeId, sends: 1 })).toEqual({ outcome: 'handedOver' });
  expect(to()).toEqual([]);
  const { rows } = await pool.query(`SELECT state FROM outbox WHERE kind = 'code'`);
  expect(rows).toEqual([{ state: 'withheld' }]);
});

test('R10 whoever writes from a number that came a short while ago is a stranger', async () => {
  await addSecond('clock_timestamp()');
  await claim({ phone: `whatsapp:${second}` });
  const { rows } = await pool.query('SELECT pool FROM challenges');
  expect(rows).toEqual([{ pool: 'stranger' }]);
});

test('A52 a spent country is answered as if a code were on its way, and security hears of it once', async () => {
  const policy = { ...testPolicy, countrySendsPerDayMax: 1 };
  for (const phone of ['whatsapp:+447700900701', 'whatsapp:+447700900702', 'whatsapp:+447700900703']) {
    const { say } = await claim({ phone }, undefined, policy);
    expect(await say('00000000')).toEqual({ reaction: 'wrong', triesLeft: 4 });
  }
  expect(to()).toEqual([first]);
  expect(alerts).toEqual(['countrySpent']);
});
