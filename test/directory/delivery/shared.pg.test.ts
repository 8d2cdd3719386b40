// Changes of one person that leave a number, an address or an ID with two people, as a reading remarks it.
import { auditedTransaction } from '../../../src/audit/auditedTransaction';
import { verifyAudit } from '../../../src/audit/verifyAudit';
import { createPool } from '../../../src/db/pool';
import type { Pool } from '../../../src/db/pool';
import { applyChange, applyEvent } from '../../../src/directory/changes';
import { countShared } from '../../../src/directory/delivery/shared';
import { createTestDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { anna, ben, employeeId, recordOf, recordsSince } from '../people';
import type { Person } from '../people';

let database: TestDatabase;
let pool: Pool;
let owner: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 2 });
  owner = createPool(database.ownerUrl, { max: 1 });
});

afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});

beforeEach(async () => {
  await owner.query('DELETE FROM employees');
  await owner.query(`DELETE FROM audit; UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex')`);
});

afterEach(async () => {
  expect(await verifyAudit(pool)).toMatchObject({ outcome: 'intact' });
});

const change = (person: Person, source = 'entra') => auditedTransaction(pool, (tx, note) =>
  applyChange(tx, note, { source, record: recordOf(person), heardAt: new Date() }));
const told = async () => (await recordsSince(pool, 0)).filter(({ kind }) => kind === 'employee.shared').map(({ facts }) => facts);
const none = { employeeIds: 0, numbers: 0, addresses: 0 };

it('an employee ID, a number and an address of somebody else are told without their values, and counted', async () => {
  expect((await change(anna)).shared).toEqual([]);
  expect([await told(), await countShared(pool)]).toEqual([[], none]);
  const double = { ...anna, externalId: 'another key', mobiles: [...anna.mobiles!, '+12025550188'] };
  const { employeeId: id, shared } = await change(double, 'okta');
  expect(shared).toEqual(['employee_id', 'mobile', 'email']);
  expect(await told()).toEqual([{ employeeId: id, source: 'okta', columns: shared }]);
  expect(await countShared(pool)).toEqual({ employeeIds: 1, numbers: 1, addresses: 1 });
});

it('a number in its other spelling is the same, and one person with both shares it with nobody', async () => {
  expect((await change({ id: 'E-1', mobiles: ['+525512345678', '+5215512345678'] })).shared).toEqual([]);
  expect(await countShared(pool)).toEqual(none);
  expect((await change({ id: 'E-2', mobiles: ['+5215512345678'] })).shared).toEqual(['mobile']);
  expect(await countShared(pool)).toEqual({ ...none, numbers: 1 });
});

it('who has left has nothing in common with anybody, until they are back', async () => {
  await change(anna);
  await change({ ...ben, mobiles: anna.mobiles!, active: false });
  expect([await told(), await countShared(pool)]).toEqual([[], none]);
  expect((await change({ ...ben, mobiles: anna.mobiles! })).shared).toEqual(['mobile']);
  await change({ ...anna, active: false });
  expect(await countShared(pool)).toEqual(none);
  // Said once more, it is no news.
  expect((await change({ ...ben, mobiles: anna.mobiles! })).shared).toEqual([]);
});

it('an event tells of it like any other change', async () => {
  await change(anna);
  const { shared } = await auditedTransaction(pool, (tx, note) => applyEvent(tx, note, {
    source: 'partner:hub', kind: 'hire', externalId: ben.id, version: 1n, heardAt: new Date(),
    record: recordOf({ ...ben, addresses: anna.addresses! }) }));
  expect(shared).toEqual(['email']);
  expect(await told()).toEqual([{ employeeId: await employeeId(pool, ben.id), source: 'partner:hub', columns: ['email'] }]);
});
