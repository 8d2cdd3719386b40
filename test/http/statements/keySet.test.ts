// The public key set: for everybody, for caches, and for nothing else.
import { keptLog, startPublicServer } from '../../support/publicServer';
import type { PublicServer } from '../../support/publicServer';

const path = '/.well-known/jwks.json';
const { log, lines } = keptLog();
let answer: () => Promise<string> = async () => '{"keys":[]}';
let server: PublicServer;
beforeAll(async () => {
  server = await startPublicServer({ log, takeMessage: async () => 'known', keySet: () => answer() });
});
afterAll(() => server.close());
beforeEach(() => { answer = async () => '{"keys":[]}'; });

test('anybody may fetch the keys, and keep them for five minutes', async () => {
  const { status, headers, text } = await server.send('GET', path, []);
  expect([status, text]).toEqual([200, '{"keys":[]}']);
  expect(headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8', 'cache-control': 'public, max-age=300',
    'x-content-type-options': 'nosniff',
  });
});

test('HEAD has the same headers and no body', async () => {
  const { status, headers, text } = await server.send('HEAD', path, []);
  expect([status, text, headers['content-length'], headers['cache-control']])
    .toEqual([200, '', '11', 'public, max-age=300']);
});

test.each(['?', '?x=1', '?kid=../../etc/passwd'])('a query (%s) is refused: a cache would keep each one', async (query) => {
  const { status, headers } = await server.send('GET', path + query, []);
  expect([status, headers['cache-control']]).toEqual([400, 'no-store']);
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is refused', async (method) => {
  const { status, headers } = await server.send(method, path, []);
  expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
});

test.each([`${path}/`, '/.WELL-KNOWN/jwks.json', '/.well-known/jwks', '/.well-known/'])(
  'there is nothing at %s', async (other) => {
    expect((await server.send('GET', other, [])).status).toBe(404);
  });

test('while the database does not answer nobody keeps what there is to say', async () => {
  answer = () => Promise.reject(new Error('timeout exceeded when trying to connect'));
  const { status, headers, text } = await server.send('GET', path, []);
  expect([status, headers['cache-control']]).toEqual([503, 'no-store']);
  expect(text).toContain('urn:doorman:problem:unavailable');
  expect(lines.some((line) => line.includes('request failed'))).toBe(true);
});
