// What is down closes the door for a while: nothing is lost, nothing is done twice, and what people read meanwhile
// does not tell an employee from anybody else.
import { Fault } from '../../src/domain/faults';
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

const down = (): never => { throw new Fault('unavailable', 'twilio', '503'); };
const everybody = [['a registered', '144133'], ['an unknown', '999999'], ['a departed', '144134']] as const;

/** What the chat read since the test began. */
const read = (): string[] => world.channel.sent.all.map(({ text }) => text);

test.each(everybody)('while the chat is down for ten minutes %s employee\'s code runs out, and one notice says so', async (_, identifier) => {
  world.channel.before = down;
  world.carrier.before = down;
  await world.write(stranger, identifier);
  await world.skip('10 minutes');
  expect(read()).toEqual([]);
  world.channel.before = () => undefined;
  world.carrier.before = () => undefined;
  await world.skip('20 seconds');
  await world.reply('codeExpired');
  await world.write(stranger, identifier);
  await world.reply('codeSent', { minutes: 5 });
  expect(read()).toHaveLength(2);
});

test.each(everybody)('while SMS is down for ten minutes %s employee reads that the code was sent and that it ran out', async (_, identifier) => {
  world.carrier.before = down;
  await world.write(stranger, identifier);
  await world.reply('codeSent', { minutes: 5 });
  await world.skip('10 minutes');
  await world.reply('codeExpired');
  world.carrier.before = () => undefined;
  await world.skip('1 minute');
  expect(world.carrier.carried.all).toEqual([]);
  expect(read()).toHaveLength(2);
});

test('a right code that was typed in time is taken, although the chat was down until after its end', async () => {
  world.channel.before = down;
  await world.write(anna, '144133');
  await world.write(anna, await world.code());
  await world.skip('6 minutes');
  world.channel.before = () => undefined;
  await world.skip('20 seconds');
  await world.reply('verified');
});

test('a code is tried again as long as it counts', async () => {
  world.carrier.before = down;
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.skip('3 minutes');
  world.carrier.before = () => undefined;
  await world.skip('20 seconds');
  await world.write(anna, await world.code());
  await world.reply('verified');
});

test('while the database is down for ten minutes a message waits, and is then answered once', async () => {
  const message = await world.store(anna, 'my id is 144133');
  await world.cutDatabase();
  await world.deliver(message);
  await world.skip('10 minutes');
  expect(read()).toEqual([]);
  await world.mendDatabase();
  await world.skip('40 seconds');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(anna, await world.code());
  await world.reply('verified');
  expect(read()).toHaveLength(2);
});

test('a code typed while the database is down is judged when it is back', async () => {
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  const guess = await world.store(anna, await world.code());
  await world.cutDatabase();
  await world.deliver(guess);
  await world.skip('2 minutes');
  await world.mendDatabase();
  await world.skip('40 seconds');
  await world.reply('verified');
});

test('a question asked while the assistant is down for three minutes is answered once it is back', async () => {
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(anna, await world.code());
  await world.reply('verified');
  world.assistant.answerTo = () => { throw new Fault('unavailable', 'assistant', '503'); };
  await world.write(anna, 'hello');
  await world.skip('3 minutes');
  world.assistant.answerTo = () => ({ replies: [{ text: 'back' }], endTurn: true });
  await world.skip('20 seconds');
  await world.said('back');
});

test('an assistant that is down for longer than five minutes costs one apology, and the next question finds it back', async () => {
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(anna, await world.code());
  await world.reply('verified');
  world.assistant.answerTo = () => { throw new Fault('unavailable', 'assistant', '503'); };
  await world.write(anna, 'hello');
  await world.skip('6 minutes');
  await world.reply('assistantUnavailable');
  world.assistant.answerTo = () => ({ replies: [{ text: 'back' }], endTurn: true });
  await world.write(anna, 'again');
  await world.said('back');
});

test('a first question that the assistant cannot answer after verification costs one apology', async () => {
  world.assistant.answerTo = () => { throw new Fault('refused', 'assistant', '422'); };
  await world.write(anna, 'where is my order?');
  await world.reply('askIdentifier');
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(anna, await world.code());
  await world.reply('verified');
  await world.reply('assistantUnavailable');
});
