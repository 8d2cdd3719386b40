// A contact centre that Doorman calls: token, customer's JWT, profile; and a centre that lies about any of them.
import { createCustomerAuthenticate, customerAuthenticate } from '../../src/services/customerAuthenticate';
import type { Assert } from '../../src/services/providerOptions';
import { anna, ben, describeActAsProvider } from '../ports/actAsProvider.suite';
import type { ActAsService } from '../ports/actAsProvider.suite';
import { FakeShop, impatientMs, patientMs } from './fakeShop';
import type { Asked, Handle, Reply } from './fakeShop';

const clientSecret = 's3cr%t/+ canary';
const apiKey = 'api-key-canary';
const people = [anna, ben].flatMap(({ workEmail, employeeNumber }) => [workEmail, employeeNumber]);
// What is asserted is the fake's own: that ours are signed is tested where they are made.
const assert: Assert = (_holder, { audience, subject }) => Promise.resolve(`${audience}|${subject}`);

type Way = 'statement' | 'workEmail';
const settingsOf = {
  statement: { account: 'employeeNumber', assertionAudience: 'centre' },
  workEmail: { proof: 'workEmail', field: 'email', checksProfile: true, scope: 'customers' },
} as const;

interface Centre extends ActAsService {
  readonly fake: FakeShop;
  /** What `/access_token` says besides the token. */
  sayOwn(fields: object): void;
  sayJwt(fields: object): void;
  /** Tokens of our own that count no more. */
  withdraw(tokens: RegExp): void;
  /** What `/getprofile` answers. */
  profile: Reply;
  paths(): string[];
}

async function start(way: Way, unknown: 404 | 401 = 404): Promise<Centre> {
  let now = Date.now();
  let [said, saidOwn] = [{}, {}];
  let own = 0;
  let withdrawn = /^$/;
  const state = { profile: { status: 200, body: { customer_id: 'c-1' } } as Reply };
  const customerOf = (body: string): string | undefined => {
    const given = JSON.parse(body) as { statement?: string; email?: string };
    return way === 'workEmail' ? given.email : /^centre\|(.+)$/.exec(given.statement ?? '')?.[1];
  };
  const handle: Handle = ({ path, headers, body }: Asked): Reply => {
    if (path === '/access_token') {
      const isOurs = headers.authorization === `Basic ${Buffer.from('doorman:s3cr%25t%2F%2B+canary').toString('base64')}`;
      return isOurs ? { status: 200, body: { access_token: `own-${own += 1}`, token_type: 'Bearer', expires_in: 3_600, ...saidOwn } }
        : { status: 401, body: { error: 'invalid_client' } };
    }
    if (headers['api-key'] !== apiKey || !/^Bearer own-\d+$/.test(headers.authorization ?? '')) return { status: 401, body: {} };
    if (withdrawn.test(headers.authorization!)) return { status: 401, body: {} };
    if (path === '/v1/getprofile') return /^JWT token-\d+$/.test(String(headers['customer-auth'])) ? state.profile : { status: 401, body: {} };
    const customer = customerOf(body);
    if (customer === undefined || !people.includes(customer)) return { status: unknown, body: {} };
    return { status: 200, body: { issued_at: Math.floor(now / 1_000), JWT: fake.tokenOf(customer), expires_in: 600, ...said } };
  };
  const fake = await new FakeShop(handle).start();
  const make = (secret: string, timeoutMs = patientMs) => createCustomerAuthenticate(customerAuthenticate.parse({
    name: 'centre', kind: 'customerAuthenticate', base: `${fake.url}/v1/`, tokenUrl: `${fake.url}/access_token`,
    clientId: 'doorman', clientSecret: secret, apiKey, timeoutMs, allowInsecure: true, ...settingsOf[way],
  }), { assert, now: () => now });
  const paths = () => fake.asked.map(({ path }) => path);
  return {
    fake, provider: make(clientSecret), stranger: make('wrong'), impatient: make(clientSecret, impatientMs),
    secrets: [clientSecret, apiKey, 'own-'],
    nobody: { ...anna, employeeNumber: '999999', workEmail: 'nobody@acme.example' },
    ownerOf: (authorization) => fake.ownerOf(authorization),
    asked: () => paths().filter((path) => path === '/v1/customer_authenticate').length,
    set(mood) { fake.mood = mood; },
    say(fields) {
      const { token_type: type, ...life } = fields;
      [said, saidOwn] = [life, type === undefined ? {} : { token_type: type }];
    },
    sayOwn(fields) { saidOwn = fields; },
    sayJwt(fields) { said = fields; },
    withdraw(tokens) { withdrawn = tokens; },
    get profile() { return state.profile; },
    set profile(reply) { state.profile = reply; },
    pass(ms) { now += ms; },
    paths,
    close: () => fake.close(),
  };
}

for (const way of ['statement', 'workEmail'] as const) {
  for (const status of [404, 401] as const) {
    describeActAsProvider(`a contact centre that is shown ${way}, and says ${status} of a stranger`, () => start(way, status));
  }
}

describe('a contact centre', () => {
  let centre: Centre;
  beforeEach(async () => { centre = await start('workEmail'); });
  afterEach(() => centre.close());
  const ask = (holder = anna) => centre.provider.authorization(holder, 'test');
  const count = (path: string) => centre.paths().filter((one) => one === path).length;

  it('is asked for a token, for the customer\'s JWT, and whether it takes that', async () => {
    await ask();
    expect(centre.fake.asked.map(({ path, headers, body }) => [path, headers['content-type'], headers['customer-auth'], body])).toEqual([
      ['/access_token', expect.stringContaining('application/x-www-form-urlencoded'), undefined, 'scope=customers&grant_type=client_credentials'],
      ['/v1/customer_authenticate', 'application/json', undefined, '{"email":"anna&co@acme.example"}'],
      ['/v1/getprofile', 'application/json', 'JWT token-1', '{}']]);
  });

  it('is asked for one token by a thousand messages of many people at once, and for the next a minute before it ends', async () => {
    const many = Array.from({ length: 1_000 }, (_, i) => ({ ...anna, employeeId: `e-${i % 20}` }));
    await Promise.all(many.map((holder) => ask(holder)));
    expect([count('/access_token'), count('/v1/customer_authenticate')]).toEqual([1, 20]);
    centre.pass(3_540_000 - 1);
    await ask({ ...anna, employeeId: 'one more' });
    expect(count('/access_token')).toBe(1);
    centre.pass(1);
    await ask({ ...anna, employeeId: 'another' });
    expect(count('/access_token')).toBe(2);
  });

  it.each([0, 30, 59])('whose tokens live for %d s is asked for one each time', async (seconds) => {
    centre.sayOwn({ expires_in: seconds });
    await ask();
    await ask(ben);
    // One for the customer's JWT and one for the profile.
    expect(count('/access_token')).toBe(4);
  });

  it('that says its tokens live for decades has to give another one after an hour', async () => {
    centre.sayOwn({ expires_in: 1e9 });
    await ask();
    centre.pass(3_540_000);
    await ask();
    expect(count('/access_token')).toBe(2);
  });

  it.each([{ expires_in: -1 }, { expires_in: 'canary' }, { token_type: 'mac' }, { access_token: 'a\r\nb' }, { access_token: 7 }])(
    'whose token endpoint says %j is not believed', async (said) => {
      centre.sayOwn(said);
      await expect(ask()).rejects.toMatchObject({ kind: 'untrustworthy', message: expect.not.stringContaining('canary') });
      expect(count('/v1/customer_authenticate')).toBe(0);
    });

  it('that withdrew our token gives another one, once, however many were refused', async () => {
    await ask();
    centre.withdraw(/own-1$/);
    await Promise.all(Array.from({ length: 20 }, (_, i) => ask({ ...anna, employeeId: `e-${i}` })));
    expect(count('/access_token')).toBe(2);
  });

  it('that refuses every token is asked for one other, and no more', async () => {
    await ask();
    centre.withdraw(/own-/);
    expect(await ask(ben)).toBeUndefined();
    expect([count('/access_token'), count('/v1/customer_authenticate')]).toEqual([2, 3]);
  });

  describe('that has one 401 for every refusal', () => {
    beforeEach(async () => {
      await centre.close();
      centre = await start('workEmail', 401);
    });

    it('means the customer when our token is new, and the token is used on', async () => {
      expect(await ask(centre.nobody)).toBeUndefined();
      expect([count('/access_token'), count('/v1/customer_authenticate')]).toEqual([1, 1]);
      expect(await ask()).toMatch(/^Bearer token-/);
      expect(count('/access_token')).toBe(1);
    });

    it('is asked for one other token because of strangers, and seldom again, however much they write', async () => {
      await ask();
      const strangers = Array.from({ length: 50 }, (_, i) => ({ ...centre.nobody, employeeId: `e-${i}` }));
      const asked = [...await Promise.all(strangers.map((one) => ask(one))), await ask(centre.nobody), await ask(centre.nobody)];
      expect(new Set(asked)).toEqual(new Set([undefined]));
      expect(count('/access_token')).toBe(2);
      expect(await ask(ben)).toMatch(/^Bearer token-/);
      expect(count('/access_token')).toBe(2);
      centre.pass(5 * 60_000);
      await ask(centre.nobody);
      await ask(centre.nobody);
      expect(count('/access_token')).toBe(3);
    });

    it('that takes the other token back as well lets customers in again within five minutes', async () => {
      await ask();
      await ask(centre.nobody);
      centre.withdraw(/own-[12]$/);
      expect(await ask(ben)).toBeUndefined();
      centre.pass(5 * 60_000);
      expect(await ask(ben)).toMatch(/^Bearer token-/);
      expect(count('/access_token')).toBe(3);
    });
  });

  it.each<[string, Reply]>([
    ['refuses the JWT', { status: 401, body: {} }], ['names nobody', { status: 200, body: {} }],
    ['names nobody in particular', { status: 200, body: { customer_id: '' } }], ['is broken', { status: 500, body: {} }],
  ])('whose /getprofile %s gave no JWT', async (_what, reply) => {
    centre.profile = reply;
    await expect(ask()).rejects.toMatchObject({ kind: expect.any(String) });
  });

  it.each([{ JWT: undefined }, { JWT: 'a b' }, { JWT: 'a\r\nx: y' }, { issued_at: undefined }])('that answers with %j gave no JWT', async (said) => {
    centre.sayJwt(said);
    await expect(ask()).rejects.toMatchObject({ kind: 'untrustworthy' });
  });

  it('is not followed to where it redirects', async () => {
    await ask();
    centre.set('redirecting');
    await expect(ask(ben)).rejects.toMatchObject({ kind: 'untrustworthy' });
    expect(centre.fake.redirected).toEqual([]);
  });

  it('without TLS is for development', () => {
    const settings = { name: 'x', kind: 'customerAuthenticate', clientId: 'a', clientSecret: 'b' };
    const [open, closed] = ['http://x.example/', 'https://x.example/'];
    expect([[open, closed], [closed, open], [closed, closed]].map(([base, tokenUrl]) =>
      customerAuthenticate.safeParse({ ...settings, base, tokenUrl }).success)).toEqual([false, false, true]);
  });
});
