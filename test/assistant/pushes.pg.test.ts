// What an assistant pushes is in the outbox, once and in order, before it is acknowledged; then its conversation is told.
import type { Pushes, PushOutcome } from '../../src/assistant/pushes';
import type { Push } from '../../src/assistant/pushReader';
import { createWiredPushes } from '../../src/wiredActivities';
import { acts, sessionId } from '../activities/acts';
import { createActivityWorld } from '../support/activityWorld';
import type { Act, ActivityWorld } from '../support/activityWorld';
import { keptLog } from '../support/publicServer';
import { anna, testKeyring } from '../support/world';

const turnId = 'SM-message';
const { log, lines } = keptLog();

let world: ActivityWorld;
let pushes: Pushes;
let relay: Act;
/** Message ids of which conversations were told, and how telling goes. */
const told: string[] = [];
let tell: () => 'told' | 'gone';

beforeAll(async () => {
  world = await createActivityWorld();
  pushes = createWiredPushes(world.pool, testKeyring, new Set(['files.example.com']), {
    async tellNews({ messageId }) {
      const outcome = tell();
      told.push(messageId);
      return outcome;
    },
  }, log);
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
  [told, lines].forEach((list) => { list.length = 0; });
  tell = () => 'told';
  relay = await acts['relay keeps what the assistant answers']!.prepare(world);
  world.assistant.answerTo = () => ({ replies: [], endTurn: false });
});

let pushed = 0;
function push(texts: readonly string[], changes: Partial<Push> = {}): Promise<PushOutcome> {
  pushed += 1;
  return pushes.take({ id: `push-${pushed}`, turnId, replies: texts.map((text) => ({ text })), endTurn: false, ...changes });
}

const open = () => world.run(relay);
const taken = (count: number, dropped = 0) => ({ outcome: 'taken', taken: count, dropped });
const end: Act = ({ endSession }) => endSession({ sessionId, reason: 'operator' });
const change = (what: string) => world.owner.query(`UPDATE turns SET ${what} WHERE message_id = $1`, [turnId]);
const dueNow = () => change('due_at = clock_timestamp()');
const isDue = async () => (await world.owner.query('SELECT due_at FROM turns WHERE due_at IS NOT NULL')).rowCount === 1;
const keys = async () => (await world.pool.query<{ key: string }>(
  `SELECT key FROM outbox WHERE key LIKE 'SM-message:%' ORDER BY key`)).rows.map(({ key }) => key);

/** What is sent when everything that waits is sent. */
async function read(): Promise<string[]> {
  const { rows: [row] } = await world.pool.query<{ id: string }>('SELECT sender_id AS id FROM sessions');
  const before = world.channel.sent.all.length;
  for (const key of await keys()) await world.run(({ relayReply }) => relayReply({ key, senderId: row!.id, sessionId }));
  return world.channel.sent.all.slice(before).map(({ text }) => text);
}

test('replies are kept in order, after those of the answer itself, and their words are sealed', async () => {
  world.assistant.answerTo = () => ({ replies: [{ text: 'a moment' }], endTurn: false });
  expect(await open()).toEqual({ reaction: 'relay', replies: 1, open: true });
  expect(await push(['canary one', 'canary two'])).toEqual(taken(2));
  expect(await push(['canary three'], { endTurn: true })).toEqual(taken(1));
  const { rows } = await world.owner.query('SELECT o.*, encode(text_enc, \'escape\') AS shown FROM outbox o');
  expect(JSON.stringify(rows)).not.toContain('canary');
  expect(await read()).toEqual(['a moment', 'canary one', 'canary two', 'canary three']);
});

test('a long reply is parted, choices are numbered, and media are linked to where that is allowed', async () => {
  await open();
  await push([], { replies: [
    { text: 'x'.repeat(1_600) }, { text: 'Which?', choices: ['one', 'two'] },
    { text: 'Here.', media: { url: 'https://files.example.com/a', type: 'image/png' } },
    { text: 'There.', media: { url: 'https://example.com/a', type: 'image/png' } },
  ] });
  expect(await read()).toEqual(['x'.repeat(1_500), 'x'.repeat(100), 'Which?\n\n1. one\n2. two', 'Here.\n\nhttps://files.example.com/a', 'There.']);
});

test('what comes again has no second effect, even when the turn is over, and the same answer', async () => {
  await open();
  const again = { id: 'again', endTurn: true };
  expect(await push(['one'], again)).toEqual(taken(1));
  expect(await push(['one'], again)).toEqual(taken(1));
  await change('ends_at = clock_timestamp()');
  expect(await push(['one'], again)).toEqual(taken(1));
  expect(await keys()).toHaveLength(1);
});

test('what comes ten times at once is taken once', async () => {
  await open();
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => push(['one', 'two'], { id: 'at-once' })));
  expect(outcomes).toEqual(Array(10).fill(taken(2)));
  expect(await read()).toEqual(['one', 'two']);
});

test('pushes at the same moment lose and mix nothing', async () => {
  await open();
  await Promise.all([1, 2, 3, 4, 5].map((n) => push([`${n} a`, `${n} b`])));
  const texts = await read();
  expect(texts).toHaveLength(10);
  for (let at = 0; at < 10; at += 2) expect(texts[at + 1]).toBe(texts[at]!.replace('a', 'b'));
});

test('an id of one turn is none for another', async () => {
  await open();
  await push(['one'], { id: 'mine' });
  const { senderId } = await world.write(anna, 'SM-other', 'another question');
  await world.run((activities) => activities.relay({ messageId: 'SM-other', senderId, sessionId, repliesMax: 10 }));
  expect(await push(['two'], { id: 'mine', turnId: 'SM-other' })).toEqual({ outcome: 'reused' });
  expect(await push(['two'], { turnId: 'SM-other' })).toEqual(taken(1));
});

test('a turn that nobody opened takes nothing: of no message, or of one that was answered at once', async () => {
  expect(await push(['one'], { turnId: 'SM-nobody' })).toEqual({ outcome: 'unknown' });
  world.assistant.answerTo = () => ({ replies: [{ text: 'yes' }], endTurn: true });
  await open();
  expect(await push(['one'])).toEqual({ outcome: 'unknown' });
});

test('a push that overtakes its own 202 is taken when it comes again', async () => {
  expect(await push(['one'], { id: 'early' })).toEqual({ outcome: 'early' });
  await open();
  expect(await push(['one'], { id: 'early' })).toEqual(taken(1));
  expect(await read()).toEqual(['one']);
});

test('a turn that was ended, or whose time is over, takes nothing more', async () => {
  await open();
  expect(await push([], { endTurn: true })).toEqual(taken(0));
  expect(await push(['one'])).toEqual({ outcome: 'ended' });
  await change('ended_at = NULL, ends_at = clock_timestamp()');
  expect(await push(['one'])).toEqual({ outcome: 'over' });
  expect(await keys()).toEqual([]);
});

test('A55 replies to somebody whose session is over are not even kept', async () => {
  await open();
  expect(await push(['one'])).toEqual(taken(1));
  await world.run(end);
  expect(await push(['two'])).toEqual({ outcome: 'over' });
  expect(await read()).toEqual([]);
});

test('replies beyond what a turn may say are dropped and counted, over all of its pushes', async () => {
  world.assistant.answerTo = () => ({ replies: [{ text: '0' }, { text: '1' }], endTurn: false });
  await open();
  expect(await push(['2', '3', '4', '5'])).toEqual(taken(4));
  expect(await push(['6', '7', '8', '9', 'no', 'no'])).toEqual(taken(4, 2));
  expect(await push(['no'])).toEqual(taken(0, 1));
  expect(await push(['no'], { endTurn: true })).toEqual(taken(0, 1));
  expect(await read()).toEqual(Array.from({ length: 10 }, (_, n) => String(n)));
  expect(lines.filter((line) => line.includes('were dropped'))).toHaveLength(3);
});

describe('the conversation', () => {
  test('is told of each push at once', async () => {
    await open();
    await push(['one']);
    await push(['two'], { endTurn: true });
    await pushes.drain();
    expect(told).toEqual([turnId, turnId]);
    expect(await isDue()).toBe(false);
  });

  test('is told by the sweep of what it could not be told of', async () => {
    await open();
    tell = () => { throw new Error('Temporal is down'); };
    await push(['one'], { endTurn: true });
    await pushes.drain();
    await pushes.tellDue();
    expect(told).toEqual([]);
    await dueNow();
    await pushes.tellDue();
    expect(await isDue()).toBe(true);
    tell = () => 'told';
    await pushes.tellDue();
    await pushes.tellDue();
    expect(told).toEqual([turnId]);
  });

  test('is told when its turn takes long, and when its time is over, and then no more', async () => {
    await open();
    await pushes.tellDue();
    expect(told).toEqual([]);
    await change('still_at = clock_timestamp(), due_at = clock_timestamp()');
    await pushes.tellDue();
    await pushes.tellDue();
    expect(told).toEqual([turnId]);
    await change('ends_at = clock_timestamp(), due_at = clock_timestamp()');
    await pushes.tellDue();
    await pushes.tellDue();
    expect(told).toEqual([turnId, turnId]);
    expect(await isDue()).toBe(false);
  });

  test('that is gone is not looked for again', async () => {
    await open();
    tell = () => 'gone';
    await push(['one']);
    await pushes.drain();
    expect(await isDue()).toBe(false);
  });

  test('is told again of what is pushed while it is told', async () => {
    await open();
    let second: Promise<PushOutcome> | undefined;
    tell = () => {
      second ??= push(['two']);
      return 'told';
    };
    await push(['one']);
    await pushes.drain();
    await second;
    await pushes.drain();
    expect(told).toEqual([turnId, turnId]);
  });
});

describe('news of a turn', () => {
  const news = async () => {
    const { rows: [row] } = await world.pool.query<{ id: string }>('SELECT sender_id AS id FROM sessions');
    return world.run(({ readNews }) => readNews({ messageId: turnId, senderId: row!.id, sessionId }));
  };

  test('are the replies that were not sent yet', async () => {
    await open();
    expect(await news()).toEqual({ reaction: 'nothing' });
    await push(['one', 'two']);
    expect(await news()).toEqual({ reaction: 'relay', from: 0, to: 2 });
    await read();
    expect(await news()).toEqual({ reaction: 'nothing' });
    await push(['three']);
    expect(await news()).toEqual({ reaction: 'relay', from: 2, to: 3 });
  });

  test('are that it takes long, and then that nothing came', async () => {
    await open();
    await change('still_at = clock_timestamp()');
    expect(await news()).toEqual({ reaction: 'slow' });
    await change('ends_at = clock_timestamp()');
    expect(await news()).toEqual({ reaction: 'silent' });
    expect(await news()).toEqual({ reaction: 'silent' });
    expect(await push(['one'])).toEqual({ outcome: 'ended' });
  });

  test('are none when it was ended without a word, or said something before its time was over', async () => {
    await open();
    await push([], { endTurn: true });
    await change('still_at = clock_timestamp(), ends_at = clock_timestamp()');
    expect(await news()).toEqual({ reaction: 'nothing' });
    await world.reset();
    relay = await acts['relay keeps what the assistant answers']!.prepare(world);
    world.assistant.answerTo = () => ({ replies: [{ text: 'one' }], endTurn: false });
    await open();
    await read();
    await change('still_at = clock_timestamp(), ends_at = clock_timestamp()');
    expect(await news()).toEqual({ reaction: 'nothing' });
  });

  test('are none for another session', async () => {
    await open();
    await push(['one']);
    const other = { messageId: turnId, senderId: '00000000-0000-4000-8000-00000000000a', sessionId };
    expect(await world.run(({ readNews }) => readNews(other))).toEqual({ reaction: 'nothing' });
    const { rows: [row] } = await world.pool.query<{ id: string }>('SELECT sender_id AS id FROM sessions');
    expect(await world.run(({ readNews }) =>
      readNews({ messageId: turnId, senderId: row!.id, sessionId: '00000000-0000-4000-8000-00000000000b' }))).toEqual({ reaction: 'nothing' });
  });
});
