// Records histories: `npm run record-histories`. Only adds: a scenario that has any history is never recorded anew.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { bundleThatContinuesSoon } from '../support/conversationWorker';
import type { WorkerChoices } from '../support/conversationWorker';
import { startConversations } from '../support/conversations';
import type { ConversationWorld } from '../support/conversations';
import type { History } from '../support/openHistory';
import { bundleOf } from '../support/setup/prepareConversations';
import { suggestedAfterEvents } from '../support/suggestContinueAsNew';
import { historiesFolder, recordedOf } from './recorded';
import type { Recorded } from './recorded';
import { replay } from './replayed';
import { scenarios } from './scenarios';

const isRecording = process.env.DOORMAN_RECORD_HISTORIES === '1';
const played: Recorded[] = [];
// Every scenario is played in each run of the tests, so that none is found broken on the day it is needed.
let world: ConversationWorld;
let soon: WorkerChoices;
let choices: WorkerChoices = {};

beforeAll(async () => {
  world = await startConversations('skipping', { methods: ['sms', 'call'] });
  soon = { bundle: await bundleThatContinuesSoon() };
});

afterAll(async () => {
  await world.stop();
});

test.each(scenarios)('$name can be played and recorded', async ({ name, policy, continuesSoon, play }) => {
  await world.reset(policy);
  // After the reset: no conversation is left that only the former worker remembers.
  await work(continuesSoon ? soon : {});
  const { senderId } = await play(world);
  const histories = await historiesOf(`wa-${senderId}`);
  if (continuesSoon) histories.forEach(writeSuggestions);
  const runs = histories.map((history, index) => ({
    name: `conversation.${name}${histories.length > 1 ? `-${index + 1}` : ''}.v1`, json: historyToJSON(history),
  }));
  played.push(...runs);
  for (const { json } of runs) expect(json.length).toBeGreaterThan(1_000);
  const earlier = recordedOf(name);
  if (earlier.length > 0) expect(runs.length > 1).toBe(earlier.length > 1);
  // All runs or none: those of two recordings do not follow one another.
  if (!isRecording || earlier.length > 0) return;
  for (const run of runs) writeFileSync(join(historiesFolder, `${run.name}.json`), `${run.json}\n`, { flag: 'wx' });
});

test('what was played just now replays, as it would when it is recorded', async () => {
  const results = await replay(played, { codePath: await bundleOf(() => undefined) });
  expect(results).toEqual(Object.fromEntries(played.map(({ name }) => [name, 'replayed'])));
});

async function work(wanted: WorkerChoices): Promise<void> {
  if (wanted.bundle === choices.bundle) return;
  await world.stopWorker();
  await world.startWorker(wanted);
  choices = wanted;
}

/** One a run, in the order of the runs, whether a run continued the former or began after its end. */
async function historiesOf(workflowId: string): Promise<History[]> {
  const { connection: { workflowService }, namespace = 'default', client } = world.env;
  const wanted = { namespace, executionFilter: { workflowId } };
  // The server that skips time has no other lists. Open ones first: a run that ends in between is in both, not in none.
  const open = await workflowService.listOpenWorkflowExecutions(wanted);
  const closed = await workflowService.listClosedWorkflowExecutions(wanted);
  const starts = new Map([...closed.executions, ...open.executions].map(({ execution, startTime }) =>
    [execution!.runId!, Number(startTime!.seconds) * 1_000 + startTime!.nanos! / 1_000_000]));
  const runIds = [...starts].sort(([, one], [, other]) => one - other).map(([runId]) => runId);
  return Promise.all(runIds.map((runId) => client.workflow.getHandle(workflowId, runId).fetchHistory()));
}

/** The suggestion to continue as new is played inside the worker; a history must hold it, as from a real server. */
function writeSuggestions({ events }: History): void {
  for (const { eventId, workflowTaskStartedEventAttributes: started } of events ?? []) {
    if (started && Number(eventId) >= suggestedAfterEvents) started.suggestContinueAsNew = true;
  }
}
