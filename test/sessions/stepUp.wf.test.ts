// An assistant wants a stronger proof for an action: the message waits, the person learns what for, and it goes once.
import type { AssistantAnswer } from '../../src/assistant/assistant';
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import { anna, annaPrivate } from '../support/world';

const action = 'Release purchase order 4500000002';
let world: ConversationWorld;

beforeAll(async () => { world = await startConversations('skipping', { methods: ['sms', 'email'] }); });
afterAll(async () => { await world.stop(); });
beforeEach(async () => { await world.reset(); });

const released: AssistantAnswer = { replies: [{ text: 'released' }], endTurn: true };
const wanting = (stepUp: AssistantAnswer['stepUp']): AssistantAnswer => ({ replies: [], endTurn: true, stepUp: stepUp! });
const turns = () => world.assistant.turns.all;

async function prove(person = anna): Promise<void> {
  await world.backdateSends(31);
  await world.write(person, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(person, await world.code());
  await world.reply('verified');
}

async function grow(): Promise<void> {
  await world.pool.query(`UPDATE sessions SET opened_at = opened_at - interval '6 minutes'`);
}

const forAction = (what: string) =>
  `To go on with “${what}” you have to prove once more who you are. What you wrote is kept until then.`;

test('the person is told what the proof is for, and the message goes once to the session that follows', async () => {
  await world.verify();
  await grow();
  world.assistant.answerTo = ({ verifiedAt }) =>
    (Date.now() - verifiedAt.getTime() > 300_000 ? wanting({ action }) : released);
  await world.write(anna, 'release it');
  await world.said(forAction(action));
  await world.reply('askIdentifier');
  // It was sealed while it waited, and nobody reads it again.
  expect((await world.pool.query('SELECT step_up_enc FROM sessions')).rows).toEqual([{ step_up_enc: null }]);
  await prove();
  await world.said('released');
  expect(turns().map(({ text }) => text)).toEqual(['release it', 'release it']);
  expect(turns()[1]!.conversationId).not.toBe(turns()[0]!.conversationId);
  expect(turns()[1]!.verifiedAt.getTime()).toBeGreaterThan(turns()[0]!.verifiedAt.getTime());
});

test('an assistant that asks again at once is not heard, and nobody proves in a circle', async () => {
  await world.verify();
  await grow();
  world.assistant.answerTo = () => ({ ...wanting({ action }), replies: [{ text: 'again?' }] });
  await world.write(anna, 'release it');
  await world.said(forAction(action));
  await world.reply('askIdentifier');
  await prove();
  await world.said('again?');
});

test('a proof by another number counts where one by the chat\'s own does not', async () => {
  // Anna writes from a number that HR does not have: her code goes to the one that HR has.
  await world.write(annaPrivate, '144133');
  await world.reply('codeSent', { minutes: 5 });
  await world.write(annaPrivate, await world.code());
  await world.reply('verified');
  await world.pool.query(`UPDATE sessions SET assurance = 'low'`);
  world.assistant.answerTo = ({ assurance }) =>
    (assurance === 'low' ? wanting({ action, assurance: 'standard' }) : released);
  await world.write(annaPrivate, 'release it');
  await world.said(forAction(action));
  await world.reply('askIdentifier');
  await prove(annaPrivate);
  await world.said('released');
  expect(turns().map(({ assurance }) => assurance)).toEqual(['low', 'standard']);
});

test('whoever can prove no more here is told so, and asked for nothing', async () => {
  // HR has no other number of Anna's than the one that she writes from.
  await world.verify();
  world.assistant.answerTo = () => wanting({ action, assurance: 'standard' });
  await world.write(anna, 'release it');
  await world.said('This needs a stronger proof of who you are than you can give in this chat. Please do it in another way.');
  world.assistant.answerTo = ({ text }) => ({ replies: [{ text: `echo: ${text}` }], endTurn: true });
  await world.write(anna, 'and now?');
  await world.said('echo: and now?');
});
