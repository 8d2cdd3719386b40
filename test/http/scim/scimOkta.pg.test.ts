// Okta, as its wizard's and its catalogue's apps behave: the steps of its connection test, PUT of the whole user.
import { createScimWorld, enterprise, expectFault, userOf } from './scimWorld';
import type { Client, ScimWorld } from './scimWorld';

let world: ScimWorld;
let okta: Client;

beforeAll(async () => {
  world = await createScimWorld();
  okta = await world.client('okta');
});

afterAll(() => world.close());

describe('the eight steps of the connection test', () => {
  test('users are listed', async () => {
    await okta.create();
    const { status, body } = await okta.get('/Users?startIndex=1&count=2');
    expect([status, body.schemas, body.startIndex]).toEqual([200, ['urn:ietf:params:scim:api:messages:2.0:ListResponse'], 1]);
    expect(body.totalResults).toBeGreaterThanOrEqual(body.Resources.length);
    expect(body.itemsPerPage).toBe(body.Resources.length);
    expect(body.Resources[0]).toMatchObject({ id: expect.any(String), userName: expect.any(String), active: true });
  });

  test('groups are listed: there is none', async () => {
    expect(await okta.get('/Groups?startIndex=1&count=100')).toMatchObject({ status: 200, body: { totalResults: 0, Resources: [] } });
    expectFault(await okta.send('POST', '/Groups', { displayName: 'Everyone' }), 501);
    expectFault(await okta.get('/Groups/1'), 404);
  });

  test('a user whom there is not is not found by the filter', async () => {
    expect((await okta.list('userName eq "nobody@acme.example"', '&startIndex=1&count=100')).body).toMatchObject({ totalResults: 0, Resources: [] });
  });

  test('a user whom there is not is 404 in the form of RFC 7644', async () => {
    expectFault(await okta.get('/Users/00919288221112222'), 404);
    expectFault(await okta.get('/Users/2b6c0a3e-0000-4000-8000-000000000000'), 404);
  });

  test('a user is created, and read', async () => {
    const sent = userOf({ locale: 'en-US', displayName: 'Anna Example', groups: [], password: 'k3ep-it-secret' });
    const { status, body } = await okta.send('POST', '/Users', sent);
    expect([status, body.userName, body.active]).toEqual([201, sent.userName, true]);
    expect((await okta.get(`/Users/${body.id}`)).body).toEqual(body);
  });

  test('the same user a second time is a conflict, in any case of the letters', async () => {
    const { userName } = await okta.create();
    expectFault(await okta.send('POST', '/Users', userOf({ userName })), 409, 'uniqueness');
    expectFault(await okta.send('POST', '/Users', userOf({ userName: userName.toUpperCase() })), 409, 'uniqueness');
  });

  test('a user is deactivated without a path', async () => {
    const { id } = await okta.create();
    expect(await okta.patch(id, { op: 'replace', value: { active: false } })).toMatchObject({ status: 200, body: { active: false } });
    expect(await world.employee(id)).toMatchObject({ active: false });
  });
});

test('PUT replaces the whole user but for whether they are active, which only a word on it changes', async () => {
  const { id, ...user } = await okta.create();
  const put = (body: object) => okta.send('PUT', `/Users/${id}`, body);
  const { active: _, ...silent } = user;
  expect(await put({ ...silent, id, name: { givenName: 'Ann' } })).toMatchObject({ status: 200, body: { active: true, name: { givenName: 'Ann' } } });
  expect((await put({ ...user, active: false })).body.active).toBe(false);
  expect((await put(silent)).body.active).toBe(false);
  expect((await put({ ...user, active: null })).body.active).toBe(false);
  expect((await put({ ...user, active: 'true' })).body.active).toBe(true);
  expect(await world.employee(id)).toMatchObject({ active: true, name: 'Anna Example' });
});

test('PUT takes away what it does not bring', async () => {
  const { id, ...user } = await okta.create({ displayName: 'Anna', preferredLanguage: 'de' });
  const { displayName: _d, phoneNumbers: _p, preferredLanguage: _l, ...less } = user;
  const { status, body } = await okta.send('PUT', `/Users/${id}`, { ...less, emails: null });
  expect([status, body.displayName, body.phoneNumbers, body.preferredLanguage, body.emails]).toEqual([200, undefined, undefined, undefined, undefined]);
  expect(await world.employee(id)).toMatchObject({ phones: [], emails: [], language: null, active: true });
});

test('a userName may change, but not to somebody else\'s', async () => {
  const [one, other] = [await okta.create(), await okta.create()];
  const renamed = { ...one, userName: `renamed.${one.userName}` };
  expect((await okta.send('PUT', `/Users/${one.id}`, renamed)).body.userName).toBe(renamed.userName);
  expectFault(await okta.send('PUT', `/Users/${one.id}`, { ...one, userName: other.userName.toUpperCase() }), 409, 'uniqueness');
  expectFault(await okta.patch(one.id, { op: 'replace', value: { userName: other.userName } }), 409, 'uniqueness');
  expect((await okta.get(`/Users/${one.id}`)).body.userName).toBe(renamed.userName);
});

test('a PUT that changes nothing is no modification', async () => {
  const { id, meta, ...user } = await okta.create();
  expect((await okta.send('PUT', `/Users/${id}`, user)).body).toEqual({ id, meta, ...user });
});

test('an externalId that changes leaves the person the same', async () => {
  const { id, ...user } = await okta.create();
  const before = await world.employee(id);
  const { status } = await okta.send('PUT', `/Users/${id}`, { ...user, externalId: 'another' });
  expect([status, await world.employee(id)]).toEqual([200, before]);
});

test('types and truths are taken in any case of the letters, and types of the provider\'s own are kept', async () => {
  const { id, ...user } = await okta.create({
    emails: [{ type: 'Work', value: 'anna.w@acme.example', primary: 'True' }, { type: 'secondary', value: 'anna.s@acme.example', primary: 'false' }] });
  expect(user.emails).toEqual([
    { type: 'work', value: 'anna.w@acme.example', primary: true }, { type: 'secondary', value: 'anna.s@acme.example', primary: false }]);
  expect((await world.employee(id))!.emails).toEqual(['other anna.s@acme.example', 'work anna.w@acme.example']);
});

test('a number in the form of RFC 3966 is one', async () => {
  const { id } = await okta.create({ phoneNumbers: [{ type: 'mobile', value: 'tel:+1-202-555-0321' }], [enterprise]: { employeeNumber: 'E-321' } });
  expect((await world.employee(id))!.phones).toEqual(['mobile +12025550321']);
});
