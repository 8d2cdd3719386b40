// Access tokens by client credentials, as RFC 6749 has them: to whom, for how long, and in which words they are refused.
import { issueCredentials, revokeCredentials } from '../../src/clients/credentials';
import { createClientAccess } from '../../src/clients/clientAccess';
import { storeAccessToken } from '../../src/clients/accessTokens';
import type { Answer, Headers } from '../support/publicServer';
import { apiKey, basic, bearer, Centre, form, json, settings } from './centre';

let centre: Centre;

beforeAll(async () => {
  centre = await Centre.start();
});
afterAll(() => centre.stop());

const grant = 'grant_type=client_credentials';
const ask = (body: string, headers: Headers = [], path = '/oauth/token') =>
  centre.server.send('POST', path, [form, ...headers], body);
const own = () => basic(centre.of('vendor').id, centre.of('vendor').secret);
const bodyOf = ({ text }: Answer) => JSON.parse(text) as Record<string, unknown>;

function expectError(answer: Answer, status: number, error: string): void {
  expect([answer.status, bodyOf(answer)]).toEqual([status, { error, error_description: expect.any(String) }]);
  expect([answer.headers['cache-control'], answer.headers.pragma]).toEqual(['no-store', 'no-cache']);
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
}

describe('a token', () => {
  it.each(['/oauth/token', '/access_token'])('is given at %s, to secrets in the header or in the form', async (path) => {
    const { id, secret } = centre.of('vendor');
    for (const answer of [await ask(grant, [own()], path), await ask(`${grant}&client_id=${id}&client_secret=${secret}`, [], path)]) {
      expect([answer.status, bodyOf(answer)]).toEqual([200, {
        access_token: expect.stringMatching(/^dmtoken_[A-Za-z0-9_-]{43}$/), token_type: 'Bearer',
        expires_in: expect.any(Number), scope: 'contact-centre verifications' }]);
      expect(Math.abs(3_600 - Number(bodyOf(answer).expires_in))).toBeLessThanOrEqual(5);
      expect([answer.headers['cache-control'], answer.headers.pragma]).toEqual(['no-store', 'no-cache']);
    }
  });

  it('is given to a client that form-encodes id and secret before they become Basic, as the RFC wants it', async () => {
    const encoded = (text: string) => text.replace(/[-_]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
    const { id, secret } = centre.of('vendor');
    expect((await ask(grant, [basic(encoded(id), encoded(secret))])).status).toBe(200);
  });

  it('is for what was asked for, and for no more than the settings allow', async () => {
    expect(bodyOf(await ask(`${grant}&scope=verifications`, [own()]))).toMatchObject({ scope: 'verifications' });
    const narrow = String(bodyOf(await ask(`${grant}&scope=verifications`, [own()])).access_token);
    expect((await centre.post('/customer_authenticate', [bearer(narrow)], { statement: 'a.b.c' })).status).toBe(401);
    const { access } = { access: createClientAccess({ pool: centre.pool, clients: settings }) };
    expect(await access.clientOf({ token: narrow }, 'verifications')).toMatchObject({ name: 'vendor' });
    expect(await access.clientOf({ token: narrow }, 'contact-centre')).toBeUndefined();
    const texts = basic(centre.of('texts').id, centre.of('texts').secret);
    expectError(await ask(`${grant}&scope=contact-centre`, [texts]), 400, 'invalid_scope');
    expectError(await ask(`${grant}&scope=verifications+admin`, [texts]), 400, 'invalid_scope');
    expectError(await ask(grant, [basic(centre.of('nothing').id, centre.of('nothing').secret)]), 400, 'invalid_scope');
  });

  it('ends after an hour, and with the credentials that it was got by', async () => {
    const second = await issueCredentials(centre.pool, 'vendor', 'olga');
    if (second.outcome !== 'issued') throw new Error('two may count');
    const access = createClientAccess({ pool: centre.pool, clients: settings });
    const [first, other] = [await centre.token('vendor'), String(bodyOf(await ask(grant, [basic(second.id, second.secret)])).access_token)];
    const lets = (token: string) => access.clientOf({ token }, 'verifications').then((client) => client?.name);
    expect([await lets(first), await lets(other)]).toEqual(['vendor', 'vendor']);
    await revokeCredentials(centre.pool, second.id, 'olga');
    expect([await lets(first), await lets(other)]).toEqual(['vendor', undefined]);
    await centre.owner.query(`UPDATE client_tokens SET issued_at = issued_at - interval '1 h', expires_at = expires_at - interval '1 h'`);
    expect(await lets(first)).toBeUndefined();
  });

  it('is none where its credentials were revoked while it was made', async () => {
    const second = await issueCredentials(centre.pool, 'vendor', 'olga');
    if (second.outcome !== 'issued') throw new Error('two may count');
    await revokeCredentials(centre.pool, second.id, 'olga');
    expect(await storeAccessToken(centre.pool, 'dmtoken_x', { id: second.id, client: 'vendor' }, ['verifications'])).toBe(false);
  });

  it('is one of a hundred of a client: the oldest go', async () => {
    const first = await centre.token('vendor');
    const credential = { id: centre.of('vendor').id, client: 'vendor' };
    for (let i = 0; i < 100; i += 1) await storeAccessToken(centre.pool, `dmtoken_${i}`, credential, ['verifications']);
    const { rows: [row] } = await centre.owner.query<{ count: number }>(
      'SELECT count(*)::int FROM client_tokens WHERE credential_id = $1', [credential.id]);
    expect(row!.count).toBe(100);
    const access = createClientAccess({ pool: centre.pool, clients: settings });
    expect(await access.clientOf({ token: first }, 'verifications')).toBeUndefined();
  });
});

describe('no token is given', () => {
  it('for wrong credentials of any kind, in one answer', async () => {
    const { id, secret, apiKey: key } = centre.of('vendor');
    for (const [user, password] of [
      [id, `${secret}x`], [id, ''], ['', secret], [id, key], [centre.of('twin').id, secret], ['vendor', secret], [id, 'x'], ['\u0000', 'y'],
    ] as const) {
      const answer = await ask(grant, [basic(user, password)]);
      expect(['invalid_client', 'invalid_request']).toContain(bodyOf(answer).error);
    }
    for (const answer of [await ask(grant, [basic(id, 'x')]), await ask(`${grant}&client_id=${id}&client_secret=x`),
      await ask(grant), await ask(grant, [bearer('x')]), await ask(grant, [apiKey(key)])]) {
      expectError(answer, 401, 'invalid_client');
      expect(answer.headers['www-authenticate']).toMatch(/^Basic /);
    }
  });

  it.each([
    ['another grant', 'grant_type=password&username=a&password=b', 'unsupported_grant_type'],
    ['a code without a secret', 'grant_type=authorization_code&code=x&code_verifier=y', 'unsupported_grant_type'],
    ['a refresh', 'grant_type=refresh_token&refresh_token=x', 'unsupported_grant_type'],
    ['a name of every object', 'grant_type=__proto__', 'unsupported_grant_type'],
    ['no grant', 'scope=verifications', 'invalid_request'],
    ['a grant twice', `${grant}&${grant}`, 'invalid_request'],
    ['a broken escape', `${grant}&scope=%`, 'invalid_request'],
    ['a secret in two places', `${grant}&client_id=x&client_secret=y`, 'invalid_request'],
  ])('for %s', async (_what, body, error) => {
    expectError(await ask(body, [own()]), 400, error);
  });

  it('for another form of request', async () => {
    const send = (path: string, headers: Headers, body: string | Buffer) => centre.server.send('POST', path, headers, body);
    for (const answer of [
      await send('/oauth/token', [json, own()], JSON.stringify({ grant_type: 'client_credentials' })),
      await send('/oauth/token', [own()], grant),
      await send('/oauth/token', [form, form, own()], grant),
      await send('/oauth/token?grant_type=client_credentials', [form, own()], grant),
      await send('/oauth/token', [form, ['Content-Encoding', 'gzip'], own()], grant),
      await send('/oauth/token', [form, own(), own()], grant),
      await send('/oauth/token', [form, own()], `${grant}&x=${'y'.repeat(5_000)}`),
      await send('/oauth/token', [form, own()], ''),
    ]) expectError(answer, 400, 'invalid_request');
    expect((await centre.server.send('GET', '/oauth/token', [])).status).toBe(405);
  });
});

test('R46 who shows wrong credentials again and again is told so, and holds up nobody who was right', async () => {
  const { id } = centre.of('vendor');
  for (let i = 0; i < 40; i += 1) await ask(grant, [basic(id, `wrong-${i}`)]);
  const answer = await ask(grant, [basic(id, 'wrong')]);
  expectError(answer, 429, 'temporarily_unavailable');
  expect(answer.headers['retry-after']).toBe('60');
  expect((await Promise.all(Array.from({ length: 10 }, () => ask(grant, [own()])))).map(({ status }) => status))
    .toEqual(Array.from({ length: 10 }, () => 200));
  // Neither are the tokens that it got.
  const given = bearer(await centre.token('vendor'));
  const shown = await Promise.all(Array.from({ length: 10 }, () => centre.post('/customer_authenticate', [given], { statement: 'a.b.c' })));
  expect(shown.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 401));
});

test('secrets are in the database as hashes alone, and nowhere in the log', async () => {
  const token = await centre.token('vendor');
  const { rows: [row] } = await centre.owner.query<{ all: string }>(
    `SELECT (SELECT string_agg(c::text, ' ') FROM client_credentials c) || (SELECT string_agg(t::text, ' ') FROM client_tokens t) AS all`);
  const { secret, apiKey: key } = centre.of('vendor');
  for (const one of [token, secret, key]) {
    expect(row!.all).not.toContain(one);
    expect(row!.all).not.toContain(Buffer.from(one).toString('hex'));
    expect(centre.lines.join('\n')).not.toContain(one);
  }
});
