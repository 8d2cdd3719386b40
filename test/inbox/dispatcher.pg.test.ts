// Every stored message is told, at least once and in order for each sender, whatever Temporal and we ourselves do.
import fc from 'fast-check';
import type { Counts, SweepTask } from '../../src/inbox/sweep';
import { storeTexts } from '../../src/outbox/outbox';
import { dispatchingIn, never, refused } from '../support/dispatching';
import { createInboxWorld, incoming } from '../support/inboxWorld';
import type { InboxWorld } from '../support/inboxWorld';

let world: InboxWorld;
beforeAll(async () => { world = await createInboxWorld(); }, 60_000);
afterAll(() => world.close());
beforeEach(async () => {
  await world.owner.query('DELETE FROM inbox');
});

const { dispatching, fresh } = dispatchingIn(() => world);
const waiting = () => world.rows('SELECT message_id FROM inbox WHERE dispatched_at IS NULL AND handled_at IS NULL');

test('a message is told at once, and not again by the sweeper', async () => {
  const dispatcher = dispatching();
  const message = incoming(fresh());
  expect(await dispatcher.take(message, [])).toBe('delivered');
  await dispatcher.drain();
  expect(await dispatcher.sweep()).toMatchObject({ told: 0, waiting: 0 });
  expect(dispatcher.told).toEqual([message.messageId]);
});

test('the answer does not wait for the note that it was told', async () => {
  const dispatcher = dispatching();
  await dispatcher.take(incoming(fresh()), []);
  await dispatcher.drain();
  expect(await waiting()).toEqual([]);
});

test('A10 a replayed message is not told again', async () => {
  const dispatcher = dispatching();
  const message = incoming(fresh());
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => dispatcher.take(message, [])));
  await dispatcher.drain();
  await dispatcher.sweep();
  expect(outcomes.filter((outcome) => outcome !== 'known')).toHaveLength(1);
  expect(dispatcher.told).toEqual([message.messageId]);
}, 30_000);

test('while Temporal is down messages are taken, and told in order when it is back', async () => {
  let isDown = true;
  const dispatcher = dispatching({ signal: () => (isDown ? refused() : Promise.resolve()) });
  const [one, other] = [fresh(), fresh()];
  const messages = [one, other, one, one, other].map((addresses) => incoming(addresses));
  for (const message of messages) expect(await dispatcher.take(message, [])).toBe('later');
  expect(await dispatcher.sweep()).toMatchObject({ told: 0, waiting: 2 });
  expect(dispatcher.told).toEqual([]);
  isDown = false;
  expect(await dispatcher.sweep()).toMatchObject({ told: 2, waiting: 0 });
  const ids = messages.map(({ messageId }) => messageId);
  expect(dispatcher.told.filter((id) => [0, 2, 3].includes(ids.indexOf(id)))).toEqual([ids[0], ids[2], ids[3]]);
  expect(dispatcher.told.filter((id) => [1, 4].includes(ids.indexOf(id)))).toEqual([ids[1], ids[4]]);
  expect(await waiting()).toEqual([]);
});

test('while Temporal hangs every answer is given at the deadline, however many wait in line', async () => {
  const dispatcher = dispatching({ signal: never, deadlineMs: 500 });
  const addresses = fresh();
  const start = performance.now();
  const answers = await Promise.all(Array.from({ length: 30 }, () => dispatcher.take(incoming(addresses), [])));
  expect(performance.now() - start).toBeLessThan(10_000); // in line they take 15 s
  expect(new Set(answers)).toEqual(new Set(['later']));
  await dispatcher.drain();
  expect(await waiting()).toHaveLength(30);
});

test('a sweep does its tasks in their order, says how many of what, and one that fails holds up no other', async () => {
  const done: string[] = [];
  const task = (name: string, counts: Counts | undefined): SweepTask => ({
    name,
    async run() {
      done.push(name);
      if (counts === undefined) throw new Error('503');
      return counts;
    },
  });
  const dispatcher = dispatching({ tasks: [
    task('codes', { missed: 2 }), task('turns', undefined), task('notices', { notified: 2, missed: 1 })] });
  expect(await dispatcher.sweep()).toMatchObject({ missed: 3, notified: 2, told: 0 });
  expect(done).toEqual(['codes', 'turns', 'notices']);
  expect(dispatcher.logged).toEqual(['["a task of the sweep failed",{"kind":"turns","error":{}}]']);
});

test('a sweep destroys text that nobody handled in time, and says so', async () => {
  const dispatcher = dispatching();
  await dispatcher.take(incoming(fresh()), []);
  await dispatcher.drain();
  await world.pool.query(`UPDATE inbox SET received_at = received_at - interval '25 h'`);
  expect(await dispatcher.sweep()).toMatchObject({ abandoned: 1 });
  expect(dispatcher.logged).toEqual(['["messages abandoned",{"count":1}]']);
  expect(await world.rows('SELECT outcome, text_enc FROM inbox')).toEqual([{ outcome: 'abandoned', text_enc: null }]);
});

test('a sweep destroys replies that nobody sent in time, in batches, and leaves the recent ones', async () => {
  const dispatcher = dispatching();
  const senderId = await world.senderOf(fresh());
  const texts = (name: string, count: number) => storeTexts(world.pool, world.keys.storage, senderId,
    Array.from({ length: count }, (_, n) => ({ key: `${name}:${n}`, text: 'canary' })));
  await texts('old', 1_003);
  await world.pool.query(`UPDATE outbox SET created_at = created_at - interval '25 h'`);
  await texts('recent', 1);
  expect(await dispatcher.sweep()).toMatchObject({ withheld: 1_000 });
  expect(await dispatcher.sweep()).toMatchObject({ withheld: 3 });
  expect(await dispatcher.sweep()).toMatchObject({ withheld: 0 });
  expect(dispatcher.logged).toEqual(['["sends abandoned",{"count":1000}]', '["sends abandoned",{"count":3}]']);
  expect(await world.rows(`SELECT state, fault, text_enc IS NULL AS wiped, settled_at IS NULL AS open, count(*)::int
      FROM outbox GROUP BY 1, 2, 3, 4 ORDER BY 1`)).toEqual([
    { state: 'pending', fault: null, wiped: false, open: true, count: 1 },
    { state: 'withheld', fault: 'abandoned', wiped: true, open: false, count: 1_003 }]);
});

test('a message does not overtake one of the same sender that could not be told', async () => {
  let failures = 1;
  const dispatcher = dispatching(
    { signal: () => { failures -= 1; return failures < 0 ? Promise.resolve() : refused(); } });
  const addresses = fresh();
  const messages = [incoming(addresses), incoming(addresses)];
  expect(await dispatcher.take(messages[0]!, [])).toBe('later');
  expect(await dispatcher.take(messages[1]!, [])).toBe('delivered');
  expect(dispatcher.told).toEqual(messages.map(({ messageId }) => messageId));
});

test('nor one that is being told, if that fails', async () => {
  let fail!: (error: Error) => void;
  const first = new Promise<void>((_, reject) => { fail = reject; });
  const signals = [first];
  const dispatcher = dispatching({ signal: () => signals.shift() ?? Promise.resolve() });
  const addresses = fresh();
  const messages = [incoming(addresses), incoming(addresses), incoming(addresses)];
  const answers = [dispatcher.take(messages[0]!, [])];
  while (signals.length > 0) await new Promise(setImmediate);
  answers.push(dispatcher.take(messages[1]!, []), dispatcher.take(messages[2]!, []));
  while ((await waiting()).length < 3) await new Promise(setImmediate);
  fail(new Error('lost'));
  expect(await Promise.all(answers)).toEqual(['later', 'delivered', 'delivered']);
  await dispatcher.drain();
  const arrived = await world.rows<{ id: string }>('SELECT message_id AS id FROM inbox ORDER BY arrival');
  expect(dispatcher.told).toEqual(arrived.map(({ id }) => id));
});

test('nor one that was stored in the same moment, if that fails', async () => {
  let failures = 1;
  const dispatcher = dispatching(
    { signal: () => { failures -= 1; return failures < 0 ? Promise.resolve() : refused(); } });
  const addresses = fresh();
  const senderId = await world.senderOf(addresses);
  await world.owner.query('DELETE FROM inbox');
  const holder = await world.pool.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT 1 FROM sender_addresses WHERE sender_id = $1 FOR UPDATE', [senderId]);
  const messages = [incoming(addresses), incoming(addresses)];
  const answers = [];
  for (const [place, message] of messages.entries()) {
    answers.push(dispatcher.take(message, []));
    await world.lockWaited(place + 1);
  }
  await holder.query('COMMIT');
  holder.release();
  // Either may come first: the one that tells both, or the one whose telling failed.
  expect((await Promise.all(answers)).sort()).toEqual(['delivered', 'later']);
  await dispatcher.drain();
  const arrived = await world.rows<{ id: string }>('SELECT message_id AS id FROM inbox ORDER BY arrival');
  expect(dispatcher.told).toEqual(arrived.map(({ id }) => id));
});

test('a sender who cannot be told does not hold up the others', async () => {
  const poisoned = incoming(fresh());
  const dispatcher = dispatching(
    { signal: ({ messageId }) => (messageId === poisoned.messageId ? refused() : Promise.resolve()) });
  const asleep = dispatching({ signal: refused });
  await asleep.take(poisoned, []);
  for (let n = 0; n < 20; n += 1) await asleep.take(incoming(fresh()), []);
  expect(await dispatcher.sweep()).toMatchObject({ told: 20, waiting: 1 });
});

test('a message is left to the process that stored it for a while', async () => {
  const dispatcher = dispatching({ signal: refused });
  await dispatcher.take(incoming(fresh()), []);
  expect(await dispatching({ sweepAfterMs: 5_000 }).sweep()).toMatchObject({ told: 0, waiting: 0 });
});

test('several sweepers at once tell each message once', async () => {
  const asleep = dispatching({ signal: refused });
  for (let n = 0; n < 30; n += 1) await asleep.take(incoming(fresh()), []);
  const sweepers = Array.from({ length: 5 }, () => dispatching({ signal: () => new Promise(setImmediate) }));
  await Promise.all(sweepers.map((sweeper) => sweeper.sweep()));
  expect(sweepers.flatMap(({ told }) => told)).toHaveLength(30);
  expect(await waiting()).toEqual([]);
});

test('a failure is logged without a word of the message', async () => {
  const dispatcher = dispatching({ signal: refused });
  const addresses = fresh();
  await dispatcher.take(incoming(addresses, { text: 'canary' }), []);
  await dispatcher.drain();
  expect(dispatcher.logged).toHaveLength(1);
  expect(dispatcher.logged.join()).not.toContain('canary');
  expect(dispatcher.logged.join()).not.toContain(addresses.phone.slice(-6));
});

test('started, it sweeps by itself until it is stopped', async () => {
  const asleep = dispatching({ signal: refused });
  const message = incoming(fresh());
  await asleep.take(message, []);
  let swept!: () => void;
  const isSwept = new Promise<void>((resolve) => { swept = resolve; });
  const dispatcher = dispatching({ signal: async () => swept() });
  dispatcher.start(10);
  await isSwept;
  await dispatcher.stop();
  expect(dispatcher.told).toEqual([message.messageId]);
  expect(await waiting()).toEqual([]);
});

test('whatever fails, crashes and sweeps in between: each message is told, at first in order of arrival', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('message' as const), person: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  );
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }),
    fc.array(fc.boolean(), { maxLength: 40 }), fc.boolean(), async (steps, faults, together) => {
    await world.owner.query('DELETE FROM inbox');
    const people = [fresh(), fresh(), fresh()];
    const told: string[] = [];
    const failing = [...faults];
    const begin = () => dispatching({
      deadlineMs: 5_000,
      signal: async ({ messageId }) => {
        await new Promise(setImmediate);
        if (failing.shift() === true) throw new Error('down');
        told.push(messageId);
      },
    });
    let dispatcher = begin();
    const running: Promise<unknown>[] = [];
    for (const each of steps) {
      // A crash forgets what the process knew of its senders; what it had begun may still get through.
      if (each.do === 'crash') dispatcher = begin();
      else running.push(each.do === 'sweep' ? dispatcher.sweep() : dispatcher.take(incoming(people[each.person]!), []));
      if (!together) await running.at(-1);
    }
    await Promise.all(running);
    await dispatcher.drain();
    failing.length = 0;
    await dispatcher.sweep();
    await dispatcher.drain();
    expect(await waiting()).toEqual([]);
    const arrived = await world.rows<{ id: string; sender: string }>(
      'SELECT message_id AS id, sender_id AS sender FROM inbox ORDER BY arrival');
    for (const sender of new Set(arrived.map((message) => message.sender))) {
      const order = arrived.filter((message) => message.sender === sender).map(({ id }) => id);
      const firstTold = [...new Set(told)].filter((id) => order.includes(id));
      expect(firstTold).toEqual(order);
    }
  }), { numRuns: 100 });
}, 120_000);
