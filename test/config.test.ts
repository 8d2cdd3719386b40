// A process starts with a whole configuration or not at all, and says everything that is wrong at once.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Misconfiguration, loadConfig, loadImportConfig, settings } from '../src/config';
import type { Environment, SettingName } from '../src/config';
import { newKeyring } from '../src/keys/keyring';
import { directoryPartner, forwardPartner, secretOf } from './partners/partnerRequests';

const legacySource = {
  name: 'sf', kind: 'successFactors', url: 'https://api4.example/odata/v2', companyId: 'ACME', user: 'sfapi',
  legacyBasic: true, password: 'secret',
};

const hex = '0123456789abcdef0123456789abcdef';
const whole: Environment = {
  DOORMAN_PUBLIC_URL: 'https://doorman.acme.example',
  DOORMAN_ORGANISATION: 'Acme',
  DOORMAN_COUNTRIES: 'GB, US',
  DOORMAN_KEYRING: JSON.stringify(newKeyring()),
  DATABASE_URL: 'postgres://app:secret@db.acme.example/doorman?sslmode=verify-full',
  TEMPORAL_ADDRESS: 'temporal.acme.example:7233',
  TEMPORAL_TLS: 'true',
  TWILIO_ACCOUNT_SID: `AC${hex}`,
  TWILIO_AUTH_TOKEN: hex,
  TWILIO_API_KEY_SID: `SK${hex}`,
  TWILIO_API_KEY_SECRET: hex,
  TWILIO_WHATSAPP_SENDER: 'whatsapp:+14155238886',
  TWILIO_MESSAGING_SERVICE_SID: `MG${hex}`,
  ASSISTANT_URL: 'https://assistant.acme.example/turns',
  ASSISTANT_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAAAAAAAAAAA=',
};

const rasa = '{"kind":"rasa","url":"https://rasa.acme.example"}';

function problems(environment: Environment): readonly string[] {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof Misconfiguration) return error.problems;
    throw error;
  }
  return [];
}

const smsCarrier = (changes: object = {}) => JSON.stringify({
  url: 'https://sms.acme.example', body: { type: 'form', template: { to: '{to}', text: '{text}' } }, ...changes });

test('with an SMS provider of one\'s own no sender of Twilio is needed', () => {
  const config = loadConfig({ ...whole, TWILIO_MESSAGING_SERVICE_SID: undefined, DOORMAN_SMS_CARRIER: smsCarrier() });
  expect(config.smsCarrier).toMatchObject({ url: 'https://sms.acme.example', method: 'POST', accepted: [200, 201, 202] });
  expect(loadConfig(whole).smsCarrier).toBeUndefined();
});

test('a whole configuration is taken, frozen, with the defaults of production', () => {
  const config = loadConfig(whole);
  expect(config).toMatchObject({ production: true, DOORMAN_PORT: 3000, DOORMAN_LANGUAGE: 'en', TEMPORAL_NAMESPACE: 'default' });
  expect(Object.isFrozen(config)).toBe(true);
});

test('every missing setting is named at once, with what it is', () => {
  const named = problems({}).join('\n');
  for (const name of Object.keys(whole).filter((each) => each !== 'TEMPORAL_TLS')) expect(named).toContain(name);
  expect(named).toContain('DATABASE_URL: is missing. Postgres');
});

test.each<[string, Environment, RegExp]>([
  ['an http endpoint', { ASSISTANT_URL: 'http://assistant.acme.example' }, /ASSISTANT_URL: production needs https/],
  ['an http public URL', { DOORMAN_PUBLIC_URL: 'http://doorman.acme.example' }, /DOORMAN_PUBLIC_URL: production needs https/],
  ['a path in the public URL', { DOORMAN_PUBLIC_URL: 'https://acme.example/doorman' }, /must be an origin/],
  ['a public URL that is none', { DOORMAN_PUBLIC_URL: 'doorman.acme.example' }, /DOORMAN_PUBLIC_URL: Invalid URL/],
  ['an open Temporal', { TEMPORAL_TLS: 'false' }, /TEMPORAL_TLS: production needs true/],
  ['a certificate without its key', { TEMPORAL_TLS_CLIENT_CERT_PATH: __filename }, /one is nothing without the other/],
  ['a certificate that is not there', { TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/nowhere.pem' }, /TEMPORAL_TLS_SERVER_CA_CERT_PATH: ENOENT/],
  ['Verify without its service', { DOORMAN_OTP_PROVIDER: 'verifyCustom' }, /TWILIO_VERIFY_SERVICE_SID: is needed/],
  ['a service that is none of Verify\'s', { DOORMAN_OTP_PROVIDER: 'verifyCustom', TWILIO_VERIFY_SERVICE_SID: `MG${hex}` }, /TWILIO_VERIFY_SERVICE_SID: must look like VA/],
  ['another provider of codes', { DOORMAN_OTP_PROVIDER: 'authy' }, /DOORMAN_OTP_PROVIDER: Invalid option/],
  ['more guesses than Twilio compares', { DOORMAN_OTP_PROVIDER: 'verifyManaged', TWILIO_VERIFY_SERVICE_SID: `VA${hex}`, DOORMAN_POLICY: '{"codeTriesMax":6}' }, /codeTriesMax is 5 at most with verifyManaged/],
  ['an open database', { DATABASE_URL: 'postgres://app:secret@db.acme.example/doorman?sslmode=require' }, /DATABASE_URL: production needs \?sslmode=verify-full/],
  ['an open owner', { DATABASE_OWNER_URL: 'postgres://owner:secret@localhost/doorman?host=db.acme.example' }, /DATABASE_OWNER_URL: production needs/],
  ['another Twilio', { TWILIO_API_URL: 'https://twilio.acme.example' }, /development only/],
  ['an empty auth token', { TWILIO_AUTH_TOKEN: '' }, /TWILIO_AUTH_TOKEN: is missing/],
  ['a short auth token', { TWILIO_AUTH_TOKEN: 'short' }, /at least 32/],
  ['a short next auth token', { TWILIO_AUTH_TOKEN_NEXT: 'short' }, /at least 32/],
  ['a country that there is none of', { DOORMAN_COUNTRIES: 'DE, Germany' }, /DOORMAN_COUNTRIES: knows no Germany: write codes such as DE/],
  ['a list without a country', { DOORMAN_COUNTRIES: ' , ' }, /DOORMAN_COUNTRIES: names no country/],
  ['no countries', { DOORMAN_COUNTRIES: '' }, /DOORMAN_COUNTRIES: is missing\. Countries that codes go to/],
  ['a rule for the own number that there is none of', { DOORMAN_SAME_NUMBER: 'never' }, /DOORMAN_SAME_NUMBER: /],
  ['a hold of an hour', { DOORMAN_POLICY: '{"contactHoldMs": 3600000}' }, /contactHoldMs: 3600000 is outside 86400000 to/],
  ['no sender for codes', { TWILIO_MESSAGING_SERVICE_SID: undefined }, /one of the two is needed/],
  ['an SMS provider without TLS', { DOORMAN_SMS_CARRIER: smsCarrier({ url: 'http://sms.acme.example', allowInsecure: true }) }, /DOORMAN_SMS_CARRIER: allowInsecure is for development/],
  ['an SMS provider that is told no text', { DOORMAN_SMS_CARRIER: smsCarrier({ body: { type: 'form', template: { to: '{to}' } } }) }, /DOORMAN_SMS_CARRIER: body.template: must hold \{text\}/],
  ['a code carrier on WhatsApp', { TWILIO_SMS_SENDER: 'whatsapp:+14155238886' }, /must be a number/],
  ['a policy outside its bounds', { DOORMAN_POLICY: '{"codeTriesMax": 11}' }, /codeTriesMax: 11 is outside 1 to 10/],
  ['a policy of zero', { DOORMAN_POLICY: '{"codeTriesMax": 0}' }, /codeTriesMax: 0 is outside/],
  ['a policy number that is none', { DOORMAN_POLICY: '{"codeTriesMax": "5"}' }, /is not a whole number/],
  ['a policy that nobody knows', { DOORMAN_POLICY: '{"tries": 5}' }, /knows no tries/],
  ['no reply quantum', { DOORMAN_POLICY: '{"replyQuantumMs": 0}' }, /only development may use/],
  ['a keyring with a short key', { DOORMAN_KEYRING: withKey('c2hvcnQ=') }, /DOORMAN_KEYRING:/],
  ['a keyring that is no JSON', { DOORMAN_KEYRING: 'secret' }, /is not JSON/],
  ['an assistant secret of 24 bytes', { ASSISTANT_SECRET: `whsec_${randomBytes(24).toString('base64')}` }, /ASSISTANT_SECRET: must be/],
  ['an assistant secret that is no base64', { ASSISTANT_SECRET: `whsec_${'a'.repeat(45)}` }, /ASSISTANT_SECRET: must be/],
  ['a token of one word', { TWILIO_AUTH_TOKEN: 'secret'.repeat(6) }, /TWILIO_AUTH_TOKEN: is not random/],
  ['a password that everybody tries', { DATABASE_URL: 'postgres://app:postgres@db/doorman' }, /DATABASE_URL: its password is public/],
  ['the same, spelled otherwise', { DATABASE_URL: 'postgres://app:postgre%73@db/doorman' }, /DATABASE_URL: its password is public/],
  ['the same, in the query', { DATABASE_URL: 'postgres://app@db/doorman?password=postgres' }, /DATABASE_URL: its password is public/],
  ['a codec token of 128 bits', { DOORMAN_CODEC_TOKEN: randomBytes(16).toString('hex') }, /DOORMAN_CODEC_TOKEN: production needs/],
  ['a way for codes that there is none of', { DOORMAN_CODE_METHODS: 'sms, whatsapp' }, /DOORMAN_CODE_METHODS: knows sms, call and email/],
  ['what somebody else would choose', { DOORMAN_CODE_METHODS: 'auto' }, /DOORMAN_CODE_METHODS: knows sms, call and email/],
  ['no way for codes', { DOORMAN_CODE_METHODS: ' , ' }, /DOORMAN_CODE_METHODS: knows/],
  ['a way twice', { DOORMAN_CODE_METHODS: 'sms,sms' }, /DOORMAN_CODE_METHODS: names a way twice/],
  ['calls from nowhere', { DOORMAN_CODE_METHODS: 'sms,call' }, /DOORMAN_CODE_METHODS: call needs TWILIO_VOICE_SENDER/],
  ['mails without a server', { DOORMAN_CODE_METHODS: 'email' }, /DOORMAN_CODE_METHODS: email needs DOORMAN_SMTP_URL/],
  ['a mail server without a sender', { DOORMAN_SMTP_URL: 'smtps://smtp.acme.example' }, /one is nothing without the other/],
  ['a sender of mail without a server', { DOORMAN_MAIL_FROM: 'doorman@acme.example' }, /one is nothing without the other/],
  ['a mail server with options', { DOORMAN_SMTP_URL: 'smtp://smtp.acme.example?secure=false' }, /DOORMAN_SMTP_URL: must be smtp/],
  ['a mail server of another kind', { DOORMAN_SMTP_URL: 'https://smtp.acme.example' }, /DOORMAN_SMTP_URL: must be smtp/],
  ['two senders of mail', { DOORMAN_MAIL_FROM: 'doorman@acme.example, x@evil.example' }, /DOORMAN_MAIL_FROM: must be an address/],
  ['a CA of the mail server that is not there', { DOORMAN_SMTP_CA: '/nowhere.pem' }, /DOORMAN_SMTP_CA: ENOENT/],
  ['a public password of the mail server', { DOORMAN_SMTP_URL: 'smtp://doorman:password@smtp.acme.example' }, /DOORMAN_SMTP_URL: its password is public/],
  ['a partner whose events go out unencrypted', { DOORMAN_PARTNERS: JSON.stringify({ partners: [forwardPartner('hr', 'plain', 'http://erp.acme.example')] }) }, /DOORMAN_PARTNERS: partner hr: allowInsecure is for development/],
  ['a partner with a weak secret', { DOORMAN_PARTNERS: JSON.stringify({ partners: [directoryPartner('hr', 'plain', { secret: 'c2hvcnQ=' })] }) }, /DOORMAN_PARTNERS: partners\.0\.secret: must have 256 bits/],
  ['a source that signs in by a legacy password', { DOORMAN_DIRECTORY: JSON.stringify({ sources: [legacySource] }) }, /DOORMAN_DIRECTORY: production takes legacyBasic of sf with acceptLegacyBasicUntil alone/],
  ['a source without TLS', { DOORMAN_DIRECTORY: JSON.stringify({ sources: [{ ...legacySource, acceptLegacyBasicUntil: '2027-06-30', allowInsecure: true }] }) }, /DOORMAN_DIRECTORY: production needs an encrypted connection to sf/],
  ['an assistant that is asked unencrypted', { DOORMAN_ASSISTANT: '{"kind":"rasa","url":"http://rasa.acme.example","allowInsecure":true}' }, /DOORMAN_ASSISTANT: allowInsecure is for development/],
  ['an assistant of no kind', { DOORMAN_ASSISTANT: '{"url":"https://rasa.acme.example"}' }, /DOORMAN_ASSISTANT: kind: must be webhook/],
  ['partners that are no JSON', { DOORMAN_PARTNERS: '{"partners": [' }, /DOORMAN_PARTNERS: is not JSON/],
  ['a file that is not there', { TWILIO_AUTH_TOKEN: undefined, TWILIO_AUTH_TOKEN_FILE: '/nowhere' }, /TWILIO_AUTH_TOKEN: ENOENT/],
])('production refuses %s', (_what, change, sentence) => {
  expect(problems({ ...whole, ...change }).join('\n')).toMatch(sentence);
});

test('the assistant is the webhook of two settings, or what a document says of it', () => {
  expect(loadConfig(whole).assistant).toMatchObject({ kind: 'webhook', url: whole.ASSISTANT_URL, secret: whole.ASSISTANT_SECRET });
  const alone = { ...whole, ASSISTANT_URL: undefined, ASSISTANT_SECRET: undefined };
  expect(loadConfig({ ...alone, DOORMAN_ASSISTANT: rasa }).assistant).toMatchObject({ kind: 'rasa' });
});

test('no setting beats another one in silence', () => {
  const { ASSISTANT_URL: url, ASSISTANT_SECRET: secret } = whole;
  const document = (changes: object) => ({ DOORMAN_ASSISTANT: JSON.stringify({ kind: 'webhook', url, secret, ...changes }) });
  const audience = { ...document({ audience: 'urn:one' }), DOORMAN_ASSISTANT_AUDIENCE: 'urn:other' };
  expect(problems({ ...whole, ...audience })).toEqual(['DOORMAN_ASSISTANT_AUDIENCE: is not the audience of DOORMAN_ASSISTANT: leave one of the two out']);
  expect(problems({ ...whole, ...audience, DOORMAN_ASSISTANT_AUDIENCE: 'urn:one' })).toEqual([]);
  expect(problems({ ...whole, ...document({}), DOORMAN_ASSISTANT_AUDIENCE: 'urn:other' })).toEqual([]);
  expect(problems({ ...whole, DOORMAN_ASSISTANT: rasa })).toEqual([
    'ASSISTANT_URL: is not the address of DOORMAN_ASSISTANT: leave one of the two out',
    'ASSISTANT_SECRET: is not the secret of DOORMAN_ASSISTANT: leave one of the two out']);
  // The local stack has both: its simulator reads the former.
  expect(problems({ ...whole, DOORMAN_PROFILE: 'development', DOORMAN_ASSISTANT: rasa })).toEqual([]);
});

test('a variable and its file may both be there when they say the same', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'doorman-')), 'token');
  writeFileSync(file, `${hex}\n`);
  expect(problems({ ...whole, TWILIO_AUTH_TOKEN_FILE: file })).toEqual([]);
  expect(problems({ ...whole, TWILIO_AUTH_TOKEN: `${hex}f`, TWILIO_AUTH_TOKEN_FILE: file }))
    .toEqual(['TWILIO_AUTH_TOKEN: is not what TWILIO_AUTH_TOKEN_FILE holds: leave one of the two out']);
});

test('mail is configured whole, or not at all', () => {
  const mail = { DOORMAN_SMTP_URL: 'smtp://doorman:p%40ss%2Fw@smtp.acme.example:2525', DOORMAN_MAIL_FROM: 'doorman@acme.example' };
  expect(loadConfig({ ...whole, ...mail })).toMatchObject(mail);
  expect(loadConfig(whole).DOORMAN_SMTP_URL).toBeUndefined();
});

test('what is on this computer needs no TLS', () => {
  const here = { TEMPORAL_ADDRESS: '127.0.0.1:7233', TEMPORAL_TLS: 'false', DATABASE_URL: 'postgres://app:secret@localhost/doorman' };
  expect(problems({ ...whole, ...here })).toEqual([]);
  expect(problems({ ...whole, DATABASE_URL: 'postgres://app:secret@localhost/doorman?host=/run/postgresql' })).toEqual([]);
});

test('production refuses every secret that stands in the repository', () => {
  const compose = readFileSync(join(__dirname, '../docker-compose.yml'), 'utf8');
  const given = [...compose.matchAll(/^ +([A-Z][A-Z_]+): "?([^"\n{}]+)"?$/gm)].map(([, name, value]) => [name!, value!] as const)
    .filter(([name]) => (settings[name as SettingName] as { secret?: true } | undefined)?.secret === true);
  expect(given.map(([name]) => name).sort()).toEqual(
    ['ASSISTANT_SECRET', 'DATABASE_URL', 'TWILIO_API_KEY_SECRET', 'TWILIO_AUTH_TOKEN']);
  for (const name of ['DOORMAN_SERVICES', 'DOORMAN_ASSISTANT', 'DOORMAN_PARTNERS']) {
    const value = new RegExp(`${name}: '(.*)'`).exec(compose)![1]!
      .replaceAll('http:', 'https:').replaceAll('"allowInsecure":true', '"allowInsecure":false');
    expect(problems({ ...whole, ASSISTANT_URL: undefined, ASSISTANT_SECRET: undefined, DOORMAN_ASSISTANT: rasa, [name]: value }))
      .toEqual([expect.stringMatching(new RegExp(`^${name}: .*is (public|not random), as it is made for trying out$`))]);
  }
  for (const [name, value] of given) {
    expect(problems({ ...whole, [name]: value }).join('\n')).toMatch(new RegExp(`^${name}: (is not random|its password is public)`, 'm'));
    expect(problems({ ...whole, DOORMAN_PROFILE: 'development', [name]: value })).toEqual([]);
  }
});

test('development allows what the local stack needs', () => {
  expect(problems({
    ...whole, DOORMAN_PROFILE: 'development', ASSISTANT_URL: 'http://127.0.0.1:3010/assistant', DOORMAN_PUBLIC_URL: 'http://127.0.0.1:3000',
    TWILIO_API_URL: 'http://127.0.0.1:3010', DOORMAN_POLICY: '{"replyQuantumMs": 0}',
  })).toEqual([]);
});

test('an import needs keys, numbers and countries, and nothing of Temporal or the provider', () => {
  const { DOORMAN_KEYRING, DOORMAN_COUNTRIES } = whole;
  const { countries, policy } = loadImportConfig({ DOORMAN_KEYRING, DOORMAN_COUNTRIES, DOORMAN_POLICY: '{"contactNoticesMax": 7}' });
  expect([...countries!]).toEqual(['GB', 'US']);
  expect(policy.contactNoticesMax).toBe(7);
  expect(() => loadImportConfig({ DOORMAN_POLICY: '{"contactNoticesMax": 0}' }))
    .toThrow(/DOORMAN_KEYRING: is missing[^]*contactNoticesMax: 0 is outside[^]*DOORMAN_COUNTRIES: is missing/);
  expect(loadImportConfig({ DOORMAN_PROFILE: 'development', DOORMAN_KEYRING }).countries).toBeUndefined();
});

test('a secret may come from a file', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'doorman-')), 'token');
  writeFileSync(file, `${hex}\n`);
  expect(loadConfig({ ...whole, TWILIO_AUTH_TOKEN: undefined, TWILIO_AUTH_TOKEN_FILE: file }).TWILIO_AUTH_TOKEN).toBe(hex);
});

test('partners are read from a document, and their secrets from files beside it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'doorman-partners-'));
  writeFileSync(join(folder, 'secret'), `${secretOf('hr')}\n`);
  const document = { partners: [directoryPartner('hr', 'standard', { secret: undefined, secretFile: 'secret' })] };
  writeFileSync(join(folder, 'partners.json'), JSON.stringify(document));
  const { partners } = loadConfig({ ...whole, DOORMAN_PARTNERS: join(folder, 'partners.json') });
  expect(partners).toEqual([expect.objectContaining({ name: 'hr', deliver: 'directory', secret: secretOf('hr') })]);
  expect(loadConfig(whole).partners).toEqual([]);
});

test('no problem repeats a secret', () => {
  const canary = 'canary-value';
  const secrets = Object.fromEntries(['TWILIO_AUTH_TOKEN', 'TWILIO_API_KEY_SECRET', 'ASSISTANT_SECRET', 'DOORMAN_KEYRING', 'DATABASE_URL', 'DOORMAN_SMTP_URL']
    .map((name) => [name, canary]));
  expect(problems({ ...whole, ...secrets }).join('\n')).not.toContain(canary);
});

function withKey(key: string): string {
  const file = newKeyring();
  return JSON.stringify({ ...file, code: { active: 'k1', keys: { k1: key } } });
}

test.each([
  [{ DOORMAN_IDENTIFY_BY: 'workEmail' }, ['DOORMAN_IDENTIFY_BY: workEmail needs email among DOORMAN_CODE_METHODS']],
  [{ DOORMAN_IDENTIFY_BY: 'number' }, [expect.stringMatching(/^DOORMAN_IDENTIFY_BY: /)]],
  [{ DOORMAN_IDENTIFY_ACCOUNT: 'shop' }, [
    'DOORMAN_IDENTIFY_ACCOUNT: is for DOORMAN_IDENTIFY_BY=workEmail',
    'DOORMAN_IDENTIFY_ACCOUNT: must be a service of DOORMAN_SERVICES of kind twoEndpoints']],
])('what asking for the work e-mail lacks is said: %j', (given, said) => {
  expect(problems({ ...whole, ...given })).toEqual(said);
});

test('a country of an application\'s codes that there is not is said at the start: no answer would', () => {
  const clients = (...countries: string[]) => ({ DOORMAN_CLIENTS: JSON.stringify({ clients: [{ name: 'shop', verifications: { countries } }] }) });
  expect(problems({ ...whole, ...clients('GB', 'DE') })).toEqual([]);
  expect(problems({ ...whole, ...clients('DE', 'UK') }))
    .toEqual(['DOORMAN_CLIENTS: client shop: countries must be ISO 3166 codes such as DE or GB']);
});
