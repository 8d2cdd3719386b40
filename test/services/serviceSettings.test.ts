// DOORMAN_SERVICES: what is refused at the start, in sentences without values.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonSetting } from '../../src/config/jsonSetting';
import { insecureServices, serviceSettings } from '../../src/services/serviceSettings';

const token = 'canary-canary-canary-canary-canary';
const random = '0123456789abcdef0123456789abcdef';
const shop = { name: 'shop', kind: 'twoEndpoints', base: 'https://shop.example/doorman', auth: { kind: 'bearer', token } };
const exchange = { name: 'sso', kind: 'tokenExchange', tokenUrl: 'https://sso.example/token', clientId: 'doorman' };
const saml = {
  ...exchange, name: 's4', kind: 'samlBearer', account: 'employeeNumber', issuer: 'doorman', audience: 's4',
  privateKey: 'canary', certificate: 'canary',
};
const pem = (name: string) => readFileSync(join(__dirname, '../directory/successFactors/fixtures', `${name}.pem`), 'utf8');
const ofCurve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
const read = (...services: object[]) => readJsonSetting(JSON.stringify({ services }), serviceSettings);

test('services of several kinds are read', () => {
  expect(read(shop, exchange).services.map(({ name, kind }) => [name, kind]))
    .toEqual([['shop', 'twoEndpoints'], ['sso', 'tokenExchange']]);
});

it.each([
  ['two of one name', [shop, { ...exchange, name: 'shop' }], 'services.1.name: stands there twice'],
  ['one without TLS', [{ ...shop, base: 'http://canary.example' }], 'services.0.base: must be https, here and where tokens come from'],
  ['tokens without TLS', [{ ...shop, auth: { kind: 'oauth', tokenUrl: 'http://canary.example', clientId: 'x', clientSecret: 'x' } }],
    'services.0.base: must be https, here and where tokens come from'],
  ['a token endpoint without TLS', [{ ...exchange, tokenUrl: 'http://canary.example' }], 'services.0.tokenUrl: must be https'],
  ['credentials in an address', [{ ...exchange, tokenUrl: 'https://canary:x@sso.example' }],
    'services.0.tokenUrl: must be an https URL without credentials and fragment'],
  ['a query in an address', [{ ...exchange, tokenUrl: 'https://sso.example/token?canary' }],
    'services.0.tokenUrl: must be an https URL without "?" and "#"'],
  ['a file', [{ ...exchange, tokenUrl: 'file:///canary' }], 'services.0.tokenUrl: must be an https URL without credentials and fragment'],
  ['a short secret', [{ ...shop, auth: { kind: 'hmac', secret: 'whsec_Y2FuYXJ5' } }],
    'services.0.auth.secret: must be whsec_ and at least 32 random bytes as base64'],
  ['a short token', [{ ...shop, auth: { kind: 'bearer', token: 'canary' } }], 'services.0.auth.token: must have 32 visible characters'],
  ['fields of the protocol', [{ ...exchange, parameters: { subject_token: 'canary' } }],
    'services.0.parameters: names a field that Doorman fills in'],
  ['claims of ours', [{ ...exchange, claims: { sub: 'workEmail' } }], 'services.0.claims: names a claim that Doorman makes'],
  ['a key of another certificate', [{ ...saml, privateKey: pem('apiClient.key'), certificate: pem('otherClient.cert') }],
    'services.0.privateKey: must be RSA, and that of the certificate'],
  ['a key that signs no assertion', [{ ...saml, privateKey: ofCurve, certificate: pem('apiClient.cert') }],
    'services.0.privateKey: must be RSA, and that of the certificate'],
  ['a key that is none', [saml],
    'services.0.privateKey: must be a private key as PEM; services.0.certificate: must be a certificate as PEM'],
])('%s is refused, without its value', (_, services, sentence) => {
  const refusal = (() => { try { return read(...services); } catch (error) { return (error as Error).message; } })();
  expect(refusal).toBe(sentence);
});

test('production refuses a service that may be asked without TLS, and names it', () => {
  expect(insecureServices(read({ ...shop, auth: { kind: 'bearer', token: random }, allowInsecure: true }, exchange)))
    .toEqual(['service shop: allowInsecure is for development only']);
  expect(insecureServices(read({ ...shop, auth: { kind: 'bearer', token: 'x'.repeat(32) } }, exchange)))
    .toEqual(['service shop: token is not random, as it is made for trying out']);
});
