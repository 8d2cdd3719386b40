// Many messages at once, and messages at the very moment at which a conversation ends: each is taken, in order, once.
// On a development server: the one that skips time answers such races with errors that no real server gives.
import { updateNames } from '../../workflows/contract';
import type { OperatorOrder } from '../../workflows/contract';
import { startConversations } from '../support/conversations';
import type { ConversationWorld, StoredMessage } from '../support/conversations';
import { openHistory } from '../support/openHistory';
import { anna, testKeyring } from '../support/world';

let world: ConversationWorld;

beforeAll(async () => {
  world = await startConversations('real');
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
});

const handleOf = (senderId: string) => world.env.client.workflow.getHandle(`wa-${senderId}`);

test('a hundred messages within a second are answered one after the other in their order, each once', async () => {
  const senderId = await world.verify();
  const messages = await Promise.all(Array.from({ length: 100 }, (_, n) => world.store(anna, `question ${n}`)));
  // Told twice each, as a redelivery would: all at once, so that their order is the server's.
  await Promise.all([...messages, ...messages].map((message) => world.deliver(message)));
  await world.channel.sent.count(102);
  await world.write(anna, 'last');
  await world.channel.sent.count(103);

  const { messageIds } = await openHistory(testKeyring.payload, await handleOf(senderId).fetchHistory());
  const arrived = [...new Set(messageIds)].slice(2);
  expect(world.assistant.turns.all.map(({ turnId }) => turnId)).toEqual(arrived);
  expect(world.channel.sent.all.slice(2).map(({ text }) => text)).toEqual(world.assistant.turns.all.map(({ text }) => `echo: ${text}`));
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
  const senderId = await world.verify();
  const rounds = 30;
  let goneOn = 0;
  for (let round = 0; round < rounds; round += 1) {
    const late = await world.store(anna, `late ${round}`);
    const before = (await handleOf(senderId).describe()).runId;
    const told = tell(late, before, round, rounds);
    await world.write(anna, 'logout');
    await world.reply('sessionEndedByLogout');
    await told;
    await world.reply('askIdentifier');
    if ((await handleOf(senderId).describe()).runId === before) goneOn += 1;
    await world.verify();
    await world.said(`echo: late ${round}`);
  }
  expect(world.assistant.turns.all).toHaveLength(rounds);
  // Both ways were taken: the same run went on, and a new one began.
  expect(goneOn).toBeGreaterThan(0);
  expect(goneOn).toBeLessThan(rounds);
}, 120_000);

/** First while the farewell is being sent, last when the run is over, and between at ever later moments around its end. */
async function tell(late: StoredMessage, runId: string, round: number, rounds: number): Promise<void> {
  const { channel } = world;
  const handOver = channel.sendText.bind(channel);
  const farewell = new Promise<void>((resolve) => {
    channel.sendText = async (text) => {
      if (text.text !== world.text('sessionEndedByLogout')) return handOver(text);
      channel.sendText = handOver;
      if (round === 0) await world.deliver(late);
      return handOver(text).finally(resolve);
    };
  });
  await farewell;
  if (round === 0) return;
  if (round === rounds - 1) await world.env.client.workflow.getHandle(handleOf(late.senderId).workflowId, runId).result();
  else await new Promise((resolve) => { setTimeout(resolve, 4 * round); });
  await world.deliver(late);
}

test('an order that comes while no worker runs is carried out by the next one', async () => {
  const senderId = await world.verify();
  await world.stopWorker();
  // Without the limit within which an operator's command gives up: a worker may take longer to start.
  const order = handleOf(senderId)
    .executeUpdate<string, [OperatorOrder]>(updateNames.endSession, { args: [{ operator: 'tester' }] });
  await world.startWorker();
  expect(await order).toBe('ended');
  await world.reply('sessionEndedByOperator');
});
