import fc from 'fast-check';
import { readJsonSetting } from '../../../src/config/jsonSetting';
import { createHttpSms } from '../../../src/otp/carriers/httpCarrier';
import { httpCarrierSettings, insecureCarrier } from '../../../src/otp/carriers/httpCarrierSettings';
import { createSmsCarrier } from '../../../src/otp/carriers/smsCarrier';
import { createEgress, privateAddress } from '../../../src/outbound/egress';
import { createTexts } from '../../../src/texts/render';
import { describeCodeCarrier, written } from '../../ports/codeCarrier.suite';
import { faultOf } from '../../ports/leaks';
import { credentials, startHttpProvider, unreachable } from './httpProvider';
import type { HttpProvider } from './httpProvider';

const texts = createTexts({ organisation: 'Contoso', language: 'en' });
const contact = '+4915112345678';

const jsonBody = { type: 'json', template: { from: 'Contoso', ref: '{id}', messages: [{ to: '{to}', text: '{text}' }] } };
const formBody = { type: 'form', template: { to: '{toDigits}', text: '{text}', ref: '{id}' } };

function settingsOf({ url }: Pick<HttpProvider, 'url'>, changes: object = {}) {
  return readJsonSetting(JSON.stringify({
    url: `${url}/sms`, auth: { kind: 'basic', ...credentials }, body: jsonBody, idPointer: '/messages/0/id',
    refused: [{ status: 400, pointer: '/error/code', equals: ['not-a-mobile'] }],
    timeoutMs: 10_000, allowInsecure: true, ...changes,
  }), httpCarrierSettings);
}

const ways: [string, (url: string) => object][] = [
  ['SMS over HTTP as JSON', () => ({})],
  ['SMS over HTTP as a form', () => ({ body: formBody, method: 'PUT' })],
  ['SMS over HTTP with OAuth', (url) => ({
    auth: { kind: 'oauth', tokenUrl: `${url}/token`, clientId: 'doorman', clientSecret: 'oauth-secret-1' } })],
];

for (const [name, changesAt] of ways) {
  describeCodeCarrier(name, async () => {
    const provider = await startHttpProvider();
    const carrier = (changes: object) =>
      createSmsCarrier({ send: createHttpSms(settingsOf(provider, changes), fetch), texts });
    const changes = changesAt(provider.url);
    const [patient, impatient] = [carrier(changes), carrier({ ...changes, timeoutMs: 600 })];
    return {
      nature: { ...written, method: 'sms', notContacts: ['anna@acme.example'], throttledMs: 7_000 },
      // Nobody waits for a silence to end, and nobody is cut off because the machine is busy.
      carrier: { ...patient, carry: (code) => (provider.mood === 'silent' ? impatient : patient).carry(code) },
      stranger: carrier({ ...changes, auth: { kind: 'bearer', token: 'not-known-here' } }),
      contact,
      unreachable: { address: unreachable, code: 'not-a-mobile' },
      secrets: [credentials.password, 'oauth-secret-1', 'not-known-here'],
      arrived: (address) => provider.taken.filter(({ to }) => to === address).map(({ text }) => text),
      everything: () => provider.taken.map(({ text }) => text),
      set(mood) { provider.mood = mood; },
      close: () => provider.close(),
    };
  });
}

describe('an SMS provider that is described by the configuration', () => {
  let provider: HttpProvider;
  beforeEach(async () => { provider = await startHttpProvider(); });
  afterEach(() => provider.close());
  const send = (changes: object = {}, text = 'hello', get: typeof fetch = fetch) =>
    createHttpSms(settingsOf(provider, changes), get)({ to: contact, text, receiptId: 'r-1' });

  it('is asked as it is described, with its headers', async () => {
    expect(await send({ headers: { 'X-Tenant': 'contoso' } })).toEqual({ outcome: 'accepted', providerId: 'm-1' });
    expect(provider.asked).toEqual([expect.objectContaining({
      method: 'POST', path: '/sms', body: '{"from":"Contoso","ref":"r-1","messages":[{"to":"+4915112345678","text":"hello"}]}',
      headers: expect.objectContaining({ 'x-tenant': 'contoso', 'content-type': 'application/json; charset=utf-8' }),
    })]);
  });

  it('gets any text as one value: it ends none, adds none and is filled in once', async () => {
    await fc.assert(fc.asyncProperty(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('","to":"+1900', '&to=1900', '{to}{id}', '\r\nX: y', '\\')),
      fc.constantFrom(jsonBody, formBody), async (text, body) => {
        provider.taken.length = 0;
        await send({ body }, text);
        expect(provider.taken).toEqual([{ to: contact, text }]);
      }), { numRuns: 60 });
  });

  it('is not followed elsewhere, and its answers are read within bounds', async () => {
    provider.mood = 'redirecting';
    await faultOf(send(), 'misconfigured', []);
    provider.mood = 'endless';
    await faultOf(send(), 'misconfigured', []);
    expect(provider.asked).toHaveLength(2);
  });

  it('has taken a message whose id nobody can read: it is not sent again', async () => {
    provider.mood = 'html';
    expect(await send()).toEqual({ outcome: 'accepted', providerId: 'unnamed-r-1' });
  });

  it('gets a text once a try, also when it refuses the token that is kept: the next try has another one, and the same id', async () => {
    const auth = { kind: 'oauth', tokenUrl: `${provider.url}/token`, clientId: 'doorman', clientSecret: 'oauth-secret-1' };
    const carry = createHttpSms(settingsOf(provider, { auth }), fetch);
    const sms = { to: contact, text: 'two', receiptId: 'r-2' };
    await carry({ to: contact, text: 'one' });
    provider.tokens.fill('taken-back');
    await faultOf(carry(sms), 'misconfigured', ['token-', 'taken-back']);
    expect(provider.asked.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-1']);
    expect(await carry(sms)).toMatchObject({ outcome: 'accepted' });
    expect(provider.asked.slice(1).map(({ headers, body }) => [headers.authorization, (JSON.parse(body) as { ref: string }).ref]))
      .toEqual([['Bearer token-1', 'r-2'], ['Bearer token-2', 'r-2']]);
  });

  it('that took a text and says 401 all the same is not sent it again by this try', async () => {
    const auth = { kind: 'oauth', tokenUrl: `${provider.url}/token`, clientId: 'doorman', clientSecret: 'oauth-secret-1' };
    const lying: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      return String(input).endsWith('/token') ? answer : new Response(null, { status: 401 });
    };
    await faultOf(send({ auth }, 'hello', lying), 'misconfigured', []);
    expect(provider.taken).toEqual([{ to: contact, text: 'hello' }]);
  });

  it('is not sent a code whose token was waited for: whoever left meanwhile has none', async () => {
    const auth = { kind: 'oauth', tokenUrl: `${provider.url}/token`, clientId: 'doorman', clientSecret: 'oauth-secret-1' };
    const silentTokens: typeof fetch = (input, init) => String(input).endsWith('/token')
      ? new Promise((_resolve, reject) => { init!.signal!.addEventListener('abort', () => reject(init!.signal!.reason)); })
      : fetch(input, init);
    await expect(send({ auth, timeoutMs: 600 }, 'hello', silentTokens)).rejects.toMatchObject({ name: 'Fault', kind: 'unavailable' });
    expect(provider.asked).toEqual([]);
  // Without a limit of its own it would be half a minute.
  }, 10_000);

  it('is not asked at a private address that is not configured', async () => {
    const closed = createEgress({ privateHosts: new Set() });
    const auth = { kind: 'oauth', tokenUrl: `${provider.url}/token`, clientId: 'doorman', clientSecret: 'oauth-secret-1' };
    for (const changes of [{}, { auth }]) {
      expect(await faultOf(send(changes, 'hello', closed), 'misconfigured', ['127.0.0.1'])).toMatchObject({ code: privateAddress });
    }
    expect(provider.asked).toEqual([]);
  });
});

describe('the description of an SMS provider', () => {
  const good = { url: 'https://sms.example.com/send', body: jsonBody };
  const problem = (changes: object) => {
    try {
      readJsonSetting(JSON.stringify({ ...good, ...changes }), httpCarrierSettings);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('needs an https address without credentials, and a template that holds number and text and nothing unknown', () => {
    expect(problem({})).toBeUndefined();
    expect(problem({ url: 'http://sms.example.com/send' })).toBe('url: must be https');
    expect(problem({ url: 'https://user:secret-1@sms.example.com' })).toBe('url: must hold no credentials');
    expect(problem({ body: { type: 'form', template: { to: '{to}' } } })).toBe('body.template: must hold {text}');
    expect(problem({ body: { type: 'form', template: { text: '{text}' } } })).toBe('body.template: must hold {to} or {toDigits}');
    expect(problem({ body: { type: 'form', template: { t: '{to}{text}{code}' } } })).toMatch(/alone$/);
    expect(problem({ headers: { 'X-Key': 'a\r\nB: c' } })).toMatch(/printable ASCII$/);
    expect(problem({ headers: { 'X Key': 'a' } })).toMatch(/^headers/);
  });

  it('is refused in production without TLS', () => {
    expect(insecureCarrier(settingsOf({ url: 'http://127.0.0.1:1' }))).toHaveLength(1);
    expect(insecureCarrier(settingsOf({ url: 'https://sms.example.com' }, { allowInsecure: false }))).toEqual([]);
  });
});
