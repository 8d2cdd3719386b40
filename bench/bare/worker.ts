// The bare engine's worker process: Doorman's worker settings, codec and failure converter, activities that do nothing.
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { parseKeyring } from '../../src/keys/keyring';
import { createDataConverter } from '../../src/temporal/dataConverter';
import { nowMs } from '../measure/spread';
import { createBareActivities } from './activities';

export interface BareWorkerOrder {
  readonly address: string;
  readonly taskQueue: string;
  readonly bundlePath: string;
  readonly keyring: string;
}

async function run({ address, taskQueue, bundlePath, keyring }: BareWorkerOrder): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection, taskQueue,
    dataConverter: createDataConverter(parseKeyring(keyring).payload),
    workflowBundle: { codePath: bundlePath },
    activities: createBareActivities((news) => process.send?.({ ...news, at: nowMs() })),
    // As src/worker.ts sets them, so that the difference is what Doorman does and not how it is set.
    maxCachedWorkflows: 1_000,
    maxConcurrentWorkflowTaskExecutions: 100,
    maxConcurrentActivityTaskExecutions: 500,
    maxConcurrentLocalActivityExecutions: 100,
    workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 10 },
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 10 },
  });
  const stopped = worker.run();
  process.on('SIGTERM', () => worker.shutdown());
  process.send?.('ready');
  await stopped;
  await connection.close();
  process.exit(0);
}

process.once('message', (order: BareWorkerOrder) => {
  run(order).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
