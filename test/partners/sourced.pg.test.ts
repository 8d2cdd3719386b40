// A partner that speaks of people whom an import brought, and says whether somebody works at present.
import { applyFeed } from '../../src/directory/applyFeed';
import { employeeId, enter, feedOf } from '../directory/people';
import { directoryPartner, personEvent, personMapping, signed } from './partnerRequests';
import { createPartnerWorld } from './partnerWorld';
import type { PartnerWorld } from './partnerWorld';

const employment = { at: '/worker/status', values: { active: 'active', leave: 'absent' } };
let world: PartnerWorld;

beforeAll(async () => {
  world = await createPartnerWorld(directoryPartner('hub', 'hub', { source: 'csv', mapping: { ...personMapping, employment } }));
});
afterAll(() => world.stop());
beforeEach(() => world.reset());

const tell = (type: string, version: number, status = 'active') =>
  world.receive(signed('hub', 'hub', personEvent(type, version, { status })));
const states = async () => (await world.directory() as Record<string, unknown>[]).map(
  ({ source, key, active, absent }) => [source, key, active, absent]);

test('the people of its source are changed, let go and taken back, and nobody is doubled', async () => {
  await applyFeed(world.pool, feedOf([{ id: 'W-1', mobiles: ['+442079460018'] }], { source: 'csv' }));
  const { sessionId } = await enter(world.pool, await employeeId(world.pool, 'W-1'), 'session') as { sessionId: string };
  expect(await tell('left', 1)).toEqual({ outcome: 'applied', without: [] });
  expect(await states()).toEqual([['csv', 'W-1', false, false]]);
  const { rows: [session] } = await world.pool.query('SELECT end_reason AS reason FROM sessions WHERE id = $1', [sessionId]);
  expect(session).toEqual({ reason: 'left' });
  expect(await tell('updated', 2)).toMatchObject({ outcome: 'tombstoned' });
  expect(await tell('rehired', 3)).toMatchObject({ outcome: 'applied' });
  expect(await states()).toEqual([['csv', 'W-1', true, false]]);
});

test('who is on leave is out, whatever else changes, and back without being hired anew', async () => {
  await tell('hired', 1);
  const { sessionId } = await enter(world.pool, await employeeId(world.pool, 'E1001'), 'session') as { sessionId: string };
  expect(await tell('updated', 2, 'leave')).toMatchObject({ outcome: 'applied' });
  expect(await states()).toEqual([['csv', 'W-1', false, true]]);
  const { rows: [session] } = await world.pool.query('SELECT ended_at IS NULL AS open FROM sessions WHERE id = $1', [sessionId]);
  expect(session).toEqual({ open: false });
  expect(await tell('updated', 3, 'leave')).toMatchObject({ outcome: 'unchanged' });
  expect(await tell('updated', 4)).toMatchObject({ outcome: 'applied' });
  expect(await states()).toEqual([['csv', 'W-1', true, false]]);
});
