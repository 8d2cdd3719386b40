// Who writes too much within a minute: so many messages are read, one tells the conversation, and the others cost it
// nothing. Exact, however many come at once.
import { handleMessage } from '../../src/inbox/handling';
import { storeMessage } from '../../src/inbox/inbox';
import { findSender } from '../../src/inbox/senderLookup';
import { storeUnconfirmed, admitMessage } from '../../src/inbox/unconfirmed';
import { dispatchingIn } from '../support/dispatching';
import { createInboxWorld, incoming } from '../support/inboxWorld';
import type { InboxWorld } from '../support/inboxWorld';

let world: InboxWorld;
beforeAll(async () => { world = await createInboxWorld(); }, 60_000);
afterAll(() => world.close());

const { dispatching, fresh } = dispatchingIn(() => world);
const limit = 20;

interface Person { readonly phone: string; readonly bsuid?: string }

const write = (person: Person) => storeMessage(world.pool, world.keys, incoming(person), limit);
const many = (times: number, person: Person) => Promise.all(Array.from({ length: times }, () => write(person)));
const passMinute = () => world.pool.query(`UPDATE sender_addresses SET minute_from = minute_from - interval '1 min'`);

/** What became of somebody's messages, counted. */
async function messagesOf({ phone }: Person): Promise<object[]> {
  return world.rows(
    `SELECT kind, outcome, result, text_enc IS NULL AS wiped, count(*)::int AS count FROM inbox WHERE sender_id = $1
      GROUP BY 1, 2, 3, 4 ORDER BY kind DESC, outcome`, [await findSender(world.pool, world.keys.lookup, phone)]);
}

const read = (count: number) => ({ kind: 'text', outcome: null, result: null, wiped: false, count });
const first = (count: number) => ({ kind: 'flood', outcome: null, result: null, wiped: true, count });
const further = (count: number) => ({ kind: 'flood', outcome: 'flood', result: { reaction: 'flood' }, wiped: true, count });

test('A77 of two hundred messages at once twenty are read, one says that there were more, and the others are settled', async () => {
  const person = fresh();
  await write(person);
  const outcomes = await many(199, person);
  expect(outcomes.filter(({ outcome }) => outcome === 'stored')).toHaveLength(20);
  expect(outcomes.filter(({ outcome }) => outcome === 'flood')).toHaveLength(179);
  expect(await messagesOf(person)).toEqual([read(20), further(179), first(1)]);
}, 60_000);

test('somebody new, who floods with the first message, is counted from that one on', async () => {
  const person = { ...fresh(), bsuid: 'whatsapp:GB.1' };
  await many(60, person);
  expect(await messagesOf(person)).toEqual([read(20), further(39), first(1)]);
}, 60_000);

test('each minute has messages of its own, and a notice of its own', async () => {
  const person = fresh();
  await many(25, person);
  await passMinute();
  await many(23, person);
  await passMinute();
  await many(20, person);
  expect(await messagesOf(person)).toEqual([read(60), further(6), first(2)]);
});

test('what others write counts for them alone', async () => {
  const [loud, quiet] = [fresh(), fresh()];
  await Promise.all([many(40, loud), many(20, quiet)]);
  expect(await messagesOf(quiet)).toEqual([read(20)]);
});

test('a message that comes twice counts once, a flooded one too', async () => {
  const person = fresh();
  const messages = Array.from({ length: 22 }, () => incoming(person));
  for (const message of messages) await storeMessage(world.pool, world.keys, message, limit);
  for (const message of messages) {
    expect(await storeMessage(world.pool, world.keys, message, limit)).toEqual({ outcome: 'known' });
  }
  expect(await messagesOf(person)).toEqual([read(20), further(1), first(1)]);
});

test('A77 a conversation is told of the messages that are read and of one more, and of nothing beyond', async () => {
  const person = fresh();
  const dispatcher = dispatching({ messagesPerMinuteMax: limit });
  const answers: string[] = [];
  const messages = Array.from({ length: 30 }, () => incoming(person));
  for (const message of messages) answers.push(await dispatcher.take(message, []));
  expect(answers).toEqual([...Array<string>(21).fill('delivered'), ...Array<string>(9).fill('flood')]);
  await dispatcher.sweep();
  const ids = messages.map(({ messageId }) => messageId);
  expect(dispatcher.told.filter((id) => ids.includes(id))).toEqual(ids.slice(0, 21));
  await dispatcher.stop();
});

test('the first that is too many is handled like any message, without a word of it', async () => {
  const person = fresh();
  for (let n = 0; n < limit; n += 1) await write(person);
  const message = incoming(person, { text: 'the last straw' });
  const stored = await storeMessage(world.pool, world.keys, message, limit);
  if (stored.outcome !== 'stored') throw new Error('it is not told of');
  const ofSender = { messageId: message.messageId, senderId: stored.senderId };
  const seen = await handleMessage(world.pool, world.keys.storage, ofSender, async (_tx, _note, { kind, text }) =>
    ({ reaction: `${kind}:${text}` }));
  expect(seen).toEqual({ reaction: 'flood:' });
});

test('messages that no webhook brought in their time are read, however many, and count for no minute', async () => {
  const person = fresh();
  const dispatcher = dispatching({ messagesPerMinuteMax: limit });
  for (let n = 0; n < 30; n += 1) expect(await dispatcher.take(incoming(person), [], true)).toBe('delivered');
  for (let n = 0; n < limit; n += 1) expect(await dispatcher.take(incoming(person), [])).toBe('delivered');
  expect(await messagesOf(person)).toEqual([read(50)]);
  await dispatcher.stop();
});

test('a message that had to be confirmed first counts when it is', async () => {
  const person = fresh();
  for (let n = 0; n < limit + 1; n += 1) await write(person);
  const message = incoming(person);
  await storeUnconfirmed(world.pool, world.keys, message, ['unknown:X']);
  expect(await admitMessage(world.pool, world.keys, { message }, limit)).toEqual({ outcome: 'flood' });
  expect(await world.rows('SELECT outcome, text_enc, origin_enc FROM inbox WHERE message_id = $1', [message.messageId]))
    .toEqual([{ outcome: 'flood', text_enc: null, origin_enc: null }]);
});

test('each message moves the time since which its sender may be written to', async () => {
  const person = { ...fresh(), bsuid: 'whatsapp:GB.2' };
  await write(person);
  await world.pool.query(`UPDATE sender_addresses SET last_message_at = NULL`);
  await write(person);
  const senderId = await findSender(world.pool, world.keys.lookup, person.phone);
  expect(await world.rows(
    `SELECT last_message_at > clock_timestamp() - interval '1 min' AS recent FROM sender_addresses WHERE sender_id = $1`, [senderId]))
    .toEqual([{ recent: true }, { recent: true }]);
});
