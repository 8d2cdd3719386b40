// Secrets by which Doorman and others know each other: what production refuses, wherever it stands in a document.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readDocuments } from '../../src/config/documents';
import type { SettingName } from '../../src/config';
import { directoryPartner, forwardPartner } from '../partners/partnerRequests';

const pem = (name: string) =>
  readFileSync(join(__dirname, '../directory/successFactors/fixtures', `${name}.pem`), 'utf8');
const url = 'https://acme.example';
const client = { tokenUrl: `${url}/token`, clientId: 'doorman' };
const account = { privateKey: pem('apiClient.key'), certificate: pem('apiClient.cert'), account: 'workEmail' };
const body = { type: 'form', template: { to: '{to}', text: '{text}', token: '{id}' } };

type Document = (secret: string) => object;
const service = (of: Document): Document => (secret) => ({ services: [{ name: 'shop', ...of(secret) }] });
const shop = (auth: Document) => service((secret) => ({ kind: 'twoEndpoints', base: url, auth: auth(secret) }));
const partner = (of: Document): Document => (secret) => ({ partners: [of(secret)] });
const target = (auth: Document) => partner((secret) =>
  forwardPartner('hr', 'plain', url, {}, { auth: auth(secret), allowInsecure: false }));
const carrier = (auth: Document): Document => (secret) => ({ url, body, auth: auth(secret) });

const hex = randomBytes(32).toString('hex');
/** By the form of a secret, those that are none; and a good one. */
const forms = {
  text: [hex, 'for-trying-out-on-this-computer-and-for-nothing-else', 'local-'.repeat(8)],
  webhook: [
    `whsec_${randomBytes(32).toString('base64')}`,
    'whsec_bG9jYWwtbG9jYWwtbG9jYWwtbG9jYWwtbG9jYWwtbG9jYWw=', `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    // Eleven different bytes: made by hand.
    `whsec_${Buffer.from('hello-world-of-you'.padEnd(32, 'he')).toString('base64')}`],
  given: [hex, 'for-trying-out-on-this-computer-and-for-nothing-else', 'secret-secret-secret', 'Xy7-kQ2p'],
  password: ['Xy7-kQ2p', 'doorman-local', 'postgres-local'],
} as const;

const table: readonly (readonly [string, SettingName, keyof typeof forms, Document])[] = [
  ['a webhook', 'DOORMAN_ASSISTANT', 'webhook', (secret) => ({ kind: 'webhook', url, secret })],
  ['a stream', 'DOORMAN_ASSISTANT', 'webhook', (secret) => ({ kind: 'stream', url, secret })],
  ['Rasa, by token', 'DOORMAN_ASSISTANT', 'text', (token) => ({ kind: 'rasa', url, token })],
  ['Rasa, by JWT', 'DOORMAN_ASSISTANT', 'text', (jwtSecret) => ({ kind: 'rasa', url, jwtSecret })],
  ['Direct Line', 'DOORMAN_ASSISTANT', 'text', (secret) => ({ kind: 'directLine', secret })],
  ['two endpoints, by bearer', 'DOORMAN_SERVICES', 'text', shop((token) => ({ kind: 'bearer', token }))],
  ['two endpoints, by signature', 'DOORMAN_SERVICES', 'webhook', shop((secret) => ({ kind: 'hmac', secret }))],
  ['two endpoints, by OAuth', 'DOORMAN_SERVICES', 'given', shop((clientSecret) => ({ kind: 'oauth', ...client, clientSecret }))],
  ['a contact centre', 'DOORMAN_SERVICES', 'given', service((clientSecret) =>
    ({ kind: 'customerAuthenticate', base: url, ...client, clientSecret }))],
  ['a contact centre, its API key', 'DOORMAN_SERVICES', 'given', service((apiKey) =>
    ({ kind: 'customerAuthenticate', base: url, ...client, clientSecret: hex, apiKey }))],
  ['token exchange', 'DOORMAN_SERVICES', 'given', service((clientSecret) => ({ kind: 'tokenExchange', ...client, clientSecret }))],
  ['JWT bearer', 'DOORMAN_SERVICES', 'given', service((clientSecret) => ({ kind: 'jwtBearer', ...client, clientSecret }))],
  ['SAML bearer', 'DOORMAN_SERVICES', 'given', service((clientSecret) =>
    ({ kind: 'samlBearer', ...client, ...account, issuer: 'doorman', audience: 'shop', clientSecret }))],
  ['a partner', 'DOORMAN_PARTNERS', 'text', partner((secret) => directoryPartner('hr', 'plain', { secretForm: 'text', secret }))],
  ['a partner, the next one', 'DOORMAN_PARTNERS', 'text', partner((secretNext) =>
    directoryPartner('hr', 'plain', { secretForm: 'text', secret: randomBytes(32).toString('hex'), secretNext }))],
  ['a target, by OAuth', 'DOORMAN_PARTNERS', 'given', target((clientSecret) => ({ kind: 'oauth', ...client, clientSecret }))],
  ['a target, by password', 'DOORMAN_PARTNERS', 'password', target((password) => ({ kind: 'basic', user: 'doorman', password }))],
  ['an SMS provider, by bearer', 'DOORMAN_SMS_CARRIER', 'given', carrier((token) => ({ kind: 'bearer', token }))],
  ['an SMS provider, by OAuth', 'DOORMAN_SMS_CARRIER', 'given', carrier((clientSecret) => ({ kind: 'oauth', ...client, clientSecret }))],
  ['an SMS provider, by password', 'DOORMAN_SMS_CARRIER', 'password', carrier((password) => ({ kind: 'basic', user: 'doorman', password }))],
];

function problems(setting: SettingName, document: object, production: boolean): string[] {
  const found: string[] = [];
  const assistant = JSON.stringify({ kind: 'rasa', url });
  readDocuments({ DOORMAN_ASSISTANT: assistant, [setting]: JSON.stringify(document) }, production, found);
  return found;
}

test.each(table)('production takes a random secret of %s, and none that is public, of one word or short', (_what, setting, form, document) => {
  const [good, ...bad] = forms[form];
  expect(problems(setting, document(good), true)).toEqual([]);
  for (const secret of bad) {
    const [problem, ...more] = problems(setting, document(secret), true);
    expect([problem, more]).toEqual([expect.stringMatching(new RegExp(`^${setting}: .*is (public|not random|short)`)), []]);
    expect(problem).not.toContain(secret);
  }
});

const open = { allowInsecure: true };
test.each<[SettingName, object]>([
  ['DOORMAN_ASSISTANT', { kind: 'rasa', url, ...open }],
  ['DOORMAN_SERVICES', { services: [{ name: 'shop', kind: 'tokenExchange', ...client, ...open }] }],
  ['DOORMAN_PARTNERS', { partners: [forwardPartner('hr', 'plain', url, {}, open)] }],
  ['DOORMAN_SMS_CARRIER', { url, body, ...open }],
  ['DOORMAN_SMS_CARRIER', { url, body, auth: { kind: 'bearer', token: forms.text[1] } }],
])('only development takes what is for trying out: %s %j', (setting, document) => {
  expect(problems(setting, document, false)).toEqual([]);
  expect(problems(setting, document, true)).toEqual([
    expect.stringMatching(new RegExp(`^${setting}: .*(allowInsecure is for development only|is made for trying out)$`))]);
});
