// An operator's way out of a leave, or of a version, that should not have come.
import { auditedTransaction } from '../../../src/audit/auditedTransaction';
import type { DirectoryEvent } from '../../../src/directory/changes';
import { forgiveSubject } from '../../../src/directory/delivery/forgive';
import { useDirectory } from '../directoryWorld';
import { anna, directoryState, employeeId, recordsSince } from '../people';

const world = useDirectory();

beforeEach(async () => {
  await world.owner.query('DELETE FROM partner_sources');
  await world.owner.query(`DELETE FROM audit; UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex')`);
});

const last = 999_999_999_999_999_999n;
const event = async (kind: DirectoryEvent['kind'], version: number | bigint, source?: string) =>
  (await world.event(kind, version, kind === 'leave' ? undefined : anna, source)).outcome;
const forgive = (name: string, versions = false) => auditedTransaction(world.pool, (tx, note) =>
  forgiveSubject(tx, note, { name, externalId: anna.id, reason: 'mistake', versions, operator: 'olga' }));
const isActive = async () => (await directoryState(world.pool) as { active: boolean }[]).map(({ active }) => active);

test('whose leave is forgiven is out until the next event of theirs, which lets them in', async () => {
  await event('hire', 1);
  await event('leave', 2);
  expect(await event('change', 3)).toBe('tombstoned');
  expect(await forgive('hr')).toEqual({ outcome: 'forgiven', source: 'hr', versions: false });
  expect(await isActive()).toEqual([false]);
  // An old one lets nobody in.
  expect([await event('hire', 1), await isActive()]).toEqual(['stale', [false]]);
  expect([await event('change', 4), await isActive()]).toEqual(['applied', [true]]);
  expect((await recordsSince(world.pool, 0)).filter(({ kind }) => kind === 'tombstone.forgiven').map(({ facts }) => facts)).toEqual([{
    source: 'hr', employeeId: await employeeId(world.pool, anna.id), reason: 'mistake', versions: false, operator: 'olga' }]);
});

test('whose leave is forgiven is in again by the next list of the source', async () => {
  await world.apply([anna]);
  await event('leave', 1);
  await world.apply([anna]);
  expect(await isActive()).toEqual([false]);
  await forgive('hr');
  await world.apply([anna]);
  expect(await isActive()).toEqual([true]);
});

test('a leave before any hire is forgiven as well, and another leave counts after it', async () => {
  expect(await event('leave', 5)).toBe('unknown');
  expect(await forgive('hr')).toMatchObject({ outcome: 'forgiven' });
  expect([await event('hire', 1), await isActive()]).toEqual(['applied', [true]]);
  expect([await event('leave', 2), await isActive()]).toEqual(['applied', [false]]);
  expect([await event('change', 3), await isActive()]).toEqual(['tombstoned', [false]]);
});

test('a version beyond all that will come locks nobody for ever: it is forgotten by an operator', async () => {
  await event('hire', 1);
  await event('change', last);
  expect(await event('change', 2)).toBe('stale');
  expect(await forgive('hr')).toEqual({ outcome: 'noTombstone' });
  expect(await forgive('hr', true)).toMatchObject({ outcome: 'forgiven', versions: true });
  expect([await event('change', 3), await isActive()]).toEqual(['unchanged', [true]]);
  // A rehire of that version would keep every leaver in.
  await event('rehire', last);
  await forgive('hr', true);
  expect([await event('leave', 4), await isActive()]).toEqual(['applied', [false]]);
  await event('leave', last);
  await forgive('hr', true);
  expect([await event('change', 5), await isActive()]).toEqual(['applied', [true]]);
});

test('the name is a source or a partner, and two who may be meant are told apart', async () => {
  await world.owner.query(`INSERT INTO partner_sources VALUES ('hub', 'csv'), ('hr', 'partner:hr')`);
  for (const source of ['csv', 'partner:hr']) for (const kind of ['hire', 'leave'] as const) await event(kind, 1, source);
  expect(await forgive('nobody')).toEqual({ outcome: 'none' });
  expect(await forgive('hub')).toMatchObject({ outcome: 'forgiven', source: 'csv' });
  await event('leave', 1);
  expect(await forgive('hr')).toEqual({ outcome: 'ambiguous' });
  expect(await forgive('partner:hr')).toMatchObject({ outcome: 'forgiven', source: 'partner:hr' });
});
