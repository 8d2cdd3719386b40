// What an assistant says while its turn goes on is kept once, in order, whatever becomes of the try that heard it.
import type { AssistantAnswer, TurnMemory } from '../../../src/assistant/assistant';
import { Fault } from '../../../src/domain/faults';
import { createWiredPushes } from '../../../src/wiredActivities';
import { acts, sessionId } from '../../activities/acts';
import { createActivityWorld } from '../../support/activityWorld';
import type { Act, ActivityWorld } from '../../support/activityWorld';
import { DyingProcess } from '../../support/dyingProcess';
import { Visitor } from '../../activities/visitor';
import { anna, testKeyring } from '../../support/world';

const messageId = 'SM-message';
let world: ActivityWorld;
let relay: Act;

beforeAll(async () => { world = await createActivityWorld(); });
afterAll(() => world.stop());
beforeEach(async () => {
  await world.reset();
  relay = await acts['relay keeps what the assistant answers']!.prepare(world);
});

const repliesOf = (texts: readonly string[]) => texts.map((text) => ({ text }));
const end: Act = ({ endSession }) => endSession({ sessionId, reason: 'operator' });
const taken = { outcome: 'taken', taken: 1, dropped: 0 };

/** Says each as soon as it has it, as long as somebody may read it. */
async function say(memory: TurnMemory, ...texts: string[]): Promise<AssistantAnswer> {
  const replies = repliesOf(texts);
  for (const [place, reply] of replies.entries()) if (!await memory.say!(place, reply)) break;
  return { replies, endTurn: true };
}

const saying = (...texts: string[]) => {
  world.assistant.answerTo = (_turn, _signal, memory) => say(memory, ...texts);
};
/** As a try that ends before its answer is whole. */
const breaking = (...texts: string[]) => {
  world.assistant.answerTo = async (_turn, _signal, memory) => {
    await say(memory, ...texts);
    throw new Fault('unavailable', 'assistant', 'ECONNRESET');
  };
};

async function push(id: string, text: string) {
  const pushes = createWiredPushes(world.pool, testKeyring, new Set(), { tellNews: async () => 'told' }, { warn: () => undefined });
  const outcome = await pushes.take({ id, turnId: messageId, replies: [{ text }], endTurn: false });
  await pushes.drain();
  return outcome;
}

/** What is sent when everything that waits is sent, by place. */
async function read(session = sessionId): Promise<string[]> {
  const { rows } = await world.pool.query<{ key: string; senderId: string }>(
    `SELECT key, sender_id AS "senderId" FROM outbox WHERE key ~ '^SM-message:[0-9]+$' ORDER BY length(key), key`);
  const before = world.channel.sent.all.length;
  for (const { key, senderId } of rows) await world.run(({ relayReply }) => relayReply({ key, senderId, sessionId: session }));
  return world.channel.sent.all.slice(before).map(({ text }) => text);
}

test('F14 whenever a process dies while an assistant speaks, each reply is kept once, in order', async () => {
  const kept = new Set<number>();
  for (let dieAfter = 1; ; dieAfter += 1) {
    await world.reset();
    relay = await acts['relay keeps what the assistant answers']!.prepare(world);
    saying('one', 'two', 'three');
    const died = await world.run(relay, new DyingProcess(dieAfter)).then(() => false, () => true);
    if (!died) break;
    kept.add((await world.pool.query(`SELECT FROM outbox WHERE key ~ '^SM-message:[0-9]+$'`)).rowCount ?? 0);
    expect(await world.run(relay)).toMatchObject({ reaction: 'relay', replies: 3 });
    expect(await read()).toEqual(['one', 'two', 'three']);
  }
  // It died before, between and after them.
  expect(kept).toEqual(new Set([0, 1, 2, 3]));
});

test('what was kept stands when the next try hears something else, or less', async () => {
  breaking('one', 'two');
  await expect(world.run(relay)).rejects.toThrow('ECONNRESET');
  saying('uno', 'dos', 'tres');
  expect(await world.run(relay)).toEqual({ reaction: 'relay', replies: 3 });
  expect(await world.run(relay)).toEqual({ reaction: 'relay', replies: 3 });
  expect(await read()).toEqual(['one', 'two', 'tres']);
});

test('a next try that hears less takes nothing back', async () => {
  breaking('one', 'two');
  await expect(world.run(relay)).rejects.toThrow('ECONNRESET');
  saying('uno');
  expect(await world.run(relay)).toEqual({ reaction: 'relay', replies: 2 });
  expect(await read()).toEqual(['one', 'two']);
});

test('is news for its conversation at once, and its words are sealed', async () => {
  breaking('canary one', 'canary two');
  await expect(world.run(relay)).rejects.toThrow('ECONNRESET');
  const { rows: [row] } = await world.pool.query<{ id: string }>('SELECT sender_id AS id FROM sessions');
  expect(await world.run(({ readNews }) => readNews({ messageId, senderId: row!.id, sessionId })))
    .toEqual({ reaction: 'relay', from: 0, to: 2 });
  const { rows } = await world.owner.query(`SELECT o.*, encode(text_enc, 'escape') AS shown FROM outbox o`);
  expect(JSON.stringify(rows)).not.toContain('canary');
});

test('A55 nothing more is kept for somebody whose session is over, and the rest of the answer is dropped', async () => {
  const left: boolean[] = [];
  world.assistant.answerTo = async (_turn, _signal, memory) => {
    left.push(await memory.say!(0, { text: 'one' }));
    await world.run(end);
    left.push(await memory.say!(1, { text: 'two' }));
    return { replies: repliesOf(['one', 'two']), endTurn: true };
  };
  expect(await world.run(relay)).toEqual({ reaction: 'tooLate' });
  expect(left).toEqual([true, false]);
  expect(await read()).toEqual([]);
});

test('a turn of which something was said is not given to whoever proves next', async () => {
  breaking('one');
  await expect(world.run(relay)).rejects.toThrow('ECONNRESET');
  await world.run(end);
  expect(await world.run(relay)).toEqual({ reaction: 'tooLate' });
  expect((await world.pool.query('SELECT FROM inbox WHERE text_enc IS NOT NULL')).rowCount).toBe(0);
});

test('a turn that an earlier try may have given is not given to whoever proves next, though nothing was said', async () => {
  world.assistant.answerTo = () => { throw new Fault('unavailable', 'assistant', 'ECONNRESET'); };
  await expect(world.run(relay)).rejects.toThrow('ECONNRESET');
  await world.run(end);
  expect(await world.run(relay, undefined, 2)).toEqual({ reaction: 'tooLate' });
  expect((await world.pool.query('SELECT FROM inbox WHERE text_enc IS NOT NULL')).rowCount).toBe(0);
});

test('nothing more is kept of a turn that was given up', async () => {
  let isKept: boolean | undefined;
  world.assistant.answerTo = async (_turn, _signal, memory) => {
    const { rows: [row] } = await world.pool.query<{ id: string }>('SELECT sender_id AS id FROM sessions');
    await world.run(({ discard }) => discard({ senderId: row!.id, messageIds: [messageId], reason: 'unanswered' }));
    isKept = await memory.say!(0, { text: 'one' });
    return { replies: repliesOf(['one']), endTurn: true };
  };
  await world.run(relay);
  expect(isKept).toBe(false);
  expect(await read()).toEqual([]);
});

test('what is pushed while it speaks comes too early, and afterwards behind all of it', async () => {
  world.assistant.answerTo = async (_turn, _signal, memory) => {
    await memory.say!(0, { text: 'one' });
    expect(await push('p', 'three')).toEqual({ outcome: 'early' });
    return { replies: repliesOf(['one', 'two']), endTurn: false };
  };
  expect(await world.run(relay)).toEqual({ reaction: 'relay', replies: 2, open: true });
  expect(await push('p', 'three')).toEqual(taken);
  expect(await read()).toEqual(['one', 'two', 'three']);
});

test('a turn that is whole takes no pushes, and nobody is told of it again', async () => {
  saying('one');
  await world.run(relay);
  expect(await push('p', 'two')).toEqual({ outcome: 'ended' });
  expect((await world.owner.query('SELECT FROM turns WHERE due_at IS NOT NULL')).rowCount).toBe(0);
});

test('what is beyond the number that a turn may say is dropped and counted', async () => {
  saying(...Array.from({ length: 12 }, (_, n) => String(n)));
  expect(await world.run(relay)).toEqual({ reaction: 'relay', replies: 10, dropped: 2 });
  expect(await read()).toEqual(Array.from({ length: 10 }, (_, n) => String(n)));
});

test('an answer that breaks off after something was said ends with one apology behind it', async () => {
  world.assistant.answerTo = async (_turn, _signal, memory) => ({ ...await say(memory, 'one'), broken: true });
  expect(await world.run(relay)).toEqual({ reaction: 'relay', replies: 2, broken: true });
  expect(await read()).toHaveLength(2);
});

describe('a turn that comes again in another session', () => {
  interface Next { readonly senderId: string; readonly sessionId: string }

  /** Somebody proves in the same chat who they are, which ends the former session. */
  async function prove(employee: string): Promise<Next> {
    const visitor = new Visitor(world, anna);
    await visitor.claims(employee);
    await visitor.types(await visitor.code());
    const { rows: [next] } = await world.pool.query<Next>(
      'SELECT id AS "sessionId", sender_id AS "senderId" FROM sessions WHERE ended_at IS NULL');
    return next!;
  }

  const relayTo = (next: Next) => world.run((activities) => activities.relay({ messageId, ...next, repliesMax: 10 }));
  const newsOf = (next: Next) => world.run(({ readNews }) => readNews({ messageId, ...next }));

  test('goes on behind what the former one was told', async () => {
    world.assistant.answerTo = async (_turn, _signal, memory) => ({ ...await say(memory, 'I look'), stepUp: true });
    await world.pool.query(`UPDATE sessions SET opened_at = opened_at - interval '1 hour'`);
    expect(await world.run(relay)).toEqual({ reaction: 'closed' });
    // As its conversation does then.
    await world.run(end);
    const next = await prove('144133');
    saying('I look', 'released');
    expect(await relayTo(next)).toEqual({ reaction: 'relay', replies: 3, from: 1 });
    expect(await read(next.sessionId)).toEqual(['I look', 'released']);
  });

  // One that was kept in the very moment at which the session ended was not withheld with the others.
  test.each([true, false])('A55 never has news of what a former one was not told; ended at once: %s', async (endTurn) => {
    breaking('for Anna alone');
    await expect(world.run(relay)).rejects.toThrow('ECONNRESET');
    const next = await prove('144136');
    const meanwhile: unknown[] = [];
    world.assistant.answerTo = async (_turn, _signal, memory) => {
      const answer = endTurn ? await say(memory, 'for Dirk') : { replies: repliesOf(['for Claire']) };
      meanwhile.push(await newsOf(next));
      return { ...answer, endTurn };
    };
    expect(await relayTo(next)).toMatchObject({ reaction: 'relay', replies: 2, from: 1 });
    expect(meanwhile).toEqual([endTurn ? { reaction: 'relay', from: 1, to: 2 } : { reaction: 'nothing' }]);
    expect(await newsOf(next)).toEqual({ reaction: 'relay', from: 1, to: 2 });
  });

  test('is told that it takes long, although the former one heard something', async () => {
    breaking('one');
    await expect(world.run(relay)).rejects.toThrow('ECONNRESET');
    const next = await prove('144133');
    world.assistant.answerTo = () => ({ replies: [], endTurn: false });
    expect(await relayTo(next)).toMatchObject({ reaction: 'relay', replies: 1, from: 1, open: true });
    await world.pool.query('UPDATE turns SET still_at = clock_timestamp()');
    expect(await newsOf(next)).toEqual({ reaction: 'slow' });
  });
});
