// Recorded conversations run on today's workflow exactly as they did, and would not if it had changed.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { bundleWorkflowCode, DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { newKeyring, parseKeyring } from '../../src/keys/keyring';
import { createDataConverter, failureConverterPath } from '../../src/temporal/dataConverter';
import { openHistory } from '../support/openHistory';
import { bundleOf } from '../support/setup/prepareConversations';
import { testKeyring } from '../support/world';
import { recorded } from './recorded';
import { replay } from './replayed';

const root = join(__dirname, '../..');
const quiet = new DefaultLogger('ERROR');
// Each history that is meant not to replay would be a warning.
Runtime.install({
  logger: quiet,
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
});

const allAre = (result: string, all = recorded) => Object.fromEntries(all.map(({ name }) => [name, result]));
const ofType = (type: string) => recorded.filter(({ name }) => name.startsWith(`${type}.`));

let today: WorkflowBundleOption;
beforeAll(async () => {
  today = { codePath: await bundleOf(() => undefined) };
});

test('every recorded history replays', async () => {
  expect(await replay(recorded, today)).toEqual(allAre('replayed'));
});

test('a workflow that waits once more replays none of them', async () => {
  const changed = await bundleChanged('conversation.ts', (text) => text
    .replace('  c.begin();', '  c.begin();\n  await sleep(1);')
    .replace('setHandler, workflowInfo', 'setHandler, sleep, workflowInfo'));
  const conversations = ofType('conversation');
  expect(await replay(conversations, changed)).toEqual(allAre('DeterminismViolationError', conversations));
});

test('a reading of the directory that does something first replays none of them', async () => {
  const changed = await bundleChanged('directorySync.ts', (text) => text
    .replace('  const read = await', '  await sleep(1);\n  const read = await')
    .replace('setHandler, uuid4,', 'setHandler, sleep, uuid4,'));
  const readings = ofType('directorySync');
  expect(readings).not.toEqual([]);
  expect(await replay(readings, changed)).toEqual(allAre('DeterminismViolationError', readings));
});

test('events of partners that are parked before they are forwarded replay none of them', async () => {
  const changed = await bundleChanged('partnerForward.ts', (text) => text
    .replace('    await forwardPartnerEvent({ eventId });', "    await parkPartnerEvent({ eventId, fault: 'none' });"));
  const forwards = ofType('partnerForward');
  expect(forwards).not.toEqual([]);
  expect(await replay(forwards, changed)).toEqual(allAre('DeterminismViolationError', forwards));
});

test('effects in another order replay nothing that went through them, and everything else', async () => {
  const changed = await bundleChanged('steps/identify.ts', (text) => text
    .replace(/^( +c\.sendCode\(.*\n)( +await c\.answer\(.*\n)/m, '$2$1'));
  const expected = await Promise.all(recorded.map(async ({ name, json }) => {
    const { activities } = await openHistory(testKeyring.payload, historyFromJSON(JSON.parse(json)));
    const issued = activities.some(({ result }) => (result as { reaction?: string } | undefined)?.reaction === 'issue');
    return [name, issued ? 'DeterminismViolationError' : 'replayed'];
  }));
  expect(await replay(recorded, changed)).toEqual(Object.fromEntries(expected));
});

test('a limit that changed breaks nothing: conversations keep the numbers they began with', async () => {
  const changed = await bundleChanged('../src/domain/policy.ts', (text) => text
    .replace('codeTriesMax: rule(5,', 'codeTriesMax: rule(3,')
    .replace('sessionIdleMs: rule(30 *', 'sessionIdleMs: rule(10 *'));
  expect(await replay(recorded, changed)).toEqual(allAre('replayed'));
});

test('a lost key is not mistaken for a changed workflow', async () => {
  const [one] = recorded;
  const results = await replay([one!], today, parseKeyring(JSON.stringify(newKeyring())));
  expect(Object.values(results)).toEqual([expect.stringMatching(/^(?!DeterminismViolationError)./)]);
});

// docs/runbook.md: npm run test:replay -- --history <file>
const given = process.env.DOORMAN_HISTORY;
if (given !== undefined) {
  test('the given history replays', async () => {
    const { DOORMAN_KEYRING: json, DOORMAN_KEYRING_FILE: file } = process.env;
    const keyring = json ?? (file === undefined ? undefined : readFileSync(file, 'utf8'));
    if (keyring === undefined) throw new Error('DOORMAN_KEYRING_FILE must name the keyring that sealed the history');
    await Worker.runReplayHistory(
      { workflowBundle: today, dataConverter: createDataConverter(parseKeyring(keyring).payload) },
      historyFromJSON(JSON.parse(readFileSync(given, 'utf8'))));
  });
}

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
    const workflowsPath = join(copy, 'workflows/index.ts');
    return await bundleWorkflowCode({ workflowsPath, failureConverterPath, logger: quiet });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
