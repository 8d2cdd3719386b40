// Recorded conversations run on today's workflow exactly as they did, and would not if it had changed.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { WorkflowBundleOption } from '@temporalio/worker';
import type { Keyring } from '../../src/keys/keyring';
import { newKeyring, parseKeyring } from '../../src/keys/keyring';
import { stageTable, stages } from '../../src/domain/verification';
import { createDataConverter, failureConverterPath } from '../../src/temporal/dataConverter';
import { bundleOf } from '../support/setup/prepareConversations';
import { testKeyring } from '../support/world';
import { scenarios } from './scenarios';

const root = join(__dirname, '../..');
const folder = join(__dirname, 'histories');
const quiet = new DefaultLogger('ERROR');
Runtime.install({ logger: quiet });

interface Recorded {
  readonly name: string;
  readonly json: string;
}

const recorded: Recorded[] = readdirSync(folder).filter((file) => file.endsWith('.json'))
  .map((file) => ({ name: basename(file, '.json'), json: readFileSync(join(folder, file), 'utf8') }));

/** What each history came to: nothing when it replays, the name of the error when it does not. */
async function replay(histories: readonly Recorded[], workflowBundle: WorkflowBundleOption, keyring: Keyring = testKeyring) {
  const results: Record<string, string | undefined> = {};
  const inputs = histories.map(({ name, json }) => ({ workflowId: name, history: historyFromJSON(JSON.parse(json)) }));
  const replays = Worker.runReplayHistories({ workflowBundle, dataConverter: createDataConverter(keyring.payload) }, inputs);
  for await (const { workflowId, error } of replays) results[workflowId] = error?.name;
  return results;
}

const allAre = (name: string | undefined) => Object.fromEntries(recorded.map((one) => [one.name, name]));

let today: WorkflowBundleOption;
beforeAll(async () => {
  today = { codePath: await bundleOf(() => undefined) };
});

test('every scenario is recorded', () => {
  const names = recorded.map(({ name }) => name);
  expect(scenarios.map(({ name }) => `conversation.${name}.v1`).filter((name) => !names.includes(name))).toEqual([]);
});

test('everything that a stage can do is in a recorded scenario', () => {
  const missing = stages.flatMap((stage) => [...new Set(Object.values(stageTable[stage]))]
    .filter((reaction) => !scenarios.some(({ covers }) => covers[stage]?.includes(reaction)))
    .map((reaction) => `${stage}: ${reaction}`));
  expect(missing).toEqual([]);
});

test('every recorded history replays', async () => {
  expect(await replay(recorded, today)).toEqual(allAre(undefined));
});

test('a workflow that waits once more replays none of them', async () => {
  const changed = await bundleChanged('conversation.ts', (text) => text
    .replace('  c.begin();', '  c.begin();\n  await sleep(1);').replace('setHandler, workflowInfo', 'setHandler, sleep, workflowInfo'));
  expect(await replay(recorded, changed)).toEqual(allAre('DeterminismViolationError'));
});

test('a limit that changed breaks nothing: conversations keep the numbers they began with', async () => {
  const changed = await bundleChanged('../src/domain/policy.ts', (text) => text
    .replace('codeTriesMax: rule(5,', 'codeTriesMax: rule(3,').replace('sessionIdleMs: rule(30 *', 'sessionIdleMs: rule(10 *'));
  expect(await replay(recorded, changed)).toEqual(allAre(undefined));
});

test('a lost key is not mistaken for a changed workflow', async () => {
  const [one] = recorded;
  const results = await replay([one!], today, parseKeyring(JSON.stringify(newKeyring())));
  expect(Object.values(results)).toEqual([expect.stringMatching(/^(?!DeterminismViolationError)./)]);
});

test('a verification costs fourteen billable actions and at most 52 events', () => {
  const { json } = recorded.find(({ name }) => name === 'conversation.question-answered-after-verification.v1')!;
  const { events } = JSON.parse(json) as { events: { eventType: string; activityTaskScheduledEventAttributes?: { activityType: { name: string } } }[] };
  // Up to the reply that says "verified"; then the held question is relayed.
  const end = events.findIndex((event) => event.activityTaskScheduledEventAttributes?.activityType.name === 'relay');
  const verification = events.slice(0, end);
  const billed = /_(WORKFLOW_EXECUTION_SIGNALED|ACTIVITY_TASK_SCHEDULED|MARKER_RECORDED|TIMER_STARTED|UPSERT_WORKFLOW_SEARCH_ATTRIBUTES)$/;
  expect(verification.filter(({ eventType }) => billed.test(eventType))).toHaveLength(14);
  expect(verification.length).toBeLessThanOrEqual(52);
});

test('a history of production replays, when one is given', async () => {
  const file = process.env.DOORMAN_HISTORY;
  if (file === undefined) return;
  const keyring = parseKeyring(readFileSync(process.env.DOORMAN_KEYRING_FILE!, 'utf8'));
  expect(await replay([{ name: 'given', json: readFileSync(file, 'utf8') }], today, keyring)).toEqual({ given: undefined });
});

test('no recorded history holds a number, a name, an identifier, a code or a word of a person', () => {
  const canaries = ['447700900', '144133', 'Anna', 'anna@acme', 'purchase order', 'It is approved', 'hello'];
  for (const { name, json } of recorded) {
    const bytes = json.replace(/"data": ?"([A-Za-z0-9+/=]+)"/g, (_all, data: string) => Buffer.from(data, 'base64').toString('latin1'));
    expect([name, canaries.filter((canary) => bytes.includes(canary))]).toEqual([name, []]);
  }
});

/** Bundles the workflows with one file changed; throws when the change changes nothing. */
async function bundleChanged(file: string, change: (text: string) => string): Promise<WorkflowBundleOption> {
  // Not below node_modules: what lies there is not compiled.
  const copy = join(root, 'var', `changed-${process.pid}`);
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(join(copy, 'src'), { recursive: true });
  cpSync(join(root, 'workflows'), join(copy, 'workflows'), { recursive: true });
  cpSync(join(root, 'src/domain'), join(copy, 'src/domain'), { recursive: true });
  const path = join(copy, 'workflows', file);
  const text = readFileSync(path, 'utf8');
  if (change(text) === text) throw new Error('the change found nothing to change');
  writeFileSync(path, change(text));
  try {
    return await bundleWorkflowCode({ workflowsPath: join(copy, 'workflows/index.ts'), failureConverterPath, logger: quiet });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
