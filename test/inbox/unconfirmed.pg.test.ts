// A message that has to be confirmed is told only when the provider itself says that it is what we read (R39).
import type { ProviderView } from '../../src/inbox/unconfirmed';
import { dispatchingIn, refused } from '../support/dispatching';
import { createInboxWorld, incoming } from '../support/inboxWorld';
import type { InboxWorld } from '../support/inboxWorld';
import type { Addresses } from '../../src/inbox/senders';
import { recipient } from '../support/twilioRequests';

let world: InboxWorld;
beforeAll(async () => { world = await createInboxWorld(); }, 60_000);
afterAll(() => world.close());
beforeEach(async () => {
  await world.owner.query('DELETE FROM inbox');
});
const { dispatching, fresh } = dispatchingIn(() => world);

const view = (changes: Partial<ProviderView> & Pick<ProviderView, 'from'>): ProviderView =>
  ({ to: recipient, text: 'my id is 144133', direction: 'inbound', ...changes });

test('is told once the provider agrees on sender, recipient and words', async () => {
  const addresses = fresh();
  const dispatcher = dispatching({ fetchMessage: async () => view({ from: addresses.phone }) });
  const message = incoming(addresses);
  expect(await dispatcher.take(message, ['unknown:Novelty'])).toBe('unconfirmed');
  expect(dispatcher.told).toEqual([]);
  expect(await dispatcher.sweep()).toMatchObject({ confirmed: 1, refused: 0 });
  expect(dispatcher.told).toEqual([message.messageId]);
  expect(dispatcher.logged.join()).toContain('unknown:Novelty');
});

test.each<[string, Partial<ProviderView>]>([
  ['another sender', { from: 'whatsapp:+447700900999' }], ['other words', { text: 'my id is 144134' }],
  ['another recipient', { to: 'whatsapp:+14155238887' }], ['a message of ours', { direction: 'outbound' }],
])('is refused when the provider names %s, and its words are destroyed', async (_, changes) => {
  const addresses = fresh();
  const dispatcher = dispatching({ fetchMessage: async () => view({ from: addresses.phone, ...changes }) });
  const message = incoming(addresses);
  await dispatcher.take(message, ['unknown:Novelty4477009']);
  expect(await dispatcher.sweep()).toMatchObject({ confirmed: 0, refused: 1 });
  expect(dispatcher.told).toEqual([]);
  expect(await world.rows('SELECT outcome, text_enc, origin_enc, sender_id FROM inbox')).toEqual([
    { outcome: 'refused', text_enc: null, origin_enc: null, sender_id: null }]);
  expect(dispatcher.logged.join()).not.toContain('4477009');
});

test('waits while the provider does not know it, an hour at most', async () => {
  const dispatcher = dispatching();
  await dispatcher.take(incoming(fresh()), ['missing:ApiVersion']);
  expect(await dispatcher.sweep()).toMatchObject({ confirmed: 0, refused: 0 });
  await world.pool.query(`UPDATE inbox SET received_at = received_at - interval '61 min', checked_at = NULL`);
  expect(await dispatcher.sweep()).toMatchObject({ refused: 1 });
});

test('keeps its place while the provider cannot be asked', async () => {
  const addresses = fresh();
  let isDown = true;
  const messages = [incoming(addresses), incoming(addresses)];
  const dispatcher = dispatching({
    fetchMessage: async (id) => {
      if (isDown && id === messages[0]!.messageId) throw new Error('503');
      return view({ from: addresses.phone });
    },
  });
  for (const message of messages) await dispatcher.take(message, ['unknown:Novelty']);
  expect(await dispatcher.sweep()).toMatchObject({ confirmed: 0, refused: 0 });
  isDown = false;
  expect(await dispatcher.sweep()).toMatchObject({ confirmed: 2 });
  expect(dispatcher.told).toEqual(messages.map(({ messageId }) => messageId));
});

test('holds up nobody else while the provider cannot be asked about it', async () => {
  const [anna, ben] = [fresh(), fresh()];
  const [first, second, other] = [incoming(anna), incoming(anna), incoming(ben)];
  const dispatcher = dispatching({
    fetchMessage: async (id) => {
      if (id === first.messageId) throw new Error('unreadable');
      return view({ from: id === other.messageId ? ben.phone : anna.phone });
    },
  });
  for (const message of [first, second, other]) await dispatcher.take(message, ['unknown:Novelty']);
  expect(await dispatcher.sweep()).toMatchObject({ confirmed: 1, refused: 0 });
  expect(dispatcher.told).toEqual([other.messageId]);
});

test('that cannot be opened is asked about later, and keeps no other one in doubt', async () => {
  const addresses = fresh();
  const dispatcher = dispatching({ fetchMessage: async () => view({ from: addresses.phone }) });
  const broken = incoming(fresh());
  await dispatcher.take(broken, ['unknown:Novelty']);
  await world.pool.query(`UPDATE inbox SET origin_enc = '\\x00'`);
  await dispatcher.take(incoming(addresses), ['unknown:Novelty']);
  expect(await dispatcher.sweep()).toMatchObject({ confirmed: 1 });
  expect(dispatcher.logged.join()).toContain(broken.messageId);
  expect(await world.rows('SELECT checked_at IS NULL AS due FROM inbox WHERE message_id = $1', [broken.messageId]))
    .toEqual([{ due: false }]);
});

test('that cannot be opened does not keep certain ones from being told', async () => {
  const dispatcher = dispatching();
  await dispatcher.take(incoming(fresh()), ['unknown:Novelty']);
  await world.pool.query(`UPDATE inbox SET origin_enc = '\\x00'`);
  await dispatching({ signal: refused }).take(incoming(fresh()), []);
  expect(await dispatcher.sweep()).toMatchObject({ confirmed: 0, told: 1 });
});

test('A77 is kept twenty times a minute for one address: of the others there is the id alone, and nobody asks for them', async () => {
  const [addresses, other] = [fresh(), fresh()];
  let asked = 0;
  const dispatcher = dispatching({
    messagesPerMinuteMax: 20,
    fetchMessage: async () => { asked += 1; return undefined; },
  });
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => dispatcher.take(incoming(addresses), ['unknown:Novelty'])));
  expect(outcomes.filter((outcome) => outcome === 'unconfirmed')).toHaveLength(20);
  expect(outcomes.filter((outcome) => outcome === 'flood')).toHaveLength(30);
  expect(await dispatcher.take(incoming(other), ['unknown:Novelty'])).toBe('unconfirmed');
  expect(await world.rows(`SELECT outcome, count(*)::int, count(text_enc)::int AS texts, count(origin_enc)::int AS origins
      FROM inbox GROUP BY outcome ORDER BY outcome`)).toEqual([
    { outcome: 'flood', count: 30, texts: 0, origins: 0 }, { outcome: null, count: 21, texts: 21, origins: 21 }]);
  await dispatcher.sweep();
  expect(asked).toBe(21);
  await world.owner.query(`UPDATE inbox SET received_at = received_at - interval '61 s'`);
  expect(await dispatcher.take(incoming(addresses), ['unknown:Novelty'])).toBe('unconfirmed');
});

test('A46 ends the session of a number that now comes with another BSUID, although that is not certain', async () => {
  const { phone } = fresh();
  const [bsuid, otherBsuid] = [`whatsapp:GB.${phone.slice(-9)}`, `whatsapp:GB.9${phone.slice(-9)}`];
  const formerId = await world.senderOf({ phone, bsuid });
  const sessionId = await world.openSession(formerId);
  const dispatcher = dispatching({ fetchMessage: async () => view({ from: phone }) });
  const come = async (addresses: Addresses) => {
    const message = incoming(addresses);
    await dispatcher.take(message, ['ambiguous:Body']);
    expect(await dispatcher.sweep()).toMatchObject({ confirmed: 1 });
    return (await world.rows<{ id: string }>('SELECT sender_id AS id FROM inbox WHERE message_id = $1', [message.messageId]))[0]!.id;
  };
  const reasonOf = () => world.rows('SELECT end_reason AS reason FROM sessions WHERE id = $1', [sessionId]);
  expect(await come({ phone, bsuid })).toBe(formerId);
  expect(await reasonOf()).toEqual([{ reason: null }]);
  const nowId = await come({ phone, bsuid: otherBsuid });
  expect(nowId).not.toBe(formerId);
  expect(await reasonOf()).toEqual([{ reason: 'senderChanged' }]);
  // The BSUID that was not certain is nobody's, and the next message changes nothing more.
  expect(await world.rows('SELECT kind FROM sender_addresses WHERE sender_id = $1', [nowId])).toEqual([{ kind: 'phone' }]);
  expect(await come({ phone, bsuid: otherBsuid })).toBe(nowId);
});
