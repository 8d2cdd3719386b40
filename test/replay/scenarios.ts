// The conversations that are recorded: at least one for everything that a stage can do.
import { Fault } from '../../src/domain/faults';
import { anna, stranger } from '../support/world';
import { interruptedScenarios } from './interruptedScenarios';
import { grownLong, limitScenarios } from './limitScenarios';
import { exhaust, issue, verify } from './scenario';
import type { Scenario } from './scenario';

const usual: readonly Scenario[] = [
  {
    name: 'question-answered-after-verification',
    covers: { identify: ['holdAndAsk', 'issue'], confirm: ['guess'], session: ['relay'] },
    async play(world) {
      world.assistant.answerTo = () => ({
        replies: [{ text: 'It is approved.' }, { text: 'It arrives on Friday.' }], endTurn: true,
      });
      await world.write(anna, 'What is the status of purchase order 4500000001?');
      await world.reply('askIdentifier');
      const stored = await verify(world);
      await world.said('It is approved.');
      await world.said('It arrives on Friday.');
      return stored;
    },
  },
  {
    name: 'asked-until-an-identifier-comes',
    covers: { identify: ['ask', 'askOne', 'holdAndAsk', 'textOnly', 'ignore', 'issue'] },
    async play(world) {
      await world.write(anna, 'resend');
      await world.reply('askIdentifier');
      await world.write(anna, '144133 or 144136');
      await world.reply('severalIdentifiers');
      await world.write(anna, 'I do not remember');
      await world.reply('askIdentifierAgain');
      await world.write(anna, '', { kind: 'media' });
      await world.reply('textOnly');
      await world.write(anna, '', { kind: 'reaction' });
      return issue(world);
    },
  },
  {
    name: 'everything-but-the-code',
    covers: { confirm: ['hint', 'hintOne', 'holdAndHint', 'email', 'textOnly', 'ignore', 'resend'] },
    async play(world) {
      const stored = await issue(world);
      await world.write(anna, '12');
      await world.reply('askCode');
      await world.write(anna, '111111 222222');
      await world.reply('severalCodes');
      await world.write(anna, 'hello?');
      await world.reply('askCode');
      await world.write(anna, 'by e-mail');
      await world.reply('methodUnavailable');
      await world.write(anna, '', { kind: 'location' });
      await world.reply('textOnly');
      await world.write(anna, '', { kind: 'group' });
      await world.backdateSends(31);
      await world.write(anna, 'resend');
      await world.reply('codeResent');
      return stored;
    },
  },
  {
    name: 'wrong-codes-then-the-right-one',
    covers: { confirm: ['guess'], session: ['relay', 'textOnly', 'ignore', 'end'] },
    async play(world) {
      await issue(world);
      await world.write(anna, '000000');
      await world.reply('wrongCode', { triesLeft: 4 });
      const stored = await world.write(anna, await world.code());
      await world.reply('verified');
      await world.write(anna, 'hello');
      await world.said('echo: hello');
      await world.write(anna, '', { kind: 'media' });
      await world.reply('textOnly');
      await world.write(anna, '', { kind: 'edited' });
      await world.write(anna, 'logout');
      await world.reply('sessionEndedByLogout');
      return stored;
    },
  },
  {
    name: 'five-wrong-codes-lock',
    covers: { confirm: ['guess'], locked: ['notice', 'ignore'] },
    async play(world) {
      const stored = await exhaust(world);
      await world.write(stranger, 'hello?');
      await world.reply('lockedNotice', { minutes: 1 });
      await world.write(stranger, '', { kind: 'reaction' });
      await world.skip('2 minutes');
      return stored;
    },
  },
  {
    name: 'unknown-employee',
    covers: { identify: ['issue'], confirm: ['guess'] },
    async play(world) {
      const stored = await world.write(stranger, '999999');
      await world.reply('codeSent', { minutes: 5 });
      await world.write(stranger, '12345678');
      await world.reply('wrongCode', { triesLeft: 4 });
      return stored;
    },
  },
  {
    name: 'code-expired-and-asked-again',
    covers: { identify: ['issue'], confirm: ['guess'] },
    async play(world) {
      await issue(world);
      await world.code();
      await world.skip('6 minutes');
      await world.reply('codeExpired');
      return verify(world);
    },
  },
  {
    name: 'cancelled',
    covers: { confirm: ['cancel'] },
    async play(world) {
      const stored = await issue(world);
      await world.write(anna, 'cancel');
      await world.reply('cancelled');
      return stored;
    },
  },
  {
    name: 'disputed',
    covers: { confirm: ['dispute'] },
    async play(world) {
      const stored = await issue(world);
      await world.write(anna, 'not me');
      await world.reply('notMe');
      return stored;
    },
  },
  {
    name: 'not-me-from-the-own-chat',
    covers: { identify: ['dispute'], session: ['dispute'] },
    async play(world) {
      await world.write(anna, 'not me');
      await world.reply('notMe');
      await verify(world);
      const stored = await world.write(anna, 'not me!');
      await world.reply('notMe');
      return stored;
    },
  },
  {
    name: 'abandoned',
    covers: { identify: ['holdAndAsk'] },
    async play(world) {
      const stored = await world.write(anna, 'hello');
      await world.reply('askIdentifier');
      await world.skip('16 minutes');
      return stored;
    },
  },
  {
    name: 'idle-session',
    covers: { session: ['relay'] },
    async play(world) {
      const stored = await verify(world);
      await world.skip('29 minutes');
      await world.write(anna, 'still there');
      await world.said('echo: still there');
      await world.skip('31 minutes');
      await world.reply('sessionEndedIdle');
      return stored;
    },
  },
  {
    name: 'assistant-does-not-answer',
    covers: { session: ['relay'] },
    async play(world) {
      world.assistant.answerTo = () => { throw new Fault('refused', 'assistant', 'invalid body'); };
      await verify(world);
      const stored = await world.write(anna, 'hello');
      await world.reply('assistantUnavailable');
      return stored;
    },
  },
  {
    name: 'answered-later',
    covers: { session: ['relay'] },
    async play(world) {
      await verify(world);
      world.assistant.answerTo = () => ({ replies: [{ text: 'One moment.' }], endTurn: false });
      const stored = await world.write(anna, 'hello');
      await world.said('One moment.');
      await world.push(stored.messageId, ['It is approved.', 'It arrives on Friday.']);
      await world.said('It is approved.');
      await world.said('It arrives on Friday.');
      await world.push(stored.messageId, ['It has arrived.'], true);
      await world.said('It has arrived.');
      return stored;
    },
  },
  {
    name: 'answered-while-it-thinks',
    covers: { session: ['relay'] },
    async play(world) {
      await verify(world);
      const isRead = (words: string) => world.channel.sent.next(({ text }) => text === words);
      world.assistant.answerTo = async (_turn, _signal, memory) => {
        const replies = ['I look it up.', 'It is approved.', 'It arrives on Friday.'].map((text) => ({ text }));
        for (const place of [0, 1]) {
          await memory.say!(place, replies[place]!);
          await isRead(replies[place]!.text);
        }
        return { replies, endTurn: true };
      };
      const stored = await world.write(anna, 'hello');
      for (const words of ['I look it up.', 'It is approved.', 'It arrives on Friday.']) await world.said(words);
      return stored;
    },
  },
  {
    name: 'answered-never',
    covers: { session: ['relay'] },
    async play(world) {
      await verify(world);
      world.assistant.answerTo = () => ({ replies: [], endTurn: false });
      const stored = await world.write(anna, 'hello');
      await world.assistant.turns.count(1);
      await world.turnIs('slow');
      await world.reply('stillWorking');
      await world.turnIs('over');
      await world.reply('assistantUnavailable');
      return stored;
    },
  },
  {
    name: 'left-while-the-assistant-answers',
    covers: { session: ['relay'] },
    async play(world) {
      await verify(world);
      world.assistant.answerTo = async () => {
        await world.leave('144133');
        return { replies: [{ text: 'too late' }], endTurn: true };
      };
      const stored = await world.write(anna, 'hello');
      await world.reply('sessionEndedOther');
      return stored;
    },
  },
  {
    name: 'operator-ends-a-session',
    covers: { session: ['relay'] },
    async play(world) {
      const stored = await verify(world);
      await world.order(stored.senderId, 'endSession');
      await world.reply('sessionEndedByOperator');
      return stored;
    },
  },
  {
    name: 'operator-unlocks',
    covers: { locked: ['notice'] },
    async play(world) {
      const stored = await exhaust(world);
      await world.order(stored.senderId, 'unlock');
      return stored;
    },
  },
  {
    name: 'operator-resends',
    covers: { confirm: ['resend'] },
    async play(world) {
      const stored = await issue(world);
      await world.order(stored.senderId, 'resendCode');
      await world.backdateSends(31);
      await world.order(stored.senderId, 'resendCode');
      return stored;
    },
  },
  {
    name: 'cancelled-by-an-operator',
    covers: { session: ['relay'] },
    async play(world) {
      const stored = await verify(world);
      const handle = world.env.client.workflow.getHandle(`wa-${stored.senderId}`);
      await handle.cancel();
      await handle.result();
      return stored;
    },
  },
];

export const scenarios: readonly Scenario[] = [...usual, ...limitScenarios, ...interruptedScenarios, grownLong];
