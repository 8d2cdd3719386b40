// Workers come and go, at any stage and in the middle of what they do: the conversation goes on where it was.
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { anna, stranger } from '../support/world';
import type { Person } from '../support/world';

let world: ConversationWorld;

beforeAll(async () => {
  world = await startConversations();
  await restart();
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
});

async function restart(): Promise<void> {
  await world.stopWorker();
  await world.startWorker({ forgetful: true });
}

/** Writes while no worker runs. */
async function writeToNobody(person: Person, text: string): Promise<void> {
  await world.stopWorker();
  await world.write(person, text);
  await world.startWorker({ forgetful: true });
}

test('a worker that is replaced after every message changes nothing', async () => {
  await writeToNobody(anna, 'where is my order?');
  await world.reply('askIdentifier');
  await writeToNobody(anna, 'my id is 144133');
  await world.reply('codeSent', { minutes: 5 });
  const code = await world.code();
  await writeToNobody(anna, code === '000000' ? '000001' : '000000');
  await world.reply('wrongCode', { triesLeft: 4 });
  await writeToNobody(anna, code);
  await world.reply('verified');
  await world.said('echo: where is my order?');
  await writeToNobody(anna, 'and the next?');
  await world.said('echo: and the next?');
  await writeToNobody(anna, 'logout');
  await world.reply('sessionEndedByLogout');
});

test('a code runs out although the worker was replaced meanwhile', async () => {
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await restart();
  await world.skip('301 seconds');
  await world.reply('codeExpired');
});

test('A19 a lock lasts as long as it would have, with its one notice', async () => {
  const { senderId } = await world.write(stranger, '144133');
  for (let n = 0; n < 5; n += 1) await world.write(stranger, '12345678');
  await world.channel.sent.count(6);
  await restart();
  expect((await world.status(senderId))?.stage).toBe('locked');
  await writeToNobody(stranger, 'hello?');
  await world.channel.sent.count(7);
  await writeToNobody(stranger, 'anybody?');
  await world.skip('61 seconds');
  expect(world.channel.sent.all.slice(6).map(({ text }) => text)).toEqual([world.text('lockedNotice', { minutes: 1 })]);
  expect((await world.status(senderId))?.outcome).toBe('locked');
});

test('a session ends by silence although the worker was replaced meanwhile', async () => {
  await world.verify();
  await world.skip('20 minutes');
  await restart();
  await world.skip('11 minutes');
  await world.reply('sessionEndedIdle');
});

test('a turn of the assistant that was cut off is asked again, and answered once', async () => {
  await world.verify();
  world.assistant.answerTo = (_turn, signal) => new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
  });
  await world.write(anna, 'think');
  await world.assistant.turns.count(1);
  await world.stopWorker();
  world.assistant.answerTo = () => ({ replies: [{ text: 'thought' }], endTurn: true });
  await world.startWorker({ forgetful: true });
  await world.skip('30 seconds');
  await world.said('thought');
  expect(new Set(world.assistant.turns.all.map(({ turnId }) => turnId)).size).toBe(1);
  expect(world.channel.sent.all).toHaveLength(3);
});

test('a code that was cut off on its way is sent by the next worker', async () => {
  let cut = (): void => undefined;
  const stopped = new Promise<void>((resolve) => { cut = resolve; });
  const carry = world.carrier.carry.bind(world.carrier);
  world.carrier.carry = async (code) => {
    await stopped;
    world.carrier.carry = carry;
    throw new DOMException(`aborted ${code.to.length}`, 'AbortError');
  };
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  const stopping = world.stopWorker();
  cut();
  await stopping;
  await world.startWorker({ forgetful: true });
  await world.skip('30 seconds');
  await world.write(anna, await world.code());
  await world.reply('verified');
});
