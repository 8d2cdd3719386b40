// What is stored is stored once, sealed, under its sender, and its text is gone when it is settled or forgotten.
import { discardMessages, handleMessage, peekMessage } from '../../src/inbox/handling';
import { findSender } from '../../src/inbox/senderLookup';
import { markDispatched, storeMessage, waitingMessages, waitingSenders, wipeExpired } from '../../src/inbox/inbox';
import { findDueForCheck, noteCheck, refuseMessage, storeUnconfirmed } from '../../src/inbox/unconfirmed';
import { createInboxWorld, incoming } from '../support/inboxWorld';
import type { InboxWorld } from '../support/inboxWorld';

let world: InboxWorld;
beforeAll(async () => { world = await createInboxWorld(); }, 60_000);
afterAll(() => world.close());

let last = 0;
const fresh = () => {
  last += 1;
  return { phone: `whatsapp:+49151${String(last).padStart(7, '0')}`, bsuid: `whatsapp:DE.${last}` };
};
const row = async (messageId: string) =>
  (await world.rows<Record<string, unknown>>('SELECT * FROM inbox WHERE message_id = $1', [messageId]))[0]!;
const inboxSize = async () =>
  (await world.rows<{ count: number }>('SELECT count(*)::int AS count FROM inbox'))[0]!.count;

const ofSender = async (messageId: string) => {
  const { sender_id: senderId } = await row(messageId) as { sender_id: string };
  return { messageId, senderId };
};

test('a message waits under its sender until its conversation was told', async () => {
  const message = incoming(fresh());
  const stored = await storeMessage(world.pool, world.keys, message);
  if (stored.outcome !== 'stored') throw new Error('known');
  expect(await waitingMessages(world.pool, stored.senderId, 10)).toEqual([message.messageId]);
  expect(await waitingSenders(world.pool, 0, 1_000)).toContain(stored.senderId);
  expect(await waitingSenders(world.pool, 60_000, 1_000)).not.toContain(stored.senderId);
  await markDispatched(world.pool, [message.messageId]);
  expect(await waitingMessages(world.pool, stored.senderId, 10)).toEqual([]);
});

test('messages wait in order of arrival', async () => {
  const addresses = fresh();
  const messages = [incoming(addresses), incoming(addresses), incoming(addresses)];
  for (const message of messages) await storeMessage(world.pool, world.keys, message);
  const senderId = await world.senderOf(addresses);
  expect((await waitingMessages(world.pool, senderId, 3))).toEqual(messages.map(({ messageId }) => messageId));
});

test('the words lie sealed, and are read by the message\'s own id only', async () => {
  const message = incoming(fresh(), { text: 'canary-483920 ü 😀' });
  await storeMessage(world.pool, world.keys, message);
  const { text_enc } = await row(message.messageId) as { text_enc: Buffer };
  expect(text_enc.toString('latin1')).not.toContain('canary');
  expect(await peekMessage(world.pool, world.keys.storage, await ofSender(message.messageId)))
    .toEqual({ message: { kind: 'text', text: 'canary-483920 ü 😀' } });
  const other = incoming(fresh());
  await storeMessage(world.pool, world.keys, other);
  await world.pool.query('UPDATE inbox SET text_enc = $1 WHERE message_id = $2', [text_enc, other.messageId]);
  await expect(peekMessage(world.pool, world.keys.storage, await ofSender(other.messageId))).rejects.toThrow();
});

test('A10 the same message, two hundred times at once, is stored once', async () => {
  const message = incoming(fresh());
  const size = await inboxSize();
  const outcomes = await Promise.all(Array.from({ length: 200 }, () => storeMessage(world.pool, world.keys, message)));
  expect(outcomes.filter(({ outcome }) => outcome === 'stored')).toHaveLength(1);
  expect(await inboxSize()).toBe(size + 1);
}, 60_000);

test('A10 a message that was handled stays known, and its text gone', async () => {
  const message = incoming(fresh());
  await storeMessage(world.pool, world.keys, message);
  await handleMessage(world.pool, world.keys.storage, await ofSender(message.messageId), async () => ({ reaction: 'ask' }));
  expect(await storeMessage(world.pool, world.keys, message)).toEqual({ outcome: 'known' });
  expect(await row(message.messageId)).toMatchObject({ outcome: 'ask', text_enc: null });
});

test('one message id under two people at once is a message of one, and of the other there is no trace', async () => {
  const [one, other] = [fresh(), fresh()];
  const messageId = incoming(one).messageId;
  const outcomes = await Promise.all([one, other].map((addresses) => world.store(addresses, { messageId })));
  expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['known', 'stored']);
  const { sender_id: senderId } = await row(messageId);
  const found = await Promise.all([one, other].map(({ phone }) => findSender(world.pool, world.keys.lookup, phone)));
  expect(found.filter((id) => id !== undefined)).toEqual([senderId]);
});

test('A72 nobody discards a message of somebody else', async () => {
  const [mine, other] = [incoming(fresh()), incoming(fresh())];
  for (const message of [mine, other]) await storeMessage(world.pool, world.keys, message);
  const { senderId } = await ofSender(mine.messageId);
  await discardMessages(world.pool, senderId, [mine.messageId, other.messageId], 'overflow');
  expect(await row(mine.messageId)).toMatchObject({ outcome: 'overflow', text_enc: null });
  expect(await row(other.messageId)).toMatchObject({ outcome: null, handled_at: null });
  expect((await row(other.messageId)).text_enc).not.toBeNull();
});

test('text that nobody handled in time is destroyed, of unconfirmed messages too', async () => {
  const [handled, told, doubted, recent] = [incoming(fresh()), incoming(fresh()), incoming(fresh()), incoming(fresh())];
  for (const message of [handled, told, recent]) await storeMessage(world.pool, world.keys, message);
  await storeUnconfirmed(world.pool, world.keys, doubted, ['unknown:X']);
  await handleMessage(world.pool, world.keys.storage, await ofSender(handled.messageId), async () => ({ reaction: 'ask' }));
  await markDispatched(world.pool, [told.messageId]);
  await world.pool.query(`UPDATE inbox SET received_at = received_at - interval '25 h' WHERE message_id = ANY ($1)`,
    [[handled.messageId, told.messageId, doubted.messageId]]);
  expect(await wipeExpired(world.pool, 24 * 3_600_000)).toBe(2);
  for (const { messageId } of [told, doubted]) {
    expect(await row(messageId)).toMatchObject({ outcome: 'abandoned', text_enc: null, origin_enc: null });
    expect(await row(messageId)).toMatchObject({ result: { reaction: 'abandoned' } });
  }
  expect((await row(recent.messageId)).text_enc).not.toBeNull();
  expect(await wipeExpired(world.pool, 24 * 3_600_000)).toBe(0);
});

describe('an unconfirmed message', () => {
  test('belongs to nobody, ends no session and waits in nobody\'s way', async () => {
    const { phone, bsuid } = fresh();
    const senderId = await world.senderOf({ phone, bsuid });
    const sessionId = await world.openSession(senderId);
    const message = incoming({ phone, bsuid: fresh().bsuid });
    expect(await storeUnconfirmed(world.pool, world.keys, message, ['unknown:X'])).toBe('stored');
    expect(await storeUnconfirmed(world.pool, world.keys, message, ['unknown:X'])).toBe('known');
    expect(await row(message.messageId)).toMatchObject({ sender_id: null, unconfirmed: ['unknown:X'] });
    expect(await world.rows('SELECT 1 FROM sessions WHERE id = $1 AND ended_at IS NULL', [sessionId])).toHaveLength(1);
    expect(await waitingMessages(world.pool, senderId, 10)).not.toContain(message.messageId);
  });

  test('gives its place to a certain one of the same id', async () => {
    const [forged, genuine] = [incoming(fresh(), { text: 'forged' }), incoming(fresh(), { text: 'genuine' })];
    const messageId = forged.messageId;
    await storeUnconfirmed(world.pool, world.keys, forged, ['unknown:X']);
    expect(await storeMessage(world.pool, world.keys, { ...genuine, messageId })).toMatchObject({ outcome: 'stored' });
    expect(await peekMessage(world.pool, world.keys.storage, await ofSender(messageId)))
      .toEqual({ message: { kind: 'text', text: 'genuine' } });
    expect(await storeUnconfirmed(world.pool, world.keys, forged, ['unknown:X'])).toBe('known');
  });

  test('even after it was refused, and never the other way round', async () => {
    const [forged, genuine] = [incoming(fresh()), incoming(fresh(), { text: 'genuine' })];
    await storeUnconfirmed(world.pool, world.keys, forged, ['unknown:X']);
    await refuseMessage(world.pool, forged.messageId);
    expect(await row(forged.messageId)).toMatchObject({ outcome: 'refused', text_enc: null, origin_enc: null });
    expect(await storeMessage(world.pool, world.keys, { ...genuine, messageId: forged.messageId }))
      .toMatchObject({ outcome: 'stored' });
    await refuseMessage(world.pool, forged.messageId);
    expect(await row(forged.messageId)).toMatchObject({ outcome: null, handled_at: null });
  });

  test('is asked about at once, then less and less often', async () => {
    const message = incoming(fresh());
    await storeUnconfirmed(world.pool, world.keys, message, ['unknown:X']);
    const isDue = async () => (await findDueForCheck(world.pool, world.keys, 1_000)).due
      .some((due) => due.message.messageId === message.messageId);
    expect(await isDue()).toBe(true);
    await noteCheck(world.pool, message.messageId);
    expect(await isDue()).toBe(false);
    await world.pool.query(
      `UPDATE inbox SET received_at = received_at - interval '6 s', checked_at = checked_at - interval '6 s'
        WHERE message_id = $1`, [message.messageId]);
    expect(await isDue()).toBe(true);
    await world.pool.query(`UPDATE inbox SET received_at = received_at - interval '20 s' WHERE message_id = $1`,
      [message.messageId]);
    expect(await isDue()).toBe(false);
  });
});
