// Token endpoints that take an assertion of who speaks: what it says, for whom, and that nothing else is taken for it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT, generateKeyPair, jwtVerify } from 'jose';
import type { CryptoKey } from 'jose';
import { createGrantProvider, jwtBearer, samlBearer, tokenExchange } from '../../src/services/grants';
import type { Assert } from '../../src/services/providerOptions';
import { fieldsOf, complaintAbout } from '../directory/successFactors/assertionCheck';
import { anna, ben, describeActAsProvider } from '../ports/actAsProvider.suite';
import type { ActAsService } from '../ports/actAsProvider.suite';
import { FakeShop, impatientMs, patientMs } from './fakeShop';
import type { Handle } from './fakeShop';

const pem = (name: string) =>
  readFileSync(join(__dirname, '../directory/successFactors/fixtures', `${name}.pem`), 'utf8');
const clientSecret = 's3cr%t/+ canary';
const accounts = [anna, ben].flatMap(({ workEmail, employeeNumber }) => [workEmail, employeeNumber]);

let key: { publicKey: CryptoKey; privateKey: CryptoKey };
beforeAll(async () => { key = await generateKeyPair('ES256'); });

/** As src/statements makes them. */
const assert: Assert = ({ employeeId, proof }, { audience, subject = `opaque-${employeeId}`, claims }) =>
  new SignJWT({ ...claims, sid: proof!.sessionId }).setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
    .setIssuer('doorman').setAudience(audience).setSubject(subject).setExpirationTime('2m').sign(key.privateKey);

const typeOf = (name: string) => `urn:ietf:params:oauth:token-type:${name}`;

const settingsOf = {
  tokenExchange: { account: 'workEmail', claims: { upn: 'workEmail', number: 'employeeNumber' }, audience: 'shop', scope: 'orders' },
  jwtBearer: { account: 'employeeNumber', parameters: { resource_server: 'shop' } },
  samlBearer: {
    account: 'workEmail', issuer: 'doorman', audience: 'shop', privateKey: pem('apiClient.key'), certificate: pem('apiClient.cert'),
    parameters: { company_id: 'ACME' },
  },
} as const;
type Kind = keyof typeof settingsOf;
const schemas = { tokenExchange, jwtBearer, samlBearer };

async function accountOf(kind: Kind, form: URLSearchParams, tokenUrl: string): Promise<string | undefined> {
  if (kind === 'samlBearer') {
    const assertion = Buffer.from(form.get('assertion')!, 'base64url').toString();
    const { nameId } = fieldsOf(assertion);
    const complaint = complaintAbout(assertion, {
      certificate: pem('apiClient.cert'), audience: 'shop', issuer: 'doorman', recipient: tokenUrl, apiKey: '',
      user: nameId, now: Date.now(),
    });
    return complaint === undefined ? nameId : undefined;
  }
  const jwt = form.get(kind === 'jwtBearer' ? 'assertion' : 'subject_token')!;
  const options = { issuer: 'doorman', audience: tokenUrl, algorithms: ['ES256'] };
  return jwtVerify(jwt, key.publicKey, options).then(({ payload }) => payload.sub, () => undefined);
}

async function start(kind: Kind, changes: object = {}): Promise<ActAsService & { fake: FakeShop }> {
  let now = Date.now();
  let said = {};
  const handle: Handle = async ({ headers, body }) => {
    if (headers.authorization !== `Basic ${Buffer.from('doorman:s3cr%25t%2F%2B+canary').toString('base64')}`) {
      return { status: 401, body: { error: 'invalid_client' } };
    }
    const account = await accountOf(kind, new URLSearchParams(body), `${fake.url}/token`);
    if (account === undefined || !accounts.includes(account)) return { status: 400, body: { error: 'invalid_grant' } };
    const issued = kind === 'tokenExchange' ? { issued_token_type: typeOf('access_token') } : {};
    return { status: 200, body: { access_token: fake.tokenOf(account), token_type: 'Bearer', expires_in: 600, ...issued, ...said } };
  };
  const fake = await new FakeShop(handle).start();
  const make = (secret: string, timeoutMs = patientMs) => createGrantProvider(schemas[kind].parse({
    name: 'shop', kind, tokenUrl: `${fake.url}/token`, clientId: 'doorman', clientSecret: secret, timeoutMs,
    allowInsecure: true, ...settingsOf[kind], ...changes,
  }), { assert, now: () => now });
  return {
    fake, provider: make(clientSecret), stranger: make('wrong'), impatient: make(clientSecret, impatientMs),
    secrets: [clientSecret],
    nobody: { ...anna, employeeNumber: '999999', workEmail: 'nobody@acme.example' },
    ownerOf: (authorization) => fake.ownerOf(authorization),
    asked: () => fake.asked.length,
    set(mood) { fake.mood = mood; },
    say(fields) { said = fields; },
    pass(ms) { now += ms; },
    close: () => fake.close(),
  };
}

const kinds = ['tokenExchange', 'jwtBearer', 'samlBearer'] as const;
for (const kind of kinds) describeActAsProvider(`a token endpoint by ${kind}`, () => start(kind));

describe('a token endpoint', () => {
  let service: Awaited<ReturnType<typeof start>> | undefined;
  afterEach(() => service?.close());

  const formOf = async (kind: Kind) => {
    service = await start(kind);
    await service.provider.authorization(anna, 'test');
    return Object.fromEntries(new URLSearchParams(service.fake.asked[0]!.body));
  };

  it('is asked for an exchange as RFC 8693 says, with what the settings add', async () => {
    const { subject_token: jwt, ...form } = await formOf('tokenExchange');
    expect(form).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', audience: 'shop', scope: 'orders',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    });
    const { payload } = await jwtVerify(jwt!, key.publicKey);
    expect(payload).toMatchObject({ upn: anna.workEmail, number: anna.employeeNumber, sub: anna.workEmail });
  });

  it.each([
    [undefined, 'access_token', true], [undefined, 'jwt', true], [undefined, 'id_token', false], [undefined, 'refresh_token', false],
    [undefined, 'saml2', false], ['jwt', 'jwt', true], ['jwt', 'access_token', false], ['id_token', 'id_token', true],
  ])('that is asked to exchange for %s and gives %s is believed: %s', async (wanted, issued, isBelieved) => {
    service = await start('tokenExchange', wanted === undefined ? {} : { requestedTokenType: typeOf(wanted) });
    service.say({ issued_token_type: typeOf(issued) });
    const given = service.provider.authorization(anna, 'test');
    await (isBelieved ? expect(given).resolves.toMatch(/^Bearer /) : expect(given).rejects.toMatchObject({ kind: 'untrustworthy' }));
  });

  it.each([undefined, 7, 'access_token'])('whose exchange says no kind of token, but %j, is not believed', async (said) => {
    service = await start('tokenExchange');
    service.say({ issued_token_type: said });
    await expect(service.provider.authorization(anna, 'test')).rejects.toMatchObject({ kind: 'untrustworthy' });
  });

  it('is given our assertion as RFC 7523 says', async () => {
    const { assertion, ...form } = await formOf('jwtBearer');
    expect(form).toEqual({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', resource_server: 'shop' });
    expect((await jwtVerify(assertion!, key.publicKey)).payload.sub).toBe(anna.employeeNumber);
  });

  it('is given one of SAML as RFC 7522 says, for that endpoint and a short while', async () => {
    const { assertion, ...form } = await formOf('samlBearer');
    expect(form).toEqual({ grant_type: 'urn:ietf:params:oauth:grant-type:saml2-bearer', company_id: 'ACME' });
    const read = fieldsOf(Buffer.from(assertion!, 'base64url').toString());
    expect(read).toMatchObject({ nameId: anna.workEmail, recipient: `${service!.fake.url}/token` });
    expect(read.notOnOrAfter - read.notBefore).toBe(120_000);
  });

  it.each(['tokenExchange', 'jwtBearer'] as const)('by %s gives each session a token of its own', async (kind) => {
    service = await start(kind);
    const first = await service.provider.authorization(anna, 'test');
    const later = { ...anna, proof: { ...anna.proof!, sessionId: '00000000-0000-4000-8000-0000000000b2' } };
    expect(await service.provider.authorization(later, 'test')).not.toBe(first);
    expect(await service.provider.authorization({ ...anna, proof: undefined }, 'test')).toBeUndefined();
  });
});
