// A reading of a source as operators know it: started by a schedule, killed, gone on with, asked about, ended.
import { WorkflowFailedError } from '@temporalio/client';
import { FeedFault } from '../../../src/directory/feedFault';
import { approveWaiting } from '../../../src/directory/sync/waiting';
import { directoryState, people } from '../people';
import { startSyncs } from './syncWorld';
import type { SyncWorld } from './syncWorld';

let world: SyncWorld;

beforeAll(async () => {
  world = await startSyncs();
  await world.syncs.schedule(new Map([['hr', { everyMs: 3_600_000 }]]));
});

afterAll(async () => {
  await world.stop();
});

beforeEach(() => {
  world.feed.people = people(8);
  world.feed.beforePage = () => undefined;
  world.feed.asked.length = 0;
  world.told.length = 0;
});

const active = async () => (await directoryState(world.pool) as { active: boolean }[]).filter((one) => one.active).length;

test('a source is read and applied when its schedule says so', async () => {
  const handle = await world.start();
  expect(await handle.result()).toBe('applied');
  expect(await active()).toBe(8);
  expect(world.told).toEqual(['applied']);
  expect(await world.last()).toMatchObject({ state: 'applied', people: 8, pages: 4, workflowId: handle.workflowId });
});

test('a worker that dies in the middle of a source is followed by one that goes on at the page', async () => {
  let reached = (): void => undefined;
  const isReached = new Promise<void>((resolve) => { reached = resolve; });
  let letGo = (): void => undefined;
  world.feed.beforePage = async (page) => {
    if (page !== 2) return;
    reached();
    await new Promise<void>((_resolve, reject) => { letGo = () => reject(new Error('killed')); });
  };
  const handle = await world.start();
  await isReached;
  letGo();
  await world.stopWorker();
  world.feed.beforePage = () => undefined;
  await world.startWorker();
  expect(await handle.result()).toBe('applied');
  expect(world.feed.asked.map(({ from }) => from)).toEqual([undefined, '2']);
});

/** A source that does not answer any more after its first page. */
function silent(): Promise<void> {
  return new Promise((resolve) => {
    world.feed.beforePage = (page) => {
      if (page === 0) return undefined;
      resolve();
      return new Promise(() => undefined);
    };
  });
}

test('a worker that is told to stop does not wait for a source, and the next one goes on at the page', async () => {
  const isSilent = silent();
  const handle = await world.start();
  await isSilent;
  await world.stopWorker();
  world.feed.beforePage = () => undefined;
  await world.startWorker();
  expect(await handle.result()).toBe('applied');
  expect(world.feed.asked.map(({ from }) => from)).toEqual([undefined, '1']);
  expect(world.told).toEqual(['applied']);
});

test('a reading that is cancelled in Temporal ends without its source, says why, and changes nothing', async () => {
  const before = await directoryState(world.pool);
  world.feed.people = people(20);
  const isSilent = silent();
  const handle = await world.start();
  await isSilent;
  await handle.cancel();
  await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
  expect(await world.last()).toMatchObject({ state: 'abandoned', fault: 'cancelled: somebody ended it in Temporal' });
  expect(world.told).toEqual(['abandoned']);
  expect(await directoryState(world.pool)).toEqual(before);
  expect((await world.pool.query('SELECT 1 FROM directory_sync_pages')).rowCount).toBe(0);
});

test('a source that is not there for a while is waited for', async () => {
  let tries = 0;
  world.feed.beforePage = () => {
    tries += 1;
    if (tries === 1) throw new FeedFault('unreachable', 'does not answer');
  };
  expect(await (await world.start()).result()).toBe('applied');
  expect(world.told).toEqual(['unreachable', 'applied']);
});

test('a list that its source does not keep any more is read from its beginning, and nobody twice', async () => {
  let tries = 0;
  world.feed.beforePage = (page) => {
    if (page !== 2) return;
    tries += 1;
    if (tries === 1) throw new FeedFault('lost', 'begin anew');
  };
  expect(await (await world.start()).result()).toBe('applied');
  expect(world.told).toEqual(['lost', 'applied']);
  expect(world.feed.asked.map(({ from }) => from)).toEqual([undefined, undefined]);
  expect(await world.last()).toMatchObject({ state: 'applied', people: 8, pages: 4, fault: null });
});

test('a source that contradicts itself is not read on, and the reading says why', async () => {
  world.feed.beforePage = (page) => {
    if (page === 1) throw new FeedFault('untrustworthy', 'refers to another host');
  };
  await expect((await world.start()).result()).rejects.toBeInstanceOf(WorkflowFailedError);
  expect(await world.last()).toMatchObject({ state: 'failed', fault: 'untrustworthy: refers to another host' });
  expect(world.told).toEqual(['untrustworthy', 'failed']);
});

test('what would put out many waits for an operator, and holds back no later reading', async () => {
  await (await world.start()).result();
  world.feed.people = people(2);
  expect(await (await world.start()).result()).toBe('waiting');
  expect(await active()).toBe(8);
  world.feed.people = people(7);
  expect(await (await world.start()).result()).toBe('applied');
  expect(await active()).toBe(7);
  expect(await approveWaiting(world.pool, 'hr', 'op')).toBeUndefined();
});

test('many leave with the reading after an operator has approved', async () => {
  world.feed.people = people(2);
  expect(await (await world.start()).result()).toBe('waiting');
  expect(await approveWaiting(world.pool, 'hr', 'op')).toBe(5);
  expect(await (await world.start()).result()).toBe('applied');
  expect(await active()).toBe(2);
  expect(world.told).toEqual(['waiting', 'applied']);
});

test('nothing of a person is in the history of a reading', async () => {
  world.feed.people = people(8).map((person) => ({ ...person, givenName: 'Zebedee', mobiles: ['+12025550142'] }));
  const handle = await world.start();
  await handle.result();
  const text = JSON.stringify(await world.opened(handle));
  expect(text).toContain('directory-sync-hr');
  expect(text).not.toMatch(/Zebedee|2025550142|E10\d/);
});

test('a reading that was due while Temporal was down is made up for, however seldom its source is read', async () => {
  await world.syncs.schedule(new Map([['hr', { everyMs: 86_400_000 }]]));
  expect(await world.catchesUpWithin()).toBe(86_400_000);
});

test('schedules are what the configuration says: changed, and gone with their source', async () => {
  await world.syncs.schedule(new Map([['hr', { everyMs: 7_200_000 }], ['other', { everyMs: 60_000 }]]));
  // The server lists what is new a moment later.
  while (Object.keys(await world.intervals()).length < 2) expect(await world.syncs.trigger('hr')).toBe('triggered');
  expect(await world.intervals()).toEqual({ 'directory-sync-hr': 7_200_000, 'directory-sync-other': 60_000 });
  await world.syncs.schedule(new Map([['hr', { everyMs: 3_600_000 }]]));
  expect(await world.syncs.trigger('other')).toBe('none');
  expect(await world.intervals()).toMatchObject({ 'directory-sync-hr': 3_600_000 });
});
