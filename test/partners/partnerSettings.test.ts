// What may be configured of partners. No sentence repeats a secret.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { insecurePartners, keysOf, partnerSettings } from '../../src/partners/partnerSettings';
import { directoryPartner, forwardPartner, partnersOf, personMapping, secretOf } from './partnerRequests';

function problems(...partners: object[]): string {
  const parsed = partnerSettings.safeParse({ partners });
  return parsed.success ? '' : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
}

const plain = (changes: object = {}) => directoryPartner('plain', 'plain', changes);
const forward = (changes: object) => forwardPartner('target', 'plain', 'https://hr.acme.example/in', {}, changes);
const signedAs = (changes: object) => plain({ signature: { header: 'X-Signature', encoding: 'base64', ...changes } });
const mapped = (changes: object) => plain({ mapping: { ...personMapping, ...changes } });
const random = '8J+Yx0m3Yc2nR5qT7uVwXz1aB4dE6fGhJkLmNoPqRsTuVw';

test('partners of every manner, whatever becomes of their events, are taken', () => {
  expect(problems(plain(), directoryPartner('hub', 'hub'), forwardPartner('std', 'standard', 'https://hr.acme.example/in'),
    forwardPartner('legacy', 'sha1', 'https://hr.acme.example/in', {}, {
      auth: { kind: 'oauth', tokenUrl: 'https://id.acme.example/token', clientId: 'doorman', clientSecret: 'x', scope: 'events' } }),
  )).toBe('');
});

test.each<[string, object[], RegExp]>([
  ['a secret of 128 bits', [plain({ secret: Buffer.from(secretOf('a').slice(6), 'base64').subarray(0, 16).toString('base64') })], /secret: must have 256 bits/],
  ['a secret that is no base64', [plain({ secret: 'canary!' })], /secret: is not base64/],
  ['a secret that is base64 in another alphabet', [plain({ secret: `${'-_'.repeat(21)}8=` })], /secret: is not base64/],
  ['a secret that is no hex', [plain({ secretForm: 'hex', secret: 'canary'.repeat(12) })], /secret: is not hex/],
  ['32 hex digits as text', [plain({ secretForm: 'text', secret: '0123456789abcdef0123456789abcdef' })], /secret: must have 256 bits/],
  ['a word over and over', [plain({ secretForm: 'text', secret: 'canary'.repeat(12) })], /secret: is not random/],
  ['a next secret that is weak', [plain({ secretNext: 'canary' })], /secretNext: /],
  ['a next secret that is the first', [plain({ secretNext: secretOf('plain') })], /secretNext: is the key of another one/],
  ['the secret of another partner', [plain(), directoryPartner('hub', 'hub', { secret: secretOf('plain') })], /partners\.1\.secret: is the key of another/],
  ['the secret of another partner in another form', [plain(), directoryPartner('hub', 'hub', {
    secretForm: 'hex', secret: Buffer.from(secretOf('plain').slice(6), 'base64').toString('hex') })], /is the key of another/],
  ['two partners of one name', [plain(), plain({ secret: secretOf('b') })], /name: stands there twice/],
  ['a source of two partners', [plain({ source: 'csv' }), directoryPartner('hub', 'hub', { source: 'csv' })], /1\.source: is another partner/],
  ['a source that could be a partner\'s own', [plain({ source: 'partner:hub' })], /source: must be/],
  ['an employment that there is none of', [mapped({ employment: { at: '/status', values: { gone: 'left' } } })], /employment\.values\.gone: must be one of/],
  ['a name for everybody else', [plain({ name: 'unknown' })], /name: must be .* not "unknown"/],
  ['a name that leads elsewhere', [plain({ name: '../twilio' })], /name: must be/],
  ['a name with a year', [plain({ name: 'hr-2026' })], /name: must be .* without four digits/],
  ['a header that is none', [signedAs({ header: 'X Signature' })], /header: must be the name of a header/],
  ['hex of any case', [signedAs({ encoding: 'hex' })], /encoding: must be one of/],
  ['another algorithm', [signedAs({ algorithm: 'md5' })], /Unrecognized key/],
  ['a timestamp that is not signed', [signedAs({ timestampHeader: 'X-Time' })], /timestampHeader: stands there if/],
  ['a signed timestamp without its header', [signedAs({ content: 'timestamp.body' })], /timestampHeader: stands there if/],
  ['an id that is not signed', [signedAs({ idHeader: 'X-Id' })], /idHeader: stands there if/],
  ['one header for two things', [signedAs({ content: 'timestamp.body', timestampHeader: 'x-signature' })], /header: is named twice/],
  ['SHA-1 without an end', [signedAs({ legacySha1: {} })], /until/],
  ['SHA-1 until a day that there is none of', [signedAs({ legacySha1: { until: '2026-02-30' } })], /until: must be a day/],
  ['a mapping without a version', [mapped({ version: undefined })], /mapping\.version/],
  ['a mapping without a key', [mapped({ externalId: undefined })], /mapping\.externalId/],
  ['a pointer that is none', [mapped({ email: 'worker.mail' })], /email: must be a JSON pointer/],
  ['a kind that there is none of', [mapped({ kind: { at: '/type', values: { x: 'promote' } } })], /must be one of hire, change/],
  ['a field that there is none of', [mapped({ salary: '/salary' })], /Unrecognized key/],
  ['a country that there is none of', [plain({ country: 'XX' })], /country: must be an ISO 3166 code/],
  ['a target without TLS', [forward({ url: 'http://hr.acme.example/in', allowInsecure: false })], /url: must be https/],
  ['tokens without TLS', [forward({ allowInsecure: false, auth: { kind: 'oauth', tokenUrl: 'http://id.acme.example', clientId: 'a', clientSecret: 'b' } })], /url: must be https/],
  ['a target with credentials in it', [forward({ url: 'https://a:canary@hr.acme.example/in' })], /url: must be an https URL without credentials/],
  ['a target of another kind', [forward({ url: 'file:///etc/passwd' })], /url: must be an https URL/],
  ['a target without credentials', [forward({ auth: undefined })], /auth/],
  ['a user with a colon', [forward({ auth: { kind: 'basic', user: 'a:b', password: 'canary' } })], /user: must hold no colon/],
  ['handing on who asked', [forward({ headers: ['Authorization'] })], /is never handed on/],
  ['handing on the signature', [forward({ headers: ['X-Signature'] })], /hands on no header of the signature/],
  ['a time-out longer than a try', [forward({ timeoutMs: 60_000 })], /timeoutMs/],
])('%s is refused, without repeating anything', (_what, partners, sentence) => {
  const said = problems(...partners);
  expect(said).toMatch(sentence);
  expect(said).not.toContain('canary');
});

test('a secret may be text, hex or base64, and each is the key that it is for its partner', () => {
  const [text, hex] = partnersOf(
    plain({ secretForm: 'text', secret: random }),
    directoryPartner('hub', 'hub', { secretForm: 'hex', secret: 'AB0123456789cdef'.repeat(4), secretNext: 'cd9876543210abef'.repeat(4) }));
  expect(keysOf(text!)).toEqual([Buffer.from(random)]);
  expect(keysOf(hex!).map((key) => key.toString('hex'))).toEqual(['ab0123456789cdef'.repeat(4), 'cd9876543210abef'.repeat(4)]);
});

test('production refuses what only development may do', () => {
  const parsed = partnerSettings.parse({ partners: [plain(), forwardPartner('target', 'hub', 'http://127.0.0.1/in')] });
  expect(insecurePartners(parsed)).toEqual(['partner target: allowInsecure is for development only']);
  const compose = readFileSync(join(__dirname, '../../docker-compose.yml'), 'utf8');
  const [, tried] = /SIMULATOR_HR_SECRET: (\S+)/.exec(compose)!;
  const isPublic = 'partner plain: secret is public, as it is made for trying out';
  expect(insecurePartners(partnerSettings.parse({ partners: [plain({ secretForm: 'text', secret: tried })] }))).toEqual([isPublic]);
});
