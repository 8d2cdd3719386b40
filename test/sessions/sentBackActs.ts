// The activities on the paths of a message that is sent back for a stronger proof, as in test/activities/acts.ts.
import { confirmation, identifying, messageId, nextChallengeId, policy, relaying, write } from '../activities/acts';
import type { Case } from '../activities/acts';
import type { Act, ActivityWorld } from '../support/activityWorld';

export const nextSessionId = '00000000-0000-4000-8000-000000000004';

/** The assistant wants a proof that is younger than the session's. */
async function wanting(world: ActivityWorld, text: string): Promise<Act> {
  const act = await relaying(text)(world);
  world.assistant.answerTo = () => ({ replies: [{ text: 'not relayed' }], endTurn: true, stepUp: true });
  await world.pool.query(`UPDATE sessions SET opened_at = opened_at - interval '5 minutes'`);
  return act;
}

/** Says whose the message is. */
export async function sendBack(world: ActivityWorld, text: string): Promise<string> {
  await world.run(await wanting(world, text));
  const { rows: [row] } = await world.pool.query<{ senderId: string }>('SELECT sender_id AS "senderId" FROM sessions');
  return row!.senderId;
}

/** Somebody proves who they are in the chat whose session is over; then the message is relayed to theirs. */
export async function relayingNext(
  world: ActivityWorld, senderId: string, identifier: string, sentBack = messageId,
): Promise<Act> {
  await world.backdateSends(31);
  await write(world, identifier, 'SM-next');
  await world.run(({ identify }) => identify({ senderId, messageId: 'SM-next', challengeId: nextChallengeId, asked: true, policy }));
  await world.run(({ sendCode }) => sendCode({ challengeId: nextChallengeId, sends: 1 }));
  await write(world, world.carrier.carried.all.at(-1)!.code, 'SM-next-code');
  const next = { challengeId: nextChallengeId, sessionId: nextSessionId };
  await world.run(confirmation(senderId, { messageId: 'SM-next-code', ...next }));
  world.assistant.answerTo = () => ({ replies: [{ text: 'one' }, { text: 'two' }], endTurn: true });
  return ({ relay }) => relay({ messageId: sentBack, senderId, sessionId: nextSessionId, repliesMax: 10 });
}

export const sentBackActs: Record<string, Case> = {
  'relay asks for a fresh proof when the assistant does': {
    outcome: { reaction: 'closed' },
    prepare: (world) => wanting(world, 'a question'),
  },
  'identify reads nothing of what was sent back': {
    outcome: { reaction: 'holdAndAsk', bytes: 15, again: true },
    async prepare(world) {
      const senderId = await sendBack(world, 'my id is 144136');
      return ({ identify }) => identify({ senderId, messageId, challengeId: nextChallengeId, asked: false, policy });
    },
  },
  'relay gives what was sent back to the next session of its employee': {
    outcome: { reaction: 'relay', replies: 2 },
    prepare: async (world) => relayingNext(world, await sendBack(world, 'release it'), '144133'),
  },
  'relay drops what was sent back for another employee': {
    outcome: { reaction: 'relay', replies: 1 },
    prepare: async (world) => relayingNext(world, await sendBack(world, 'release it'), '144136'),
  },
  'relay drops what was sent back to a session that its employee disowned': {
    outcome: { reaction: 'relay', replies: 1 },
    async prepare(world) {
      const senderId = await sendBack(world, 'release it');
      await world.pool.query(`UPDATE sessions SET end_reason = 'disputed'`);
      return relayingNext(world, senderId, '144133');
    },
  },
  'identify drops what waits on CANCEL': { outcome: { reaction: 'cancel' }, prepare: identifying('cancel') },
};
