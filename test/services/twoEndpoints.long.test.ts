// Services with the two endpoints that we publish: how they are asked, and how they know that it is Doorman.
import { createHmac } from 'node:crypto';
import { createTwoEndpoints, twoEndpoints } from '../../src/services/twoEndpoints';
import type { RequestAuth } from '../../src/services/requestAuth';
import { anna, ben, describeActAsProvider } from '../ports/actAsProvider.suite';
import type { ActAsService } from '../ports/actAsProvider.suite';
import { FakeShop, impatientMs, patientMs } from './fakeShop';
import type { Asked, Handle, Reply } from './fakeShop';

const bearer = 'bearer-canary-of-more-than-32-characters';
const key = Buffer.alloc(32, 7);
const secret = `whsec_${key.toString('base64')}`;
const clientSecret = 's3cr%t/+ canary';
const accounts = [anna.workEmail, ben.workEmail];

type Kind = RequestAuth['kind'];

const isAuthentic: Record<Kind, (asked: Asked) => boolean> = {
  bearer: ({ headers }) => headers.authorization === `Bearer ${bearer}`,
  oauth: ({ headers }) => headers.authorization === 'Bearer own-token',
  hmac: ({ headers, body }) => {
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    return headers['webhook-signature'] === `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  },
};

const tokenEndpoint = ({ headers }: Asked): Reply => {
  const expected = `Basic ${Buffer.from('doorman:s3cr%25t%2F%2B+canary').toString('base64')}`;
  return headers.authorization === expected
    ? { status: 200, body: { access_token: 'own-token', token_type: 'Bearer', expires_in: 3_600 } }
    : { status: 401, body: { error: 'invalid_client' } };
};

async function start(kind: Kind): Promise<ActAsService & { fake: FakeShop }> {
  let now = Date.now();
  let said = {};
  const handle: Handle = (asked) => {
    if (asked.path === '/own') return tokenEndpoint(asked);
    if (!isAuthentic[kind](asked)) return { status: 401, body: {} };
    const { email } = JSON.parse(asked.body) as { email: string };
    if (asked.path === '/v1/users/exists') return { status: 200, body: { exists: accounts.includes(email) } };
    if (!accounts.includes(email)) return { status: 404, body: {} };
    return { status: 200, body: { token: fake.tokenOf(email), token_type: 'Bearer', expires_in: 600, ...said } };
  };
  const fake = await new FakeShop(handle).start();
  const auths: Record<Kind, { right: RequestAuth; wrong: RequestAuth }> = {
    bearer: { right: { kind: 'bearer', token: bearer }, wrong: { kind: 'bearer', token: 'x'.repeat(32) } },
    hmac: {
      right: { kind: 'hmac', secret },
      wrong: { kind: 'hmac', secret: `whsec_${Buffer.alloc(32, 8).toString('base64')}` },
    },
    oauth: {
      right: { kind: 'oauth', tokenUrl: `${fake.url}/own`, clientId: 'doorman', clientSecret, secretIn: 'header' },
      wrong: { kind: 'oauth', tokenUrl: `${fake.url}/own`, clientId: 'doorman', clientSecret: 'wrong', secretIn: 'header' },
    },
  };
  const make = (auth: RequestAuth, timeoutMs = patientMs) => createTwoEndpoints(twoEndpoints.parse({
    name: 'shop', kind: 'twoEndpoints', base: `${fake.url}/v1/`, auth, scopes: ['orders'], timeoutMs, allowInsecure: true,
  }), { assert: () => Promise.reject(new Error('needs no assertion')), now: () => now });
  return {
    fake, provider: make(auths[kind].right), stranger: make(auths[kind].wrong), impatient: make(auths[kind].right, impatientMs),
    secrets: [bearer, secret, clientSecret, 'own-token'],
    nobody: { ...anna, employeeNumber: '999999', workEmail: 'nobody@acme.example' },
    ownerOf: (authorization) => fake.ownerOf(authorization),
    asked: () => fake.asked.filter(({ path }) => path === '/v1/tokens').length,
    set(mood) { fake.mood = mood; },
    say(fields) { said = fields; },
    pass(ms) { now += ms; },
    close: () => fake.close(),
  };
}

for (const kind of ['bearer', 'hmac', 'oauth'] as const) {
  describeActAsProvider(`a service of two endpoints, asked by ${kind}`, () => start(kind));
}

describe('a service of two endpoints', () => {
  let service: Awaited<ReturnType<typeof start>>;
  beforeEach(async () => { service = await start('oauth'); });
  afterEach(() => service.close());

  it('is asked by POST, so that no address stands in a URL', async () => {
    await service.provider.authorization(anna, 'why');
    expect(service.fake.asked.map(({ path, body }) => [path, body])).toEqual([
      ['/own', 'grant_type=client_credentials'],
      ['/v1/users/exists', '{"email":"anna&co@acme.example"}'],
      ['/v1/tokens', '{"email":"anna&co@acme.example","scopes":["orders"],"reason":"why"}'],
    ]);
  });

  it('is asked whether there is an account at most every five minutes', async () => {
    const exists = () => service.provider.exists!(anna);
    expect(await Promise.all([exists(), exists()])).toEqual([true, true]);
    service.pass(200_000);
    await exists();
    const asked = () => service.fake.asked.filter(({ path }) => path === '/v1/users/exists').length;
    expect(asked()).toBe(1);
    service.pass(100_000);
    await exists();
    expect(asked()).toBe(2);
  });

  it('is not asked about somebody without a work e-mail', async () => {
    expect(await service.provider.exists!({ ...anna, workEmail: undefined })).toBe(false);
    expect(service.fake.asked).toEqual([]);
  });

  it('is asked with a new token of our own when the former one was withdrawn, once', async () => {
    let refusals = 1;
    const { oauth } = isAuthentic;
    isAuthentic.oauth = (asked) => oauth(asked) && (refusals -= 1) < 0;
    expect(await service.provider.exists!(anna)).toBe(true);
    expect(service.fake.asked.map(({ path }) => path))
      .toEqual(['/own', '/v1/users/exists', '/own', '/v1/users/exists']);
    isAuthentic.oauth = oauth;
  });

  it('asks for one token of our own, however many requests were refused with the former', async () => {
    let owned = 0;
    const answered: (() => void)[] = [];
    const shop = await new FakeShop(async ({ path, headers }) => {
      if (path === '/own') {
        return { status: 200, body: { access_token: `own-${owned += 1}`, token_type: 'Bearer', expires_in: 3_600 } };
      }
      if (headers.authorization !== 'Bearer own-1') return { status: 200, body: { exists: true } };
      // All of them are under way before the first is refused.
      await new Promise<void>((resolve) => { if (answered.push(resolve) === 20) answered.forEach((go) => go()); });
      return { status: 401, body: {} };
    }).start();
    const provider = createTwoEndpoints(twoEndpoints.parse({
      name: 'shop', kind: 'twoEndpoints', base: shop.url, timeoutMs: patientMs, allowInsecure: true,
      auth: { kind: 'oauth', tokenUrl: `${shop.url}/own`, clientId: 'doorman', clientSecret, secretIn: 'header' },
    }), { assert: () => Promise.reject(new Error('needs no assertion')) });
    const all = Array.from({ length: 20 }, (_, index) =>
      provider.exists!({ ...anna, workEmail: `p${index}@acme.example` }));
    expect(new Set(await Promise.all(all))).toEqual(new Set([true]));
    await shop.close();
    expect(owned).toBe(2);
  });

  it.each([{ exists: 'yes' }, { exists: 1 }, {}, []])('is not believed to know anybody when it says %j', async (body) => {
    const liar = await new FakeShop(() => ({ status: 200, body })).start();
    const provider = createTwoEndpoints(twoEndpoints.parse({
      name: 'shop', kind: 'twoEndpoints', base: liar.url, auth: { kind: 'bearer', token: bearer }, allowInsecure: true,
    }), { assert: () => Promise.reject(new Error('needs no assertion')) });
    await expect(provider.exists!(anna)).rejects.toMatchObject({ kind: 'untrustworthy' });
    await liar.close();
  });

  it('is not followed to where it redirects', async () => {
    service.set('redirecting');
    await expect(service.provider.authorization(anna, 'why')).rejects.toMatchObject({ kind: 'untrustworthy' });
    expect(service.fake.redirected).toEqual([]);
  });
});
