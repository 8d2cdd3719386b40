// Records readings of the directory, as conversations are: only added, and played in each run of the tests.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { FeedFault } from '../../src/directory/feedFault';
import { people } from '../directory/people';
import { startSyncs } from '../directory/sync/syncWorld';
import type { SyncWorld } from '../directory/sync/syncWorld';
import { bundleOf } from '../support/setup/prepareConversations';
import { historiesFolder } from './recorded';
import type { Recorded } from './recorded';
import { replay } from './replayed';

const isRecording = process.env.DOORMAN_RECORD_HISTORIES === '1';
const played: Recorded[] = [];
let world: SyncWorld;

beforeAll(async () => {
  world = await startSyncs();
  await world.syncs.schedule(new Map([['hr', { everyMs: 3_600_000 }]]));
});

afterAll(async () => {
  await world.stop();
});

const scenarios: readonly { name: string; play(): Promise<WorkflowHandle> }[] = [
  {
    name: 'read-and-applied',
    async play() {
      world.feed.people = people(8);
      const handle = await world.start();
      expect(await handle.result()).toBe('applied');
      return handle;
    },
  },
  {
    name: 'left-to-an-operator',
    async play() {
      world.feed.people = people(2);
      const handle = await world.start();
      expect(await handle.result()).toBe('waiting');
      return handle;
    },
  },
  {
    name: 'not-to-be-relied-on',
    async play() {
      world.feed.beforePage = () => { throw new FeedFault('untrustworthy', 'refers to another host'); };
      const handle = await world.start();
      await expect(handle.result()).rejects.toThrow();
      return handle;
    },
  },
];

test.each(scenarios)('a reading that is $name can be played and recorded', async ({ name, play }) => {
  const json = historyToJSON(await (await play()).fetchHistory());
  played.push({ name: `directorySync.${name}.v1`, json });
  const file = join(historiesFolder, `directorySync.${name}.v1.json`);
  if (isRecording && !existsSync(file)) writeFileSync(file, `${json}\n`, { flag: 'wx' });
  expect(existsSync(file)).toBe(true);
});

test('what was played just now replays, as it would when it is recorded', async () => {
  const results = await replay(played, { codePath: await bundleOf(() => undefined) });
  expect(results).toEqual(Object.fromEntries(played.map(({ name }) => [name, 'replayed'])));
});
