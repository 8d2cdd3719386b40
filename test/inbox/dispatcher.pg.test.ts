// Every stored message is told, at least once and in order for each sender, whatever Temporal and we ourselves do.
import fc from 'fast-check';
import { createDispatcher } from '../../src/inbox/dispatcher';
import type { Dispatcher, DispatcherDeps } from '../../src/inbox/dispatcher';
import type { ProviderView } from '../../src/inbox/unconfirmed';
import { createInboxWorld, incoming } from '../support/inboxWorld';
import type { InboxWorld } from '../support/inboxWorld';
import { recipient } from '../support/twilioRequests';

let world: InboxWorld;
beforeAll(async () => { world = await createInboxWorld(); }, 60_000);
afterAll(() => world.close());
beforeEach(async () => {
  await world.pool.query('DELETE FROM inbox');
});

let last = 0;
const fresh = () => {
  last += 1;
  return { phone: `whatsapp:+33612${String(last).padStart(6, '0')}` };
};
const refused = () => Promise.reject(new Error('Temporal is down'));
const never = () => new Promise<void>(() => undefined);

/** A dispatcher whose Temporal does what `signal` says; tells which message ids got through, in order. */
function dispatching(deps: Partial<DispatcherDeps> = {}): Dispatcher & { told: string[]; logged: string[] } {
  const told: string[] = [];
  const logged: string[] = [];
  const { signal = () => Promise.resolve() } = deps;
  const dispatcher = createDispatcher({
    pool: world.pool, keys: world.keys, recipient, textRetentionMs: 86_400_000, sweepAfterMs: 0, deadlineMs: 1_000,
    fetchMessage: () => Promise.resolve(undefined),
    log: { warn: (event, fields) => { logged.push(JSON.stringify([event, fields])); } },
    ...deps,
    async signal(message) {
      await signal(message);
      told.push(message.messageId);
    },
  });
  return { ...dispatcher, told, logged };
}

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

test('while Temporal hangs an answer is given at the deadline', async () => {
  const dispatcher = dispatching({ signal: never, deadlineMs: 50 });
  const addresses = fresh();
  const start = performance.now();
  expect(await Promise.all([1, 2, 3].map(() => dispatcher.take(incoming(addresses), [])))).toEqual(['later', 'later', 'later']);
  expect(performance.now() - start).toBeLessThan(1_000);
  await dispatcher.drain();
  expect(await waiting()).toHaveLength(3);
});

test('a message does not overtake one of the same sender that could not be told', async () => {
  let failures = 1;
  const dispatcher = dispatching({ signal: () => { failures -= 1; return failures < 0 ? Promise.resolve() : refused(); } });
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
  const dispatcher = dispatching({ signal: () => { failures -= 1; return failures < 0 ? Promise.resolve() : refused(); } });
  const addresses = fresh();
  const senderId = await world.senderOf(addresses);
  await world.pool.query('DELETE FROM inbox');
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
  expect(await Promise.all(answers)).toEqual(['later', 'delivered']);
  await dispatcher.drain();
  expect(dispatcher.told).toEqual(messages.map(({ messageId }) => messageId));
});

test('a sender who cannot be told does not hold up the others', async () => {
  const poisoned = incoming(fresh());
  const dispatcher = dispatching({ signal: ({ messageId }) => (messageId === poisoned.messageId ? refused() : Promise.resolve()) });
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

test('whatever fails, crashes and sweeps in between: each message is told, and first told in order of arrival', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('message' as const), person: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('sweep' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  );
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), fc.array(fc.boolean(), { maxLength: 40 }), fc.boolean(), async (steps, faults, together) => {
    await world.pool.query('DELETE FROM inbox');
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
    const arrived = await world.rows<{ id: string; sender: string }>('SELECT message_id AS id, sender_id AS sender FROM inbox ORDER BY arrival');
    for (const sender of new Set(arrived.map((message) => message.sender))) {
      const order = arrived.filter((message) => message.sender === sender).map(({ id }) => id);
      const firstTold = [...new Set(told)].filter((id) => order.includes(id));
      expect(firstTold).toEqual(order);
    }
  }), { numRuns: 100 });
}, 120_000);

describe('a message that has to be confirmed', () => {
  const view = (changes: Partial<ProviderView> & Pick<ProviderView, 'from'>): ProviderView =>
    ({ to: recipient, text: 'my id is 144133', direction: 'inbound', ...changes });

  test('is told once the provider agrees on sender, recipient and words', async () => {
    const addresses = fresh();
    const dispatcher = dispatching({ fetchMessage: async () => view({ from: addresses.phone }) });
    const message = incoming(addresses);
    expect(await dispatcher.take(message, ['unknown:Novelty'])).toBe('unconfirmed');
    expect(dispatcher.told).toEqual([]);
    expect(await dispatcher.sweep()).toMatchObject({ confirmed: 1, refused: 0 });
    expect(dispatcher.told).toEqual([message.messageId]);
    expect(dispatcher.logged.join()).toContain('unknown:Novelty');
  });

  test.each<[string, Partial<ProviderView>]>([
    ['another sender', { from: 'whatsapp:+447700900999' }], ['other words', { text: 'my id is 144134' }],
    ['another recipient', { to: 'whatsapp:+14155238887' }], ['a message of ours', { direction: 'outbound' }],
  ])('is refused when the provider names %s, and its words are destroyed', async (_, changes) => {
    const addresses = fresh();
    const dispatcher = dispatching({ fetchMessage: async () => view({ from: addresses.phone, ...changes }) });
    const message = incoming(addresses);
    await dispatcher.take(message, ['unknown:Novelty4477009']);
    expect(await dispatcher.sweep()).toMatchObject({ confirmed: 0, refused: 1 });
    expect(dispatcher.told).toEqual([]);
    expect(await world.rows('SELECT outcome, text_enc, origin_enc, sender_id FROM inbox')).toEqual([
      { outcome: 'refused', text_enc: null, origin_enc: null, sender_id: null }]);
    expect(dispatcher.logged.join()).not.toContain('4477009');
  });

  test('waits while the provider does not know it, an hour at most', async () => {
    const dispatcher = dispatching();
    await dispatcher.take(incoming(fresh()), ['missing:ApiVersion']);
    expect(await dispatcher.sweep()).toMatchObject({ confirmed: 0, refused: 0 });
    await world.pool.query(`UPDATE inbox SET received_at = received_at - interval '61 min', checked_at = NULL`);
    expect(await dispatcher.sweep()).toMatchObject({ refused: 1 });
  });

  test('keeps its place while the provider cannot be asked', async () => {
    const addresses = fresh();
    let isDown = true;
    const messages = [incoming(addresses), incoming(addresses)];
    const dispatcher = dispatching({
      fetchMessage: async (id) => {
        if (isDown && id === messages[0]!.messageId) throw new Error('503');
        return view({ from: addresses.phone });
      },
    });
    for (const message of messages) await dispatcher.take(message, ['unknown:Novelty']);
    expect(await dispatcher.sweep()).toMatchObject({ confirmed: 0, refused: 0 });
    isDown = false;
    expect(await dispatcher.sweep()).toMatchObject({ confirmed: 2 });
    expect(dispatcher.told).toEqual(messages.map(({ messageId }) => messageId));
  });

  test('that cannot be opened does not keep certain ones from being told', async () => {
    const dispatcher = dispatching();
    await dispatcher.take(incoming(fresh()), ['unknown:Novelty']);
    await world.pool.query(`UPDATE inbox SET origin_enc = '\\x00'`);
    await dispatching({ signal: refused }).take(incoming(fresh()), []);
    expect(await dispatcher.sweep()).toMatchObject({ confirmed: 0, told: 1 });
  });
});
