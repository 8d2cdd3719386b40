// Who may push people: tokens, what becomes of those that do not count, and that nobody sees another source's people.
import { findSource, issueToken, listTokens, revokeToken } from '../../../src/directory/scim/tokens';
import { base, bearer, core, createScimWorld, enterprise, expectFault, patchOp, scimJson, sendScim, userOf } from './scimWorld';
import type { Client, ScimWorld } from './scimWorld';
import { keptLog, startPublicServer } from '../../support/publicServer';
import type { Headers } from '../../support/publicServer';

let world: ScimWorld;
let entra: Client;

beforeAll(async () => {
  world = await createScimWorld();
  entra = await world.client('entra');
});

afterAll(() => world.close());

const send = (headers: Headers, path = '/Users') => sendScim(world.server, 'GET', path, headers);
const basic = (user: string, token: string): Headers[number] => ['Authorization', `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`];

describe('a token', () => {
  test('without one that counts, everything is the same refusal', async () => {
    const answers = new Set<string>();
    const other = `dmscim_${'A'.repeat(43)}`;
    for (const headers of [[], [bearer('')], [bearer('x')], [bearer(other)], [bearer(`${entra.token}x`)], [bearer(entra.token.slice(0, -1))],
      [bearer(entra.token), bearer(entra.token)], [['Authorization', entra.token]], [['Authorization', `Token ${entra.token}`]], [basic('okta', entra.token)],
      [basic('entra', other)], [basic(`entra:${entra.token}`, '')]] as Headers[]) {
      for (const path of ['/Users', '/ServiceProviderConfig']) {
        const { status, body, headers: sent } = await send(headers, path);
        answers.add(JSON.stringify([status, body, sent['www-authenticate']]));
      }
    }
    expect([...answers]).toEqual([JSON.stringify([401, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '401', detail: 'A token of this service is needed.' },
    'Bearer realm="scim", Basic realm="scim", charset="UTF-8"'])]);
    expect(world.lines.join()).not.toContain('dmscim_');
  });

  test('counts as a bearer, and as the password of its source', async () => {
    for (const headers of [[bearer(entra.token)], [['authorization', `bearer ${entra.token}`]], [basic('entra', entra.token)]] as Headers[]) {
      expect((await send(headers)).status).toBe(200);
    }
  });

  test('is stored as a hash alone, and noted when it is used, to the hour', async () => {
    const { rows } = await world.owner.query<{ row: string }>('SELECT t::text AS row FROM scim_tokens t');
    expect(rows.map(({ row }) => row).join()).not.toContain(entra.token.slice('dmscim_'.length));
    const [known] = (await listTokens(world.pool)).filter(({ source }) => source === 'entra');
    expect(known!.lastUsedAt!.toISOString()).toMatch(/T\d\d:00:00\.000Z$/);
  });

  test('has a second beside it while it is changed, no third, and none any more once it is revoked', async () => {
    const client = await world.client('rotating');
    const next = await world.client('rotating');
    expect(await issueToken(world.pool, { source: 'rotating' }, 'tester')).toEqual({ outcome: 'full' });
    const { id } = await client.create();
    expect((await next.get(`/Users/${id}`)).status).toBe(200);
    const { id: tokenId } = (await listTokens(world.pool)).find(({ source }) => source === 'rotating')!;
    expect([await revokeToken(world.pool, tokenId, 'tester'), await revokeToken(world.pool, tokenId, 'tester')]).toEqual([true, false]);
    expect([(await client.get('/Users')).status, (await next.get('/Users')).status]).toEqual([401, 200]);
    expect(await findSource(world.pool, client.token)).toBeUndefined();
    await world.client('rotating');
  });

  test('of two that are asked for at once when there is room for one, one is made', async () => {
    await world.client('narrow');
    const made = await Promise.all(['a', 'b', 'c'].map((operator) => issueToken(world.pool, { source: 'narrow' }, operator)));
    expect(made.map(({ outcome }) => outcome).sort()).toEqual(['full', 'full', 'issued']);
  });

  test('is not made for a source whose people come another way', async () => {
    await world.owner.query(`INSERT INTO employees (source, external_id, employee_number, identifier, active, content_hash) VALUES ('csv', '1', '1', '1', true, '')`);
    expect(await issueToken(world.pool, { source: 'csv' }, 'tester')).toEqual({ outcome: 'foreign' });
  });

  test('that cannot be looked up is asked to come again, and nothing is told', async () => {
    const { log, lines } = keptLog();
    const server = await startPublicServer({ log, takeMessage: async () => 'known', scim: {
      findSource: async () => { throw new Error('canary'); },
      users: { find: fails, get: fails, create: fails, change: fails, remove: fails } } });
    const answer = await sendScim(server, 'GET', '/Users', [bearer(entra.token)]);
    await server.close();
    expectFault(answer, 503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(lines.join() + JSON.stringify(answer)).not.toContain('canary');
  });
});

const fails = async (): Promise<never> => { throw new Error('canary'); };

test('after many attempts in vain an address is told to wait, and nobody behind it is locked out', async () => {
  const other = await createScimWorld();
  try {
    const known = await other.client('entra');
    const late = await other.client('entra');
    expect((await known.get('/Users')).status).toBe(200);
    const vain = () => sendScim(other.server, 'GET', '/Users', [bearer(`dmscim_${'B'.repeat(43)}`)]);
    const statuses: number[] = [];
    for (let i = 0; i < 40; i += 1) statuses.push((await vain()).status);
    expect([statuses.filter((status) => status === 401).length, statuses.at(-1)]).toEqual([30, 429]);
    expect((await vain()).headers['retry-after']).toBe('60');
    expect([(await known.get('/Users')).status, (await late.get('/Users')).status]).toEqual([200, 200]);
  } finally {
    await other.close();
  }
});

test('nobody can shut out a provider that was silent for days, and has somebody to let go now', async () => {
  const other = await createScimWorld();
  const clock = jest.spyOn(performance, 'now');
  try {
    const known = await other.client('okta');
    const { id } = await known.create();
    clock.mockReturnValue(performance.now() + 3 * 86_400_000);
    const vain = () => sendScim(other.server, 'GET', '/Users', [bearer(`dmscim_${'B'.repeat(43)}`)]);
    for (let i = 0; i < 40; i += 1) await vain();
    expect((await vain()).status).toBe(429);
    expect((await known.patch(id, { op: 'replace', path: 'active', value: false })).status).toBe(200);
    expect(await other.employee(id)).toMatchObject({ active: false });
  } finally {
    clock.mockRestore();
    await other.close();
  }
});

test('beyond the limit tokens of an address are looked up one at a time, however many are shown at once', async () => {
  let [now, most] = [0, 0];
  const { log } = keptLog();
  const server = await startPublicServer({ log, takeMessage: async () => 'known', scim: {
    findSource: async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => { setTimeout(resolve, 20); });
      now -= 1;
      return undefined;
    },
    users: { find: fails, get: fails, create: fails, change: fails, remove: fails } } });
  const vain = () => sendScim(server, 'GET', '/Users', [bearer(`dmscim_${'B'.repeat(43)}`)]);
  await Promise.all(Array.from({ length: 40 }, vain));
  most = 0;
  await Promise.all(Array.from({ length: 10 }, vain));
  await server.close();
  expect(most).toBe(1);
});

test('A69 another source\'s user is as if there were none, whatever is tried', async () => {
  const okta = await world.client('okta');
  const { id, userName } = await entra.create();
  const before = await entra.get(`/Users/${id}`);
  expectFault(await okta.get(`/Users/${id}`), 404);
  expectFault(await okta.send('PUT', `/Users/${id}`, userOf()), 404);
  expectFault(await okta.patch(id, { op: 'replace', path: 'active', value: false }), 404);
  expectFault(await okta.send('DELETE', `/Users/${id}`), 404);
  for (const filter of [`id eq "${id}"`, `userName eq "${userName}"`, 'id pr', `id pr or userName eq "${userName}"`]) {
    const { body } = await okta.list(filter);
    expect(body.Resources.map((user: { id: string }) => user.id)).not.toContain(id);
  }
  expect((await okta.create({ userName })).id).not.toBe(id);
  expect((await entra.get(`/Users/${id}`)).body).toEqual(before.body);
});

describe('the service says of itself what is true', () => {
  test('/ServiceProviderConfig', async () => {
    const { status, body } = await entra.get('/ServiceProviderConfig');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'], patch: { supported: true }, bulk: { supported: false },
      filter: { supported: true, maxResults: 200 }, sort: { supported: false }, etag: { supported: false }, changePassword: { supported: false },
      meta: { location: `${base}/ServiceProviderConfig` } });
    expect(body.authenticationSchemes.map(({ type }: { type: string }) => type)).toEqual(['oauthbearertoken', 'httpbasic']);
  });

  test('/ResourceTypes and /Schemas, with what is taken and nothing else', async () => {
    const types = (await entra.get('/ResourceTypes')).body;
    expect(types).toMatchObject({ totalResults: 1, Resources: [{ id: 'User', endpoint: '/Users', schema: core, schemaExtensions: [{ schema: enterprise, required: false }] }] });
    expect((await entra.get('/ResourceTypes/User')).body).toEqual(types.Resources[0]);
    const schemas = (await entra.get('/Schemas')).body;
    const names = schemas.Resources.map(({ attributes }: { attributes: { name: string }[] }) => attributes.map(({ name }) => name));
    expect(names).toEqual([
      ['userName', 'name', 'displayName', 'preferredLanguage', 'locale', 'active', 'emails', 'phoneNumbers'], ['employeeNumber', 'department', 'manager']]);
    expect((await entra.get(`/Schemas/${core}`)).body).toEqual(schemas.Resources[0]);
    for (const path of ['/Schemas/urn:x', '/ResourceTypes/Group', '/Nothing']) expectFault(await entra.get(path), 404);
  });

  test('what is not offered is 501 or 405', async () => {
    for (const [method, path] of [['POST', '/Bulk'], ['GET', '/Me'], ['POST', '/.search'], ['POST', '/Users/.search']] as const) {
      expectFault(await entra.send(method, path, {}), 501);
    }
    const { id } = await entra.create();
    for (const [method, path] of [['PUT', '/Users'], ['DELETE', '/Users'], ['POST', `/Users/${id}`], ['POST', '/Schemas']] as const) {
      const answer = await entra.send(method, path, {});
      expectFault(answer, 405);
      expect(answer.headers.allow).toMatch(/^GET/);
    }
  });
});

describe('a body', () => {
  const post = (body: unknown, headers?: Headers) => entra.send('POST', '/Users', body, headers);

  test('is JSON in UTF-8 of at most 256 KiB, named as such', async () => {
    expect((await post(userOf(), [['Content-Type', 'application/json; charset=utf-8']])).status).toBe(201);
    expectFault(await post(userOf(), []), 415);
    expectFault(await post(userOf(), [['Content-Type', 'text/plain']]), 415);
    expectFault(await post(userOf(), [scimJson, ['Content-Encoding', 'gzip']]), 415);
    expectFault(await post(userOf({ title: 'x'.repeat(256 * 1024) })), 413);
    for (const text of ['{', '[]', '"x"', 'null', '\u{feff}\u{feff}{}', '{"a":'.repeat(200) + '1' + '}'.repeat(200)]) {
      expectFault(await post(text), 400, 'invalidSyntax');
    }
  });

  test('cannot change what objects are, nor hold what is no text', async () => {
    const dotted = ['constructor.prototype.x', 'name.constructor', `${enterprise}:constructor.prototype.x`, `${enterprise}:Constructor.keys`, `${enterprise}:__proto__.x`];
    for (const text of ['{"__proto__": {"active": true}}', '{"name": {"constructor": {"prototype": {"x": 1}}}}', ...dotted.map((name) => `{"${name}": 1}`)]) {
      expectFault(await post(`{"userName": "p", ${text.slice(1)}`), 400, 'invalidSyntax');
    }
    for (const userName of ['a\0b', 'a\ud800b']) expectFault(await post(userOf({ userName })), 400, 'invalidValue');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test('of the wrong kind is refused by the name of the attribute, without its value', async () => {
    const wrong: [object, string][] = [
      [{ userName: undefined }, 'userName'], [{ userName: ' ' }, 'userName'], [{ userName: 5 }, 'userName'], [{ active: 'perhaps' }, 'active'], [{ active: 0 }, 'active'],
      [{ emails: 'canary' }, 'emails'], [{ emails: ['canary'] }, 'emails'], [{ name: 'canary' }, 'name'], [{ displayName: 'canary'.repeat(100) }, 'displayName'],
      [{ phoneNumbers: Array(60).fill({ value: 'canary' }).map((one, i) => ({ ...one, type: `t${i}` })) }, 'phoneNumbers'],
    ];
    for (const [fields, attribute] of wrong) {
      const answer = await post(userOf(fields));
      expectFault(answer, 400, 'invalidValue');
      expect(answer.body.detail).toContain(`about ${attribute}.`);
      expect(JSON.stringify(answer.body)).not.toContain('canary');
    }
    expectFault(await post(userOf({ schemas: ['urn:other'] })), 400, 'invalidSyntax');
    expectFault(await post(undefined, []), 415);
  });

  test('of a PATCH is refused in the words of RFC 7644, and then nothing of it was done', async () => {
    const { id, ...before } = await entra.create();
    const name = { op: 'replace', path: 'displayName', value: 'Changed' };
    const wrong: [object, string][] = [
      [{ op: 'replace', path: 'favouriteColour', value: 'canary' }, 'invalidPath'], [{ op: 'add', path: '__proto__.x', value: 1 }, 'invalidPath'],
      [{ op: 'add', path: 'constructor.prototype.y', value: 1 }, 'invalidPath'], [{ op: 'add', path: 'emails[type eq "work"].canary', value: 1 }, 'invalidPath'],
      [{ op: 'add', path: `emails[${'('.repeat(20)}`, value: 1 }, 'invalidPath'], [{ op: 'replace', path: `emails[value eq "${'\\'.repeat(200)}`, value: 1 }, 'invalidPath'],
      [{ op: 'add', path: 'emails[value eq "canary@x.example"].value', value: 'x@y.example' }, 'noTarget'],
      [{ op: 'remove' }, 'noTarget'], [{ op: 'move', path: 'active' }, 'invalidSyntax'], [{ path: 'active', value: true }, 'invalidValue'],
      [{ op: 'replace', path: 'active', value: 'canary' }, 'invalidValue'], [{ op: 'remove', path: 'userName' }, 'invalidValue'], [{ op: 'replace', value: 'canary' }, 'invalidValue'],
      [{ op: 'replace', path: 'id', value: 'canary' }, 'mutability'], [{ op: 'remove', path: 'emails', value: [{ value: 'x" or value pr' }] }, 'invalidValue'],
    ];
    for (const [operation, scimType] of wrong) {
      const answer = await entra.patch(id, name, operation);
      expectFault(answer, 400, scimType);
      expect(JSON.stringify(answer.body)).not.toContain('canary');
    }
    for (const message of [{}, { schemas: [patchOp] }, { schemas: [patchOp], Operations: [] }, { Operations: [name] }, [name], { schemas: [patchOp], Operations: [null] }]) {
      expect((await entra.send('PATCH', `/Users/${id}`, message)).status).toBe(400);
    }
    expect((await entra.get(`/Users/${id}`)).body).toEqual({ id, ...before });
  });
});

test('A69 roles, passwords and marks of being verified are neither stored nor shown, however they are sent', async () => {
  const canary = 'canary-7c1e';
  const secrets = {
    password: canary, roles: [{ value: canary }], entitlements: [{ value: canary }], x509Certificates: [{ value: canary }], groups: [{ value: canary }],
    verified: canary, title: canary, addresses: [{ type: 'work', formatted: canary }], 'urn:acme:2.0:User': { admin: canary } };
  const { id, ...user } = await entra.create({ ...secrets, [enterprise]: { employeeNumber: 'E-90', costCenter: canary, admin: canary },
    emails: [{ type: 'work', value: 'v@acme.example', verified: true, display: canary }] });
  expect((await entra.send('PUT', `/Users/${id}`, { ...user, ...secrets })).status).toBe(200);
  const { password, roles, entitlements, x509Certificates, groups } = secrets;
  for (const op of ['add', 'replace']) {
    expect((await entra.patch(id, { op, value: { password, roles, entitlements, x509Certificates, groups, 'urn:acme:2.0:User': { admin: canary } } })).status).toBe(200);
    for (const [path, value] of Object.entries({ password, roles, groups })) expect((await entra.patch(id, { op, path, value })).status).toBe(200);
  }
  for (const table of ['scim_users', 'employees', 'audit']) {
    const { rows } = await world.owner.query<{ text: string }>(`SELECT t::text AS text FROM ${table} t`);
    expect(rows.map(({ text }) => text).join()).not.toContain(canary);
  }
  expect(JSON.stringify((await entra.get(`/Users/${id}`)).body) + world.lines.join()).not.toContain(canary);
  // HR's new contacts are held back as ever.
  await entra.patch(id, { op: 'replace', path: 'phoneNumbers[type eq "mobile"].value', value: '+12025550777' }, { op: 'add', value: { verified: true, 'urn:acme:2.0:User:verified': true } });
  await entra.patch(id, { op: 'replace', path: 'phoneNumbers[type eq "mobile"].value', value: '+12025550777' });
  expect((await world.employee(id))!.held).toEqual(['+12025550777']);
});
