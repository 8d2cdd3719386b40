// A worker on a server that skips time: one of each for a test file, since the clock belongs to the whole server.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '@temporalio/activity';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker, makeTelemetryFilterString } from '@temporalio/worker';
import type { Activities } from '../../activities';
import { FailureInterceptor } from '../../activities/failures';
import { startTestServer } from '../../src/stack/temporal/timeSkippingServer';
import type { TestServerCommand } from '../../src/stack/temporal/timeSkippingServer';
import { createDataConverter } from '../../src/temporal/dataConverter';
import { searchAttributes, taskQueues } from '../../workflows/contract';
import { HeldTime } from './heldTime';
import { testKeyring } from './world';

export interface TimeSkipping {
  /** Its client, connections and `sleep`. Never terminate a workflow on it: it would not skip time any more. */
  readonly env: TestWorkflowEnvironment;
  readonly worker: { run(): Promise<unknown>; shutdown(): void };
  /** Ends connections and server. The worker must have stopped before. */
  stop(): Promise<void>;
}

// Values of temporal.api.enums.v1.IndexedValueType.
const indexedTypes = { KEYWORD: 2, INT: 3, DATETIME: 6 } as const;

/** Starts a server of its own and a worker with these activities on our queues. A second and a half. */
export async function startTimeSkipping({ activities }: { activities: Activities }): Promise<TimeSkipping> {
  const command = JSON.parse(given('DOORMAN_TEST_SERVER')) as TestServerCommand;
  const folder = mkdtempSync(join(tmpdir(), 'doorman-skip-'));
  const server = await startTestServer(command, join(folder, 'server.log'));
  const stopServer = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
    });
    const dataConverter = createDataConverter(testKeyring.payload);
    const env = await attach(server.address, dataConverter);
    const held = new HeldTime(env);
    const sleep = env.sleep.bind(env);
    env.sleep = async (duration) => {
      await held.released();
      await sleep(duration);
    };
    const workers = await createWorkers(env, dataConverter, activities, held);
    return {
      env,
      worker: {
        run: () => Promise.all(workers.map((worker) => worker.run())),
        shutdown: () => workers.forEach((worker) => worker.shutdown()),
      },
      stop: async () => {
        await env.teardown();
        await stopServer();
      },
    };
  } catch (error) {
    await stopServer();
    throw error;
  }
}

type DataConverter = ReturnType<typeof createDataConverter>;

async function attach(address: string, dataConverter: DataConverter): Promise<TestWorkflowEnvironment> {
  // The public createFromExistingServer cannot skip time; the private one beneath it can.
  const environments = TestWorkflowEnvironment as unknown as {
    create(options: object): Promise<TestWorkflowEnvironment>;
  };
  const env = await environments.create({
    server: { type: 'existing' }, supportsTimeSkipping: true, namespace: 'default', address, client: { dataConverter },
  });
  await env.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(
      Object.values(searchAttributes).map(({ name, type }) => [name, indexedTypes[type]])),
  });
  return env;
}

function createWorkers(
  env: TestWorkflowEnvironment, dataConverter: DataConverter, activities: Activities, held: HeldTime,
): Promise<Worker[]> {
  const shared = {
    connection: env.nativeConnection,
    dataConverter,
    interceptors: {
      activity: [
        ({ info }: Context) => ({ inbound: held.interceptor(info) }),
        ({ info }: Context) => ({ inbound: new FailureInterceptor(info.activityType) }),
      ],
    },
    shutdownGraceTime: 0,
  };
  return Promise.all([
    Worker.create({
      ...shared, taskQueue: taskQueues.doorman, activities, workflowBundle: { codePath: given('DOORMAN_TEST_BUNDLE') },
    }),
    Worker.create({ ...shared, taskQueue: taskQueues.assistant, activities: { relay: activities.relay } }),
  ]);
}

function given(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: jest.config.cjs says how such tests are named`);
  return value;
}
