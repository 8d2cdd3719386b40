// Events reach their target at least once, in order for each subject, whatever dies; who cannot be served holds up nobody.
import { bundleThatContinuesSoon } from '../../support/conversationWorker';
import { startForwarding } from './forwardWorld';
import type { ForwardWorld } from './forwardWorld';
import { accept } from './targetServer';
import type { TargetServer } from './targetServer';

const answers = (status: number): TargetServer['answer'] => (_delivery, response) => { response.writeHead(status).end(); };
const idOf = ({ headers }: { headers: Record<string, unknown> }) => String(headers['webhook-id']);

describe('as in production', () => {
  let world: ForwardWorld;
  beforeAll(async () => { world = await startForwarding('real'); });
  afterAll(() => world.stop());
  beforeEach(() => world.clear());

  test('events of one person arrive in order, and their workflow completes and begins anew', async () => {
    for (const id of ['e-1', 'e-2', 'e-3']) await world.post(id, 'A');
    await world.target.deliveries.count(3);
    expect(await world.result()).toBe('idle');
    await world.post('e-4', 'A');
    await world.target.deliveries.count(4);
    expect(await world.result()).toBe('idle');
    expect(world.delivered()).toEqual(['e-1', 'e-2', 'e-3', 'e-4']);
    expect(new Set(world.workflowIds()).size).toBe(1);
    expect(await world.events()).toEqual(Array(4).fill(expect.objectContaining({ state: 'forwarded', wiped: true })));
  });

  test('an event that is refused for good is parked, and holds up neither its person nor another', async () => {
    world.target.answer = (delivery, response) => { response.writeHead(idOf(delivery) === 'poison' ? 400 : 202).end(); };
    await world.post('poison', 'B');
    await world.post('e-1', 'B');
    await world.post('e-2', 'C');
    await world.alerts.count(1);
    await world.target.deliveries.count(3);
    await Promise.all([world.result(0), world.result(2)]);
    expect(world.delivered().filter((id) => id !== 'e-2')).toEqual(['poison', 'e-1']);
    expect((await world.events()).map(({ state, fault }) => [state, fault])).toEqual(
      [['failed', 'refused'], ['forwarded', null], ['forwarded', null]]);
  });

  test('one person\'s event that waits for its target holds up nobody else\'s', async () => {
    let release = () => undefined as void;
    world.target.answer = (delivery, response) => {
      if (idOf(delivery) === 'slow') release = () => accept(delivery, response);
      else accept(delivery, response);
    };
    await world.post('slow', 'D');
    await world.target.deliveries.next((one) => idOf(one) === 'slow');
    await world.post('e-1', 'D');
    await world.post('e-2', 'E');
    expect(await world.result(2)).toBe('idle');
    expect(world.delivered()).toEqual(['slow', 'e-2']);
    release();
    expect(await world.result(0)).toBe('idle');
    expect(world.delivered()).toEqual(['slow', 'e-2', 'e-1']);
  });

  test('an event whose worker stops in the middle is forwarded again, before the next one', async () => {
    let isHeld = true;
    world.target.answer = (delivery, response) => { if (!isHeld) accept(delivery, response); };
    await world.post('e-1', 'F');
    await world.post('e-2', 'F');
    await world.target.deliveries.count(1);
    await world.stopWorker();
    isHeld = false;
    await world.startWorker();
    expect(await world.result()).toBe('idle');
    expect(world.delivered()).toEqual(['e-1', 'e-1', 'e-2']);
  });

  test('events whose workflow an operator ended are taken up by the sweep', async () => {
    world.target.answer = () => undefined;
    await world.post('e-1', 'G');
    await world.target.deliveries.count(1);
    await world.env.client.workflow.getHandle(world.workflowIds()[0]!).terminate();
    world.target.answer = accept;
    await world.forwarding.sweep();
    expect(world.told).toHaveLength(1);
    await world.owner.query('UPDATE partner_events SET tell_at = clock_timestamp()');
    await world.forwarding.sweep();
    expect(world.told).toHaveLength(2);
    expect(await world.result()).toBe('idle');
    expect(await world.events()).toEqual([expect.objectContaining({ state: 'forwarded' })]);
  });

  test('what is stored while Temporal cannot be told is told later, in order', async () => {
    const { tell } = world;
    world.tell = async () => { throw new Error('Temporal is down'); };
    await world.post('e-1', 'H');
    await world.post('e-2', 'H');
    world.tell = tell;
    await world.owner.query('UPDATE partner_events SET tell_at = clock_timestamp()');
    await world.forwarding.sweep();
    expect(await world.result()).toBe('idle');
    expect(world.delivered()).toEqual(['e-1', 'e-2']);
  });

  test('a long row of events goes on in further runs, each event once', async () => {
    await world.stopWorker();
    const wanted = Array.from({ length: 20 }, (_, n) => `e-${n}`);
    for (const id of wanted) await world.post(id, 'I');
    await world.startWorker(await bundleThatContinuesSoon());
    await world.target.deliveries.count(20);
    expect(await world.result()).toBe('idle');
    expect(world.delivered()).toEqual(wanted);
    const { runId, raw } = await world.env.client.workflow.getHandle(world.workflowIds()[0]!).describe();
    expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(runId);
    await world.stopWorker();
    await world.startWorker();
  });

  test('A33 nothing of an event, its person or the credentials is in the history or its id', async () => {
    await world.post('e-canary', 'W-canary');
    expect(await world.result()).toBe('idle');
    const [workflowId] = world.workflowIds();
    const history = await world.env.client.workflow.getHandle(workflowId!).fetchHistory();
    const json = JSON.stringify(history, (_name, value: unknown) => value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value);
    expect(json.length).toBeGreaterThan(1_000);
    expect(workflowId + json).not.toMatch(/canary/);
  });
});

describe('with time skipped', () => {
  let world: ForwardWorld;
  beforeAll(async () => { world = await startForwarding('skipping'); });
  afterAll(() => world.stop());
  beforeEach(() => world.clear());

  test('a target that fails is tried until it recovers', async () => {
    world.target.answer = (delivery, response) => answers(world.target.deliveries.all.length < 6 ? 500 : 202)(delivery, response);
    await world.post('e-1', 'K');
    expect(await world.result()).toBe('idle');
    expect(world.delivered()).toEqual(Array(6).fill('e-1'));
    expect(world.alerts.all).toEqual([]);
  });

  test('a target that redirects is tried as long, and nothing goes elsewhere', async () => {
    world.target.answer = (delivery, response) => {
      if (world.target.deliveries.all.length >= 3) return accept(delivery, response);
      response.writeHead(307, { Location: `${world.target.url}/elsewhere` }).end();
    };
    await world.post('e-1', 'L');
    expect(await world.result()).toBe('idle');
    expect(world.target.deliveries.all.map(({ path }) => path)).toEqual(['/in', '/in', '/in']);
  });

  test('an event that nobody takes for three days is parked, and the next one has its turn', async () => {
    world.target.answer = (delivery, response) => answers(idOf(delivery) === 'e-1' ? 503 : 202)(delivery, response);
    await world.post('e-1', 'M');
    await world.post('e-2', 'M');
    expect(await world.result()).toBe('idle');
    const { startTime, closeTime } = await world.env.client.workflow.getHandle(world.workflowIds()[0]!).describe();
    expect(Math.round((closeTime!.getTime() - startTime.getTime()) / 86_400_000)).toBe(3);
    expect(world.alerts.all).toEqual(['partnerParked']);
    expect((await world.events()).map(({ state, fault }) => [state, fault])).toEqual([['failed', 'unavailable'], ['forwarded', null]]);
    expect(world.delivered().at(-1)).toBe('e-2');
  });
});
