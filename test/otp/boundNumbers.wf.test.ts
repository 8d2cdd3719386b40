// Proving by the registered e-mail: it alone is asked for, the code goes there, and the number is bound to the account.
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { endEmployee } from '../../src/directory/leavers';
import { Fault } from '../../src/domain/faults';
import { endBinding, listBindings, releaseNumbers } from '../../src/otp/boundNumbers';
import { disputeByLink } from '../../src/otp/disputes';
import { createTexts } from '../../src/texts/render';
import { disputeDeps } from '../../src/wiring';
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { annaPrivate, testKeyring } from '../support/world';

const texts = createTexts({ organisation: 'Acme', language: 'en', methods: ['email', 'sms'], identifyBy: 'workEmail' });
const noAccount = new Set<string>();
let isDown = false;
let world: ConversationWorld;

beforeAll(async () => {
  world = await startConversations('skipping', {
    methods: ['email', 'sms'], texts,
    ports: () => ({
      identifyBy: 'workEmail',
      async hasAccount(employeeId) {
        if (isDown) throw new Fault('unavailable', 'service', 'unreachable');
        return !noAccount.has(employeeId);
      },
    }),
  });
});
afterAll(async () => { await world.stop(); });
beforeEach(async () => {
  await world.reset();
  noAccount.clear();
  isDown = false;
});

async function claim(): Promise<string> {
  const from = world.carrier.carried.all.length;
  await world.backdateSends(31);
  const { senderId } = await world.write(annaPrivate, 'anna@acme.example');
  await world.reply('codeSent', { minutes: 5 });
  await world.carrier.carried.count(from + 1);
  return senderId;
}
const lastCode = () => world.carrier.carried.all.at(-1)!.code;

async function prove(): Promise<string> {
  const senderId = await claim();
  await world.write(annaPrivate, lastCode());
  await world.reply('verified');
  return senderId;
}

const bindings = () => listBindings(world.pool);
const records = async () => (await world.pool.query<{ kind: string; facts: { reason?: string } }>(
  `SELECT kind, facts FROM audit WHERE kind LIKE 'number.%' ORDER BY seq`)).rows.map(({ kind, facts }) => [kind, facts.reason]);
const sweep = () => auditedTransaction(world.pool, releaseNumbers);

test('the work e-mail is asked for, and an employee ID is no answer', async () => {
  await world.write(annaPrivate, 'hello');
  await world.said(texts.render({ key: 'askIdentifier', params: {} }, 'en'));
  expect(texts.render({ key: 'askIdentifier', params: {} }, 'en')).not.toMatch(/employee ID/);
  await world.write(annaPrivate, '144133');
  await world.reply('askIdentifier');
  expect((await world.pool.query('SELECT 1 FROM challenges')).rows).toEqual([]);
});

test('the code goes to the registered address, and the number is bound across sessions', async () => {
  const senderId = await prove();
  expect(world.carrier.carried.all.at(-1)!.to).toBe('anna@acme.example');
  expect(await bindings()).toMatchObject([{ senderId, employeeNumber: '144133', how: 'email' }]);
  expect((await world.pool.query('SELECT assurance FROM sessions')).rows).toEqual([{ assurance: 'low' }]);
  await world.write(annaPrivate, 'logout');
  await world.reply('sessionEndedByLogout');
  const [before] = await bindings();
  // Known for longer than a proof alone makes one known: the code is short.
  const long = `interval '91 days'`;
  await world.pool.query(`UPDATE sessions SET opened_at = opened_at - ${long}, ends_at = ends_at - ${long},
    active_at = active_at - ${long}, ended_at = ended_at - ${long}`);
  await world.pool.query(`UPDATE bound_numbers SET since = since - ${long} WHERE ended_at IS NULL`);
  await claim();
  expect(lastCode()).toHaveLength(6);
  await world.write(annaPrivate, lastCode());
  await world.reply('verified');
  expect((await bindings())[0]!.bindingId).toBe(before!.bindingId);
  expect(await records()).toEqual([['number.bound', undefined]]);
});

test('whoever has no account at the service is answered as after a wrong code', async () => {
  const { rows: [employee] } = await world.pool.query<{ id: string }>(
    `SELECT id FROM employees WHERE employee_number = '144133'`);
  noAccount.add(employee!.id);
  await claim();
  await world.write(annaPrivate, lastCode());
  await world.reply('wrongCode', { triesLeft: 4 });
  expect(await bindings()).toEqual([]);
  expect((await world.pool.query('SELECT 1 FROM sessions')).rows).toEqual([]);
});

test('a service that is down lets nobody in, and whoever waits once it is back', async () => {
  await claim();
  isDown = true;
  await world.write(annaPrivate, lastCode());
  await world.skip('1 minute');
  expect((await world.pool.query('SELECT 1 FROM sessions')).rows).toEqual([]);
  isDown = false;
  await world.skip('1 minute');
  await world.reply('verified');
});

describe('a binding is over', () => {
  const over = async (reason: string) => {
    expect(await bindings()).toEqual([]);
    expect(await sweep()).toBe(1);
    expect((await records()).at(-1)).toEqual(['number.released', reason]);
    expect(await sweep()).toBe(0);
  };

  test('when the e-mail changes', async () => {
    await prove();
    await world.pool.query(
      'UPDATE employee_emails SET address = $1 WHERE address = $2', ['anna.new@acme.example', 'anna@acme.example']);
    await over('emailChanged');
  });

  test('when the number changes hands', async () => {
    const senderId = await prove();
    await world.pool.query('UPDATE senders SET changed_at = clock_timestamp() WHERE id = $1', [senderId]);
    await over('senderChanged');
  });

  test('when somebody says NOT ME', async () => {
    await prove();
    const { rows: [session] } = await world.pool.query<{ id: string }>('SELECT id FROM sessions');
    expect(await disputeByLink(disputeDeps(world.pool, testKeyring, () => undefined), session!.id)).toBe('disputed');
    await over('disputed');
  });

  test('when an operator ends it, and nobody else does', async () => {
    await prove();
    const [binding] = await bindings();
    const end = () => auditedTransaction(world.pool, (tx, note) => endBinding(tx, note, binding!.bindingId, 'tester'));
    expect([await end(), await end()]).toEqual([1, 0]);
    expect((await records()).at(-1)).toEqual(['number.released', 'operator']);
  });

  test('when the employee leaves', async () => {
    await prove();
    await auditedTransaction(world.pool, async (tx, note) => {
      const { rows: [employee] } = await tx.query<{ id: string }>(`SELECT id FROM employees WHERE employee_number = '144133'`);
      await endEmployee(tx, note, employee!.id, 'tester');
    });
    await over('left');
  });
});
