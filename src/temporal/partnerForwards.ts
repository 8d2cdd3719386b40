// What the web process says to the workflows that forward partners' events: that something waits, by ids alone.
import type { Client } from '@temporalio/client';
import { summaries } from '../domain/shown';
import { partnerForwardId, signalNames, taskQueues, workflowTypes } from '../../workflows/contract';
import type { PartnerEventStored, PartnerSubject } from '../../workflows/contract';

/** What is stored but not told is told by the sweep. */
const tellDeadlineMs = 2_000;

/** Tells the workflow of a subject, starting it if there is none. Rejects after 2 s. Repeated, it has no effect. */
export function createPartnerForwards(client: Client) {
  return async ({ partner, subject }: PartnerSubject, eventId: string): Promise<void> => {
    const start: PartnerSubject = { partner, subject };
    const signal: PartnerEventStored = { eventId };
    await client.withDeadline(Date.now() + tellDeadlineMs, () =>
      client.workflow.signalWithStart(workflowTypes.partnerForward, {
        workflowId: partnerForwardId(start),
        taskQueue: taskQueues.partners,
        args: [start],
        signal: signalNames.partnerEventStored,
        signalArgs: [signal],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        staticSummary: summaries.partnerForward,
      }));
  };
}
