// Events of partners on their whole way: request, table, workflow, a target on a real socket.
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { FailureInterceptor } from '../../../activities/failures';
import { createDataConverter } from '../../../src/temporal/dataConverter';
import { createPartnerForwards } from '../../../src/temporal/partnerForwards';
import { createWiredPartnerActivities } from '../../../src/wiring/partners';
import { partnerForwardId, taskQueues } from '../../../workflows/contract';
import { given } from '../../support/setup/given';
import { startTestTemporal } from '../../support/testTemporal';
import type { Time } from '../../support/testTemporal';
import { Events, testKeyring } from '../../support/world';
import { forwardPartner, partnersOf, signed } from '../partnerRequests';
import { createPartnerWorld } from '../partnerWorld';
import type { PartnerWorld } from '../partnerWorld';
import { accept, startTarget } from './targetServer';
import type { TargetServer } from './targetServer';

export interface ForwardWorld extends PartnerWorld {
  readonly env: TestWorkflowEnvironment;
  readonly target: TargetServer;
  readonly alerts: Events<string>;
  /** Posts an event of somebody, and waits until its workflow was told. */
  post(id: string, who: string): Promise<void>;
  /** What the target was sent: the ids of the events, in order. */
  delivered(): string[];
  workflowIds(): string[];
  /** Waits until the workflow of the `index`-th subject that was told of has completed. */
  result(index?: number): Promise<unknown>;
  startWorker(bundle?: WorkflowBundleOption): Promise<void>;
  stopWorker(): Promise<void>;
  clear(): Promise<void>;
}

export const eventBody = (id: string, who: string): string => JSON.stringify({ id, who, words: 'canary-words' });

export async function startForwarding(time: Time): Promise<ForwardWorld> {
  const target = await startTarget();
  const settings = forwardPartner('hr', 'plain', `${target.url}/in`);
  const partners = await createPartnerWorld(settings);
  const { env, stop: stopServer } = await startTestTemporal(time);
  const alerts = new Events<string>();
  const activities = createWiredPartnerActivities(
    partners.pool, testKeyring, partnersOf(settings), (what) => alerts.push(what))!;
  let worker: Worker | undefined;
  let running: Promise<void> | undefined;
  const tell = createPartnerForwards(env.client);
  const world: ForwardWorld = Object.assign(partners, {
    env, target, alerts,
    async post(id: string, who: string) {
      const outcome = await world.outcome(signed('hr', 'plain', eventBody(id, who)));
      if (outcome !== 'stored') throw new Error(`the event is ${outcome}`);
      await world.forwarding.drain();
    },
    delivered: () => target.deliveries.all.map(({ headers }) => String(headers['webhook-id'])),
    workflowIds: () => world.told.map((one) => {
      const [partner, subject] = one.split(' ') as [string, string];
      return partnerForwardId({ partner, subject });
    }),
    result: (index = 0) => env.client.workflow.getHandle(world.workflowIds()[index]!).result(),
    async startWorker(bundle: WorkflowBundleOption = { codePath: given('DOORMAN_TEST_BUNDLE') }) {
      worker = await Worker.create({
        connection: env.nativeConnection, taskQueue: taskQueues.partners, workflowBundle: bundle, activities: { ...activities },
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
    async clear() {
      await partners.reset();
      target.deliveries.clear();
      alerts.clear();
      target.answer = accept;
      world.tell = tell;
    },
  });
  const stopTables = partners.stop.bind(partners);
  world.stop = async () => {
    await world.stopWorker();
    await stopServer();
    await stopTables();
    await target.close();
  };
  await world.clear();
  await world.startWorker();
  return world;
}
