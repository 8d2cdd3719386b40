// Runs inside the workflow sandbox: plays the server's suggestion to continue as new, which the test server never makes.
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { workflowInfo } from '@temporalio/workflow';

/** After so many events of a run it is suggested; a real server does after 4,096. */
export const suggestedAfterEvents = 40;

export const interceptors: WorkflowInterceptorsFactory = () => ({
  internals: [{
    activate(input, next) {
      // Written over what the server said, before the workflow is woken; a replay of the same history does the same.
      const info = workflowInfo();
      Object.assign(info, { continueAsNewSuggested: info.historyLength >= suggestedAfterEvents });
      next(input);
    },
  }],
});
