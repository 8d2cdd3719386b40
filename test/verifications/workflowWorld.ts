// Codes for applications with their workflows, on a server of their own.
import { Worker } from '@temporalio/worker';
import { FailureInterceptor } from '../../activities/failures';
import type { Policy } from '../../src/domain/policy';
import { createDataConverter } from '../../src/temporal/dataConverter';
import { createVerificationWorkflows } from '../../src/temporal/verifications';
import { taskQueues, verificationWorkflowId } from '../../workflows/contract';
import { given } from '../support/setup/given';
import { startTestTemporal } from '../support/testTemporal';
import type { TestTemporal, Time } from '../support/testTemporal';
import { testKeyring } from '../support/world';
import { createVerificationWorld } from './verificationWorld';
import type { VerificationWorld } from './verificationWorld';

export interface WorkflowWorld extends VerificationWorld {
  readonly env: TestTemporal['env'];
  /** How the workflow of a verification ended; where time is skipped, without waiting. */
  result(id: string): Promise<unknown>;
  startWorker(): Promise<void>;
  stopWorker(): Promise<void>;
}

export async function startVerifications(time: Time, changes: Partial<Policy> = {}): Promise<WorkflowWorld> {
  const { env, stop: stopServer } = await startTestTemporal(time);
  const tables = await createVerificationWorld(changes, createVerificationWorkflows(env.client));
  let worker: Worker | undefined;
  let running: Promise<void> | undefined;
  const stopTables = tables.stop.bind(tables);
  const world: WorkflowWorld = Object.assign(tables, {
    env,
    result: (id: string) => env.client.workflow.getHandle(verificationWorkflowId(id)).result(),
    async startWorker() {
      worker = await Worker.create({
        connection: env.nativeConnection, taskQueue: taskQueues.doorman, activities: { ...tables.activities },
        workflowBundle: { codePath: given('DOORMAN_TEST_BUNDLE') },
        dataConverter: createDataConverter(testKeyring.payload), shutdownGraceTime: 0,
        interceptors: { activity: [({ info }) => ({ inbound: new FailureInterceptor(info.activityType) })] },
      });
      running = worker.run();
    },
    async stopWorker() {
      worker?.shutdown();
      await running;
      worker = undefined;
    },
  });
  world.stop = async () => {
    await world.stopWorker();
    await stopServer();
    await stopTables();
  };
  await world.startWorker();
  return world;
}
