// What operators and whoever else reaches Temporal do to a conversation: at once, audited, and never past the rules.
import { Fault } from '../../src/domain/faults';
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { anna, stranger, testPolicy } from '../support/world';

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

const handleOf = (senderId: string) => world.env.client.workflow.getHandle(`wa-${senderId}`);

test('an operator\'s end does not wait for replies that the provider does not take', async () => {
  const senderId = await world.verify();
  world.assistant.answerTo = () => ({ replies: [{ text: 'one' }, { text: 'two' }], endTurn: true });
  let tried = (): void => undefined;
  const isTried = new Promise<void>((resolve) => { tried = resolve; });
  world.channel.before = ({ text }) => {
    if (text !== 'one') return undefined;
    tried();
    throw new Fault('unavailable', 'twilio', '503');
  };
  await world.write(anna, 'hello');
  await isTried;
  expect(await world.order(senderId, 'endSession')).toMatchObject({ outcome: 'done' });
  await world.reply('sessionEndedByOperator');
  await world.skip('2 minutes');
  expect(world.channel.sent.all.map(({ text }) => text)).not.toContain('two');
});

test('an operator\'s end stops the replies of an assistant that does not hear of it', async () => {
  const senderId = await world.verify();
  let answer = (): void => undefined;
  world.assistant.answerTo = async () => {
    await new Promise<void>((resolve) => { answer = resolve; });
    return { replies: [{ text: 'one' }, { text: 'two' }], endTurn: true };
  };
  await world.write(anna, 'think');
  await world.assistant.turns.count(1);
  const ordered = handleOf(senderId).executeUpdate('endSession', { args: [{ operator: 'tester' }] });
  // Accepted, and then the turn ends all the same.
  const isAccepted = async () => (await handleOf(senderId).fetchHistory()).events!
    .some((event) => (event.workflowExecutionUpdateAcceptedEventAttributes ?? undefined) !== undefined);
  while (!await isAccepted()) await world.status(senderId);
  answer();
  expect(await ordered).toBe('ended');
  await world.reply('sessionEndedByOperator');
  expect(world.channel.sent.all.map(({ text }) => text)).not.toContain('one');
  expect(await world.unhandledTexts()).toBe(0);
});

test('a workflow that is cancelled while the assistant thinks leaves no message unsettled', async () => {
  const senderId = await world.verify();
  world.assistant.answerTo = (_turn, signal) => new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
  });
  await world.write(anna, 'think');
  await world.assistant.turns.count(1);
  await world.write(anna, 'and this?');
  await handleOf(senderId).cancel();
  expect(await handleOf(senderId).result()).toBe('ended');
  expect(await world.unhandledTexts()).toBe(0);
});

test('that a code ran out is how the conversation came out, although nobody wrote after it', async () => {
  const { senderId } = await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.skip('6 minutes');
  await world.reply('codeExpired');
  await world.skip('16 minutes');
  expect(await handleOf(senderId).result()).toBe('expired');
});

test('A72 a conversation that somebody starts with a policy outside its bounds keeps to them', async () => {
  await world.reset({ codeTriesMax: 32_767, codeDigitsStranger: 1 });
  await world.write(stranger, '144133');
  await world.reply('codeSent', { minutes: 5 });
  expect(await world.code()).toHaveLength(6);
  await world.write(stranger, '000000');
  await world.reply('wrongCode', { triesLeft: 9 });
});

test('a conversation that began before a number was thought of goes on with its default', async () => {
  const { heldAgeMs: _heldAge, codeTriesMax: _tries, ...older } = testPolicy;
  const stored = await world.store(stranger, '144133');
  await world.env.client.workflow.signalWithStart('conversation', {
    workflowId: `wa-${stored.senderId}`, taskQueue: 'doorman', args: [{ senderId: stored.senderId, policy: older }],
    signal: 'messageReceived', signalArgs: [{ messageId: stored.messageId }],
  });
  await world.reply('codeSent', { minutes: 5 });
  await world.write(stranger, '00000000');
  await world.reply('wrongCode', { triesLeft: 4 });
});

test('A72 a signal with what is no message id is not taken in', async () => {
  const { senderId } = await world.write(anna, 'hello');
  await world.reply('askIdentifier');
  for (const messageId of ['\0', '', 'SM 1', 'x'.repeat(65)]) await handleOf(senderId).signal('messageReceived', { messageId });
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  expect((await world.status(senderId))?.waitingMessages).toBe(0);
});
