// Many messages at once, and messages at the very moment at which a conversation ends: each is taken, in order, once.
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { openHistory } from '../support/openHistory';
import { anna, testKeyring } from '../support/world';

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

async function verify(): Promise<string> {
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  const { senderId } = await world.write(anna, await world.code());
  await world.reply('verified');
  return senderId;
}

const handleOf = (senderId: string) => world.env.client.workflow.getHandle(`wa-${senderId}`);

test('a hundred messages within a second are answered one after the other in their order, each once', async () => {
  const senderId = await verify();
  const messages = await Promise.all(Array.from({ length: 100 }, (_, n) => world.store(anna, `question ${n}`)));
  // Told twice each, as a redelivery would: all at once, so that their order is the server's.
  await Promise.all([...messages, ...messages].map((message) => world.deliver(message)));
  await world.channel.sent.count(102);
  await world.write(anna, 'last');
  await world.channel.sent.count(103);

  const { messageIds } = await openHistory(testKeyring.payload, await handleOf(senderId).fetchHistory());
  const arrived = [...new Set(messageIds)].slice(2);
  expect(world.assistant.turns.all.map(({ turnId }) => turnId)).toEqual(arrived);
  expect(world.channel.sent.all.slice(2).map(({ key }) => key)).toEqual(arrived.map((messageId) => `${messageId}:0`));
  expect(arrived).toHaveLength(101);
});

test('a hundred messages of somebody who is not verified are held within bounds and cost no guess', async () => {
  const messages = await Promise.all(Array.from({ length: 100 }, (_, n) => world.store(anna, `question ${n}`)));
  await Promise.all(messages.map((message) => world.deliver(message)));
  await world.channel.sent.count(100);
  const { rows } = await world.pool.query<{ outcome: string | null; count: number }>(
    'SELECT outcome, count(*)::int AS count FROM inbox GROUP BY 1 ORDER BY 1');
  expect(rows).toEqual([{ outcome: 'overflow', count: 80 }, { outcome: null, count: 20 }]);
});

test('a message that comes while the conversation completes is answered, in this run or in a new one', async () => {
  const senderId = await verify();
  const rounds = 40;
  let goneOn = 0;
  for (let round = 0; round < rounds; round += 1) {
    const late = await world.store(anna, `late ${round}`);
    const before = (await handleOf(senderId).describe()).runId;
    await world.write(anna, 'logout');
    const told = world.channel.sent.next(({ text }) => text === world.text('sessionEndedByLogout'), 3 * round + 2)
      // While the activity of the farewell completes, while the run closes, after it: spread over 120 ms.
      .then(() => new Promise((resolve) => { setTimeout(resolve, 3 * round); }))
      .then(() => world.deliver(late));
    await world.reply('sessionEndedByLogout');
    await told;
    await world.reply('askIdentifier');
    if ((await handleOf(senderId).describe()).runId === before) goneOn += 1;
    await verify();
    await world.said(`echo: late ${round}`);
  }
  expect(world.assistant.turns.all).toHaveLength(rounds);
  // Both ways were taken: the same run went on, and a new one began.
  expect(goneOn).toBeGreaterThan(0);
  expect(goneOn).toBeLessThan(rounds);
});
