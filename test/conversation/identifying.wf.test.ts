// Until it is known who writes: what is an ID, what is a question that must not be lost, and what is a code too late.
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

test('a question with a number, after the ID was asked for, is kept and answered', async () => {
  await world.write(anna, 'hello');
  await world.reply('askIdentifier');
  await world.write(anna, 'What is the status of purchase order 4500000001?');
  await world.reply('askIdentifierAgain');
  expect(await world.unhandledTexts()).toBe(2);
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(anna, await world.code());
  await world.reply('verified');
  await world.said('echo: hello');
  await world.said('echo: What is the status of purchase order 4500000001?');
});

test('who is verified reads that an earlier question could not be kept so long', async () => {
  await world.write(anna, 'where is my order?');
  await world.reply('askIdentifier');
  await world.skip('14 minutes');
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.skip('2 minutes');
  await world.write(anna, await world.code());
  await world.reply('verified');
  await world.reply('heldLost');
  expect(world.assistant.turns.all).toEqual([]);
});

test('a code that comes too late claims nobody, and the next ID gets a new one', async () => {
  await world.write(anna, 'where is my order?');
  await world.reply('askIdentifier');
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  const late = await world.code();
  await world.skip('6 minutes');
  await world.reply('codeExpired');
  for (const text of [`${late} is my otp`, late]) {
    await world.write(anna, text);
    await world.reply('askIdentifier');
  }
  const { rows } = await world.pool.query('SELECT state FROM challenges');
  expect(rows).toEqual([{ state: 'expired' }]);
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(anna, await world.code());
  await world.reply('verified');
  await world.said('echo: where is my order?');
});

test('the words that an SMS in another language tells to write are understood', async () => {
  for (const word of ['NICHT ICH', 'NO SOY YO', 'PAS MOI']) {
    await world.write(stranger, '144136');
    await world.reply('codeSent', { minutes: 5 });
    await world.write(stranger, word);
    await world.reply('notMe');
    await world.backdateSends(3_600);
  }
});
