// Access tokens: asked for once, kept until shortly before they end, and nothing of them or of a refusal in a fault.
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OutboundFault } from '../../src/outbound/outboundFault';
import type { OutboundFaultKind } from '../../src/outbound/outboundFault';
import { createTokens } from '../../src/outbound/tokens';
import type { TokenOptions } from '../../src/outbound/tokens';
import { leaks } from '../ports/leaks';

const secret = 's3cr%t/+ with space';
const secrets = [secret, 'canary'];
const asked: { readonly form: URLSearchParams; readonly headers: IncomingHttpHeaders }[] = [];
let answer: (response: ServerResponse, number: number) => void;
let now = 0;

const server = createServer((request, response) => {
  const read = async () => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    answer(response, asked.push({ form: new URLSearchParams(body), headers: request.headers }));
  };
  void read();
});
const send = (body: unknown, status = 200, type = 'application/json', headers: object = {}) =>
  (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': type, ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const given = (more: object = {}) => ({ access_token: 'token-1', token_type: 'Bearer', expires_in: 3_600, ...more });

// Both ends share a processor: what is busy for seconds would find its idle connection closed.
server.keepAliveTimeout = 0;
beforeAll(() => new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); }));
afterAll(() => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }));
beforeEach(() => {
  asked.length = 0;
  now = 1_000_000;
  answer = (response, number) => send(given({ access_token: `token-${number}` }))(response);
});

const tokensOf = (more: Partial<TokenOptions> = {}) => createTokens({
  tokenUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, clientId: 'client', clientSecret: secret,
  allowInsecure: true, now: () => now, ...more });

async function faultOf(kind: OutboundFaultKind, more: Partial<TokenOptions> = {}): Promise<OutboundFault> {
  const fault = await tokensOf(more).bearer().then((value: unknown) => value, (error: unknown) => error);
  expect(fault).toBeInstanceOf(OutboundFault);
  expect(fault).toMatchObject({ kind });
  expect(leaks(fault, secrets)).toEqual([]);
  return fault as OutboundFault;
}

/** Where nobody listens any more. */
async function nobody(): Promise<string> {
  const gone = createServer();
  await new Promise<void>((resolve) => { gone.listen(0, '127.0.0.1', resolve); });
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => { gone.close(resolve); });
  return `http://127.0.0.1:${port}/`;
}

describe('a token', () => {
  it('is asked for with the client\'s secret in the header, whatever characters it has', async () => {
    expect(await tokensOf({ parameters: () => ({ scope: 'people' }) }).bearer()).toBe('token-1');
    const [{ form, headers }] = asked as [(typeof asked)[number]];
    expect(Object.fromEntries(form)).toEqual({ grant_type: 'client_credentials', scope: 'people' });
    const [, basic] = /^Basic (.+)$/.exec(headers.authorization!)!;
    expect(Buffer.from(basic!, 'base64').toString()).toBe('client:s3cr%25t%2F%2B+with+space');
  });

  it('is asked for with the secret in the form, or with none', async () => {
    await tokensOf({ secretIn: 'body' }).bearer();
    await tokensOf({ clientSecret: undefined, grantType: 'urn:x', parameters: () => ({ assertion: 'a+b=' }) }).bearer();
    expect(asked.map(({ form }) => Object.fromEntries(form))).toEqual([
      { grant_type: 'client_credentials', client_id: 'client', client_secret: secret },
      { grant_type: 'urn:x', client_id: 'client', assertion: 'a+b=' }]);
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  });

  it('is asked for once, by however many at once', async () => {
    const tokens = tokensOf();
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => tokens.bearer())))).toEqual(new Set(['token-1']));
    expect(asked).toHaveLength(1);
  });

  it('is kept until a minute before it ends', async () => {
    const tokens = tokensOf();
    await tokens.bearer();
    now += 3_540_000 - 1;
    expect(await tokens.bearer()).toBe('token-1');
    now += 1;
    expect(await tokens.bearer()).toBe('token-2');
  });

  it.each([{ expires_in: 60 }, { expires_in: '30' }])('is used once when it ends too soon: %j', async (life) => {
    answer = (response, number) => send(given({ access_token: `token-${number}`, ...life }))(response);
    const tokens = tokensOf();
    expect([await tokens.bearer(), await tokens.bearer()]).toEqual(['token-1', 'token-2']);
  });

  it('is kept for a few minutes when it is not said when it ends', async () => {
    answer = (response, number) => send(given({ access_token: `token-${number}`, expires_in: undefined }))(response);
    const tokens = tokensOf();
    expect([await tokens.bearer(), await tokens.bearer()]).toEqual(['token-1', 'token-1']);
    now += 240_000;
    expect(await tokens.bearer()).toBe('token-2');
  });

  it('is forgotten when it was refused, and another is asked for as such', async () => {
    const tokens = tokensOf({ parameters: (afresh) => ({ afresh: String(afresh) }) });
    await tokens.bearer();
    tokens.forget();
    expect(await tokens.bearer()).toBe('token-2');
    now += 3_600_000;
    expect(await tokens.bearer()).toBe('token-3');
    expect(asked.map(({ form }) => form.get('afresh'))).toEqual(['false', 'true', 'false']);
  });

  it('is not kept when it was forgotten while it was asked for', async () => {
    const tokens = tokensOf();
    const first = tokens.bearer();
    tokens.forget();
    const second = tokens.bearer();
    expect([await first, await second].sort()).toEqual(['token-1', 'token-2']);
    expect(await tokens.bearer()).toBe(await second);
    expect(asked).toHaveLength(2);
  });

  it('is asked for again after a refusal', async () => {
    const tokens = tokensOf();
    const answering = answer;
    answer = send({ error: 'invalid_client' }, 401);
    await expect(tokens.bearer()).rejects.toThrow('invalid_client');
    answer = answering;
    expect(await tokens.bearer()).toBe('token-2');
  });
});

describe('what is no token', () => {
  it.each<[string, unknown, string]>([
    ['another type', given({ token_type: 'mac', access_token: 'canary' }), 'application/json'],
    ['a bound type', given({ token_type: 'DPoP', access_token: 'canary' }), 'application/json'],
    ['no type', { access_token: 'canary' }, 'application/json'],
    ['nothing', {}, 'application/json'],
    ['a list', ['canary'], 'application/json'],
    ['an end that is no number', given({ expires_in: 'canary' }), 'application/json'],
    ['an end that has passed', given({ expires_in: -1 }), 'application/json'],
    ['a token of several lines', given({ access_token: 'canary\r\nx: y' }), 'application/json'],
    ['half of an answer', '{"access_token":"canary', 'application/json'],
    ['a page', '<html>canary</html>', 'text/html'],
    ['JSON that says to be a page', given({ access_token: 'canary' }), 'text/html'],
    ['too much', `{"access_token":"${'canary'.repeat(20_000)}"}`, 'application/json'],
  ])('is refused: %s', async (_, body, type) => {
    answer = send(body, 200, type);
    await faultOf('untrustworthy');
  });

  it.each([301, 302, 307, 308])('is not looked for where a %i leads', async (status) => {
    answer = send('', status, 'text/plain', { location: 'http://canary.example/' });
    await faultOf('untrustworthy');
    expect(asked).toHaveLength(1);
  });

  it.each<[number, OutboundFaultKind]>([
    [400, 'refused'], [401, 'refused'], [403, 'refused'], [404, 'misconfigured'], [405, 'misconfigured'],
    [429, 'unreachable'], [500, 'unreachable'], [503, 'unreachable']])('is a %i: %s', async (status, kind) => {
    answer = send({ error: 'canary', error_description: 'canary' }, status, 'application/json', { 'retry-after': '7' });
    await faultOf(kind);
  });

  it('is told by OAuth\'s own words only, or by ours', async () => {
    answer = send({ error: 'invalid_scope', error_description: 'canary' }, 400, 'application/json', {
      'www-authenticate': 'Bearer error="canary"' });
    expect((await faultOf('refused')).message).toContain('invalid_scope');
    answer = send({ errorMessage: 'canary' }, 400);
    expect((await faultOf('refused', { explain: () => 'the company id' })).message).toContain('the company id');
  });

  it('comes from nobody', async () => {
    expect((await faultOf('unreachable', { tokenUrl: await nobody() })).message).toContain('ECONNREFUSED');
    answer = (response) => { response.destroy(); };
    await faultOf('unreachable');
  });

  it('is not asked for without TLS, unless that is allowed', async () => {
    await faultOf('misconfigured', { allowInsecure: false });
    expect(asked).toEqual([]);
  });
});
