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
  `To go on with “${what}” you have to prove once more who you are. What you wrote is kept until then, unless you type *CANCEL*.`;

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

describe('a message that waits for a stronger proof', () => {
  afterEach(() => { world.channel.after = async () => undefined; });

  const turnTexts = () => turns().map(({ text }) => text);
  const wantsFresh = () => {
    world.assistant.answerTo = ({ verifiedAt }) =>
      (Date.now() - verifiedAt.getTime() > 300_000 ? wanting({ action }) : released);
  };

  /** Anna is verified, and the assistant wants a stronger proof for what she writes. */
  async function sentBack(text: string, message = {}): Promise<void> {
    await world.verify();
    await grow();
    wantsFresh();
    await world.write(anna, text, message);
    await world.said(forAction(action));
    await world.reply('askIdentifier');
  }

  test.each([
    ['4500000002', 'text'], ['dirk@acme.example', 'text'], ['for dirk, my id is 144136', 'text'], ['144136 or 144135?', 'text'],
    ['483920 is my otp', 'text'], ['cancel', 'text'], ['resend', 'text'], ['Release', 'button'],
  ] as const)('is none to us, even "%s" as a %s: it goes once to the session that follows', async (text, kind) => {
    await sentBack(text, { kind });
    await prove();
    await world.said('released');
    expect(turnTexts()).toEqual([text, text]);
    // It claimed to be nobody.
    expect((await world.pool.query('SELECT 1 FROM challenges')).rowCount).toBe(2);
  });

  test('goes before what was written meanwhile', async () => {
    await world.verify();
    await grow();
    let answer = (): void => undefined;
    const thought = new Promise<void>((resolve) => { answer = resolve; });
    world.assistant.answerTo = async () => {
      await thought;
      return wanting({ action });
    };
    await world.write(anna, 'release it');
    await world.assistant.turns.count(1);
    await world.write(anna, 'and tell me');
    wantsFresh();
    answer();
    await world.said(forAction(action));
    await world.reply('askIdentifier');
    await world.reply('askIdentifierAgain');
    await prove();
    await world.said('released');
    await world.said('released');
    expect(turnTexts()).toEqual(['release it', 'release it', 'and tell me']);
  });

  test('has its person asked who they are, although they were asked for the very same message before', async () => {
    await world.write(anna, 'release it');
    await world.reply('askIdentifier');
    world.assistant.answerTo = async () => {
      await grow();
      wantsFresh();
      return wanting({ action });
    };
    await prove();
    await world.said(forAction(action));
    await world.reply('askIdentifier');
    await prove();
    await world.said('released');
    expect(turnTexts()).toEqual(['release it', 'release it']);
  });

  test('A47 is not done in the name of another employee, who proves next on the same telephone', async () => {
    await sentBack('release it');
    await world.backdateSends(31);
    await world.write(anna, '144136');
    await world.reply('codeSent', { minutes: 5 });
    await world.write(anna, await world.code());
    await world.replyIn('de', 'verified');
    await world.replyIn('de', 'heldDropped');
    await world.write(anna, 'hello');
    await world.said('released');
    expect(turnTexts()).toEqual(['release it', 'hello']);
    expect(await world.unhandledTexts()).toBe(0);
  });

  test.each([
    ['cancel', 'heldDropped'], ['logout', 'heldDropped'], ['not me', 'notMe'],
  ] as const)('A47 is taken back by %s, and done by no later proof', async (word, key) => {
    await sentBack('release it');
    await world.write(anna, word);
    await world.reply(key);
    expect(await world.unhandledTexts()).toBe(0);
    await prove();
    await world.write(anna, 'hello');
    await world.said('released');
    expect(turnTexts()).toEqual(['release it', 'hello']);
  });

  test('A47 is taken back while a code is awaited, too', async () => {
    await sentBack('release it');
    await world.backdateSends(31);
    await world.write(anna, '144133');
    await world.reply('codeSent', { minutes: 5 });
    await world.code();
    await world.write(anna, 'cancel');
    await world.reply('cancelled');
    expect(await world.unhandledTexts()).toBe(0);
  });

  test('is kept for a quarter of an hour, and whoever proves later reads that it was lost', async () => {
    await sentBack('release it');
    await world.skip('10 minutes');
    await world.write(anna, 'are you there?');
    await world.reply('askIdentifierAgain');
    await world.skip('6 minutes');
    await prove();
    await world.reply('heldLost');
    await world.said('released');
    expect(turnTexts()).toEqual(['release it', 'are you there?']);
  });

  test('waits on, and is none to us, when the next session ends before it was relayed', async () => {
    await sentBack('4500000002');
    world.channel.after = async ({ text }) => {
      if (text === world.text('verified')) await world.leave('144133');
    };
    await prove();
    await world.reply('sessionEndedOther');
    await world.reply('askIdentifier');
    expect(turnTexts()).toEqual(['4500000002']);
    expect((await world.pool.query('SELECT 1 FROM challenges')).rowCount).toBe(2);
    expect(await world.unhandledTexts()).toBe(1);
  });
});
