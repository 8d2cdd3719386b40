// What the provider says became of a send: twice, late and in any order.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { beginSend, settleSend, storeTexts } from '../../src/outbox/outbox';
import { noteReceipt, receipts } from '../../src/outbox/receipts';
import type { Receipt } from '../../src/outbox/receipts';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { createTestActivities, stranger, store, testKeyring } from '../support/world';

let database: TestDatabase;
let pool: Pool;
let senderId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 5 });
  ({ senderId } = await store(pool, testKeyring, stranger, 'hello'));
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** A send that the provider took, or whose answer was lost. */
async function begin({ settled = true, kind = 'reply' as 'reply' | 'code' } = {}) {
  const [key, providerId] = [randomUUID(), `SM${randomUUID()}`];
  if (kind === 'reply') await storeTexts(pool, testKeyring.storage, senderId, [{ key, text: 'words' }]);
  const { receiptId } = await beginSend(pool, testKeyring.storage, { key, senderId, kind });
  if (settled) await settleSend(pool, key, { state: 'sent', providerId });
  const note = (receipt: Receipt, more: { providerId?: string; fault?: string } = {}) =>
    noteReceipt(pool, { receiptId, providerId, receipt, ...more });
  return { key, providerId, receiptId, note };
}

async function rowOf(key: string) {
  const { rows: [row] } = await pool.query<{ state: string; receipt: Receipt | null; fault: string | null; provider: string | null; text: boolean }>(
    `SELECT state, receipt, receipt_fault AS fault, provider_id AS provider, text_enc IS NOT NULL AS text
       FROM outbox WHERE key = $1`, [key]);
  return row!;
}

const ended: readonly Receipt[] = ['undelivered', 'failed'];

test('receipts in any order, each any number of times, come to what the first end or the furthest of them says', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom(...receipts), { minLength: 1, maxLength: 8 }), async (told) => {
    const send = await begin();
    for (const receipt of told) await send.note(receipt);
    // Ends as soon as it is delivered or has failed; then only `read` says more, of what was delivered.
    const seen = (at: Receipt, next: Receipt): Receipt => {
      if (ended.includes(at)) return at;
      if (ended.includes(next)) return at === 'delivered' || at === 'read' ? at : next;
      return receipts.indexOf(next) > receipts.indexOf(at) ? next : at;
    };
    expect((await rowOf(send.key)).receipt).toBe(told.reduce(seen));
  }), { numRuns: 60 });
});

test('what was told before is ignored, and so is another copy of a reply', async () => {
  const send = await begin();
  expect(await send.note('sent')).toEqual({ outcome: 'noted', kind: 'reply' });
  expect(await send.note('sent')).toEqual({ outcome: 'ignored' });
  for (const receipt of ['failed', 'delivered'] as const) {
    expect(await send.note(receipt, { providerId: 'SManother' })).toEqual({ outcome: 'ignored' });
  }
  expect(await noteReceipt(pool, { receiptId: randomUUID(), providerId: 'SM1', receipt: 'sent' })).toEqual({ outcome: 'ignored' });
  expect(await rowOf(send.key)).toMatchObject({ receipt: 'sent', provider: send.providerId });
});

test('of a second copy of a code it counts that it was delivered, and not that it failed', async () => {
  const send = await begin({ kind: 'code' });
  expect(await send.note('failed', { providerId: 'SManother' })).toEqual({ outcome: 'ignored' });
  expect(await send.note('delivered', { providerId: 'SManother' })).toEqual({ outcome: 'noted', kind: 'code' });
  expect(await rowOf(send.key)).toMatchObject({ receipt: 'delivered', provider: send.providerId });
});

test('the same receipt ten times at once is noted once', async () => {
  const send = await begin();
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => send.note('delivered')));
  expect(outcomes.filter(({ outcome }) => outcome === 'noted')).toHaveLength(1);
});

test('a send whose answer was lost is sent, as its receipt says: it is not tried again, and its text is gone once it arrived', async () => {
  const send = await begin({ settled: false });
  expect(await send.note('queued')).toMatchObject({ outcome: 'noted' });
  expect(await rowOf(send.key)).toEqual({ state: 'sent', receipt: 'queued', fault: null, provider: send.providerId, text: true });
  await send.note('delivered');
  expect(await rowOf(send.key)).toMatchObject({ receipt: 'delivered', text: false });
  expect(await beginSend(pool, testKeyring.storage, { key: send.key, senderId, kind: 'reply' })).toMatchObject({ state: 'sent' });
  // The answer comes after all, and says another id: a second copy left. The first stays the one.
  await settleSend(pool, send.key, { state: 'sent', providerId: 'SMsecond' });
  expect((await rowOf(send.key)).provider).toBe(send.providerId);
});

test('a receipt that comes while a lost try is looked for does not make the text leave twice', async () => {
  const { activities, channel, texts } = createTestActivities(pool, testKeyring);
  const key = randomUUID();
  const text = texts.render({ key: 'askIdentifier', params: {} }, 'en');
  const { receiptId } = await beginSend(pool, testKeyring.storage, { key, senderId, kind: 'reply' });
  channel.sent.push({ to: stranger.phone!, text, receiptId });
  const find = channel.findSent.bind(channel);
  channel.findSent = async (sent) => {
    const found = await find(sent);
    await noteReceipt(pool, { receiptId, providerId: found[0]!, receipt: 'sent' });
    return found;
  };
  const said = await activities.reply({ key, senderId, text: { key: 'askIdentifier', params: {} } });
  expect(said).toEqual({ outcome: 'sent' });
  expect(channel.sent.all).toHaveLength(1);
});

test('the error number of a send that failed later is kept', async () => {
  const send = await begin();
  await send.note('sent');
  await send.note('failed', { fault: '63016' });
  expect(await rowOf(send.key)).toMatchObject({ state: 'sent', receipt: 'failed', fault: '63016' });
});
