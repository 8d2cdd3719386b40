// The worker of the conversations under test: both queues, in this process, with the real activities.
import type { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import type { WorkflowBundleOption } from '@temporalio/worker';
import type { Activities } from '../../activities';
import { FailureInterceptor } from '../../activities/failures';
import { createDataConverter, failureConverterPath } from '../../src/temporal/dataConverter';
import { taskQueues } from '../../workflows/contract';
import { HeldTime } from './heldTime';
import { given } from './setup/given';
import { testKeyring } from './world';

export interface WorkerChoices {
  /** The usual one by default. */
  readonly bundle?: WorkflowBundleOption;
  /**
   * Keeps no conversation in memory: each of its tasks is replayed from the start, and another worker may have the next
   * one. The server that skips time never takes back what it kept for a worker that is gone (no sticky time-out).
   */
  readonly forgetful?: boolean;
}

/** Runs both queues until `stop` has resolved. */
export async function startWorker(
  env: TestWorkflowEnvironment, activities: Activities,
  { bundle = { codePath: given('DOORMAN_TEST_BUNDLE') }, forgetful = false }: WorkerChoices = {},
): Promise<{ stop(): Promise<void> }> {
  const held = env.supportsTimeSkipping ? holdingTime(env) : undefined;
  const shared = {
    connection: env.nativeConnection,
    dataConverter: createDataConverter(testKeyring.payload),
    interceptors: {
      activity: [
        ...held === undefined ? [] : [({ info }: Context) => ({ inbound: held.interceptor(info) })],
        ({ info }: Context) => ({ inbound: new FailureInterceptor(info.activityType) }),
      ],
    },
    shutdownGraceTime: 0,
  };
  const workers = await Promise.all([
    Worker.create({
      ...shared, taskQueue: taskQueues.doorman, activities, workflowBundle: bundle,
      ...(forgetful ? { maxCachedWorkflows: 0 } : {}),
    }),
    Worker.create({ ...shared, taskQueue: taskQueues.assistant, activities: { relay: activities.relay } }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  return {
    async stop() {
      for (const worker of workers) worker.shutdown();
      await running;
      await held?.stop();
    },
  };
}

function holdingTime(env: TestWorkflowEnvironment): HeldTime {
  const held = new HeldTime(env);
  const sleep = env.sleep.bind(env);
  env.sleep = async (duration) => {
    await held.released();
    await sleep(duration);
  };
  return held;
}

/** The workflows, told to continue as new after few events. */
export function bundleThatContinuesSoon(): Promise<WorkflowBundleOption> {
  return bundleWorkflowCode({
    workflowsPath: require.resolve('../../workflows/index.ts'),
    failureConverterPath,
    workflowInterceptorModules: [require.resolve('./suggestContinueAsNew.ts')],
    logger: new DefaultLogger('ERROR'),
  });
}
