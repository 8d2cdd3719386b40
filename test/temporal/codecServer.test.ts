import { createServer, request as httpRequest } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Payload } from '@temporalio/common';
import { newKeyring, parseKeyring } from '../../src/keys/keyring';
import { createCodecServer } from '../../src/temporal/codecServer';
import type { CodecServerOptions } from '../../src/temporal/codecServer';
import { createPayloadCodec } from '../../src/temporal/payloadCodec';

const keys = parseKeyring(JSON.stringify(newKeyring())).payload;
const strangeKeys = parseKeyring(JSON.stringify(newKeyring())).payload;
const token = 'a-token-of-more-than-32-characters-0123';
const origin = 'http://127.0.0.1:8233';

interface JsonPayload { metadata?: Record<string, string>; data?: string }
const base64 = (data?: Uint8Array | null) => Buffer.from(data ?? []).toString('base64');
const toJson = ({ metadata, data }: Payload): JsonPayload => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
  data: base64(data),
});
const plain = (value: unknown) => defaultPayloadConverter.toPayload(value)!;
const sealed = async (value: unknown, by = keys) => toJson((await createPayloadCodec(by).encode([plain(value)]))[0]!);

let server: Server | undefined;
let decodes: { payloads: number; operator: string }[];

async function start(options: Partial<CodecServerOptions> = {}): Promise<string> {
  decodes = [];
  const audit: CodecServerOptions['audit'] = async (facts) => void decodes.push(facts);
  const listener = createCodecServer({ keys, token, origin, audit, ...options });
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
});

const bearer = { authorization: `Bearer ${token}` };
const post = (url: string, body: unknown, headers: Record<string, string> = bearer) => fetch(url, {
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** Refused as a problem document that holds no payload. */
async function expectProblem(response: Response, status: number, type: string): Promise<void> {
  expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
  const problem = { type: `urn:doorman:problem:codec-${type}`, title: expect.any(String), status };
  expect(await response.json()).toEqual(problem);
  expect(decodes).toEqual([]);
}

describe('the codec server', () => {
  it('opens payloads for a client that shows the token, and writes it down first', async () => {
    const url = await start();
    const response = await post(`${url}/decode`, { payloads: [await sealed({ text: 'hello' }), await sealed(7)] });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ payloads: [toJson(plain({ text: 'hello' })), toJson(plain(7))] });
    expect(decodes).toEqual([{ payloads: 2, operator: expect.stringMatching(/^codec-[0-9a-f]{8}$/) }]);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('takes the token in its path from a user interface that has none', async () => {
    const url = await start();
    const headers = { origin, 'x-namespace': 'default' };
    const response = await post(`${url}/${token}/decode`, { payloads: [await sealed('a')] }, headers);
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(response.headers.get('vary')).toBe('Origin');
  });

  it('seals what the user interface sends, without an entry in the audit', async () => {
    const url = await start();
    const response = await post(`${url}/encode`, { payloads: [toJson(plain('signal'))] });
    const { payloads } = await response.json() as { payloads: JsonPayload[] };
    expect(Buffer.from(payloads[0]!.metadata!.encoding!, 'base64').toString()).toBe('binary/encrypted');
    expect(decodes).toEqual([]);
    const opened = await (await post(`${url}/decode`, { payloads })).json();
    expect(opened).toEqual({ payloads: [toJson(plain('signal'))] });
  });

  it('gives back as it came what it did not seal and what it cannot open', async () => {
    const url = await start();
    const good = await sealed('good');
    const changed = { ...good, data: `${good.data!.slice(0, -8)}AAAAAAA=` };
    const unknown = [toJson(plain('plain')), await sealed('other key', strangeKeys), changed, {}, { extra: 1 }];
    const renamed = { ...good, metadata: { ...good.metadata, 'encryption-key-id': base64(Buffer.from('k9')) } };
    const response = await post(`${url}/decode`, { payloads: [...unknown, renamed, good] });
    expect(await response.json()).toEqual({ payloads: [...unknown, renamed, toJson(plain('good'))] });
  });

  it.each([
    ['none', {}], ['a wrong one', { authorization: `Bearer ${token}x` }],
    ['a shorter one', { authorization: `Bearer ${token.slice(1)}` }],
    ['an empty one', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: `Basic ${btoa(`x:${token}`)}` }], ['a bare one', { authorization: token }],
  ])('refuses everybody who shows %s for a token', async (_, headers: Record<string, string>) => {
    const url = await start();
    const body = { payloads: [await sealed('a')] };
    for (const path of ['decode', 'encode', `${token.toUpperCase()}/decode`]) {
      await expectProblem(await post(`${url}/${path}`, body, headers), 401, 'token');
    }
  });

  it.each([
    'http://127.0.0.1:8234', 'http://localhost:8233', 'https://127.0.0.1:8233', 'null',
    'http://127.0.0.1:8233.evil.example',
  ])('refuses the origin %s, token or not', async (other) => {
    const url = await start();
    const response = await post(`${url}/decode`, { payloads: [await sealed('a')] }, { ...bearer, origin: other });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    await expectProblem(response, 403, 'origin');
    const headers = { origin: other, 'access-control-request-method': 'POST' };
    const preflight = await fetch(`${url}/decode`, { method: 'OPTIONS', headers });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
    await expectProblem(preflight, 403, 'origin');
  });

  it('answers the preflight of the user interface, on the loopback too', async () => {
    const url = await start();
    const asked = { 'access-control-request-method': 'POST', 'access-control-request-private-network': 'true' };
    const headers = { origin, ...asked };
    const response = await fetch(`${url}/${token}/decode`, { method: 'OPTIONS', headers });
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-private-network': 'true',
      'access-control-allow-headers': 'content-type, x-namespace, authorization',
    });
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('decodes nothing while the audit is down, and reports why', async () => {
    const fault = new Error('no database');
    const reported: unknown[] = [];
    const url = await start({ audit: () => Promise.reject(fault), report: (error) => reported.push(error) });
    await expectProblem(await post(`${url}/decode`, { payloads: [await sealed('a')] }), 503, 'audit');
    expect(reported).toEqual([fault]);
  });

  it('answers only after the audit was written', async () => {
    let write: () => void = () => undefined;
    const written = new Promise<void>((resolve) => { write = resolve; });
    let answered = false;
    const asked = new Promise<void>((resolve) => {
      void start({ audit: async () => { resolve(); await written; } }).then(async (url) => {
        const response = await post(`${url}/decode`, { payloads: [await sealed('a')] });
        answered = response.ok;
      });
    });
    await asked;
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    write();
    while (!answered) await new Promise((resolve) => setImmediate(resolve));
  });

  it.each([
    ['GET', '/decode', 405, 'method'], ['PUT', '/encode', 405, 'method'],
    ['DELETE', `/${token}/decode`, 405, 'method'], ['OPTIONS', '/decode', 405, 'method'],
    ['POST', '/livez', 405, 'method'], ['POST', '/', 404, 'not-found'], ['POST', '/decode/', 404, 'not-found'],
    ['POST', '/a/b/decode', 404, 'not-found'],
    ['GET', '/metrics', 404, 'not-found'], ['POST', '/decode/../encode/x', 404, 'not-found'],
  ])('refuses %s %s', async (method, path, status, type) => {
    const url = await start();
    await expectProblem(await fetch(url + path, { method, headers: bearer }), status, type);
  });

  it.each([
    ['no JSON', '{'], ['nothing', ''], ['null', 'null'], ['a list', '[]'], ['no payloads', '{}'],
    ['payloads that are no list', '{"payloads":{}}'],
    ['a payload that is no object', '{"payloads":["a"]}'],
    ['data that is not base64', '{"payloads":[{"data":"?"}]}'],
    ['data that is no text', '{"payloads":[{"data":{}}]}'],
    ['metadata that is not base64', '{"payloads":[{"metadata":{"encoding":"json/plain "}}]}'],
    ['metadata that is no object', '{"payloads":[{"metadata":7}]}'],
  ])('refuses a body with %s', async (_, body) => {
    await expectProblem(await post(`${await start()}/decode`, body), 400, 'body');
  });

  it('refuses a body above 4 MB, declared or not', async () => {
    const url = await start();
    const send = (headers: Record<string, string | number>, chunks: string[]) => new Promise<number>((resolve) => {
      const request = httpRequest(`${url}/decode`, { method: 'POST', headers: { ...bearer, ...headers } });
      request.on('response', (response) => resolve(response.statusCode!));
      request.on('error', () => undefined);
      for (const chunk of chunks) request.write(chunk);
    });
    expect(await send({ 'content-length': 4 * 1024 * 1024 + 1 }, ['{'])).toBe(413);
    expect(await send({}, new Array<string>(5).fill(' '.repeat(1024 * 1024)))).toBe(413);
  });

  it('takes a body of almost 4 MB', async () => {
    const url = await start();
    const response = await post(`${url}/decode`, { payloads: [toJson(plain('x'.repeat(2 * 1024 * 1024)))] });
    expect(response.status).toBe(200);
  });

  it('serves a limited number of requests a minute, and counts only those with the token', async () => {
    const url = await start({ requestsPerMinuteMax: 3 });
    for (let i = 0; i < 10; i += 1) expect((await post(`${url}/decode`, { payloads: [] }, {})).status).toBe(401);
    const statuses: number[] = [];
    for (let i = 0; i < 8; i += 1) statuses.push((await post(`${url}/decode`, { payloads: [] })).status);
    // The minute may turn once meanwhile.
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(6);
    expect(statuses).toContain(429);
  });

  it('says that it lives to anybody', async () => {
    const response = await fetch(`${await start()}/livez`);
    expect([response.status, await response.text()]).toEqual([200, 'ok\n']);
  });

  it('survives clients that vanish and requests that are no HTTP', async () => {
    const url = await start();
    const port = Number(new URL(url).port);
    const half = `POST /decode HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nAuthorization: Bearer ${token}\r\n\r\n{`;
    for (const text of [half, 'GARBAGE\r\n\r\n']) {
      await new Promise<void>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(text, () => socket.destroy()));
        socket.on('close', () => resolve());
      });
    }
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('does not start with a token that can be guessed', () => {
    const audit = async () => undefined;
    expect(() => createCodecServer({ keys, origin, audit, token: '' })).toThrow(/32 characters/);
    expect(() => createCodecServer({ keys, origin, audit, token: 'x'.repeat(31) })).toThrow(/32 characters/);
  });
});
