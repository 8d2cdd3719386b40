// Choices whose payload the assistant wants to be told: good for the next turn of the session, and sealed until then.
import type { AssistantAnswer } from '../../../src/assistant/assistant';
import { Fault } from '../../../src/domain/faults';
import { createActivityWorld } from '../../support/activityWorld';
import type { ActivityWorld } from '../../support/activityWorld';
import { anna } from '../../support/world';
import { replyKey } from '../../../src/domain/messages';
import { acts, messageId as first, sessionId } from '../../activities/acts';
import { nextSessionId, relayingNext } from '../../sessions/sentBackActs';

let world: ActivityWorld;
beforeAll(async () => {
  world = await createActivityWorld();
  world.assistant.hasPayloads = true;
});
afterAll(() => world.stop());
beforeEach(() => world.reset());

const offering: AssistantAnswer = {
  replies: [{ text: 'Which?', choices: ['Track it', 'Cancel it'] }], payloads: ['/track', '/cancel'], endTurn: true };
const said: AssistantAnswer = { replies: [{ text: 'done' }], endTurn: true };

/** Somebody verified to whom a list of choices is about to be sent. */
async function beforeOffer(): Promise<void> {
  const act = await acts['relay keeps what the assistant answers']!.prepare(world);
  world.assistant.answerTo = () => offering;
  await world.run(act);
  world.assistant.answerTo = () => said;
}

/** And who reads it. */
async function afterOffer(): Promise<void> {
  await beforeOffer();
  await send(first);
}

async function send(messageId: string, place = 0): Promise<void> {
  const senderId = await sender();
  await world.run(({ relayReply }) => relayReply({ key: replyKey(messageId, place), senderId, sessionId }));
}

/** Relays one more message; `again` for one that is tried again. */
async function write(text: string, messageId: string, { again = false, repliesMax = 10 } = {}): Promise<void> {
  if (!again) await world.write(anna, messageId, text);
  const senderId = await sender();
  await world.run(({ relay }) => relay({ messageId, senderId, sessionId, repliesMax }));
}

async function sender(): Promise<string> {
  const { rows: [row] } = await world.pool.query<{ senderId: string }>('SELECT sender_id AS "senderId" FROM sessions');
  return row!.senderId;
}

const told = () => world.assistant.turns.all.slice(1).map(({ text, payload }) => [text, payload]);

test('who answers by number or title has the assistant told its payload, and the next turn not', async () => {
  await afterOffer();
  await write('2', 'SM-2');
  await write('2', 'SM-3');
  expect(told()).toEqual([['2', '/cancel'], ['2', undefined]]);
});

test('other words are words, and the offer is over with them', async () => {
  await afterOffer();
  await write('what else is there?', 'SM-2');
  await write('2', 'SM-3');
  expect(told()).toEqual([['what else is there?', undefined], ['2', undefined]]);
});

test('what was written before the list could be read chooses nothing of it, and it is over all the same', async () => {
  await world.write(anna, 'SM-2', '2');
  await afterOffer();
  await write('2', 'SM-2', { again: true });
  await write('2', 'SM-3');
  expect(told()).toEqual([['2', undefined], ['2', undefined]]);
});

test('what was written before the list was out chooses nothing of it, however long it had waited', async () => {
  await beforeOffer();
  await world.write(anna, 'SM-2', '2');
  await send(first);
  await world.owner.query(`UPDATE outbox SET settled_at = settled_at + interval '1 minute'`);
  await write('2', 'SM-2', { again: true });
  expect(told()).toEqual([['2', undefined]]);
});

test('a list that never got out is no list', async () => {
  await beforeOffer();
  world.channel.before = () => ({ outcome: 'undeliverable', code: '63024' });
  await send(first);
  world.channel.before = () => undefined;
  await write('2', 'SM-2');
  expect(told()).toEqual([['2', undefined]]);
});

test('a list among other replies is out when its own part is', async () => {
  const act = await acts['relay keeps what the assistant answers']!.prepare(world);
  world.assistant.answerTo = () => ({ ...offering, replies: [{ text: 'first' }, ...offering.replies, { text: 'last' }] });
  await world.run(act);
  world.assistant.answerTo = () => said;
  await send(first, 1);
  await write('2', 'SM-2');
  expect(told()).toEqual([['2', '/cancel']]);
});

test('each answer replaces what was offered before it', async () => {
  await afterOffer();
  world.assistant.answerTo = () => ({ ...offering, payloads: ['/again', '/stop'] });
  await write('1', 'SM-2');
  await send('SM-2');
  await write('1', 'SM-3');
  expect(told()).toEqual([['1', '/track'], ['1', '/again']]);
});

test('a turn that is tried again is the same turn; one that was never taken leaves the offer to the next', async () => {
  await afterOffer();
  world.assistant.answerTo = async (_turn, _signal, memory) => {
    await memory.give();
    await memory.takeBack();
    throw new Fault('unavailable', 'assistant', 'ECONNREFUSED');
  };
  await expect(write('1', 'SM-2')).rejects.toThrow('ECONNREFUSED');
  await expect(write('1', 'SM-2', { again: true })).rejects.toThrow('ECONNREFUSED');
  world.assistant.answerTo = () => said;
  await write('2', 'SM-3');
  expect(told()).toEqual([['1', '/track'], ['1', '/track'], ['2', '/cancel']]);
});

test('a turn that may have been taken ends the offer, though nobody answers it', async () => {
  await afterOffer();
  world.assistant.answerTo = async (_turn, _signal, memory) => {
    await memory.give();
    throw new Fault('unavailable', 'assistant', 'timeout');
  };
  await expect(write('1', 'SM-2')).rejects.toThrow('timeout');
  world.assistant.answerTo = () => said;
  await write('1', 'SM-3');
  expect(told()).toEqual([['1', '/track'], ['1', undefined]]);
});

test('a choice that needs a stronger proof is the same choice after it, and no other message is', async () => {
  await afterOffer();
  world.assistant.answerTo = async (_turn, _signal, memory) => {
    await memory.give();
    return { replies: [], endTurn: true, stepUp: true };
  };
  await world.pool.query(`UPDATE sessions SET opened_at = opened_at - interval '5 minutes'`);
  await write('2', 'SM-2');
  await world.write(anna, 'SM-3', '1');
  const senderId = await sender();
  await world.run(await relayingNext(world, senderId, '144133', 'SM-2'));
  await world.run(({ relay }) => relay({ messageId: 'SM-3', senderId, sessionId: nextSessionId, repliesMax: 10 }));
  expect(told()).toEqual([['2', '/cancel'], ['2', '/cancel'], ['1', undefined]]);
});

test('what a message that was not sent back chose in a session that is over is no choice in the next', async () => {
  await afterOffer();
  await world.pool.query(`UPDATE offered_choices SET taken_by = 'SM-2'`);
  await world.pool.query(`UPDATE sessions SET ended_at = clock_timestamp(), end_reason = 'idle'`);
  await world.write(anna, 'SM-2', '2');
  await world.run(await relayingNext(world, await sender(), '144136', 'SM-2'));
  expect(told()).toEqual([['2', undefined]]);
});

test('a list that was dropped, and that nobody reads, is not remembered', async () => {
  await afterOffer();
  world.assistant.answerTo = () => ({ ...offering, replies: [{ text: 'first' }, ...offering.replies] });
  await write('hello', 'SM-2', { repliesMax: 1 });
  await write('1', 'SM-3');
  expect(told()).toEqual([['hello', undefined], ['1', undefined]]);
});

test('what was offered lies sealed, and is none under a key that was retired', async () => {
  await afterOffer();
  const { rows } = await world.pool.query<{ text: string }>(`SELECT encode(choices_enc, 'escape') AS text FROM offered_choices`);
  expect(rows).toHaveLength(1);
  expect(rows[0]!.text).not.toMatch(/track|cancel/i);
  await world.pool.query(`UPDATE offered_choices SET choices_enc = decode('0104', 'hex') || 'gone' || choices_enc`);
  await write('2', 'SM-2');
  expect(told()).toEqual([['2', undefined]]);
});
