// Runs histories again, as a worker does that never saw them.
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import type { WorkflowBundleOption } from '@temporalio/worker';
import type { Keyring } from '../../src/keys/keyring';
import { createDataConverter } from '../../src/temporal/dataConverter';
import { testKeyring } from '../support/world';
import type { Recorded } from './recorded';

/** What each history came to: `replayed`, or the name of the error. */
export async function replay(
  histories: readonly Recorded[], workflowBundle: WorkflowBundleOption, keyring: Keyring = testKeyring,
): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  const inputs = histories.map(({ name, json }) => ({ workflowId: name, history: historyFromJSON(JSON.parse(json)) }));
  const dataConverter = createDataConverter(keyring.payload);
  const replays = Worker.runReplayHistories({ workflowBundle, dataConverter }, inputs);
  for await (const { workflowId, error } of replays) results[workflowId] = error?.name ?? 'replayed';
  return results;
}
