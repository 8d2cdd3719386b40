// What becomes of a person: out in the moment in which the provider says so, back when it says that, never by a detour.
import { verifyAudit } from '../../../src/audit/verifyAudit';
import { createScimWorld, enterprise, expectFault, patchOp } from './scimWorld';
import type { Client, Json, ScimWorld } from './scimWorld';

let world: ScimWorld;
let client: Client;

beforeAll(async () => {
  world = await createScimWorld();
  client = await world.client('entra');
});

afterAll(async () => {
  expect(await verifyAudit(world.pool)).toMatchObject({ outcome: 'intact' });
  await world.close();
});

const patches = (...operations: object[]) => ({ id }: Json) => client.patch(id, ...operations);

test.each<[string, (user: Json) => Promise<{ status: number }>]>([
  ['PATCH with a path', patches({ op: 'replace', path: 'active', value: false })],
  ['PATCH with a path and the word "False"', patches({ op: 'Replace', path: 'active', value: 'False' })],
  ['PATCH in other letters', patches({ op: 'REPLACE', path: 'Active', value: 'FALSE' })],
  ['PATCH with the core schema in the path', patches({ op: 'add', path: 'urn:ietf:params:scim:schemas:core:2.0:User:active', value: false })],
  ['PATCH without a path', patches({ op: 'replace', value: { active: false } })],
  ['PATCH without a path, in words, beside others', patches({ op: 'Replace', value: { displayName: 'x', active: 'False' } })],
  ['PATCH of several operations', patches({ op: 'replace', path: 'displayName', value: 'x' }, { op: 'replace', path: 'active', value: false })],
  ['PUT', ({ id, ...user }) => client.send('PUT', `/Users/${id}`, { ...user, active: false })],
  ['PUT with the word "False"', ({ id, ...user }) => client.send('PUT', `/Users/${id}`, { ...user, Active: 'False', active: undefined })],
  ['PUT with the core schema in the name', ({ id, active: _, ...user }) =>
    client.send('PUT', `/Users/${id}`, { ...user, 'urn:ietf:params:scim:schemas:core:2.0:User:active': false })],
  ['PUT below the core schema', ({ id, active: _, ...user }) =>
    client.send('PUT', `/Users/${id}`, { ...user, 'urn:ietf:params:scim:schemas:core:2.0:User': { active: 'false' } })],
  ['DELETE', ({ id }) => client.send('DELETE', `/Users/${id}`)],
  ['the loss of the employee number', patches({ op: 'remove', path: `${enterprise}:employeeNumber` })],
  ['an employee number that is none', patches({ op: 'replace', path: `${enterprise}:employeeNumber`, value: 'a@b.example' })],
])('A54 who is ended by %s has no session any more when the provider is answered', async (_how, end) => {
  const [user, other] = [await client.create(), await client.create()];
  const [mayRelay, mayOtherRelay] = [await world.openSession(user.id), await world.openSession(other.id)];
  const employee = (await world.employee(user.id))!;
  expect(await mayRelay()).toBe(true);
  expect((await end(user)).status).toBeLessThan(300);
  expect([await mayRelay(), await mayOtherRelay()]).toEqual([false, true]);
  const { rows } = await world.pool.query<{ facts: Json }>(
    `SELECT facts FROM audit WHERE kind = 'employee.ended' AND facts ->> 'employeeId' = $1`, [employee.id]);
  expect(rows).toEqual([{ facts: { employeeId: employee.id, reason: 'left', afterMs: expect.any(Number) } }]);
});

test('who is active again is back as the person they were, and proves anew who they are', async () => {
  const { id } = await client.create();
  const before = (await world.employee(id))!;
  const mayRelay = await world.openSession(id);
  await client.patch(id, { op: 'replace', path: 'active', value: false });
  expect((await client.patch(id, { op: 'replace', path: 'active', value: true })).body.active).toBe(true);
  expect(await world.employee(id)).toEqual(before);
  expect(await mayRelay()).toBe(false);
});

test('a department that changes ends the session, and the person stays', async () => {
  const { id } = await client.create({ [enterprise]: { employeeNumber: 'E-30', department: 'Sales' } });
  const mayRelay = await world.openSession(id);
  await client.patch(id, { op: 'replace', path: `${enterprise}:department`, value: 'Legal' });
  expect([await mayRelay(), (await world.employee(id))!.active]).toEqual([false, true]);
});

describe('without an employee number', () => {
  test('a user is kept as the provider says, and nobody can be verified as them until they have one', async () => {
    const { id, active } = await client.create({ [enterprise]: undefined });
    expect([active, await world.employee(id)]).toEqual([true, undefined]);
    expect((await client.get(`/Users/${id}`)).body.active).toBe(true);
    await client.patch(id, { op: 'add', path: `${enterprise}:employeeNumber`, value: 'E-40' });
    expect(await world.employee(id)).toMatchObject({ identifier: 'E-40', active: true, held: [] });
  });

  test('one who loses it stays active for the provider, and is back with it', async () => {
    const { id } = await client.create({ [enterprise]: { employeeNumber: 'E-41' } });
    expect((await client.patch(id, { op: 'remove', path: `${enterprise}:employeeNumber` })).body.active).toBe(true);
    expect(await world.employee(id)).toMatchObject({ identifier: 'E-41', active: false });
    await client.patch(id, { op: 'add', path: `${enterprise}:employeeNumber`, value: 'E-41' });
    expect(await world.employee(id)).toMatchObject({ identifier: 'E-41', active: true });
  });

  test('another attribute stands for it where the operator has said so, and where there is none of it', async () => {
    const byName = await world.client('byname', { employeeNumberFrom: 'userName' });
    const byExternal = await world.client('byexternal', { employeeNumberFrom: 'externalId' });
    const named = await byName.create({ userName: 'e-50', [enterprise]: undefined });
    const keyed = await byExternal.create({ externalId: 'E-51', [enterprise]: undefined });
    const both = await byName.create({ userName: 'e-52', [enterprise]: { employeeNumber: 'E-53' } });
    const broken = await byName.create({ userName: 'e-54', [enterprise]: { employeeNumber: '?' } });
    const found = await Promise.all([named, keyed, both, broken].map(({ id }) => world.employee(id)));
    expect(found.map((one) => one?.identifier)).toEqual(['E-50', 'E-51', 'E-53', undefined]);
  });
});

test('national numbers are those of the country that the operator has named', async () => {
  const german = await world.client('german', { defaultCountry: 'DE' });
  const phoneNumbers = [{ type: 'mobile', value: '0151 23456789' }];
  expect((await world.employee((await german.create({ phoneNumbers })).id))!.phones).toEqual(['mobile +4915123456789']);
  expect((await world.employee((await client.create({ phoneNumbers })).id))!.phones).toEqual([]);
});

describe('A53 a number for codes that is new is held back', () => {
  const phoneNumbers = [{ type: 'mobile', value: '+12025550988' }];
  const toldOf = async (employeeId: string) => (await world.pool.query('SELECT 1 FROM contact_notices WHERE employee_id = $1', [employeeId])).rowCount;

  test('by PATCH, with notice to the former one', async () => {
    const { id } = await client.create();
    expect((await world.employee(id))!.held).toEqual([]);
    await client.patch(id, { op: 'replace', path: 'phoneNumbers[type eq "mobile"].value', value: '+12025550901' });
    const employee = (await world.employee(id))!;
    expect([employee.held, await toldOf(employee.id)]).toEqual([['+12025550901'], 2]);
  });

  test('when the person is deleted and created anew: it is the same person, with notice', async () => {
    const { id, meta: _, ...user } = await client.create();
    const employee = (await world.employee(id))!;
    await client.send('DELETE', `/Users/${id}`);
    const again = await client.create({ ...user, phoneNumbers });
    expect(again.id).not.toBe(id);
    const back = (await world.employee(again.id))!;
    expect([back.id, back.active, back.held, await toldOf(employee.id)]).toEqual([employee.id, true, ['+12025550988'], 2]);
  });

  test('when the person is ended, and another one comes with the employee number', async () => {
    const { id, [enterprise]: extension } = await client.create();
    await client.patch(id, { op: 'replace', path: 'active', value: false });
    const taker = await client.create({ [enterprise]: extension, phoneNumbers });
    const heir = await client.create({ phoneNumbers: [{ type: 'mobile', value: '+12025550989' }] });
    expect((await world.employee(heir.id))!.held).toEqual([]);
    await client.patch(heir.id, { op: 'replace', path: `${enterprise}:employeeNumber`, value: extension.employeeNumber });
    for (const { id: other, emails, phoneNumbers: [{ value }] } of [taker, heir]) {
      expect((await world.employee(other))!.held.toSorted()).toEqual([value, emails[0].value].toSorted());
    }
  });
});

test('an operator\'s word stands until the provider has said that the person left', async () => {
  const { id } = await client.create();
  await world.owner.query(`UPDATE employees SET active = false WHERE external_id = $1`, [id]);
  const active = async () => (await world.employee(id))!.active;
  await client.patch(id, { op: 'replace', path: 'active', value: true }, { op: 'replace', path: 'displayName', value: 'Else' });
  expect(await active()).toBe(false);
  await client.patch(id, { op: 'replace', path: 'active', value: false });
  await client.patch(id, { op: 'replace', path: 'active', value: true });
  expect(await active()).toBe(true);
});

describe('at the same time', () => {
  test('of many changes of one user none is lost', async () => {
    const { id, emails } = await client.create();
    const added = Array.from({ length: 12 }, (_, i) => ({ type: `t${i}`, value: `t${i}@acme.example` }));
    const answers = await Promise.all(added.map((element) => client.patch(id, { op: 'add', path: 'emails', value: [element] })));
    expect(answers.map(({ status }) => status)).toEqual(added.map(() => 200));
    const { body } = await client.get(`/Users/${id}`);
    expect(new Set(body.emails.map(({ value }: Json) => value))).toEqual(new Set([...emails, ...added].map(({ value }) => value)));
  });

  test('of several who create one user, one does', async () => {
    const sent = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'race@acme.example', [enterprise]: { employeeNumber: 'E-60' } };
    const answers = await Promise.all(Array.from({ length: 6 }, () => client.send('POST', '/Users', sent)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409, 409]);
    expect((await world.pool.query(`SELECT 1 FROM employees WHERE identifier = 'E-60'`)).rowCount).toBe(1);
  });

  test('a change and a deletion end in a deletion', async () => {
    const { id } = await client.create();
    const employee = (await world.employee(id))!;
    await Promise.all([
      client.send('DELETE', `/Users/${id}`), ...[true, false, true].map((value) => client.patch(id, { op: 'replace', path: 'active', value }))]);
    expectFault(await client.get(`/Users/${id}`), 404);
    expect((await world.pool.query('SELECT active FROM employees WHERE id = $1', [employee.id])).rows).toEqual([{ active: false }]);
  });
});

test('a change that cannot be stored is undone as a whole, and is to be sent again', async () => {
  const { id, ...user } = await client.create();
  await world.owner.query('ALTER TABLE sessions RENAME TO elsewhere');
  const refused = await client.send('PATCH', `/Users/${id}`, { schemas: [patchOp], Operations: [{ op: 'replace', value: { active: false, displayName: 'x' } }] })
    .finally(() => world.owner.query('ALTER TABLE elsewhere RENAME TO sessions'));
  expectFault(refused, 503);
  expect(refused.headers['retry-after']).toBe('5');
  expect((await client.get(`/Users/${id}`)).body).toEqual({ id, ...user });
  expect((await world.employee(id))!.active).toBe(true);
  expect((await client.patch(id, { op: 'replace', value: { active: false } })).body.active).toBe(false);
});
