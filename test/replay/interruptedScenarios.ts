// Conversations that are interrupted: by HR, by operators, by what is down.
import { Fault } from '../../src/domain/faults';
import type { ConversationWorld } from '../support/conversations';
import { anna, stranger } from '../support/world';
import { exhaust, issue, verify } from './scenario';
import type { Scenario } from './scenario';

export const interruptedScenarios: readonly Scenario[] = [
  {
    name: 'left-between-messages',
    covers: { session: ['relay'] },
    async play(world) {
      await verify(world);
      await world.leave('144133');
      const stored = await world.write(anna, 'hello');
      await world.reply('sessionEndedOther');
      await world.reply('askIdentifier');
      return stored;
    },
  },
  {
    name: 'left-between-replies',
    covers: { session: ['relay'] },
    async play(world) {
      await verify(world);
      world.assistant.answerTo = ({ text }) => ({
        replies: [{ text }, { text: 'two' }, { text: 'three' }], endTurn: true,
      });
      let left: Promise<void> | undefined;
      world.channel.before = ({ text }) => {
        if (text === 'one') left = world.leave('144133');
        return undefined;
      };
      // What HR says takes a moment: the next reply waits for it, so that the recording is always the same.
      const send = world.channel.sendText.bind(world.channel);
      world.channel.sendText = async (text) => {
        const sent = await send(text);
        await left;
        return sent;
      };
      const stored = await world.write(anna, 'one');
      await world.said('one');
      await world.reply('sessionEndedOther');
      world.channel.sendText = send;
      return stored;
    },
  },
  {
    name: 'ended-while-the-assistant-thinks',
    covers: { session: ['relay'] },
    async play(world) {
      const stored = await verify(world);
      world.assistant.answerTo = (_turn, signal) => new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
      });
      await world.write(anna, 'think');
      await world.assistant.turns.count(1);
      await world.order(stored.senderId, 'endSession');
      await world.reply('sessionEndedByOperator');
      return stored;
    },
  },
  {
    name: 'unlocked-and-verified',
    covers: { locked: ['notice'], identify: ['issue'] },
    async play(world) {
      const stored = await exhaust(world);
      await world.code();
      await world.order(stored.senderId, 'unlock');
      await world.env.client.workflow.getHandle(`wa-${stored.senderId}`).result();
      await issue(world, stranger);
      await world.write(stranger, await world.code());
      await world.reply('verified');
      return stored;
    },
  },
  {
    name: 'cancelled-while-a-question-waits',
    covers: { identify: ['holdAndAsk'], confirm: ['cancel'] },
    async play(world) {
      await world.write(anna, 'where is my order?');
      await world.reply('askIdentifier');
      await issue(world);
      const stored = await world.write(anna, 'logout');
      await world.reply('cancelled');
      await world.skip('16 minutes');
      return stored;
    },
  },
  {
    name: 'code-cannot-be-delivered',
    covers: { identify: ['issue'] },
    async play(world) {
      world.carrier.before = () => ({ outcome: 'undeliverable', code: '21211' });
      const stored = await issue(world);
      await world.skip('6 minutes');
      await world.reply('codeExpired');
      return stored;
    },
  },
  {
    name: 'code-missed-after-a-call-that-a-budget-held-back',
    covers: { identify: ['issue'], confirm: ['call'] },
    policy: { knownSendsPerHourMax: 1 },
    async play(world) {
      world.carrier.before = () => ({ outcome: 'undeliverable', code: '30003' });
      const stored = await issue(world);
      await untilFailed(world);
      await world.backdateSends(61);
      await world.write(anna, 'call me');
      await world.reply('codeByCall');
      if (await world.tellMissed() !== 1) throw new Error('nobody was told of the SMS');
      await world.write(anna, 'cancel');
      await world.reply('cancelled');
      return stored;
    },
  },
  {
    name: 'code-by-the-next-way',
    covers: { identify: ['issue'], confirm: ['call', 'guess'] },
    async play(world) {
      for (const carrier of world.carriers.values()) carrier.before = () => ({ outcome: 'undeliverable', code: '30003' });
      await issue(world);
      // By SMS, then by a call; then there is no other way.
      for (const tellings of [1, 2]) {
        await untilFailed(world);
        if (await world.tellMissed() !== 1) throw new Error(`the code of telling ${tellings} did not fail`);
      }
      for (const carrier of world.carriers.values()) carrier.before = () => undefined;
      await world.backdateSends(61);
      await world.write(anna, 'call me');
      await world.reply('codeByCall');
      const [carried] = await world.carriers.get('call')!.carried.count(1);
      const stored = await world.write(anna, carried!.code);
      await world.reply('verified');
      return stored;
    },
  },
  {
    name: 'reply-cannot-be-delivered',
    covers: { session: ['relay'] },
    async play(world) {
      await verify(world);
      world.assistant.answerTo = () => ({ replies: [{ text: 'one' }, { text: 'two' }], endTurn: true });
      world.channel.before = ({ text }) => text === 'one' ? { outcome: 'undeliverable', code: '63013' } : undefined;
      const stored = await world.write(anna, 'hello');
      await world.said('two');
      return stored;
    },
  },
  {
    name: 'chat-and-sms-down',
    covers: { identify: ['issue'] },
    async play(world) {
      const down = (): never => { throw new Fault('unavailable', 'twilio', '503'); };
      world.channel.before = down;
      world.carrier.before = down;
      const stored = await world.write(anna, '144133');
      await world.skip('10 minutes');
      world.channel.before = () => undefined;
      world.carrier.before = () => undefined;
      await world.skip('20 seconds');
      await world.reply('codeExpired');
      await verify(world);
      return stored;
    },
  },
  {
    name: 'database-down',
    covers: { identify: ['issue'] },
    async play(world) {
      const stored = await world.store(anna, '144133');
      await world.cutDatabase();
      await world.deliver(stored);
      await world.skip('2 minutes');
      await world.mendDatabase();
      await world.skip('40 seconds');
      await world.reply('codeSent', { minutes: 5 });
      await world.write(anna, await world.code());
      await world.reply('verified');
      return stored;
    },
  },
  {
    name: 'answer-kept-as-its-turn-is-given-up',
    covers: { session: ['relay'] },
    async play(world) {
      const { senderId } = await verify(world);
      let runs = 0;
      world.assistant.answerTo = async (turn) => {
        if ((runs += 1) === 2) return { replies: [{ text: 'It is approved.' }], endTurn: true };
        await world.relay(turn, senderId);
        throw new Fault('refused', 'assistant', 'too late');
      };
      await world.write(anna, 'question');
      await world.said('It is approved.');
      world.assistant.answerTo = () => { throw new Fault('refused', 'assistant', 'invalid body'); };
      const stored = await world.write(anna, 'hello');
      await world.reply('assistantUnavailable');
      return stored;
    },
  },
  {
    name: 'a-stronger-proof',
    covers: { identify: ['holdAndAsk', 'cancel', 'dispute', 'issue'], session: ['relay'] },
    async play(world) {
      world.assistant.answerTo = ({ verifiedAt }) => (Date.now() - verifiedAt.getTime() > 300_000
        ? { replies: [], endTurn: true, stepUp: true } : { replies: [{ text: 'It is approved.' }], endTurn: true });
      const askingOnceMore = async () => {
        await world.backdateSends(3_600);
        await verify(world);
        await world.pool.query(`UPDATE sessions SET opened_at = opened_at - interval '6 minutes'`);
        await world.write(anna, '4500000002');
        await world.reply('sessionEndedStepUp');
        await world.reply('askIdentifier');
      };
      await askingOnceMore();
      await world.write(anna, 'cancel');
      await world.reply('heldDropped');
      await askingOnceMore();
      await world.write(anna, 'not me');
      await world.reply('notMe');
      await askingOnceMore();
      await world.backdateSends(3_600);
      const stored = await verify(world);
      await world.said('It is approved.');
      return stored;
    },
  },
  {
    name: 'assistant-down',
    covers: { session: ['relay'] },
    async play(world) {
      await verify(world);
      world.assistant.answerTo = () => { throw new Fault('unavailable', 'assistant', '503'); };
      const stored = await world.write(anna, 'hello');
      await world.skip('6 minutes');
      await world.reply('assistantUnavailable');
      return stored;
    },
  },
];

/** Resolves when the latest send of the code is noted as failed. */
async function untilFailed({ pool }: ConversationWorld): Promise<void> {
  for (;;) {
    const { rowCount } = await pool.query(
      `SELECT FROM sends s JOIN challenges c ON c.id = s.challenge_id AND c.sends = s.ordinal
         JOIN outbox o ON o.key = s.challenge_id || ':' || s.method || ':' || s.ordinal
        WHERE o.state = 'failed' AND s.missed_at IS NULL`);
    if (rowCount === 1) return;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}
