// Records histories of the workflow that forwards partners' events: `npm run record-histories`. Only adds, as for
// conversations; what is played here is played in each run of the tests.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { startForwarding } from '../partners/forward/forwardWorld';
import type { ForwardWorld } from '../partners/forward/forwardWorld';
import { bundleOf } from '../support/setup/prepareConversations';
import { historiesFolder, recorded } from './recorded';
import { replay } from './replayed';

const isRecording = process.env.DOORMAN_RECORD_HISTORIES === '1';
const idOf = ({ headers }: { headers: Record<string, unknown> }) => String(headers['webhook-id']);

let world: ForwardWorld;
beforeAll(async () => { world = await startForwarding('real'); });
afterAll(() => world.stop());
beforeEach(() => world.clear());

const scenarios: Record<string, (world: ForwardWorld) => Promise<void>> = {
  async 'in-order'({ post, target }) {
    for (const id of ['e-1', 'e-2', 'e-3']) await post(id, 'canary-1');
    await target.deliveries.count(3);
  },
  async 'parked-and-next'({ post, target }) {
    target.answer = (delivery, response) => { response.writeHead(idOf(delivery) === 'poison' ? 400 : 202).end(); };
    await post('poison', 'canary-2');
    await post('e-1', 'canary-2');
    await target.deliveries.count(2);
  },
  async 'told-while-it-forwards'({ post, target }) {
    let release = () => undefined as void;
    target.answer = (_delivery, response) => { release = () => { response.writeHead(202).end(); }; };
    await post('e-1', 'canary-3');
    await target.deliveries.count(1);
    await post('e-2', 'canary-3');
    release();
    await target.deliveries.count(2);
    release();
  },
};

test.each(Object.keys(scenarios))('%s can be played, recorded and replayed', async (scenario) => {
  await scenarios[scenario]!(world);
  await world.result();
  const name = `partnerForward.${scenario}.v1`;
  const json = historyToJSON(await world.env.client.workflow.getHandle(world.workflowIds()[0]!).fetchHistory());
  expect(json).not.toContain('canary');
  expect(await replay([{ name, json }], { codePath: await bundleOf(() => undefined) })).toEqual({ [name]: 'replayed' });
  if (!isRecording || recorded.some((one) => one.name === name)) return;
  writeFileSync(join(historiesFolder, `${name}.json`), `${json}\n`, { flag: 'wx' });
});

test('every scenario is recorded', () => {
  const names = recorded.map(({ name }) => name);
  if (!isRecording) expect(names).toEqual(expect.arrayContaining(Object.keys(scenarios).map((one) => `partnerForward.${one}.v1`)));
});
