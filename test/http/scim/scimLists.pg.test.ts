// Pages and filters: each goes down to SQL, and what is no filter of this service is refused.
import fc from 'fast-check';
import { core, createScimWorld, enterprise, expectFault } from './scimWorld';
import type { Client, Json, ScimWorld } from './scimWorld';

let world: ScimWorld;
let client: Client;
let users: Json[];

const peopleOfTests = 23;

beforeAll(async () => {
  world = await createScimWorld();
  client = await world.client('entra');
  users = [];
  for (let i = 0; i < peopleOfTests; i += 1) {
    users.push(await client.create({
      active: i % 3 !== 0,
      externalId: i % 4 === 0 ? undefined : `Ext-${i}`,
      [enterprise]: { employeeNumber: `E-${100 + i}` },
      emails: [{ type: i % 2 === 0 ? 'work' : 'home', value: `Mail${i}@Acme.example` }],
    }));
  }
  // Of another source: in nobody's page.
  await (await world.client('okta')).create();
});

afterAll(() => world.close());

const idsOf = ({ body }: { body: Json }): string[] => body.Resources.map(({ id }: Json) => id);
const idsWhere = (fits: (user: Json, i: number) => boolean) => users.filter(fits).map(({ id }) => id);

test('pages of any size, put together, are everybody once, in the order in which they came', async () => {
  const all = users.map(({ id }) => id);
  for (const count of [1, 2, 5, 22, 23, 24, 200]) {
    const seen: string[] = [];
    for (let startIndex = 1; startIndex <= peopleOfTests; startIndex += count) {
      const page = await client.get(`/Users?startIndex=${startIndex}&count=${count}`);
      expect(page.body).toMatchObject({ totalResults: peopleOfTests, startIndex, itemsPerPage: Math.min(count, peopleOfTests - startIndex + 1) });
      seen.push(...idsOf(page));
    }
    expect(seen).toEqual(all);
  }
});

test('a page may begin anywhere, within its own size too', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), async (startIndex, count) => {
    const expected = users.slice(startIndex - 1, startIndex - 1 + count).map(({ id }) => id);
    expect(idsOf(await client.get(`/Users?startIndex=${startIndex}&count=${count}`))).toEqual(expected);
  }), { numRuns: 40 });
});

test('what is out of bounds is brought within them: at least the first, at most 200, none when none are wanted', async () => {
  expect((await client.get('/Users?startIndex=-5&count=2')).body).toMatchObject({ startIndex: 1, itemsPerPage: 2 });
  expect((await client.get('/Users?count=100000')).body.itemsPerPage).toBe(peopleOfTests);
  for (const none of ['count=0', 'count=-1', `startIndex=${peopleOfTests + 1}`]) {
    expect((await client.get(`/Users?${none}`)).body).toMatchObject({ totalResults: peopleOfTests, itemsPerPage: 0, Resources: [] });
  }
  for (const wrong of ['count=many', 'startIndex=1.5', 'count=1&count=2', 'count=']) expectFault(await client.get(`/Users?${wrong}`), 400, 'invalidValue');
});

test('no page has more than 200 users', async () => {
  const source = await world.client('crowd');
  await world.owner.query(
    `INSERT INTO scim_users (id, source, user_name, user_key, active, attributes, email_keys, phone_keys)
     SELECT gen_random_uuid(), 'crowd', 'c' || n, 'c' || n, true, '{"emails": [], "phoneNumbers": []}', '{}', '{}' FROM generate_series(1, 250) AS n`);
  const { body } = await source.get('/Users?count=1000');
  expect([body.totalResults, body.itemsPerPage, body.Resources.length]).toEqual([250, 200, 200]);
});

test('sorting is not offered and not pretended', async () => {
  expect(idsOf(await client.get('/Users?sortBy=userName&sortOrder=descending'))).toEqual(users.map(({ id }) => id));
});

test.each<[string, (user: Json, i: number) => boolean]>([
  [`${enterprise}:employeeNumber eq "e-105"`, (_user, i) => i === 5],
  [`urn:ietf:params:scim:schemas:core:2.0:User:active eq false`, ({ active }) => !active],
  ['active eq "True"', ({ active }) => active],
  ['emails.value eq "mail7@acme.example"', (_user, i) => i === 7],
  ['emails eq "mail7@acme.example"', (_user, i) => i === 7],
  ['emails[type eq "work"].value sw "MAIL1"', (_user, i) => i % 2 === 0 && /^1/.test(String(i))],
  ['emails.value co "@acme"', () => true],
  ['externalId eq "Ext-1"', (_user, i) => i === 1],
  ['externalId eq "ext-1"', () => false],
  ['externalId pr', (_user, i) => i % 4 !== 0],
  ['externalId sw "Ext-1" and active eq true', ({ active }, i) => active && i % 4 !== 0 && /^1/.test(String(i))],
  ['active eq false or externalId eq "Ext-1"', ({ active }, i) => !active || i === 1],
  ['active eq true and (externalId eq "Ext-1" or externalId eq "Ext-2" or externalId eq "Ext-3")', ({ active }, i) => active && [1, 2, 3].includes(i)],
  ['USERNAME pr and Active eq true', ({ active }) => active],
  ['meta.lastModified ge "2000-01-01T00:00:00Z"', () => true],
  ['meta.lastModified lt "2000-01-01T00:00:00Z"', () => false],
  ['userName eq "100%"', () => false],
  ['userName co "%"', () => false],
  ['userName eq "x\' OR 1=1 --"', () => false],
  ['userName eq "not me and (you) or [me]"', () => false],
])('the filter %s finds whom it means', async (filter, fits) => {
  const answer = await client.list(filter);
  expect([answer.status, idsOf(answer)]).toEqual([200, idsWhere(fits)]);
});

test('a user is found by id, userName, number, and from the moment of the last modification on', async () => {
  const [{ id, userName, phoneNumbers, meta }] = [users[9]];
  for (const filter of [`id eq "${id}"`, `id eq "${id.toUpperCase()}"`, `userName eq "${userName}"`, `phoneNumbers.value eq "${phoneNumbers[0].value}"`,
    `phoneNumbers[type eq "mobile"].value co "${phoneNumbers[0].value.slice(3)}"`, `meta.lastModified eq "${meta.lastModified}" and id eq "${id}"`]) {
    expect([filter, idsOf(await client.list(filter))]).toEqual([filter, [id]]);
  }
  const last = users.at(-1);
  await client.patch(last.id, { op: 'replace', path: 'displayName', value: 'Changed' });
  const changed = await client.list(`meta.lastModified gt "${users.at(-2).meta.lastModified}"`);
  expect(idsOf(changed)).toEqual([last.id]);
});

test('A69 a filter that is too long, too deep, not closed or of anything else is refused, at once', async () => {
  const deep = (levels: number) => `${'('.repeat(levels)}id pr${')'.repeat(levels)}`;
  const refused = [
    '', ' ', 'x', 'userName', 'userName eq', 'eq "x"', 'userName eq "x" and', 'and userName eq "x"', 'userName eq "x" and or id pr', '(userName eq "x" or) and id pr', 'id.toString.x pr', 'hasOwnProperty.call pr', `userName eq "${'x'.repeat(500)}"`, deep(6), '('.repeat(500), 'userName eq "x', 'userName eq "x\\"',
    `userName eq "${'\n'.repeat(300)}`, `userName eq ${'\\'.repeat(300)}"`, 'password eq "x"', 'name.givenName eq "Anna"', 'title pr', '__proto__ pr', 'constructor.prototype.x pr',
    'userName ne "x"', 'userName ew "x"', 'not (userName eq "x")', 'userName gt "a"', 'active co "t"', 'active eq "perhaps"', 'meta.lastModified gt "yesterday"',
    'meta.location pr', 'emails[type eq "work"]', 'emails[primary eq true].value eq "x"', 'userName eq null', 'userName eq 144133', 'emails.value.x eq "y"', '(id pr))', '[id pr]',
    Array(30).fill('(id pr or active pr)').join(' and ').slice(0, 510), Array(14).fill('(id pr or id pr)').join(' and '),
  ];
  for (const filter of refused) expectFault(await client.list(filter), 400, 'invalidFilter');
});

test('of each user as much as is asked for is shown, and the id', async () => {
  const [{ id, userName, emails, name }] = users;
  const shown = async (query: string) => {
    const { body } = await client.get(`/Users/${id}?${query}`);
    expect((await client.list(`id eq "${id}"`, `&${query}`)).body.Resources).toEqual([body]);
    return body;
  };
  expect(await shown('attributes=userName')).toEqual({ schemas: expect.arrayContaining([core]), id, userName });
  expect(await shown('attributes=constructor.prototype.x,hasOwnProperty.call,favouriteColour')).toEqual({ schemas: expect.anything(), id });
  expect(await shown('excludedAttributes=id,schemas,constructor.prototype.x')).toEqual((await client.get(`/Users/${id}`)).body);
  expect(await shown('attributes=emails.value,name.givenName')).toMatchObject({ id, emails: [{ value: emails[0].value }], name: { givenName: name.givenName } });
  expect(await shown('excludedAttributes=emails,phoneNumbers,name')).not.toHaveProperty('emails');
  expect(await shown(`attributes=${enterprise}:employeeNumber`)).toMatchObject({ id, [enterprise]: { employeeNumber: 'E-100' } });
  for (const [name, wrong] of [['attributes', 'a b'], ['attributes', 'userName"'], ['attributes', '__proto__'], ['excludedAttributes', 'emails[type eq "x"]'], ['attributes', Array(60).fill('id').join(',')]]) {
    expectFault(await client.get(`/Users?${name}=${encodeURIComponent(wrong!)}`), 400, 'invalidValue');
  }
});

test('a PATCH that is to answer with a part loses nothing of the rest', async () => {
  const { id, meta: _, ...before } = await client.create();
  const { status, body } = await client.send('PATCH', `/Users/${id}?attributes=userName`, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op: 'replace', path: 'displayName', value: 'Else' }] });
  expect([status, body.emails]).toEqual([200, undefined]);
  expect((await client.get(`/Users/${id}`)).body).toMatchObject({ ...before, displayName: 'Else' });
});
