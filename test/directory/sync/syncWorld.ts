// Readings as they run: a development server, a database, a worker that can be killed, sources that do as they are told.
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { createDirectoryActivities } from '../../../activities/directory';
import { FailureInterceptor } from '../../../activities/failures';
import { createPool } from '../../../src/db/pool';
import type { Pool } from '../../../src/db/pool';
import type { DirectoryFeed, FeedPage, FeedReading } from '../../../src/directory/directoryFeed';
import { lastSyncs } from '../../../src/directory/sync/views';
import type { SyncView } from '../../../src/directory/sync/views';
import { createDataConverter } from '../../../src/temporal/dataConverter';
import { createDirectorySyncs } from '../../../src/temporal/directorySyncs';
import type { DirectorySyncs } from '../../../src/temporal/directorySyncs';
import { syncScheduleId, taskQueues } from '../../../workflows/contract';
import { openHistory } from '../../support/openHistory';
import { createTestDatabase } from '../../support/postgres';
import { given } from '../../support/setup/given';
import { startTestTemporal } from '../../support/testTemporal';
import { testKeyring } from '../../support/world';
import { recordOf } from '../people';
import type { Person } from '../people';

/** A source of two people a page. */
export class PagedSource implements DirectoryFeed {
  readonly source = 'hr';
  readonly complete = true;
  readonly hasDeltas = false;
  readonly asked: FeedReading[] = [];
  people: readonly Person[] = [];
  /** Called before each page is delivered; what it throws, the source throws. */
  beforePage: (page: number) => Promise<void> | void = () => undefined;

  async* read(reading: FeedReading = { mode: 'full' }): AsyncGenerator<FeedPage> {
    this.asked.push(reading);
    const pages = Math.ceil(this.people.length / 2);
    for (let page = Number(reading.from ?? 0); page < pages; page += 1) {
      await this.beforePage(page);
      const items = this.people.slice(page * 2, page * 2 + 2)
        .map((person, i) => ({ record: recordOf(person), where: `place ${page * 2 + i}` }));
      yield { items, ...page < pages - 1 ? { next: String(page + 1) } : {} };
    }
  }
}

export interface SyncWorld {
  readonly pool: Pool;
  readonly syncs: DirectorySyncs;
  readonly feed: PagedSource;
  /** How readings ended, as the process hears of it. */
  readonly told: string[];
  /** Has the schedule start a reading, and says which. */
  start(): Promise<WorkflowHandle>;
  last(): Promise<SyncView | undefined>;
  /** Waits until the last reading is in this state. */
  until(state: string): Promise<SyncView>;
  handle(workflowId: string): WorkflowHandle;
  /** The whole history, with what its payloads hold. */
  opened(handle: WorkflowHandle): Promise<unknown>;
  /** In ms, by the id of the schedule. */
  intervals(): Promise<Record<string, number>>;
  /** How late a reading may be begun that could not be when it was due, in ms. */
  catchesUpWithin(): Promise<number>;
  startWorker(): Promise<void>;
  /** Stops it in the middle of what it does, and lets it tell nobody. */
  stopWorker(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSyncs(): Promise<SyncWorld> {
  const database = await createTestDatabase();
  const pool = createPool(database.url, { max: 10, query_timeout: 0 });
  const { env, stop: stopServer } = await startTestTemporal('real');
  const feed = new PagedSource();
  const told: string[] = [];
  const syncs = createDirectorySyncs(env.client);
  const activities = createDirectoryActivities({
    pool,
    sources: new Map([['hr', { feed, everyMs: 3_600_000, fullEveryMs: 3_600_000, deactivationShareMax: 0.1 }]]),
    notices: { keys: testKeyring, noticesMax: 100 },
    tellSync: (_source, how) => { told.push(how); },
    tellFault: (_source, { kind }) => { told.push(kind); },
  });
  let running = await startWorker();

  async function startWorker() {
    const shared = {
      connection: env.nativeConnection,
      dataConverter: createDataConverter(testKeyring.payload),
      interceptors: { activity: [({ info }: { info: { activityType: string } }) => ({
        inbound: new FailureInterceptor(info.activityType) })] },
      shutdownGraceTime: 0,
    };
    const workers = await Promise.all([
      Worker.create({
        ...shared, taskQueue: taskQueues.doorman, workflowBundle: { codePath: given('DOORMAN_TEST_BUNDLE') } }),
      Worker.create({ ...shared, taskQueue: taskQueues.batch, activities, maxHeartbeatThrottleInterval: 100 }),
    ]);
    const ended = Promise.all(workers.map((worker) => worker.run()));
    return async () => {
      for (const worker of workers) worker.shutdown();
      await ended;
    };
  }

  const last = async () => (await lastSyncs(pool, 'hr'))[0];
  return {
    pool, syncs, feed, told, last,
    async start() {
      const handle = env.client.schedule.getHandle(syncScheduleId('hr'));
      const before = (await handle.describe()).info.numActionsTaken;
      await syncs.trigger('hr');
      for (;;) {
        const { info } = await handle.describe();
        if (info.numActionsTaken === before) continue;
        const { action } = info.recentActions.at(-1)!;
        return env.client.workflow.getHandle(action.workflow.workflowId);
      }
    },
    async until(state) {
      for (;;) {
        const view = await last();
        if (view?.state === state) return view;
      }
    },
    handle: (workflowId) => env.client.workflow.getHandle(workflowId),
    async opened(handle) {
      const history = await handle.fetchHistory();
      return [history, await openHistory(testKeyring.payload, history)];
    },
    async intervals() {
      const found: Record<string, number> = {};
      for await (const { scheduleId } of env.client.schedule.list()) {
        const { spec } = await env.client.schedule.getHandle(scheduleId).describe();
        found[scheduleId] = spec.intervals?.[0]?.every ?? 0;
      }
      return found;
    },
    catchesUpWithin: async () =>
      (await env.client.schedule.getHandle(syncScheduleId('hr')).describe()).policies.catchupWindow,
    startWorker: async () => { running = await startWorker(); },
    stopWorker: () => running(),
    async stop() {
      await running();
      await stopServer();
      await pool.end();
      await database.drop();
    },
  };
}
