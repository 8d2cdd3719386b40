// Every activity on each of its paths, with what went before it: for tests that repeat them and let them die.
import type { ChallengeActivities } from '../../activities/challenge';
import { takeBack } from '../../src/outbox/takenTexts';
import type { Act, ActivityWorld } from '../support/activityWorld';
import { anna, testPolicy } from '../support/world';

export interface Case {
  /** What the activity comes to, the first time and every other time. */
  readonly outcome: unknown;
  /** It asks a provider, who cannot tell two askers at the same moment apart: one worker at a time has it. */
  readonly asksProvider?: true;
  /** Plays what went before; answers with the activity as it is then run. */
  prepare(world: ActivityWorld): Promise<Act>;
}

type Confirm = Parameters<ChallengeActivities['confirm']>[0];

export const policy = testPolicy;
export const challengeId = '00000000-0000-4000-8000-000000000001';
export const nextChallengeId = '00000000-0000-4000-8000-000000000002';
export const sessionId = '00000000-0000-4000-8000-000000000003';
export const messageId = 'SM-message';

export const write = (world: ActivityWorld, text: string, id = messageId) => world.write(anna, id, text);

export const identifying = (text: string) => async (world: ActivityWorld): Promise<Act> => {
  const { senderId } = await write(world, text);
  return ({ identify }) => identify({ senderId, messageId, challengeId, asked: false, policy });
};

/** Somebody claims to be somebody, and their code is on its way. */
async function claimed(world: ActivityWorld, identifier = '144133'): Promise<{ senderId: string; code: string }> {
  const { senderId } = await write(world, identifier, 'SM-claim');
  await world.run(({ identify }) => identify({ senderId, messageId: 'SM-claim', challengeId, asked: true, policy }));
  await world.run(({ sendCode }) => sendCode({ challengeId, sends: 1 }));
  return { senderId, code: world.carrier.carried.all[0]?.code ?? '000000' };
}

export const confirmation = (senderId: string, changes: Partial<Confirm> = {}): Act => ({ confirm }) =>
  confirm({ senderId, messageId, challengeId, sessionId, policy, ...changes });

/** A message in the confirm stage; `text` makes it of the right code. */
const confirming = (text: (code: string) => string, changes?: Partial<Confirm>) => async (world: ActivityWorld) => {
  const { senderId, code } = await claimed(world);
  await write(world, text(code));
  return confirmation(senderId, changes);
};

/** As many wrong guesses. */
async function guess(world: ActivityWorld, times: number): Promise<void> {
  for (let n = 1; n <= times; n += 1) {
    const { senderId } = await write(world, '000000', `SM-wrong-${n}`);
    await world.run(confirmation(senderId, { messageId: `SM-wrong-${n}` }));
  }
}

async function verified(world: ActivityWorld): Promise<string> {
  const { senderId, code } = await claimed(world);
  await write(world, code, 'SM-code');
  await world.run(confirmation(senderId, { messageId: 'SM-code' }));
  world.assistant.answerTo = () => ({ replies: [{ text: 'one' }, { text: 'two' }], endTurn: true });
  return senderId;
}

export const relaying = (text: string) => async (world: ActivityWorld): Promise<Act> => {
  const senderId = await verified(world);
  await write(world, text);
  return ({ relay }) => relay({ messageId, senderId, sessionId, repliesMax: 10 });
};

async function relayed(world: ActivityWorld): Promise<Act> {
  const act = await relaying('a question')(world);
  await world.run(act);
  const { rows: [row] } = await world.pool.query<{ senderId: string }>('SELECT sender_id AS "senderId" FROM sessions');
  return ({ relayReply }) => relayReply({ key: `${messageId}:0`, senderId: row!.senderId, sessionId });
}

/** The assistant says one thing at once, and will say more. */
const answeringLater = async (world: ActivityWorld): Promise<Act> => {
  const act = await relaying('a question')(world);
  world.assistant.answerTo = () => ({ replies: [{ text: 'a moment' }], endTurn: false });
  return act;
};

const ending: Act = ({ endSession }) => endSession({ sessionId, reason: 'operator' });

/** The activities that decide something or speak: each is taken back whole, or done once. */
export const acts: Record<string, Case> = {
  'identify issues a code': { outcome: { reaction: 'issue', challengeId, method: 'sms', expiresInMs: 'some ms' }, prepare: identifying('my id is 144133') },
  'identify issues a decoy': { outcome: { reaction: 'issue', challengeId, method: 'sms', expiresInMs: 'some ms' }, prepare: identifying('my id is 999999') },
  'identify asks for patience': {
    outcome: { reaction: 'tooSoon', waitMs: 'some ms' },
    async prepare(world) {
      const { senderId } = await claimed(world);
      await write(world, 'my id is 144133');
      return ({ identify }) => identify({ senderId, messageId, challengeId: nextChallengeId, asked: false, policy });
    },
  },
  'identify takes note of NOT ME': { outcome: { reaction: 'dispute' }, prepare: identifying('not me') },
  'identify locks who claimed to be too many people': {
    outcome: { reaction: 'locked', lockedForMs: 'some ms' },
    async prepare(world) {
      // Two of them are one person's: nobody learns that from the limit.
      for (const [n, identifier] of ['144133', 'anna@acme.example', '999999'].entries()) {
        const id = `00000000-0000-4000-8000-0000000001${n}0`;
        const { senderId } = await write(world, identifier, `SM-claim-${n}`);
        await world.run(({ identify }) => identify({ senderId, messageId: `SM-claim-${n}`, challengeId: id, asked: true, policy }));
        await world.backdateSends(3_600);
      }
      return identifying('my id is 999997')(world);
    },
  },
  'identify holds a question': { outcome: { reaction: 'holdAndAsk', bytes: 18 }, prepare: identifying('where is my order?') },
  'identify replaces a code': {
    outcome: { reaction: 'issue', challengeId: nextChallengeId, method: 'sms', expiresInMs: 'some ms' },
    async prepare(world) {
      const { senderId } = await claimed(world);
      await world.backdateSends(31);
      await write(world, 'my id is 144133');
      return ({ identify }) => identify({ senderId, messageId, challengeId: nextChallengeId, asked: false, policy });
    },
  },
  'identify takes nobody for a code that came too late': {
    outcome: { reaction: 'ask' },
    async prepare(world) {
      const { senderId, code } = await claimed(world);
      await world.run(({ endChallenge }) => endChallenge({ challengeId, reason: 'expired' }));
      await write(world, code);
      return ({ identify }) => identify({ senderId, messageId, challengeId: nextChallengeId, asked: true, policy });
    },
  },
  'identify refuses a locked sender': {
    outcome: { reaction: 'locked', lockedForMs: 'some ms' },
    async prepare(world) {
      const { senderId } = await claimed(world);
      await guess(world, 5);
      await write(world, 'my id is 144133');
      return ({ identify }) => identify({ senderId, messageId, challengeId: nextChallengeId, asked: false, policy });
    },
  },
  'confirm takes the right code': { outcome: { reaction: 'right', endsInMs: 'some ms', method: 'sms' }, prepare: confirming((code) => `${code} is my otp`) },
  'confirm refuses a wrong code': { outcome: { reaction: 'wrong', triesLeft: 4 }, prepare: confirming(() => '000000') },
  'confirm refuses what a decoy awaits': {
    outcome: { reaction: 'wrong', triesLeft: 4 },
    async prepare(world) {
      await claimed(world, '999999');
      // Anna's number is nobody's here: a stranger's code has eight digits.
      const { senderId } = await write(world, '00000000');
      return confirmation(senderId);
    },
  },
  'confirm locks after the last wrong code': {
    outcome: { reaction: 'exhausted', lockedForMs: 'some ms' },
    async prepare(world) {
      await claimed(world);
      await guess(world, 4);
      const { senderId } = await write(world, '000000');
      return confirmation(senderId);
    },
  },
  'confirm evaluates nothing once the code is over': {
    outcome: { reaction: 'expired' },
    async prepare(world) {
      const { code } = await claimed(world);
      await world.run(({ endChallenge }) => endChallenge({ challengeId, reason: 'cancelled' }));
      const { senderId } = await write(world, code);
      return confirmation(senderId);
    },
  },
  'confirm sends the code again': {
    outcome: { reaction: 'resend', sends: 2 },
    async prepare(world) {
      await claimed(world);
      await world.backdateSends(31);
      const { senderId } = await write(world, 'resend');
      return confirmation(senderId);
    },
  },
  'confirm does not send the code again too soon': { outcome: { reaction: 'tooSoon', waitMs: 'some ms' }, prepare: confirming(() => 'resend') },
  'confirm voids the code on CANCEL': { outcome: { reaction: 'cancel' }, prepare: confirming(() => 'cancel') },
  'confirm voids the code on NOT ME': { outcome: { reaction: 'dispute' }, prepare: confirming(() => 'not me') },
  'confirm holds a question': { outcome: { reaction: 'holdAndHint', bytes: 18 }, prepare: confirming(() => 'where is my order?') },
  'a code that expires is ended': {
    outcome: null,
    async prepare(world) {
      await claimed(world);
      return ({ endChallenge }) => endChallenge({ challengeId, reason: 'expired' });
    },
  },
  'a locked sender is turned away': {
    outcome: { reaction: 'notice' },
    async prepare(world) {
      const { senderId } = await write(world, 'hello?');
      return ({ turnAway }) => turnAway({ messageId, senderId });
    },
  },
  'an operator unlocks': {
    outcome: null,
    async prepare(world) {
      const { senderId } = await claimed(world);
      await guess(world, 5);
      return ({ unlock }) => unlock({ senderId, operator: 'tester' });
    },
  },
  'a code is sent': {
    asksProvider: true,
    outcome: { outcome: 'handedOver' },
    async prepare(world) {
      const { senderId } = await write(world, '144133');
      await world.run(({ identify }) => identify({ senderId, messageId, challengeId, asked: true, policy }));
      return ({ sendCode }) => sendCode({ challengeId, sends: 1 });
    },
  },
  'a decoy is not sent': {
    outcome: { outcome: 'handedOver' },
    async prepare(world) {
      await claimed(world, '999999');
      return ({ sendCode }) => sendCode({ challengeId, sends: 2 });
    },
  },
  'a reply is sent': {
    asksProvider: true,
    outcome: { outcome: 'sent' },
    async prepare(world) {
      const { senderId } = await write(world, 'hello');
      return ({ reply }) => reply({ key: `${messageId}:answer`, senderId, text: { key: 'askIdentifier', params: {} } });
    },
  },
  'a code that does not arrive has no other way': {
    outcome: { reaction: 'none', why: 'noWay' },
    async prepare(world) {
      await claimed(world);
      return ({ failOver }) => failOver({ challengeId, sends: 1, policy });
    },
  },
  'a reply to somebody who wrote too long ago is parked': {
    outcome: { outcome: 'parked' },
    async prepare(world) {
      const { senderId } = await write(world, 'hello', 'SM-old');
      await world.owner.query(`UPDATE sender_addresses SET last_message_at = clock_timestamp() - interval '1 day'`);
      return ({ reply }) => reply({ key: 'SM-old:answer', senderId, text: { key: 'askIdentifier', params: {} } });
    },
  },
  'a parked reply goes before the next one': {
    asksProvider: true,
    outcome: { outcome: 'sent' },
    async prepare(world) {
      await world.run(await acts['a reply to somebody who wrote too long ago is parked']!.prepare(world));
      return acts['a reply is sent']!.prepare(world);
    },
  },
  'a text that was given back goes before the next one': {
    asksProvider: true,
    outcome: { outcome: 'sent' },
    async prepare(world) {
      const { senderId } = await write(world, 'hello', 'SM-old');
      await world.run(({ reply }) => reply({ key: 'SM-old:answer', senderId, text: { key: 'askIdentifier', params: {} } }));
      const { rows: [row] } = await world.pool.query<{ id: string; providerId: string }>(
        `SELECT id, provider_id AS "providerId" FROM outbox WHERE key = 'SM-old:answer'`);
      await takeBack(world.pool, { receiptId: row!.id, providerId: row!.providerId }, 1);
      world.channel.lost.add(row!.providerId);
      return acts['a reply is sent']!.prepare(world);
    },
  },
  'relay keeps what the assistant answers': { outcome: { reaction: 'relay', replies: 2 }, prepare: relaying('a question') },
  'relay opens a turn that is answered later': { outcome: { reaction: 'relay', replies: 1, open: true }, prepare: answeringLater },
  'news of a turn that is answered later are what waits to be sent': {
    outcome: { reaction: 'relay', from: 0, to: 1 },
    async prepare(world) {
      await world.run(await answeringLater(world));
      const { rows: [row] } = await world.pool.query<{ senderId: string }>('SELECT sender_id AS "senderId" FROM sessions');
      return ({ readNews }) => readNews({ messageId, senderId: row!.senderId, sessionId });
    },
  },
  'what a turn came to is what was kept of it': {
    outcome: { reaction: 'relay', replies: 1, open: true },
    async prepare(world) {
      await world.run(await answeringLater(world));
      const { rows: [row] } = await world.pool.query<{ senderId: string }>('SELECT sender_id AS "senderId" FROM sessions');
      return ({ keptOutcome }) => keptOutcome({ messageId, senderId: row!.senderId });
    },
  },
  'relay takes note of NOT ME': { outcome: { reaction: 'dispute' }, prepare: relaying('not me') },
  'relay ends the session on LOGOUT': { outcome: { reaction: 'end' }, prepare: relaying('logout') },
  'relay leaves the message when the session is over': {
    outcome: { reaction: 'closed' },
    async prepare(world) {
      const act = await relaying('a question')(world);
      await world.run(ending);
      return act;
    },
  },
  'a reply of the assistant is sent': { asksProvider: true, outcome: { outcome: 'sent' }, prepare: relayed },
  'a reply of the assistant stays in when the session is over': {
    outcome: { outcome: 'withheld' },
    async prepare(world) {
      const act = await relayed(world);
      await world.run(ending);
      return act;
    },
  },
  'a session is ended': {
    outcome: 'operator',
    async prepare(world) {
      await verified(world);
      return ending;
    },
  },
  'the replies that wait when a session ends stay in': {
    outcome: 'operator',
    async prepare(world) {
      await relayed(world);
      return ending;
    },
  },
  'messages are discarded': {
    outcome: null,
    async prepare(world) {
      const { senderId } = await write(world, 'one', 'SM-one');
      await write(world, 'two', 'SM-two');
      return ({ discard }) => discard({ senderId, messageIds: ['SM-one', 'SM-two'], reason: 'abandoned' });
    },
  },
};
