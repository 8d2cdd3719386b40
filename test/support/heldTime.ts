// Gives back what the server that skips time forgets: an activity that runs holds time still, and when its workflow
// ends before it does, the server refuses its completion and holds time for ever: the next skip would hang.
import type { Info } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';

type Environment = Pick<TestWorkflowEnvironment, 'connection' | 'namespace'>;
type Attempt = Pick<Info, 'activityId' | 'attempt'> & { execution: { workflowId: string; runId: string } };

const pollMs = 20;
const patienceMs = 2_000;
/** Of temporal.api.enums.v1.WorkflowExecutionStatus. */
const running = 1;
/** Started, and started with its cancellation asked for: temporal.api.enums.v1.PendingActivityState. */
const unfinished = new Set([2, 3]);
const notFound = 5;

export class HeldTime {
  private readonly checks = new Set<Promise<void>>();
  private isStopped = false;

  constructor(private readonly env: Environment) {}

  /** Goes around every activity of a worker. */
  interceptor({ isLocal, activityId, attempt, workflowExecution: execution }: Info): ActivityInboundCallsInterceptor {
    return {
      execute: async (input, next) => {
        try {
          return await next(input);
        } finally {
          if (!isLocal && execution !== undefined) this.check({ activityId, attempt, execution });
        }
      },
    };
  }

  /** Resolves when no activity that has ended holds time; soon in any case, since a stopped worker tells nothing. */
  async released(): Promise<void> {
    const until = Date.now() + patienceMs;
    while (this.checks.size > 0 && Date.now() < until) await pause();
  }

  /** Resolves when nothing asks the server any more: what still asks when its connection ends would end the tests. */
  async stop(): Promise<void> {
    this.isStopped = true;
    while (this.checks.size > 0) await Promise.all(this.checks);
  }

  private check(attempt: Attempt): void {
    const check = this.giveBack(attempt).finally(() => this.checks.delete(check));
    this.checks.add(check);
  }

  private async giveBack(attempt: Attempt): Promise<void> {
    while (!this.isStopped) {
      // A server that is busy is asked again: who gave up here would leave time held for ever.
      const state = await this.stateOf(attempt).catch(() => 'pending' as const);
      if (state === 'told') return;
      if (state === 'refused') {
        await this.env.connection.testService?.unlockTimeSkipping({}).catch(() => undefined);
        return;
      }
      await pause();
    }
  }

  /** What became of it: the server was told how it ended, is about to be, or has refused to hear it. */
  private async stateOf({ execution, activityId, attempt }: Attempt): Promise<'told' | 'pending' | 'refused'> {
    const { connection: { workflowService }, namespace = 'default' } = this.env;
    const described = await workflowService.describeWorkflowExecution({ namespace, execution })
      .catch((error: { code?: number }) => { if (error.code === notFound) return undefined; throw error; });
    if (described === undefined) return 'told';
    if (described.workflowExecutionInfo?.status === running) {
      const isPending = (described.pendingActivities ?? []).some((pending) =>
        pending.activityId === activityId && pending.attempt === attempt && unfinished.has(pending.state ?? 0));
      return isPending ? 'pending' : 'told';
    }
    const answer = await workflowService.getWorkflowExecutionHistory({ namespace, execution });
    const events = answer.history?.events ?? [];
    const scheduled = events.find((event) => event.activityTaskScheduledEventAttributes?.activityId === activityId);
    const isEnded = scheduled !== undefined && events.some((event) => [
      event.activityTaskCompletedEventAttributes, event.activityTaskFailedEventAttributes,
      event.activityTaskTimedOutEventAttributes, event.activityTaskCanceledEventAttributes,
    ].some((attributes) => attributes?.scheduledEventId?.toString() === String(scheduled.eventId)));
    return isEnded ? 'told' : 'refused';
  }
}

const pause = () => new Promise((resolve) => { setTimeout(resolve, pollMs); });
