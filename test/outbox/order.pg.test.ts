// A reply leaves when the one before it is out, when that will never be, or when nobody has said so for three seconds.
import type { Receipt } from '../../src/outbox/receipts';
import { noteReceipt } from '../../src/outbox/receipts';
import { acts, sessionId } from '../activities/acts';
import { createActivityWorld } from '../support/activityWorld';
import type { ActivityWorld } from '../support/activityWorld';
import { DyingProcess } from '../support/dyingProcess';

const first = 'SM-message:0';
const second = 'SM-message:1';
const orderWaitMs = 3_000;

let world: ActivityWorld;
let senderId: string;

beforeAll(async () => {
  world = await createActivityWorld();
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
  await acts['a reply of the assistant is sent']!.prepare(world);
  senderId = (await world.pool.query<{ id: string }>('SELECT sender_id AS id FROM sessions')).rows[0]!.id;
});

/** Statements, and calls of the provider, that a reply takes which waits for nothing. */
const stepsOfSend = 6;

const send = (key: string, order: { after?: string; orderWaitMs?: number } = {}, process = new DyingProcess()) =>
  world.run(({ relayReply }) => relayReply({ key, senderId, sessionId, ...order }), process);

/** Sends the second reply, in order; resolves when it has looked at the former one a few times and still waits. */
async function sendSecondAndWait(): Promise<{ sent: Promise<unknown> }> {
  const process = new DyingProcess();
  const sent = send(second, { after: first, orderWaitMs }, process);
  while (process.steps <= stepsOfSend) await new Promise(setImmediate);
  expect(said()).toEqual(['one']);
  return { sent };
}

const said = () => world.channel.sent.all.map(({ text }) => text);
const change = (changes: string) => world.owner.query(`UPDATE outbox SET ${changes} WHERE key = $1`, [first]);

async function report(receipt: Receipt): Promise<void> {
  const { rows: [row] } = await world.pool.query<{ id: string; providerId: string }>(
    'SELECT id, provider_id AS "providerId" FROM outbox WHERE key = $1', [first]);
  await noteReceipt(world.pool, { receiptId: row!.id, providerId: row!.providerId, receipt });
}

test.each<Receipt>(['sent', 'delivered', 'read', 'undelivered', 'failed'])('the next reply leaves once the former one is %s', async (receipt) => {
  await send(first);
  const { sent } = await sendSecondAndWait();
  await report(receipt);
  expect(await sent).toEqual({ outcome: 'sent' });
  expect(said()).toEqual(['one', 'two']);
});

test.each<Receipt>(['queued', 'sending'])('that the former one is %s does not let the next one go', async (receipt) => {
  await send(first);
  await report(receipt);
  const { sent } = await sendSecondAndWait();
  await report('sent');
  await sent;
});

test('of one that nobody reports on, the next waits until three seconds after it was handed over', async () => {
  await send(first);
  const { sent } = await sendSecondAndWait();
  await change(`settled_at = settled_at - interval '3 seconds'`);
  expect(await sent).toEqual({ outcome: 'sent' });
});

test.each([
  ['was handed over long ago', `settled_at = settled_at - interval '3 seconds'`],
  ['failed', `state = 'failed', text_enc = NULL, settled_at = clock_timestamp()`],
  ['was withheld', `state = 'withheld', text_enc = NULL, settled_at = clock_timestamp()`],
  ['was given up', `state = 'pending', settled_at = NULL`],
])('the next reply waits for nothing when the former one %s', async (_, changes) => {
  await send(first);
  await change(changes);
  const process = new DyingProcess();
  expect(await send(second, { after: first, orderWaitMs }, process)).toEqual({ outcome: 'sent' });
  expect(process.steps).toBe(1 + stepsOfSend);
});

test('the first reply of a turn waits until what was said before it is out, whoever said it', async () => {
  const own = { key: 'SM-code:verified', senderId, text: { key: 'verified', params: {} } } as const;
  await world.run(({ reply }) => reply(own));
  const process = new DyingProcess();
  const sent = send(first, { orderWaitMs }, process);
  while (process.steps <= stepsOfSend) await new Promise(setImmediate);
  expect(said()).toHaveLength(1);
  const { rows: [row] } = await world.pool.query<{ id: string; providerId: string }>(
    'SELECT id, provider_id AS "providerId" FROM outbox WHERE key = $1', [own.key]);
  await noteReceipt(world.pool, { receiptId: row!.id, providerId: row!.providerId, receipt: 'sent' });
  expect(await sent).toEqual({ outcome: 'sent' });
  expect(said()).toHaveLength(2);
});

test('a reply waits for nothing when there is no former one, or when no order is asked for', async () => {
  const [late, unordered] = [new DyingProcess(), new DyingProcess()];
  expect(await send(first, { after: 'SM-message:stillWorking', orderWaitMs }, late)).toEqual({ outcome: 'sent' });
  expect(await send(second, {}, unordered)).toEqual({ outcome: 'sent' });
  expect([late.steps, unordered.steps]).toEqual([1 + stepsOfSend, stepsOfSend]);
});

test('A55 a reply that waits for the former one stays in when the session ends meanwhile', async () => {
  await send(first);
  const { sent } = await sendSecondAndWait();
  await world.run(({ endSession }) => endSession({ sessionId, reason: 'operator' }));
  await report('sent');
  expect(await sent).toEqual({ outcome: 'withheld' });
  expect(said()).toEqual(['one']);
});
