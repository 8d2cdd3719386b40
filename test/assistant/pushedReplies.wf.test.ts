// Assistants that answer late, in pieces, or never: what people read of it, in which order, and what they need not wait for.
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { anna } from '../support/world';

let world: ConversationWorld;

// Workers come and go: none is told in vain what another one kept.
const forgetful = { forgetful: true };

beforeAll(async () => {
  world = await startConversations();
  await world.stopWorker();
  await world.startWorker(forgetful);
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
  await world.verify();
  world.assistant.answerTo = () => ({ replies: [], endTurn: false });
});

/** What the chat read since the person was verified. */
const read = () => world.channel.sent.all.slice(2).map(({ text }) => text);

/** A message that the assistant has taken, and will answer later. */
async function ask(text: string): Promise<string> {
  const { messageId } = await world.write(anna, text);
  while ((await world.pool.query('SELECT FROM turns WHERE message_id = $1', [messageId])).rowCount !== 1) await new Promise(setImmediate);
  return messageId;
}

test('replies that are pushed twenty seconds late, and in pieces, are read in order, each once', async () => {
  const turnId = await ask('hello');
  await world.skip('20 seconds');
  expect(await world.push(turnId, ['one', 'two'])).toEqual({ outcome: 'taken', taken: 2, dropped: 0 });
  await world.said('one');
  await world.said('two');
  await world.skip('1 minute');
  await world.push(turnId, ['three'], true);
  await world.said('three');
  await world.write(anna, 'logout');
  await world.reply('sessionEndedByLogout');
  expect(read()).toHaveLength(4);
});

test('what the assistant says at once is read before what it pushes', async () => {
  world.assistant.answerTo = () => ({ replies: [{ text: 'a moment' }, { text: 'please' }], endTurn: false });
  await world.push(await ask('hello'), ['here it is'], true);
  for (const text of ['a moment', 'please', 'here it is']) await world.said(text);
});

test('twenty replies that are pushed one by one are read in order', async () => {
  const turnId = await ask('hello');
  const texts = Array.from({ length: 20 }, (_, n) => `reply ${n}`);
  for (const text of texts) await world.push(turnId, [text]);
  for (const text of texts) await world.said(text);
  expect(await world.push(turnId, ['too many'])).toMatchObject({ taken: 0, dropped: 1 });
});

test('the next message does not wait for an open turn, and neither turn\'s replies are mixed with the other\'s', async () => {
  const first = await ask('first');
  const second = await ask('second');
  await world.push(second, ['second a', 'second b']);
  await world.push(first, ['first a', 'first b'], true);
  for (const text of ['second a', 'second b', 'first a', 'first b']) await world.said(text);
  world.assistant.answerTo = () => ({ replies: [{ text: 'at once' }], endTurn: true });
  await world.write(anna, 'third');
  await world.said('at once');
  await world.push(second, ['second c'], true);
  await world.said('second c');
});

test('LOGOUT does not wait for an open turn, and nothing that is pushed later is read', async () => {
  const turnId = await ask('hello');
  await world.write(anna, 'logout');
  await world.reply('sessionEndedByLogout');
  expect(await world.push(turnId, ['too late'])).toEqual({ outcome: 'over' });
  await world.write(anna, 'hello again');
  await world.reply('askIdentifier');
  expect(read().join()).not.toContain('too late');
});

test('A55 what was pushed for somebody who has left since is not read', async () => {
  const turnId = await ask('hello');
  await world.stopWorker();
  expect(await world.push(turnId, ['for an employee'], true)).toMatchObject({ outcome: 'taken' });
  await world.leave('144133');
  await world.startWorker(forgetful);
  await world.reply('sessionEndedOther');
  expect(read().join()).not.toContain('for an employee');
});

/** A message whose answer, which leaves the turn open, is kept, and of which its conversation does not know yet. */
async function askUnknown(text: string): Promise<string> {
  const asked = new Promise<() => void>((isAsked) => {
    world.assistant.answerTo = () => new Promise((answer) => isAsked(() => answer({ replies: [], endTurn: false })));
  });
  const { messageId } = await world.write(anna, text);
  const answer = await asked;
  // Takes nothing new, and ends what it has.
  const stopped = world.stopWorker();
  answer();
  await stopped;
  return messageId;
}

test('A55 what was pushed right behind the answer, for somebody who left, is not read, and they are told', async () => {
  const turnId = await askUnknown('hello');
  expect(await world.push(turnId, ['for an employee'], true)).toMatchObject({ outcome: 'taken' });
  await world.leave('144133');
  await world.startWorker(forgetful);
  await world.reply('sessionEndedOther');
  expect(read().join()).not.toContain('for an employee');
});

test('what is told right behind the answer, of a turn that goes on, is heeded', async () => {
  await askUnknown('hello');
  await world.turnIs('over');
  await world.startWorker(forgetful);
  await world.reply('assistantUnavailable');
});

test('what was pushed while no worker runs is read when there is one', async () => {
  const turnId = await ask('hello');
  await world.stopWorker();
  await world.push(turnId, ['one']);
  await world.push(turnId, ['two'], true);
  await world.startWorker(forgetful);
  await world.said('one');
  await world.said('two');
});

test('a conversation that is told again and again says it once', async () => {
  const turnId = await ask('hello');
  await world.push(turnId, ['one']);
  await world.said('one');
  for (let time = 0; time < 3; time += 1) await world.turnIs('slow');
  await world.push(turnId, ['two'], true);
  await world.said('two');
  expect(read()).toEqual(['one', 'two']);
});

test('a turn that takes long is said to, once, and answered all the same', async () => {
  const turnId = await ask('hello');
  await world.turnIs('slow');
  await world.reply('stillWorking');
  await world.turnIs('slow');
  await world.push(turnId, ['one'], true);
  await world.said('one');
  expect(read()).toHaveLength(2);
});

test('a turn that is never answered is said to be unanswered, once its time is over', async () => {
  const turnId = await ask('hello');
  await world.turnIs('over');
  await world.reply('assistantUnavailable');
  expect(await world.push(turnId, ['too late'])).toEqual({ outcome: 'ended' });
  world.assistant.answerTo = () => ({ replies: [{ text: 'here again' }], endTurn: true });
  await world.write(anna, 'still there?');
  await world.said('here again');
});

test('a turn that is ended without a word leaves it at that', async () => {
  await world.push(await ask('hello'), [], true);
  world.assistant.answerTo = () => ({ replies: [{ text: 'yes?' }], endTurn: true });
  await world.write(anna, 'still there?');
  await world.said('yes?');
  expect(read()).toEqual(['yes?']);
});

test('A72 a signal of a turn that is none is looked up in vain, and one with what is no id is not taken in', async () => {
  const turnId = await ask('hello');
  const { rows: [row] } = await world.pool.query<{ id: string }>('SELECT sender_id AS id FROM sessions');
  const handle = world.env.client.workflow.getHandle(`wa-${row!.id}`);
  for (const messageId of ['SM-nobody', '\0', '', 'x'.repeat(65)]) await handle.signal('repliesReady', { messageId });
  await handle.signal('repliesReady');
  await world.push(turnId, ['one'], true);
  await world.said('one');
});
