// The workflow of a code for an application, on real tables: what it does when nobody comes, when a provider is down and
// when processes die.
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { Fault } from '../../src/domain/faults';
import { verificationWorkflowId } from '../../workflows/contract';
import { openHistory } from '../support/openHistory';
import { testKeyring } from '../support/world';
import { startVerifications } from './workflowWorld';
import type { WorkflowWorld } from './workflowWorld';
import { clientOf, codeIn, mobiles, old, shop, wrong } from './verificationWorld';

const next = mobiles();
let world: WorkflowWorld;
beforeAll(async () => { world = await startVerifications('skipping'); });
afterAll(() => world.stop());
beforeEach(() => world.clear());

async function ask(number = next()): Promise<{ id: string; code: string }> {
  const from = world.sms.all.length;
  const { id } = await world.ask(number);
  return { id, code: codeIn(await world.sms.next(({ to }) => to === number, from))! };
}
const history = (id: string) => world.env.client.workflow.getHandle(verificationWorkflowId(id)).fetchHistory();
const stateOf = async (id: string) =>
  (await world.pool.query<{ state: string }>('SELECT state FROM rest_verifications WHERE id = $1', [id])).rows[0]!.state;

it('sends a code, and ends when it was right', async () => {
  const { id, code } = await ask();
  expect(await world.check(id, wrong(code))).toBe('pending');
  expect(await world.check(id, code)).toBe('approved');
  expect(await world.result(id)).toBe('approved');
  expect(await world.check(id, code)).toBe('over');
});

it('ends with its last wrong guess, whether or not a code was sent', async () => {
  const real = await ask();
  const { id: nothing } = await world.ask('+14155550123');
  for (const id of [real.id, nothing]) {
    const said: string[] = [];
    for (let n = 0; n < 6; n += 1) said.push(await world.check(id, wrong(real.code)));
    expect(said).toEqual(['pending', 'pending', 'pending', 'pending', 'over', 'over']);
  }
  // Only now: while a result is waited for, time passes for the other one too.
  for (const id of [real.id, nothing]) expect([await world.result(id), await stateOf(id)]).toEqual(['over', 'exhausted']);
});

it('ends when its time is over, and its code with it', async () => {
  const { id, code } = await ask();
  expect(await world.result(id)).toBe('expired');
  expect([await world.check(id, code), await stateOf(id)]).toEqual(['over', 'expired']);
});

it('brings the code although the provider was down, and the same code', async () => {
  let tries = 0;
  world.before = () => {
    tries += 1;
    if (tries < 3) throw new Fault('unavailable', 'smsCarrier', 'http 503');
    return undefined;
  };
  const { id, code } = await ask();
  expect([tries, await world.check(id, code)]).toEqual([3, 'approved']);
});

it('is told later when Temporal could not be told, and judges what came before a worker was there', async () => {
  await world.stopWorker();
  const { id } = await world.ask(next());
  await world.startWorker();
  const code = codeIn((await world.sms.count(1))[0])!;
  expect(await world.check(id, code)).toBe('approved');
});

it('of a code that is returned ends when it was sent', async () => {
  const code = await world.verifications.startReturned(clientOf(old), { number: next(), language: 'fr' });
  expect(codeIn((await world.sms.count(1))[0])).toBe(code);
  const { rows: [row] } = await world.pool.query<{ id: string }>('SELECT id FROM rest_verifications');
  expect(await world.result(row!.id)).toBe('sent');
});

it('keeps no number, no code and no guess in its history, and a refused send looks like one', async () => {
  const number = next();
  const { id, code } = await ask(number);
  await world.check(id, code);
  const { id: nothing } = await world.ask('+14155550123');
  await world.check(nothing, wrong(code));
  await world.result(nothing);
  await world.result(id);
  for (const one of [id, nothing]) {
    const { activities } = await openHistory(testKeyring.payload, await history(one));
    expect(activities.find(({ type }) => type === 'sendVerification')).toMatchObject({ result: 'handedOver' });
    const text = JSON.stringify(activities) + historyToJSON(await history(one));
    for (const secret of [number, number.slice(1), code, wrong(code), '14155550123', 'shop']) expect(text).not.toContain(secret);
  }
});

it('takes nothing that is no guess of its own', async () => {
  const [one, other] = [await ask(), await ask()];
  const handle = world.env.client.workflow.getHandle(verificationWorkflowId(one.id));
  for (const guess of [undefined, {}, { guessId: 'x' }, { guessId: 7 }]) {
    await expect(handle.executeUpdate('checkCode', { args: [guess] })).rejects.toThrow();
  }
  await world.check(other.id, wrong(other.code));
  const { rows: [guess] } = await world.pool.query<{ id: string }>('SELECT id FROM rest_guesses');
  expect(await handle.executeUpdate('checkCode', { args: [{ guessId: guess!.id }] })).toBe('pending');
  expect(await world.verifications.status(clientOf(shop), one.id)).toBe('pending');
});
