// What the other tests of conversations stand on: time can be skipped whatever was still running.
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { anna } from '../support/world';

let world: ConversationWorld;

beforeAll(async () => {
  world = await startConversations();
});

afterAll(async () => {
  await world.stop();
});

test('an activity that its workflow did not wait for holds no time', async () => {
  for (let round = 0; round < 3; round += 1) {
    await world.reset();
    await world.write(anna, '144133');
    await world.reply('codeSent', { minutes: 5 });
    const { senderId } = await world.write(anna, await world.code());
    await world.reply('verified');
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      world.assistant.answerTo = async () => {
        resolve();
        await new Promise<void>((answered) => { answer = answered; });
        return { replies: [], endTurn: true };
      };
    });
    await world.write(anna, 'where is my order?');
    await asked;
    const conversation = world.env.client.workflow.getHandle(`wa-${senderId}`);
    await conversation.cancel();
    await conversation.result().catch(() => undefined);
    const began = Date.now();
    answer();
    await world.skip('10 hours');
    expect(Date.now() - began).toBeLessThan(30_000);
  }
}, 120_000);
