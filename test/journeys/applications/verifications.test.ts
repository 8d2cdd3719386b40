// An application has a code sent to somebody's own telephone, through the whole: it calls, they read the SMS, it checks.
import { Stack } from '../stack';

jest.setTimeout(240_000);

const clients = JSON.stringify({ clients: [
  { name: 'shop', verifications: { countries: ['DE', 'GB'], perDay: 100 } },
  { name: 'old', verifications: { countries: ['DE', 'GB'], perDay: 100, returnsCode: true } },
] });
const mobile = '+4915112340001';

let stack: Stack;
const credentials: Record<string, string> = {};

beforeAll(async () => {
  stack = await Stack.start({ settings: { DOORMAN_CLIENTS: clients, DOORMAN_COUNTRIES: 'DE, GB, US' } });
  for (const name of ['shop', 'old']) credentials[name] = await newCredentials(name);
});

afterAll(() => stack?.stop());

async function newCredentials(name: string): Promise<string> {
  const { code, output } = await stack.run(['client', 'new', name]);
  expect([code, code === 0 ? '' : output]).toEqual([0, '']);
  const id = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(output)![0];
  const secret = /dmsecret_[A-Za-z0-9_-]{43}/.exec(output)![0];
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

async function call(path: string, body?: object, client = 'shop'): Promise<{ status: number; said: Record<string, unknown>; headers: Headers }> {
  const response = await fetch(stack.webUrl + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: credentials[client]!, 'content-type': 'application/json' },
    ...body === undefined ? {} : { body: JSON.stringify(body) },
  });
  return { status: response.status, said: await response.json() as Record<string, unknown>, headers: response.headers };
}

/** The code in the SMS after the first so many. */
const codeTo = async (number: string, after = 0): Promise<string> => {
  const text = await stack.phones.until(`an SMS to ${number}`, () => stack.phones.to(number)[after]?.text);
  return /\b\d{6,8}\b/.exec(text)![0];
};

test('a client asks for a code to a number, its visitor reads the SMS, and the code is checked', async () => {
  const { status, said } = await call('/v1/verifications', { number: '+49 1511 2340001', language: 'de' });
  expect([status, Object.keys(said)]).toEqual([202, ['id', 'status', 'expiresInSeconds']]);
  const path = `/v1/verifications/${String(said.id)}`;
  const code = await codeTo(mobile);
  expect(stack.phones.to(mobile)[0]!.text).toMatch(/^Acme: \d{8} ist Ihr Code/);
  expect((await call(path)).said).toEqual({ status: 'pending' });
  expect((await call(`${path}/check`, { code: '00000000' })).said).toEqual({ status: 'pending' });
  expect((await call(`${path}/check`, { code }, 'old')).status).toBe(404);
  expect((await call(`${path}/check`, { code })).said).toEqual({ status: 'approved' });
  expect((await call(`${path}/check`, { code })).said).toEqual({ status: 'over' });
  expect((await call(path)).said).toEqual({ status: 'approved' });
});

test('a number of another country is answered alike, and gets nothing', async () => {
  const { status, said } = await call('/v1/verifications', { number: '+14155550123', language: 'en' });
  expect([status, Object.keys(said)]).toEqual([202, ['id', 'status', 'expiresInSeconds']]);
  expect((await call(`/v1/verifications/${String(said.id)}/check`, { code: '12345678' })).said).toEqual({ status: 'pending' });
  expect(stack.phones.to('+14155550123')).toEqual([]);
});

test('a client with the contract of before gets the code that the SMS brings; another one does not', async () => {
  const number = '+4915112340002';
  const { status, said, headers } = await call('/v1/otp', { number, language: 'en' }, 'old');
  expect([status, headers.get('deprecation')]).toEqual([200, '@1767225600']);
  expect(await codeTo(number)).toBe(said.otp);
  expect((await call('/v1/otp', { number, language: 'en' })).status).toBe(404);
});

test('the OpenAPI document is there for everybody', async () => {
  const response = await fetch(`${stack.webUrl}/v1/openapi.json`);
  expect(Object.keys((await response.json() as { paths: object }).paths)).toContain('/v1/verifications/{id}/check');
});
