// An operator ends a session while its assistant speaks.
import { startConversations } from '../../support/conversations';
import type { ConversationWorld } from '../../support/conversations';
import { anna } from '../../support/world';

let world: ConversationWorld;
beforeAll(async () => { world = await startConversations(); });
afterAll(async () => { await world.stop(); });

test('an operator who ends the session between two replies waits for none', async () => {
  await world.reset();
  await world.verify();
  world.assistant.answerTo = async (_turn, signal, memory) => {
    await memory.say!(0, { text: 'one' });
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
    });
  };
  const { senderId } = await world.write(anna, 'hello');
  await world.said('one');
  expect(await world.order(senderId, 'endSession')).toMatchObject({ outcome: 'done' });
  await world.reply('sessionEndedByOperator');
  expect(world.channel.sent.all).toHaveLength(4);
});
