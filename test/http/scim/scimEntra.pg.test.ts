// Entra ID, request by request, without the flag that would make it follow RFC 7644 in PATCH.
import { randomUUID } from 'node:crypto';
import { core, createScimWorld, enterprise, expectFault, userOf } from './scimWorld';
import type { Client, Json, ScimWorld } from './scimWorld';

let world: ScimWorld;
let entra: Client;

beforeAll(async () => {
  world = await createScimWorld();
  entra = await world.client('entra');
});

afterAll(() => world.close());

test('the connection is tested by a look-up of somebody whom there is not', async () => {
  const { status, body, headers } = await entra.list(`userName eq "${randomUUID()}"`);
  expect([status, headers['content-type']]).toEqual([200, 'application/scim+json; charset=utf-8']);
  expect(body).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'], totalResults: 0, startIndex: 1, itemsPerPage: 0, Resources: [] });
});

test('a user is created, found by userName in any case, and read', async () => {
  const sent = userOf({ preferredLanguage: 'de-DE', [enterprise]: { employeeNumber: 'E-500', department: 'Sales' } });
  const created = await entra.send('POST', '/Users', sent);
  expect(created.status).toBe(201);
  const { id, meta } = created.body;
  expect(created.headers.location).toBe(`https://doorman.example.com/scim/v2/Users/${id}`);
  expect(meta).toEqual({
    resourceType: 'User', created: expect.stringMatching(/Z$/), lastModified: meta.created, location: created.headers.location });
  expect({ ...created.body, id: undefined, meta: undefined, schemas: undefined }).toEqual({ ...sent, schemas: undefined });
  expect(created.body.schemas.toSorted()).toEqual([core, enterprise].toSorted());
  expect((await entra.list(`userName eq "${sent.userName.toUpperCase()}"`)).body).toMatchObject({ totalResults: 1, Resources: [{ id }] });
  expect((await entra.get(`/Users/${id}`)).body).toEqual(created.body);
  expect(await world.employee(id)).toMatchObject({
    identifier: 'E-500', active: true, name: 'Anna Example', language: 'de-DE', department: 'Sales', held: [],
    phones: [`mobile ${sent.phoneNumbers[0].value}`], emails: [`work ${sent.userName}`] });
});

test('a user is matched by work e-mail or by externalId', async () => {
  const { id, emails, externalId } = await entra.create();
  for (const filter of [`emails[type eq "work"].value eq "${emails[0].value}"`, `externalId eq "${externalId}"`]) {
    expect((await entra.list(filter)).body).toMatchObject({ totalResults: 1, Resources: [{ id }] });
  }
  expect((await entra.list(`emails[type eq "home"].value eq "${emails[0].value}"`)).body.totalResults).toBe(0);
});

const manager = `${enterprise}:manager`;

test.each<[string, object, (user: Json) => unknown, unknown]>([
  ['Replace active "False"', { op: 'Replace', path: 'active', value: 'False' }, ({ active }) => active, false],
  ['Add active "True"', { op: 'Add', path: 'active', value: 'True' }, ({ active }) => active, true],
  ['Add an enterprise manager by its id', { op: 'Add', path: manager, value: '26118915' },
    (user) => user[enterprise].manager, { value: '26118915' }],
  ['Replace the employee number', { op: 'Replace', path: `${enterprise}:employeeNumber`, value: 'E-777' },
    (user) => user[enterprise].employeeNumber, 'E-777'],
  ['Replace the work e-mail', { op: 'Replace', path: 'emails[type eq "work"].value', value: 'new@acme.example' },
    ({ emails }) => emails, [{ type: 'work', value: 'new@acme.example', primary: true }]],
  ['Replace a department that there was not', { op: 'Replace', path: `${enterprise}:department`, value: 'Sales' },
    (user) => user[enterprise].department, 'Sales'],
  ['Add by an address of the core schema', { op: 'Add', path: `${core}:displayName`, value: 'Ann' }, ({ displayName }) => displayName, 'Ann'],
  ['Replace preferredLanguage by null', { op: 'Replace', path: 'preferredLanguage', value: null },
    ({ preferredLanguage }) => preferredLanguage, undefined],
  ['Remove the display name', { op: 'Remove', path: 'displayName' }, ({ displayName }) => displayName, undefined],
])('%s has its effect, and nothing else changes', async (_what, operation, changed, expected) => {
  const before = await entra.create();
  const { status, body } = await entra.patch(before.id, operation);
  expect([status, changed(body)]).toEqual([200, expected]);
  expect((await entra.get(`/Users/${before.id}`)).body).toEqual(body);
  expect(body.name).toEqual(before.name);
  expect(body.phoneNumbers).toEqual(before.phoneNumbers);
});

test('a mobile number is added to somebody who had none, in as many operations as there are parts of it', async () => {
  const { id } = await entra.create({ phoneNumbers: undefined });
  const { status, body } = await entra.patch(id,
    { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+12025550201' },
    { op: 'Add', path: 'phoneNumbers[type eq "mobile"].primary', value: 'True' },
    { op: 'Add', path: 'phoneNumbers[type eq "work"].value', value: '+442079460000' });
  expect([status, body.phoneNumbers]).toEqual([200, [
    { type: 'mobile', value: '+12025550201', primary: true }, { type: 'work', value: '+442079460000' }]]);
  expect((await world.employee(id))!.phones).toEqual(['mobile +12025550201', 'work +442079460000']);
});

test('a value without a path may hold paths of parts and full names', async () => {
  const { id } = await entra.create();
  const { status, body } = await entra.patch(id, { op: 'Replace', value: {
    'name.familyName': 'Muster', displayName: 'Anna Muster', active: 'True', 'emails[type eq "home"].value': 'anna@home.example',
    [`${enterprise}:employeeNumber`]: 'E-601', [`${core}:locale`]: 'en-GB' } });
  expect(status).toBe(200);
  expect(body).toMatchObject({ name: { givenName: 'Anna', familyName: 'Muster' }, displayName: 'Anna Muster', active: true, locale: 'en-GB',
    [enterprise]: { employeeNumber: 'E-601' } });
  expect(body.emails).toContainEqual({ type: 'home', value: 'anna@home.example' });
  expect(await world.employee(id)).toMatchObject({ identifier: 'E-601', name: 'Anna Muster' });
});

test('a list without a path is replaced, not added to: a former number would stay', async () => {
  const { id } = await entra.create();
  const phoneNumbers = [{ type: 'mobile', value: '+12025550202' }];
  expect((await entra.patch(id, { op: 'replace', value: { phoneNumbers } })).body.phoneNumbers).toEqual(phoneNumbers);
  expect((await world.employee(id))!.phones).toEqual(['mobile +12025550202']);
});

test('what this service does not keep may be sent, alone or with others, and has no effect', async () => {
  const { id, ...before } = await entra.create();
  const { status, body } = await entra.patch(id,
    { op: 'Add', path: 'title', value: 'Vice President' },
    { op: 'Add', path: 'addresses[type eq "work"].formatted', value: '1 Street' },
    { op: 'Replace', path: `${enterprise}:costCenter`, value: '4711' },
    { op: 'Add', path: 'urn:ietf:params:scim:schemas:extension:acme:2.0:User:badge', value: '1' });
  expect([status, body]).toEqual([200, { ...before, id }]);
});

test('a contact that cannot be used is kept for its provider, and nobody gets a code there', async () => {
  const phoneNumbers = [{ type: 'mobile', value: 'ask reception' }, { type: 'fax', value: '+442079460001' }];
  const { id, ...user } = await entra.create({ phoneNumbers, emails: [{ type: 'work', value: 'Anna <a@b.example>' }] });
  expect(user.phoneNumbers).toEqual(phoneNumbers);
  expect(await world.employee(id)).toMatchObject({ active: true, phones: [], emails: [] });
});

test('a user is deleted after its soft deletion, is gone then, and stays in the directory as somebody who left', async () => {
  const { id, userName } = await entra.create();
  const employee = (await world.employee(id))!;
  await entra.patch(id, { op: 'Replace', path: 'active', value: 'False' });
  expect(await entra.send('DELETE', `/Users/${id}`)).toMatchObject({ status: 204, body: undefined });
  for (const method of ['GET', 'DELETE']) expectFault(await entra.send(method, `/Users/${id}`), 404);
  expectFault(await entra.patch(id, { op: 'Replace', path: 'active', value: 'True' }), 404);
  expect((await entra.list(`userName eq "${userName}"`)).body.totalResults).toBe(0);
  const { rows } = await world.pool.query('SELECT active FROM employees WHERE id = $1', [employee.id]);
  expect(rows).toEqual([{ active: false }]);
});
