// The schedules by which sources are read.
import { ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Client, ScheduleOptions } from '@temporalio/client';
import { summaries } from '../domain/shown';
import { syncScheduleId, taskQueues, workflowTypes } from '../../workflows/contract';
import type { DirectorySyncStart } from '../../workflows/contract';

/** An operator waits no longer; the order stands. */
const orderDeadlineMs = 10_000;

export type DirectorySyncs = ReturnType<typeof createDirectorySyncs>;

export function createDirectorySyncs(client: Client) {
  return {
    /** Makes the schedules what the configuration says: one a source, none beyond. Repeat-safe. */
    async schedule(sources: ReadonlyMap<string, { readonly everyMs: number }>): Promise<void> {
      for (const [source, { everyMs }] of sources) await ensure(client, source, everyMs);
      const wanted = new Set([...sources.keys()].map(syncScheduleId));
      for await (const { scheduleId } of client.schedule.list()) {
        if (!scheduleId.startsWith(syncScheduleId('')) || wanted.has(scheduleId)) continue;
        await client.schedule.getHandle(scheduleId).delete().catch(ignoreMissing);
      }
    },

    /** Has a source read now; no second time when it is being read. `none`: there is no such schedule. */
    async trigger(source: string): Promise<'triggered' | 'none'> {
      try {
        await client.withDeadline(Date.now() + orderDeadlineMs, () =>
          client.schedule.getHandle(syncScheduleId(source)).trigger(ScheduleOverlapPolicy.SKIP));
        return 'triggered';
      } catch (error) {
        if (error instanceof ScheduleNotFoundError) return 'none';
        throw error;
      }
    },
  };
}

async function ensure(client: Client, source: string, everyMs: number): Promise<void> {
  const start: DirectorySyncStart = { source };
  const options: ScheduleOptions = {
    scheduleId: syncScheduleId(source),
    spec: { intervals: [{ every: everyMs }] },
    action: {
      type: 'startWorkflow',
      workflowType: workflowTypes.directorySync,
      workflowId: syncScheduleId(source),
      taskQueue: taskQueues.doorman,
      args: [start],
      staticSummary: summaries.directorySync,
    },
    // A reading that takes longer than its interval is not overtaken by the next. After an outage of the server,
    // however long, one makes up for all that were missed: the last of them is as late at most.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: everyMs },
  };
  const { spec, action, policies } = options;
  try {
    await client.schedule.getHandle(options.scheduleId).update((former) => ({
      ...former, spec, action: { ...former.action, ...action }, policies: { ...former.policies, ...policies } }));
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    await client.schedule.create(options).catch(ignoreExisting);
  }
}

/** Another process was faster. */
function ignoreExisting(error: unknown): void {
  if ((error as { name?: string }).name !== 'ScheduleAlreadyRunning') throw error;
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ScheduleNotFoundError)) throw error;
}
