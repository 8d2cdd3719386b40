// An assistant that does twice what it is given twice: what is known of a turn after a crash, and what the person hears.
import { Fault } from '../../src/domain/faults';
import { createTurnMemory } from '../../src/assistant/turnMemory';
import type { TurnMemory } from '../../src/assistant/assistant';
import { createActivityWorld } from '../support/activityWorld';
import type { ActivityWorld } from '../support/activityWorld';
import { DyingProcess } from '../support/dyingProcess';
import { testKeyring } from '../support/world';
import { acts, sessionId } from '../activities/acts';

let world: ActivityWorld;

beforeAll(async () => {
  world = await createActivityWorld();
});

afterAll(() => world.stop());

beforeEach(() => world.reset());

const relay = () => acts['relay keeps what the assistant answers']!.prepare(world);
const messageId = 'SM-message';
const outbox = async () => (await world.pool.query<{ state: string }>(
  `SELECT state FROM outbox WHERE key LIKE 'SM-message:%' ORDER BY key`)).rows;

/** What an assistant does with a turn that it is given once. */
const giveOnce = async (memory: TurnMemory) => {
  if (!await memory.give()) throw new Fault('refused', 'assistant', 'given before');
};

test('F14 whenever a process dies while a turn is relayed, the assistant does it once at most', async () => {
  const outcomes: string[] = [];
  for (let dieAfter = 1; ; dieAfter += 1) {
    await world.reset();
    const act = await relay();
    let done = 0;
    world.assistant.answerTo = async (_turn, _signal, memory) => {
      await giveOnce(memory);
      done += 1;
      return { replies: [{ text: 'done' }], endTurn: true };
    };
    const process = new DyingProcess(dieAfter);
    const died = await world.run(act, process).then(() => false, () => true);
    if (!died) break;
    // Another worker: it has the answer, or knows that there is none to be had.
    const next = await world.run(act).catch((error: unknown) => (error as Error).message);
    outcomes.push(typeof next === 'string' ? `${done} ${next}` : `${done} answered`);
  }
  // Died before the turn left, on its way, and when its answer was kept or about to be.
  expect(new Set(outcomes)).toEqual(
    new Set(['1 answered', '0 assistant refused: given before', '1 assistant refused: given before']));
});

test('a turn that was not taken is given again', async () => {
  const act = await relay();
  world.assistant.answerTo = async (_turn, _signal, memory) => {
    await giveOnce(memory);
    await memory.takeBack();
    throw new Fault('unavailable', 'assistant', 'ECONNREFUSED');
  };
  await expect(world.run(act)).rejects.toThrow('ECONNREFUSED');
  world.assistant.answerTo = async (_turn, _signal, memory) => {
    await giveOnce(memory);
    return { replies: [{ text: 'done' }], endTurn: true };
  };
  expect(await world.run(act)).toEqual({ reaction: 'relay', replies: 1 });
});

test('a turn that needs a fresh proof is given again after it', async () => {
  const act = await relay();
  world.assistant.answerTo = async (_turn, _signal, memory) => {
    await giveOnce(memory);
    return { replies: [], endTurn: true, stepUp: true };
  };
  await world.pool.query(`UPDATE sessions SET opened_at = opened_at - interval '1 hour'`);
  expect(await world.run(act)).toEqual({ reaction: 'closed' });
  expect((await world.pool.query('SELECT FROM given_turns')).rowCount).toBe(0);
});

test('an answer that breaks off ends with one apology, in its place', async () => {
  const act = await relay();
  world.assistant.answerTo = () => ({ replies: [{ text: 'one' }, { text: 'two' }], endTurn: true, broken: true, ignored: 2 });
  expect(await world.run(act)).toEqual({ reaction: 'relay', replies: 3, broken: true, ignored: 2 });
  expect(await outbox()).toHaveLength(3);
});

test('a reply that is nothing but a link that may not be shown is none', async () => {
  const act = await relay();
  const media = { url: 'https://elsewhere.example.com/a.png', type: 'image/*' };
  world.assistant.answerTo = () => ({ replies: [{ text: '', media }, { text: 'one' }], endTurn: true });
  expect(await world.run(act)).toEqual({ reaction: 'relay', replies: 1 });
});

test('what an assistant calls a session is kept sealed, for whoever has its next turn', async () => {
  await relay();
  const memory = () => createTurnMemory(world.pool, testKeyring.storage, { messageId, sessionId });
  expect(await memory().recall()).toBeUndefined();
  await memory().keep('conversation-7');
  await memory().keep('conversation-8');
  expect(await memory().recall()).toBe('conversation-8');
  const { rows: [row] } = await world.pool.query<{ text: string }>('SELECT encode(note_enc, \'escape\') AS text FROM assistant_conversations');
  expect(row!.text).not.toContain('conversation');
  await memory().forget();
  expect(await memory().recall()).toBeUndefined();
});

test('what is kept under a key that was retired is begun anew', async () => {
  await relay();
  const memory = createTurnMemory(world.pool, testKeyring.storage, { messageId, sessionId });
  await memory.keep('conversation-7');
  await world.pool.query(`UPDATE assistant_conversations SET note_enc = decode('0104', 'hex') || 'gone' || note_enc`);
  expect(await memory.recall()).toBeUndefined();
});
