// Limits both ways, in whole conversations: who writes too much is told once, what is held leaves in order, and what
// waited for somebody goes before what answers them.
import { holdSending } from '../../src/outbox/sendingControl';
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { anna, stranger } from '../support/world';

let world: ConversationWorld;

beforeAll(async () => {
  world = await startConversations();
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
});

afterEach(async () => {
  await holdSending(world.pool, ['chat', 'codes'], false, 'tester');
});

const flood = { kind: 'flood' } as const;
const read = (): string[] => world.channel.sent.all.map(({ text }) => text);

/** Resolves when so many texts wait for their person. */
async function parked(count: number): Promise<void> {
  const query = `SELECT 1 FROM outbox WHERE state = 'parked'`;
  while ((await world.pool.query(query)).rowCount !== count) await new Promise(setImmediate);
}

test('who writes too much is told so in every stage but the locked one, and goes on where they were', async () => {
  await world.write(anna, '', flood);
  await world.reply('flood');
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(anna, '', flood);
  await world.reply('flood');
  await world.write(anna, await world.code());
  await world.reply('verified');
  await world.write(anna, '', flood);
  await world.reply('flood');
  await world.write(anna, 'hello');
  await world.said('echo: hello');
  expect(await world.unhandledTexts()).toBe(0);
});

test('a reply that came too late for WhatsApp goes out when the person writes again, before the answer', async () => {
  await world.verify();
  world.assistant.answerTo = async () => {
    await world.pool.query(`UPDATE sender_addresses SET last_message_at = clock_timestamp() - interval '1 day'`);
    return { replies: [{ text: 'one' }, { text: 'two' }], endTurn: true };
  };
  await world.write(anna, 'a question');
  await parked(2);
  world.assistant.answerTo = () => ({ replies: [{ text: 'three' }], endTurn: true });
  await world.write(anna, 'another');
  for (const text of ['one', 'two', 'three']) await world.said(text);
});

test('while the chat is held nothing is said, and afterwards everything in order', async () => {
  await world.verify();
  await holdSending(world.pool, ['chat'], true, 'tester');
  const before = read().length;
  world.assistant.answerTo = ({ text }) => ({ replies: [{ text: `${text} 1` }, { text: `${text} 2` }], endTurn: true });
  await world.write(anna, 'a');
  await world.write(anna, 'b');
  await world.skip('10 minutes');
  expect(read()).toHaveLength(before);
  await holdSending(world.pool, ['chat'], false, 'tester');
  await world.skip('20 seconds');
  for (const text of ['a 1', 'a 2', 'b 1', 'b 2']) await world.said(text);
});

test.each([['a registered', '144133'], ['an unknown', '999999']])('while everything is held %s employee\'s code runs out, and one notice says so', async (_, identifier) => {
  await holdSending(world.pool, ['chat', 'codes'], true, 'tester');
  await world.write(stranger, identifier);
  await world.skip('10 minutes');
  expect(read()).toEqual([]);
  await holdSending(world.pool, ['chat', 'codes'], false, 'tester');
  await world.skip('20 seconds');
  await world.reply('codeExpired');
  expect(world.carrier.carried.all).toEqual([]);
  await world.write(stranger, identifier);
  await world.reply('codeSent', { minutes: 5 });
  expect(read()).toHaveLength(2);
});
