// What no webhook brought is taken in from the provider's list: once, in the provider's order, whoever looks (R41).
import fc from 'fast-check';
import { storeUnconfirmed } from '../../src/inbox/unconfirmed';
import { createInboxWorld, incoming } from '../support/inboxWorld';
import type { InboxWorld } from '../support/inboxWorld';
import { hourMs, idsOf, reconcilingIn } from './reconciling';

let world: InboxWorld;
beforeAll(async () => { world = await createInboxWorld(); }, 60_000);
afterAll(() => world.close());
const reconciling = reconcilingIn(() => world);
const { dispatching, dueInSeconds, fresh, looking, received, stored } = reconciling;
beforeEach(() => reconciling.forget());

test('a message that no webhook brought is taken in and told, once', async () => {
  const message = received(60);
  const one = looking();
  expect(await one.look()).toEqual({ recovered: 1, expired: 0 });
  expect(one.dispatcher.told).toEqual([message.id]);
  expect(one.logged).toEqual(['["messages recovered that no webhook brought",{"count":1}]']);
  expect(await looking().look()).toEqual({ recovered: 0, expired: 0 });
  expect(await stored()).toMatchObject([{ id: message.id, kind: 'text', outcome: null }]);
});

test('what the webhook brought is left alone, in doubt or not', async () => {
  const [known, inDoubt] = [received(60), received(61)];
  await world.store({ phone: known.from }, { messageId: known.id });
  await storeUnconfirmed(world.pool, world.keys, incoming({ phone: inDoubt.from }, { messageId: inDoubt.id }), ['unknown:X']);
  const one = looking();
  expect(await one.look()).toEqual({ recovered: 0, expired: 0 });
  expect(await stored()).toMatchObject([{ id: known.id }, { id: inDoubt.id, sender: null, outcome: null }]);
  expect(one.logged).toEqual([]);
});

test('a message whose id somebody used for other words, which the provider refuted, is taken in as it is', async () => {
  const message = received(60, { text: 'hello' });
  await storeUnconfirmed(world.pool, world.keys, incoming({ phone: message.from }, { messageId: message.id }), ['unknown:X']);
  await world.pool.query(`UPDATE inbox SET handled_at = clock_timestamp(), outcome = 'refused',
    result = '{"reaction": "refused"}', text_enc = NULL, origin_enc = NULL`);
  expect(await looking().look()).toMatchObject({ recovered: 1 });
  expect(await stored()).toMatchObject([{ id: message.id, sender: expect.any(String) as string, outcome: null }]);
  expect(await looking().look()).toMatchObject({ recovered: 0 });
});

test('messages of a sender are told in the provider\'s order, those of one second in the order of its list', async () => {
  const [anna, ben] = [fresh().phone, fresh().phone];
  const written: [secondsAgo: number, from: string][] =
    [[90, anna], [80, anna], [80, ben], [80, anna], [80, anna], [45, ben], [44, anna]];
  const messages = written.map(([secondsAgo, from]) => received(secondsAgo, { from }));
  const one = looking();
  expect(await one.look()).toMatchObject({ recovered: 7 });
  for (const person of [anna, ben]) {
    const own = idsOf(messages.filter(({ from }) => from === person));
    expect(one.dispatcher.told.filter((id) => own.includes(id))).toEqual(own);
  }
});

test('a message that comes after a later one of its sender is told after it: nothing is lost, nothing comes twice', async () => {
  const from = fresh().phone;
  const [first, second, third] = [received(90, { from }), received(60, { from }), received(50, { from })];
  const one = looking();
  for (const { id } of [first, third]) {
    await one.dispatcher.take(incoming({ phone: from }, { messageId: id }), []);
  }
  expect(await one.look()).toMatchObject({ recovered: 1 });
  expect(one.dispatcher.told).toEqual([first.id, third.id, second.id]);
});

test('a young message is left to its webhook; when that is late, the next look comes sooner', async () => {
  received(1);
  expect(await looking().look()).toMatchObject({ recovered: 0 });
  expect(await dueInSeconds()).toBeGreaterThan(50);
  received(15);
  expect(await looking().look()).toMatchObject({ recovered: 0 });
  expect(await dueInSeconds()).toBeLessThan(16);
  expect(await stored()).toEqual([]);
});

test('whoever looks, and the webhook in the same moment: each message is there once', async () => {
  const messages = Array.from({ length: 40 }, (_, n) => received(60 + n));
  const lookers = Array.from({ length: 4 }, () => looking());
  const webhook = dispatching();
  const found = await Promise.all([
    ...lookers.map((looker) => looker.look()),
    ...messages.map(async ({ id, from }) => {
      const taken = await webhook.take(incoming({ phone: from }, { messageId: id }), []);
      return { recovered: taken === 'known' ? 0 : 1 };
    }),
  ]);
  await Promise.all(lookers.map(({ dispatcher }) => dispatcher.drain()));
  expect(found.reduce((sum, { recovered }) => sum + recovered, 0)).toBe(messages.length);
  expect(idsOf(await stored()).sort()).toEqual(idsOf(messages).sort());
  const told = [webhook, ...lookers.map(({ dispatcher }) => dispatcher)].flatMap((dispatcher) => dispatcher.told);
  expect(told.sort()).toEqual(idsOf(messages).sort());
});

test('is known by the number or the BSUID that it came from, and by nothing else', async () => {
  const [{ phone }, other] = [fresh(), 'whatsapp:GB.ENT.Ab1'];
  const senderId = await world.senderOf({ phone, bsuid: 'whatsapp:GB.1000000000000001' });
  await world.owner.query('DELETE FROM inbox');
  const messages = [received(62, { from: phone }), received(61, { from: other }), received(60, { from: other })];
  for (const from of ['', 'messenger:12345', '+447700900123', 'whatsapp:447700900123']) received(60, { from });
  expect(await looking().look()).toMatchObject({ recovered: 3 });
  const senders = new Map((await stored()).map(({ id, sender }) => [id, sender]));
  expect(senders.size).toBe(3);
  const [ofNumber, ofBsuid, again] = messages.map(({ id }) => senders.get(id));
  expect(ofNumber).toBe(senderId);
  expect(ofBsuid).toEqual(expect.any(String));
  expect([again, ofNumber === ofBsuid]).toEqual([ofBsuid, false]);
});

test('a picture is none of a text, and neither is a message without words', async () => {
  const { phone: from } = fresh();
  received(62, { from, hasMedia: true, text: '483920' });
  received(61, { from, text: '' });
  received(60, { from, text: '483920' });
  await looking().look();
  expect((await stored()).map(({ kind }) => kind)).toEqual(['media', 'unsupported', 'text']);
});

test('what is older than the retention is settled unread, and stays so when it comes once more', async () => {
  const message = received(2 * 3_600);
  const late = looking({ textRetentionMs: hourMs });
  expect(await late.look()).toEqual({ recovered: 0, expired: 1 });
  expect(late.logged).toEqual(['["messages abandoned",{"count":1}]']);
  await late.dispatcher.take(incoming({ phone: message.from }, { messageId: message.id }), []);
  expect(late.dispatcher.told).toEqual([]);
  expect(await stored()).toEqual([{ id: message.id, kind: 'text', sender: null, outcome: 'abandoned' }]);
  expect(await looking({ textRetentionMs: hourMs }).look()).toEqual({ recovered: 0, expired: 0 });
});

test('whatever webhooks come, late, twice or never, and whoever looks: every message is told, and is one row', async () => {
  const writing = fc.record({
    person: fc.nat(2), secondsAgo: fc.integer({ min: 31, max: 120 }), webhook: fc.constantFrom('comes', 'comes twice', 'never comes'),
  });
  await fc.assert(fc.asyncProperty(fc.array(writing, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 3 }),
    async (writings, lookersCount) => {
      await reconciling.forget();
      const people = [fresh().phone, fresh().phone, fresh().phone];
      const messages = writings.map(({ person, secondsAgo }) => received(secondsAgo, { from: people[person]! }));
      const lookers = Array.from({ length: lookersCount }, () => looking());
      const webhook = dispatching();
      const posts = messages.flatMap((message, n) => {
        const posted = incoming({ phone: message.from }, { messageId: message.id });
        const copies = { 'comes': 1, 'comes twice': 2, 'never comes': 0 }[writings[n]!.webhook];
        return Array.from({ length: copies }, () => webhook.take(posted, []));
      });
      await Promise.all([...posts, ...lookers.map((looker) => looker.look())]);
      const dispatchers = [webhook, ...lookers.map(({ dispatcher }) => dispatcher)];
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.drain()));
      expect(idsOf(await stored()).sort()).toEqual(idsOf(messages).sort());
      const told = dispatchers.flatMap((dispatcher) => dispatcher.told);
      expect([...new Set(told)].sort()).toEqual(idsOf(messages).sort());
    }), { numRuns: 40 });
}, 120_000);
