// The form of a contact centre's requests: what is not in it is refused before anybody is looked for (A62).
import { openApiDocument } from '../../../src/http/openapi/openApiDocument';
import type { ContactCentres } from '../../../src/clients/contactCentre';
import { keptLog, startPublicServer } from '../../support/publicServer';
import type { Answer, Headers, PublicServer } from '../../support/publicServer';

let server: PublicServer;
const asked: unknown[] = [];
const counted: unknown[] = [];
let fault: Error | undefined;
const { log, lines } = keptLog();

const centres: ContactCentres = {
  authenticate: async (shown, proof) => {
    if (fault !== undefined) throw fault;
    asked.push({ ...shown, ...proof });
    if (shown.apiKey !== 'key') return { outcome: 'refused', reason: 'apiKey' };
    return { outcome: 'given', answer: { jwt: 'j.w.t', issuedAt: 1_700_000_000, expiresIn: 900, issuedAtForm: 'milliseconds' } };
  },
  readProfile: async (shown) => {
    if (fault !== undefined) throw fault;
    asked.push(shown);
    return shown.apiKey === 'key' ? { outcome: 'given', answer: { customer_id: 'c' } } : { outcome: 'refused', reason: 'apiKey' };
  },
};

beforeAll(async () => {
  server = await startPublicServer({
    log, takeMessage: async () => 'delivered',
    clients: {
      centres, charge: async () => undefined, access: { granteeOf: async () => undefined, newToken: () => 'x', grant: async () => false },
      count: (...said) => { counted.push(said); },
    },
  });
});
afterAll(() => server.close());
beforeEach(() => {
  asked.length = 0;
  counted.length = 0;
  fault = undefined;
});

const json = ['Content-Type', 'application/json'] as const;
const key = ['api-key', 'key'] as const;
const statement = JSON.stringify({ statement: 'a.b.c' });
const { paths } = openApiDocument(['en']) as { paths: Record<string, { post: { responses: object; security: object[]; requestBody: object } }> }; // cast: as it is made
/** Whatever is answered is in the OpenAPI document. */
async function post(path: string, headers: Headers, body: string | Buffer = ''): Promise<Answer> {
  const answer = await server.send('POST', path, headers, body);
  expect(Object.keys(paths[path.replace(/\?.*$/, '')]!.post.responses)).toContain(String(answer.status));
  return answer;
}
const nameOf = ({ status, text }: Answer) => [status, (JSON.parse(text) as { type: string }).type.replace('urn:doorman:problem:', '')];

test('what is in form is asked for as it was sent', async () => {
  const answer = await post('/customer_authenticate', [json, key], statement);
  expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { issued_at: 1_700_000_000_000, JWT: 'j.w.t', expires_in: 900 }]);
  const id = '2b6c0a3e-0000-4000-8000-000000000000';
  await post('/customer_authenticate', [['content-type', 'application/json; charset=UTF-8'], key, ['Authorization', 'bearer t']], JSON.stringify({ verification_id: id }));
  await post('/getprofile', [key, ['Authorization', 'Bearer t'], ['Customer-Auth', 'JWT a.b.c']]);
  await post('/getprofile', [json, key, ['Authorization', 'Bearer t'], ['Customer-Auth', 'JWT a.b.c']], ' {} ');
  const trio = { token: 't', apiKey: 'key', jwt: 'a.b.c' };
  expect(asked).toEqual([{ token: '', apiKey: 'key', statement: 'a.b.c' }, { token: 't', apiKey: 'key', verificationId: id }, trio, trio]);
});

test.each([
  ['nothing', '', 'malformed'], ['no object', '["a.b.c"]', 'malformed'], ['null', 'null', 'malformed'], ['half an object', '{"statement":"a.b.c"', 'malformed'],
  ['no proof', '{}', 'malformed'], ['two proofs', '{"statement":"a.b.c","verification_id":"2b6c0a3e-0000-4000-8000-000000000000"}', 'malformed'],
  ['a further member', '{"statement":"a.b.c","sub":"x"}', 'malformed'], ['no text', '{"statement":{"toString":"a.b.c"}}', 'malformed'],
  ['a statement of two parts', '{"statement":"a.b"}', 'malformed'], ['two statements', '{"statement":"a.b.c a.b.c"}', 'malformed'],
  ['an id that is none', `{"verification_id":"2b6c0a3e' OR 1=1"}`, 'malformed'], ['a prototype', '{"__proto__":"a.b.c"}', 'malformed'],
  ['too much', `{"statement":"${'a'.repeat(9_000)}.b.c"}`, 'too-large'], ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'malformed'],
])('A62 a proof that is %s is refused', async (_what, body, name) => {
  expect(nameOf(await post('/customer_authenticate', [json, key], body))[1]).toBe(name);
  expect(asked).toEqual([]);
});

test('A62 another form of request is refused, whoever it is from', async () => {
  for (const path of ['/customer_authenticate', '/getprofile']) {
    expect(nameOf(await post(`${path}?a=b`, [json, key], statement))).toEqual([400, 'query-refused']);
    for (const headers of [
      [['Content-Type', 'text/plain']], [['Content-Type', 'application/x-www-form-urlencoded']], [json, json], [], [json, ['Content-Encoding', 'gzip']],
      [['Content-Type', 'application/json; charset=latin1']],
    ] as Headers[]) expect(nameOf(await post(path, [...headers, key], statement))).toEqual([415, 'json-refused']);
    const got = await server.send('GET', path, [key]);
    expect([got.status, got.headers.allow]).toEqual([405, 'POST']);
  }
  expect(nameOf(await post('/getprofile', [json, key], '{"customer_id":"x"}'))).toEqual([400, 'malformed']);
  expect(nameOf(await post('/getprofile', [json, key], `{${' '.repeat(9_000)}}`))).toEqual([413, 'too-large']);
  expect(asked).toEqual([]);
});

test.each(['/oauth/token', '/access_token'])('the OpenAPI document has the credentials of %s in the header, or in the form', async (path) => {
  const { security, requestBody } = paths[path]!.post;
  expect(security).toEqual([{ basic: [] }, {}]);
  expect(JSON.stringify(requestBody)).toContain('TokenRequest');
  const { components } = openApiDocument(['en']) as { components: { schemas: Record<string, { properties: object; required: string[] }> } }; // cast: as above
  const { properties, required } = components.schemas.TokenRequest!;
  expect([Object.keys(properties), required]).toEqual([['grant_type', 'client_id', 'client_secret', 'scope'], ['grant_type']]);
  const form = ['content-type', 'application/x-www-form-urlencoded'] as const;
  await post(path, [form], 'grant_type=client_credentials&client_id=a&client_secret=b');
  await post(path, [json], '{}');
  await post(path, [form], `grant_type=client_credentials&scope=${'x'.repeat(5_000)}`);
});

test.each(['X: 1\r\n folded', 'customer-auth: JWT a.b.c\r\n , JWT a.b.c', 'customer-auth: JWT a.b.c\rapi-key: key', 'customer-auth: JWT \0'])(
  'A62 a header with a line in it, or a control, is no request: %j', async (line) => {
    const { socket, closed } = server.open();
    socket.write(`POST /getprofile HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\napi-key: key\r\nAuthorization: Bearer t\r\n${line}\r\n\r\n`);
    expect(await closed).toMatch(/^HTTP\/1\.1 400 /);
    expect(asked).toEqual([]);
  });

test('A62 a header that another one hides behind is not read as two', async () => {
  await post('/getprofile', [['customer-auth', 'JWT a.b.c, JWT d.e.f'], ['authorization', 'Bearer t, Bearer u'], ['api-key', 'key, key']]);
  expect(asked).toEqual([{ token: '', apiKey: '', jwt: '' }]);
  expect(lines.at(-1)).toContain('"reason":"form"');
});

test('why it is refused is in our log, in one word, and nowhere in the answer', async () => {
  const texts = [
    await post('/getprofile', [['api-key', 'other']]), await post('/customer_authenticate', [json, ['api-key', 'other']], statement),
    await post('/customer_authenticate', [json, key, ['Authorization', 'Digest x']], statement), await post('/customer_authenticate', [json], statement),
  ].map(({ text, headers }) => [text, headers['www-authenticate'], headers['content-length']]);
  expect(new Set(texts.map(String)).size).toBe(1);
  const refusals = lines.slice(-4).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(refusals.map(({ event, kind, reason }) => [event, kind, reason])).toEqual(
    ['apiKey', 'apiKey', 'form', 'form'].map((reason) => ['request refused', 'contact-centre', reason]));
});

test('what cannot be known is 503, and nothing of it is told', async () => {
  fault = new Error('canary at postgres://x');
  for (const answer of [await post('/customer_authenticate', [json, key], statement), await post('/getprofile', [key])]) {
    expect([...nameOf(answer), answer.headers['retry-after']]).toEqual([503, 'unavailable', '5']);
    expect(answer.text).not.toContain('canary');
  }
});

test('R46 beyond the limit of refusals credentials are looked up one at a time; those that were right are not held up', async () => {
  const wrong = ['api-key', 'wrong'] as const;
  await post('/getprofile', [key]);
  const texts = new Set<string>();
  for (let i = 0; i < 40; i += 1) texts.add((await post('/getprofile', [wrong])).text);
  expect(texts.size).toBe(1);
  // With a token that it has since: the key is what it is remembered by.
  const many = await Promise.all(Array.from({ length: 10 }, (_, i) => post('/getprofile', [key, ['Authorization', `Bearer ${i}`]])));
  expect(many.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
  expect(lines.join('\n')).not.toContain('wrong');
});

test('what becomes of requests is counted by words of ours', async () => {
  const form = ['Content-Type', 'application/x-www-form-urlencoded'] as const;
  await post('/customer_authenticate', [json, key], statement);
  await post('/customer_authenticate', [json, key], '{}');
  await post('/getprofile', [['api-key', 'another'], ['Authorization', 'Bearer t'], ['customer-auth', 'JWT a.b.c']]);
  await post('/oauth/token', [form], 'grant_type=client_credentials&client_id=x&client_secret=y');
  fault = new Error('no database');
  await post('/getprofile', [key, ['Authorization', 'Bearer t'], ['customer-auth', 'JWT a.b.c']]);
  expect(counted).toEqual([
    ['authenticate', 'given'], ['authenticate', 'malformed'], ['profile', 'refused'], ['token', expect.stringMatching(/^refused|busy$/)],
    ['profile', 'failed']]);
});
