// Changes of one person that leave a number, an address or an ID with two people, as a reading remarks it.
import { auditedTransaction } from '../../../src/audit/auditedTransaction';
import { applyEvent } from '../../../src/directory/changes';
import { countShared } from '../../../src/directory/delivery/shared';
import { useDirectory } from '../directoryWorld';
import { anna, ben, employeeId, recordOf, recordsSince } from '../people';

const world = useDirectory();

beforeEach(async () => {
  await world.owner.query(`DELETE FROM audit; UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex')`);
});

const told = async () => (await recordsSince(world.pool, 0)).filter(({ kind }) => kind === 'employee.shared').map(({ facts }) => facts);
const none = { employeeIds: 0, numbers: 0, addresses: 0 };

it('an employee ID, a number and an address of somebody else are told without their values, and counted', async () => {
  expect((await world.change(anna)).shared).toEqual([]);
  expect([await told(), await countShared(world.pool)]).toEqual([[], none]);
  const double = { ...anna, externalId: 'another key', mobiles: [...anna.mobiles!, '+12025550188'] };
  const { employeeId: id, shared } = await world.change(double, 'okta');
  expect(shared).toEqual(['employee_id', 'mobile', 'email']);
  expect(await told()).toEqual([{ employeeId: id, source: 'okta', columns: shared }]);
  expect(await countShared(world.pool)).toEqual({ employeeIds: 1, numbers: 1, addresses: 1 });
});

it('a number in its other spelling is the same, and one person with both shares it with nobody', async () => {
  expect((await world.change({ id: 'E-1', mobiles: ['+525512345678', '+5215512345678'] })).shared).toEqual([]);
  expect(await countShared(world.pool)).toEqual(none);
  expect((await world.change({ id: 'E-2', mobiles: ['+5215512345678'] })).shared).toEqual(['mobile']);
  expect(await countShared(world.pool)).toEqual({ ...none, numbers: 1 });
});

it('who has left has nothing in common with anybody, until they are back', async () => {
  await world.change(anna);
  await world.change({ ...ben, mobiles: anna.mobiles!, active: false });
  expect([await told(), await countShared(world.pool)]).toEqual([[], none]);
  expect((await world.change({ ...ben, mobiles: anna.mobiles! })).shared).toEqual(['mobile']);
  await world.change({ ...anna, active: false });
  expect(await countShared(world.pool)).toEqual(none);
  // Said once more, it is no news.
  expect((await world.change({ ...ben, mobiles: anna.mobiles! })).shared).toEqual([]);
});

it('an event tells of it like any other change', async () => {
  await world.change(anna);
  const { shared } = await auditedTransaction(world.pool, (tx, note) => applyEvent(tx, note, {
    source: 'partner:hub', kind: 'hire', externalId: ben.id, version: 1n, heardAt: new Date(),
    record: recordOf({ ...ben, addresses: anna.addresses! }) }));
  expect(shared).toEqual(['email']);
  expect(await told()).toEqual([{ employeeId: await employeeId(world.pool, ben.id), source: 'partner:hub', columns: ['email'] }]);
});
