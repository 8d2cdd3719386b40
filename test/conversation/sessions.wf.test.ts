// What a session is worth, and who hears of it.
import { disputeByLink } from '../../src/otp/disputes';
import { disputeDeps } from '../../src/wiring';
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
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

test('A47 what needs a fresh proof waits for one, and is then done once', async () => {
  await world.verify();
  await world.pool.query(`UPDATE sessions SET opened_at = opened_at - interval '6 minutes'`);
  await world.backdateSends(31);
  world.assistant.answerTo = ({ verifiedAt }) => {
    const isOld = Date.now() - verifiedAt.getTime() > 300_000;
    return isOld ? { replies: [], endTurn: true, stepUp: true } : { replies: [{ text: 'released' }], endTurn: true };
  };
  await world.write(anna, 'release the payment');
  await world.reply('sessionEndedStepUp');
  await world.reply('askIdentifier');
  await world.write(anna, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(anna, await world.code());
  await world.reply('verified');
  await world.said('released');
  const turns = world.assistant.turns.all;
  expect(turns.map(({ text }) => text)).toEqual(['release the payment', 'release the payment']);
  expect(turns[1]!.conversationId).not.toBe(turns[0]!.conversationId);
});

test('R22 a session that its employee disputed by the link is over at the next message, which is not relayed', async () => {
  await world.verify();
  const { rows: [session] } = await world.pool.query<{ id: string }>('SELECT id FROM sessions');
  expect(await disputeByLink(disputeDeps(world.pool, testKeyring, () => undefined), session!.id)).toBe('disputed');
  await world.write(anna, 'salaries?');
  await world.reply('sessionEndedOther');
  await world.reply('askIdentifier');
  expect(world.assistant.turns.all).toEqual([]);
});
