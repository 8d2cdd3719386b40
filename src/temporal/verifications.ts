// What the web process says to workflows of codes for applications. Starts by name, so that no workflow code is loaded.
import {
  WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, WorkflowUpdateFailedError,
} from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { summaries } from '../domain/shown';
import { taskQueues, updateNames, verificationWorkflowId, workflowTypes } from '../../workflows/contract';
import type { CheckStatus, GuessStored, VerificationStart } from '../../workflows/contract';

/** What is stored but not told is told later. */
const startDeadlineMs = 2_000;

/** Of the 10 s in which a request is answered. */
const checkDeadlineMs = 7_000;

export type VerificationWorkflows = ReturnType<typeof createVerificationWorkflows>;

export function createVerificationWorkflows(client: Client) {
  return {
    /** Rejects after 2 s. Told twice, it is one. */
    async start(start: VerificationStart): Promise<void> {
      try {
        await client.withDeadline(Date.now() + startDeadlineMs, () =>
          client.workflow.start(workflowTypes.verification, {
            workflowId: verificationWorkflowId(start.verificationId),
            taskQueue: taskQueues.doorman,
            args: [start],
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
            staticSummary: summaries.verification,
          }));
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },

    /** Has a stored guess judged. `gone`: the workflow is over, or was never told. Told again, it is judged once. */
    async check({ verificationId, guessId }: GuessStored & { verificationId: string }): Promise<CheckStatus | 'gone'> {
      const handle = client.workflow.getHandle(verificationWorkflowId(verificationId));
      try {
        return await client.withDeadline(Date.now() + checkDeadlineMs, () =>
          handle.executeUpdate<CheckStatus, [GuessStored]>(
            updateNames.checkCode, { updateId: guessId, args: [{ guessId }] }));
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'gone';
        // It ended while the guess was on its way.
        if (error instanceof WorkflowUpdateFailedError) return 'gone';
        throw error;
      }
    },
  };
}
