// The worker process: runs conversations and their activities until it is told to stop, then finishes what it began.
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DefaultLogger, NativeConnection, Runtime, Worker, makeTelemetryFilterString } from '@temporalio/worker';
import type { WorkerOptions } from '@temporalio/worker';
import { FailureInterceptor } from '../activities/failures';
import { taskQueues } from '../workflows/contract';
import type { Config } from './config';
import { createInternalApp } from './http/internalApp';
import { listen, onStop, tryUntilDone } from './process';
import { temporalAddress } from './temporal/connection';
import { wireWorker } from './wiring';

/** Runs the worker. Resolves when it has stopped in order; rejects when it cannot go on, which ends the process. */
export async function runWorker(config: Config): Promise<void> {
  const metricsPort = await freeLoopbackPort();
  const wired = wireWorker(config, `http://127.0.0.1:${metricsPort}/metrics`);
  Runtime.install({
    logger: new DefaultLogger('INFO', wired.temporalLog),
    // Our own handlers drain web server, workers, connection and pool in that order.
    shutdownSignals: [],
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
      metrics: { prometheus: { bindAddress: `127.0.0.1:${metricsPort}`, countersTotalSuffix: true, unitSuffix: true } },
    },
  });
  let workers: readonly Worker[] = [];
  const isRunning = () => workers.length > 0 && workers.every((worker) => worker.getState() === 'RUNNING');
  const internal = await listen(createInternalApp({
    ready: async () => isRunning() && await wired.database.isReady(),
    metrics: () => wired.telemetry.render(),
  }), config.DOORMAN_INTERNAL_PORT + 1, '0.0.0.0');
  const stopping = new AbortController();
  onStop(() => {
    stopping.abort();
    shutDown(workers);
  });
  try {
    await wired.database.untilSound(stopping.signal);
    const connection = await connect(config, wired.log, stopping.signal);
    if (connection === undefined) return;
    try {
      workers = await createWorkers(config, connection, wired);
      const stopped = Promise.all(workers.map((worker) => worker.run()));
      // Beside them: people are answered whether or not a source is read.
      const scheduled = tryUntilDone(() => wired.directory.schedule(connection, wired.dataConverter), {
        signal: stopping.signal,
        onFailure: (error, waitMs) => wired.log.warn('schedules could not be made yet', { error, ms: waitMs }),
      });
      // Told to stop while they were made: only a worker that runs lets go of its connection.
      if (stopping.signal.aborted) shutDown(workers);
      wired.log.info('worker started', { port: config.DOORMAN_INTERNAL_PORT + 1 });
      await stopped;
      stopping.abort();
      await scheduled;
    } finally {
      await connection.close();
    }
  } finally {
    internal.close();
    await wired.close();
  }
}

/**
 * Waits for Temporal as long as it takes: a process that ended instead would be held back by whoever starts it again,
 * for longer than the outage. Undefined when it was told to stop meanwhile.
 */
function connect(config: Config, log: Wired['log'], signal: AbortSignal): Promise<NativeConnection | undefined> {
  const address = temporalAddress(config);
  return tryUntilDone(() => NativeConnection.connect(address), {
    signal,
    onFailure: (error, waitMs) => log.warn('Temporal does not answer yet', { error, ms: waitMs }),
  });
}

function shutDown(workers: readonly Worker[]): void {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
}

type Wired = ReturnType<typeof wireWorker>;

function createWorkers(
  config: Config, connection: NativeConnection, wired: Wired,
): Promise<Worker[]> {
  const { activities, directory, partners, dataConverter, countOutcome } = wired;
  const shared: WorkerOptions = {
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: taskQueues.doorman,
    dataConverter,
    interceptors: {
      activity: [(context) => ({ inbound: new FailureInterceptor(context.info.activityType, countOutcome) })],
    },
    shutdownGraceTime: '20s',
    shutdownForceTime: '30s',
    workerDeploymentOptions: {
      version: { deploymentName: 'doorman', buildId: config.DOORMAN_BUILD_ID },
      useWorkerVersioning: false,
    },
  };
  return Promise.all([
    Worker.create({
      ...shared,
      activities,
      workflowBundle: { codePath: workflowBundlePath() },
      // Above the number of conversations that are active at once: an evicted one costs a replay (design §5).
      maxCachedWorkflows: 1_000,
      maxConcurrentWorkflowTaskExecutions: 100,
      // Replies wait up to a quantum inside their activity, so there are more of them than there is work.
      maxConcurrentActivityTaskExecutions: 500,
      maxConcurrentLocalActivityExecutions: 100,
      workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 10 },
      activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 10 },
    }),
    Worker.create({
      ...shared,
      taskQueue: taskQueues.assistant,
      activities: { relay: activities.relay },
      maxConcurrentActivityTaskExecutions: 200,
      activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 10 },
    }),
    Worker.create({
      ...shared,
      taskQueue: taskQueues.batch,
      activities: directory.activities,
      maxConcurrentActivityTaskExecutions: directory.activitiesAtOnce,
      // A reading hears by its heartbeats that it is cancelled.
      maxHeartbeatThrottleInterval: '5s',
      activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 1 },
    }),
    ...partners === undefined ? [] : [Worker.create({
      ...shared,
      taskQueue: taskQueues.partners,
      activities: { ...partners },
      workflowBundle: { codePath: workflowBundlePath() },
      // Apart from conversations, however many events a partner posts at once, and from sources that take an hour.
      maxCachedWorkflows: 200,
      maxConcurrentWorkflowTaskExecutions: 20,
      maxConcurrentActivityTaskExecutions: 50,
      workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 2 },
      activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 4 },
    })],
  ]);
}

/** The bundle that the build wrote beside the compiled code. */
export function workflowBundlePath(): string {
  return join(__dirname, '..', 'workflow-bundle.js');
}

async function freeLoopbackPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
