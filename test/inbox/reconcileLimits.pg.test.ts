// How far a look goes back, how much it holds, and what becomes of it when something fails.
import { createInboxWorld } from '../support/inboxWorld';
import type { InboxWorld } from '../support/inboxWorld';
import { hourMs, idsOf, minuteMs, reconcilingIn, secondMs } from './reconciling';

let world: InboxWorld;
beforeAll(async () => { world = await createInboxWorld(); }, 60_000);
afterAll(() => world.close());
const reconciling = reconcilingIn(() => world);
const { dispatching, fresh, listReceived, looking, makeDue, received, remember, secondsLookedBack, stored } = reconciling;
beforeEach(() => reconciling.forget());

describe('how far it looks', () => {
  // To some seconds: the clock goes on, and the provider tells whole ones.
  const expectSince = (ms: number) => {
    expect(Math.abs(secondsLookedBack() - ms / secondMs)).toBeLessThan(10);
  };

  test('over the day at first; then from the newest message that is settled, and a little before', async () => {
    received(10 * 60);
    const one = looking();
    await one.look();
    expectSince(24 * hourMs);
    await makeDue();
    await one.look();
    expectSince(15 * minuteMs);
  });

  test('over the day once an hour, and when a process has started', async () => {
    const one = looking();
    await one.look();
    await remember({ settled: '1 min', lookedBack: '59 min' });
    await one.look();
    expectSince(6 * minuteMs);
    await remember({ settled: '1 min', lookedBack: '61 min' });
    await one.look();
    expectSince(24 * hourMs);
    await remember({ settled: '1 min', lookedBack: '1 min', due: '-1 min' });
    await looking().look();
    expectSince(24 * hourMs);
  });

  test('not beyond the first look of all: what came before was somebody else\'s', async () => {
    await remember({ begun: null });
    received(60);
    expect(await looking().look()).toMatchObject({ recovered: 0 });
    await remember({ begun: '10 min' });
    received(11 * 60);
    expect(await looking().look()).toMatchObject({ recovered: 1 });
    expectSince(10 * minuteMs);
  });

  test('not before it is due, whichever process has looked', async () => {
    const [one, other] = [looking(), looking()];
    await one.look();
    await other.look();
    received(60);
    expect([await one.look(), await other.look()]).toMatchObject([{ recovered: 0 }, { recovered: 0 }]);
    await makeDue();
    expect(await other.look()).toMatchObject({ recovered: 1 });
  });
});

test('more than fit into memory are taken in all the same, the oldest first', async () => {
  const people = Array.from({ length: 7 }, () => fresh().phone);
  const messages = Array.from({ length: 1_203 }, (_, n) => received(2_000 - n, { from: people[n % 7]! }));
  const one = looking();
  expect(await one.look()).toMatchObject({ recovered: 1_203 });
  for (const person of people) {
    const own = idsOf(messages.filter(({ from }) => from === person));
    expect(one.dispatcher.told.filter((id) => own.includes(id))).toEqual(own);
  }
}, 60_000);

test('more than fit into memory, all of them still left to their webhooks, are listed once and not over and over', async () => {
  for (let n = 0; n < 1_203; n += 1) received(n % 20);
  let lists = 0;
  const one = looking({ listReceived: (since) => { lists += 1; return listReceived(since); } });
  expect(await one.look()).toEqual({ recovered: 0, expired: 0 });
  expect(lists).toBe(1);
});

describe('when something fails', () => {
  test('a provider that cannot be asked disturbs nothing, and the next look finds what this one did not', async () => {
    received(60);
    received(61);
    let isDown = true;
    const failing = looking({
      async *listReceived(since) {
        for await (const page of listReceived(since)) {
          yield page;
          if (isDown) throw new Error('503');
        }
      },
    });
    expect(await failing.look()).toEqual({ recovered: 0, expired: 0 });
    expect(failing.logged.join()).toContain('received messages could not be compared');
    expect(await stored()).toEqual([]);
    isDown = false;
    expect(await failing.look()).toMatchObject({ recovered: 2 });
  });

  test('a message that cannot be stored holds up its sender alone, and is taken in by a later look, in order', async () => {
    const [anna, ben] = [fresh().phone, fresh().phone];
    const [poor, after, other] = [received(90, { from: anna }), received(80, { from: anna }), received(70, { from: ben })];
    let isBroken = true;
    const dispatcher = dispatching();
    const one = looking({
      take: async (message) => {
        if (isBroken && message.messageId === poor.id) throw new Error('lock timeout');
        return dispatcher.take(message, []);
      },
    });
    expect(await one.look()).toMatchObject({ recovered: 1 });
    expect(dispatcher.told).toEqual([other.id]);
    isBroken = false;
    await makeDue();
    expect(await one.look()).toMatchObject({ recovered: 2 });
    expect(dispatcher.told).toEqual([other.id, poor.id, after.id]);
  });

  test('a database that stores nothing is not asked for each message', async () => {
    for (let n = 0; n < 50; n += 1) received(60 + n);
    let tries = 0;
    const one = looking({ take: () => { tries += 1; return Promise.reject(new Error('down')); } });
    expect(await one.look()).toMatchObject({ recovered: 0 });
    expect(tries).toBeLessThan(10);
    expect(await looking().look()).toMatchObject({ recovered: 50 });
  });

  test('a process that is told to stop ends between two messages; another takes in the others', async () => {
    for (let n = 0; n < 30; n += 1) received(60 + n);
    let taken = 0;
    const one = looking({ take: async () => { taken += 1; void one.stop(); return 'delivered'; } });
    await one.look();
    expect(taken).toBeLessThan(10);
    expect(one.logged.filter((line) => line.includes('error'))).toEqual([]);
    expect(await looking().look()).toMatchObject({ recovered: 30 });
  });

  test('what is logged names no words, no number and no BSUID', async () => {
    const message = received(60, { text: 'canary' });
    const one = looking({ take: () => Promise.reject(new Error('canary')) });
    await one.look();
    expect(one.logged.join()).toContain(message.id);
    expect(one.logged.join()).not.toContain(message.from.slice(-6));
  });
});
