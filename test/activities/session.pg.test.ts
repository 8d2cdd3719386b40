// What ends with a session, at once: what the assistant said and nobody has read yet.
import { holdSending } from '../../src/outbox/sendingControl';
import { createActivityWorld } from '../support/activityWorld';
import type { Act, ActivityWorld } from '../support/activityWorld';
import { sendBack } from '../sessions/sentBackActs';
import { acts, sessionId } from './acts';

let world: ActivityWorld;

beforeAll(async () => {
  world = await createActivityWorld();
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
});

const replies = async () => (await world.pool.query(
  `SELECT state, fault, text_enc IS NULL AS wiped FROM outbox WHERE key LIKE 'SM-message:%' ORDER BY key`)).rows;

test('R59 the replies that wait are withheld with the session, and their words destroyed', async () => {
  const end = await acts['the replies that wait when a session ends stay in']!.prepare(world);
  expect(await replies()).toEqual(Array(2).fill({ state: 'pending', fault: null, wiped: false }));
  await world.run(end);
  expect(await replies()).toEqual(Array(2).fill({ state: 'withheld', fault: 'sessionOver', wiped: true }));
  expect(world.channel.sent.all).toEqual([]);
});

test('a reply that is being handed over at that moment is known as sent', async () => {
  const send = await acts['a reply of the assistant is sent']!.prepare(world);
  const handOver = world.channel.sendText.bind(world.channel);
  world.channel.sendText = async (text) => {
    await world.run(({ endSession }) => endSession({ sessionId, reason: 'operator' }));
    return handOver(text);
  };
  await world.run(send).finally(() => { world.channel.sendText = handOver; });
  const [first, second] = await replies();
  expect(first).toMatchObject({ state: 'sent', wiped: true });
  expect(second).toEqual({ state: 'withheld', fault: 'sessionOver', wiped: true });
});

test('replies beyond the limit are dropped, and the relay says how many', async () => {
  const relay = await acts['relay keeps what the assistant answers']!.prepare(world);
  world.assistant.answerTo = () => ({ replies: Array.from({ length: 13 }, (_, n) => ({ text: `reply ${n}` })), endTurn: true });
  expect(await world.run(relay)).toEqual({ reaction: 'relay', replies: 10, dropped: 3 });
  expect(await replies()).toHaveLength(10);
});

test('R29 a proof is fresh for five minutes to the second, and an answer that asks for one is then relayed', async () => {
  const relay = await acts['relay keeps what the assistant answers']!.prepare(world);
  world.assistant.answerTo = () => ({ replies: [{ text: 'done' }], endTurn: true, stepUp: true });
  await world.pool.query(`UPDATE sessions SET opened_at = opened_at - interval '4 minutes 50 seconds'`);
  expect(await world.run(relay)).toEqual({ reaction: 'relay', replies: 1 });
});

test('nobody is shown that the assistant types while the chat is held', async () => {
  const relay = await acts['relay keeps what the assistant answers']!.prepare(world);
  await holdSending(world.pool, ['chat'], true, 'tester');
  await world.run(relay).finally(() => holdSending(world.pool, ['chat'], false, 'tester'));
  expect(world.channel.typing.all).toEqual([]);
});

test('a message that was dropped since is not said to be kept for a stronger proof', async () => {
  const senderId = await sendBack(world, 'release it');
  const notice = (key: string): Act => ({ reply }) =>
    reply({ key, senderId, sessionId, text: { key: 'sessionEndedStepUp', params: {} } });
  await world.run(notice('kept'));
  await world.run(({ discard }) => discard({ senderId, messageIds: ['SM-message'], reason: 'interrupted' }));
  await world.run(notice('dropped'));
  expect(world.channel.sent.all.map(({ text }) => text)).toEqual([
    'For this you have to prove once more who you are. What you wrote is kept until then, unless you type *CANCEL*.',
    'Your session has ended. Write again to get a new code.',
  ]);
});
