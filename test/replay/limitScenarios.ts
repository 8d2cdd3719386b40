// Conversations that come to the limits of the policy.
import { anna, stranger } from '../support/world';
import { exhaust, issue, verify } from './scenario';
import type { Scenario } from './scenario';

/** Last of all: what the server that skips time may forget when a run continues as new, would hold the others up. */
export const grownLong: Scenario = {
  name: 'grown-long',
  covers: { identify: ['holdAndAsk'], session: ['relay'] },
  continuesSoon: true,
  async play(world) {
    for (const question of ['a', 'b', 'c', 'd']) await world.write(anna, `question ${question}`);
    await world.channel.sent.count(4);
    await world.write(anna, 'question e');
    await world.channel.sent.count(5);
    await world.write(anna, '144133');
    await world.channel.sent.count(6);
    let answer = (): void => undefined;
    const thought = new Promise<void>((resolve) => { answer = resolve; });
    world.assistant.answerTo = async ({ text }) => {
      await thought;
      return { replies: [{ text: `echo: ${text}` }], endTurn: true };
    };
    const stored = await world.write(anna, await world.code());
    await world.assistant.turns.count(1);
    for (const question of ['f', 'g', 'h']) await world.write(anna, `question ${question}`);
    answer();
    await world.channel.sent.count(15);
    return stored;
  },
};

export const limitScenarios: readonly Scenario[] = [
  {
    name: 'resends-too-soon-and-too-many',
    covers: { confirm: ['resend'] },
    policy: { codeSendsMax: 2 },
    async play(world) {
      await issue(world);
      await world.write(anna, 'resend');
      await world.reply('resendTooSoon', { seconds: 30 });
      await world.backdateSends(31);
      await world.write(anna, 'resend');
      await world.reply('codeResent');
      await world.backdateSends(61);
      const stored = await world.write(anna, 'resend');
      await world.reply('resendExhausted');
      return stored;
    },
  },
  {
    name: 'codes-too-soon-after-one-another',
    covers: { identify: ['issue'] },
    async play(world) {
      await issue(world);
      await world.write(anna, 'cancel');
      await world.reply('cancelled');
      await world.write(anna, '144133');
      await world.reply('codeTooSoon', { seconds: 30 });
      await world.backdateSends(31);
      return issue(world);
    },
  },
  {
    name: 'guess-after-the-code-ran-out',
    covers: { confirm: ['guess'] },
    async play(world) {
      await issue(world);
      // The database's clock decides, and may be ahead of the conversation's timer.
      await world.pool.query(`UPDATE challenges SET expires_at = clock_timestamp() WHERE state = 'live'`);
      const stored = await world.write(anna, await world.code());
      await world.reply('codeExpired');
      return stored;
    },
  },
  {
    name: 'too-many-questions-held',
    covers: { identify: ['holdAndAsk'], confirm: ['holdAndHint'] },
    policy: { heldMessagesMax: 2 },
    async play(world) {
      await world.write(anna, 'question a');
      await world.reply('askIdentifier');
      for (const question of ['question b', 'question c']) {
        await world.write(anna, question);
        await world.reply('askIdentifierAgain');
      }
      await issue(world);
      await world.write(anna, 'question d');
      await world.reply('askCode');
      const stored = await world.write(anna, await world.code());
      await world.reply('verified');
      await world.reply('heldLost');
      await world.said('echo: question c');
      await world.said('echo: question d');
      return stored;
    },
  },
  {
    name: 'questions-held-for-too-long',
    covers: { identify: ['holdAndAsk'] },
    async play(world) {
      await world.write(anna, 'question a');
      await world.reply('askIdentifier');
      await world.skip('14 minutes');
      await issue(world);
      await world.skip('2 minutes');
      const stored = await world.write(anna, await world.code());
      await world.reply('verified');
      await world.reply('heldLost');
      await world.write(anna, 'question b');
      await world.said('echo: question b');
      return stored;
    },
  },
  {
    name: 'questions-lost-and-told',
    covers: { identify: ['holdAndAsk'] },
    policy: { heldMessagesMax: 1 },
    async play(world) {
      await world.write(anna, 'question a');
      await world.reply('askIdentifier');
      await world.write(anna, 'question b');
      await world.reply('askIdentifierAgain');
      const stored = await verify(world);
      await world.reply('heldLost');
      await world.said('echo: question b');
      return stored;
    },
  },
  {
    name: 'too-many-messages-at-once',
    covers: { identify: ['flood'], confirm: ['flood'], session: ['flood'] },
    async play(world) {
      await world.write(anna, '', { kind: 'flood' });
      await world.reply('flood');
      await issue(world);
      await world.write(anna, '', { kind: 'flood' });
      await world.reply('flood');
      const stored = await world.write(anna, await world.code());
      await world.reply('verified');
      await world.write(anna, '', { kind: 'flood' });
      await world.reply('flood');
      await world.write(anna, 'hello');
      await world.said('echo: hello');
      return stored;
    },
  },
  {
    name: 'session-too-old',
    covers: { session: ['relay'] },
    policy: { sessionAbsoluteMs: 5 * 60_000 },
    async play(world) {
      await verify(world);
      const stored = await world.write(anna, 'hello');
      await world.said('echo: hello');
      await world.skip('6 minutes');
      await world.reply('sessionEndedAge');
      return stored;
    },
  },
  {
    name: 'locked-and-back',
    covers: { locked: ['notice'], identify: ['issue'] },
    async play(world) {
      const stored = await exhaust(world);
      await world.write(stranger, 'one');
      await world.reply('lockedNotice', { minutes: 1 });
      await world.write(stranger, 'two');
      await world.skip('2 minutes');
      // The lock is the database's: the end of a conversation does not lift it.
      await world.write(stranger, 'my id is 144133');
      await world.reply('lockedNotice', { minutes: 1 });
      await world.write(stranger, 'three');
      await world.skip('2 minutes');
      return stored;
    },
  },
  {
    name: 'logged-out-and-back',
    covers: { session: ['end'], identify: ['holdAndAsk'] },
    async play(world) {
      const { senderId } = await verify(world);
      await world.write(anna, 'logout');
      await world.reply('sessionEndedByLogout');
      await world.env.client.workflow.getHandle(`wa-${senderId}`).result();
      await world.write(anna, 'hello again');
      await world.reply('askIdentifier');
      const stored = await verify(world);
      await world.said('echo: hello again');
      return stored;
    },
  },
];
