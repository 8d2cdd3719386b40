// Records histories of the workflow of codes for applications: `npm run record-histories`. Only adds, as for
// conversations; what is played here is played in each run of the tests.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { verificationWorkflowId } from '../../workflows/contract';
import { bundleOf } from '../support/setup/prepareConversations';
import { clientOf, codeIn, mobiles, old, wrong } from '../verifications/verificationWorld';
import { startVerifications } from '../verifications/workflowWorld';
import type { WorkflowWorld } from '../verifications/workflowWorld';
import { historiesFolder, recorded } from './recorded';
import { replay } from './replayed';

const isRecording = process.env.DOORMAN_RECORD_HISTORIES === '1';
const next = mobiles();

let world: WorkflowWorld;
beforeAll(async () => { world = await startVerifications('skipping'); });
afterAll(() => world.stop());
beforeEach(() => world.clear());

async function ask(): Promise<{ id: string; code: string }> {
  const { id } = await world.ask(next());
  return { id, code: codeIn((await world.sms.count(1))[0])! };
}

const scenarios: Record<string, () => Promise<string>> = {
  async approved() {
    const { id, code } = await ask();
    await world.check(id, wrong(code));
    await world.check(id, code);
    return id;
  },
  async exhausted() {
    const { id, code } = await ask();
    for (let n = 0; n < 5; n += 1) await world.check(id, wrong(code));
    return id;
  },
  async expired() {
    return (await ask()).id;
  },
  async returned() {
    await world.verifications.startReturned(clientOf(old), { number: next(), language: 'en' });
    const { rows: [row] } = await world.pool.query<{ id: string }>('SELECT id FROM rest_verifications');
    return row!.id;
  },
};

test.each(Object.keys(scenarios))('a code for an application that is %s can be played, recorded and replayed', async (scenario) => {
  const id = await scenarios[scenario]!();
  await world.result(id);
  const name = `verification.${scenario}.v1`;
  const json = historyToJSON(await world.env.client.workflow.getHandle(verificationWorkflowId(id)).fetchHistory());
  expect(await replay([{ name, json }], { codePath: await bundleOf(() => undefined) })).toEqual({ [name]: 'replayed' });
  if (!isRecording || recorded.some((one) => one.name === name)) return;
  writeFileSync(join(historiesFolder, `${name}.json`), `${json}\n`, { flag: 'wx' });
});

test('every scenario is recorded', () => {
  const names = recorded.map(({ name }) => name);
  if (!isRecording) expect(names).toEqual(expect.arrayContaining(Object.keys(scenarios).map((one) => `verification.${one}.v1`)));
});
