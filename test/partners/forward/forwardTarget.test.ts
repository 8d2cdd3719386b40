// One event to its target: to nowhere else, as who we are there, with nothing of what came with it but what is named.
import { Fault } from '../../../src/domain/faults';
import { createEgress, privateAddress } from '../../../src/outbound/egress';
import { createForwardTarget } from '../../../src/partners/forwardTarget';
import type { MakeTokens } from '../../../src/partners/forwardTarget';
import type { ForwardSettings } from '../../../src/partners/partnerSettings';
import { forwardPartner, partnersOf } from '../partnerRequests';
import { accept, startTarget } from './targetServer';
import type { TargetServer } from './targetServer';

const event = { eventId: 'event-1', headers: { 'content-type': 'application/json', 'x-kind': 'hire' }, body: Buffer.from('{"a": 1}') };
const never = new AbortController().signal;
let target: TargetServer;

beforeAll(async () => { target = await startTarget(); });
afterAll(() => target.close());
beforeEach(() => {
  target.deliveries.clear();
  target.answer = accept;
});

const noTokens: MakeTokens = () => { throw new Error('there is no need of tokens'); };

function settings(forward: object = {}): ForwardSettings {
  const [partner] = partnersOf(forwardPartner('hr', 'plain', `${target.url}/in?a=b`, {}, forward));
  return (partner as { forward: ForwardSettings }).forward;
}

const send = (forward: object = {}, makeTokens = noTokens, signal = never) =>
  createForwardTarget(settings(forward), makeTokens).send(event, signal);
const faultOf = (sent: Promise<void>) => sent.then(() => undefined, (error: unknown) => error as Fault);

test('an event comes with the bytes that were signed, the headers that are named, our credentials and its key', async () => {
  await send();
  const [{ path, headers, body }] = target.deliveries.all as [typeof target.deliveries.all[number]];
  expect([path, body]).toEqual(['/in?a=b', '{"a": 1}']);
  const { host: _host, connection: _connection, 'user-agent': _agent, accept: _accept, 'accept-language': _language,
    'accept-encoding': _encoding, 'sec-fetch-mode': _mode, 'content-length': _length, ...rest } = headers;
  expect(rest).toEqual({
    'content-type': 'application/json', 'x-kind': 'hire', 'idempotency-key': 'event-1', 'webhook-id': 'event-1',
    authorization: `Basic ${Buffer.from('doorman:basic-canary').toString('base64')}` });
});

test('an id that no header can hold is sent in letters that one can, or nothing of its partner would come any more', async () => {
  await createForwardTarget(settings(), noTokens).send({ ...event, eventId: 'Müller 漢' }, never);
  expect(target.deliveries.all[0]!.headers).toMatchObject({
    'idempotency-key': 'M%C3%BCller%20%E6%BC%A2', 'webhook-id': 'M%C3%BCller%20%E6%BC%A2' });
});

test.each<[number, string, number | undefined]>([
  [500, 'unavailable', undefined], [503, 'unavailable', 7_000], [408, 'unavailable', undefined], [409, 'unavailable', undefined],
  [429, 'throttled', 7_000], [301, 'misconfigured', undefined], [307, 'misconfigured', undefined], [401, 'misconfigured', undefined],
  [404, 'misconfigured', undefined], [400, 'refused', undefined], [422, 'refused', undefined],
])('a target that answers %i leaves the fault %s, and none of its words', async (status, kind, retryAfterMs) => {
  target.answer = (_delivery, response) => {
    const more = retryAfterMs === undefined ? {} : { 'Retry-After': '7' };
    response.writeHead(status, { Location: `${target.url}/elsewhere`, ...more }).end('canary');
  };
  const fault = await faultOf(send());
  expect(fault).toBeInstanceOf(Fault);
  expect(fault).toMatchObject({ kind, dependency: 'partnerTarget', code: `http ${status}`, message: `partnerTarget ${kind}: http ${status}` });
  expect(fault!.retryAfterMs).toBe(retryAfterMs);
});

test('a redirect is not followed', async () => {
  target.answer = ({ path }, response) => {
    response.writeHead(path === '/elsewhere' ? 202 : 307, { Location: `${target.url}/elsewhere` }).end();
  };
  expect(await faultOf(send())).toMatchObject({ kind: 'misconfigured' });
  expect(target.deliveries.all.map(({ path }) => path)).toEqual(['/in?a=b']);
});

test('a target that does not answer in time, or not at all, is unavailable', async () => {
  target.answer = () => undefined;
  expect(await faultOf(send({ timeoutMs: 1_000 }))).toMatchObject({ kind: 'unavailable', code: 'timeout' });
  const nowhere = { url: 'http://127.0.0.1:1/in' };
  expect(await faultOf(send(nowhere))).toMatchObject({ kind: 'unavailable', code: expect.stringMatching(/^ECONN|no answer/) });
});

test('a target at a private address that is not configured is not asked, and named for who has to mend it', async () => {
  const get = createEgress({ privateHosts: new Set() });
  const fault = await faultOf(createForwardTarget(settings(), noTokens, get).send(event, never));
  expect(fault).toMatchObject({ kind: 'misconfigured', dependency: 'partnerTarget', code: privateAddress });
  expect(target.deliveries.all).toEqual([]);
});

test('whoever stops the worker ends the try', async () => {
  const stopping = new AbortController();
  target.answer = () => { stopping.abort(); };
  expect(await faultOf(send({}, noTokens, stopping.signal))).toMatchObject({ name: 'AbortError' });
});

describe('with access tokens', () => {
  const oauth = { auth: { kind: 'oauth', tokenUrl: 'https://id.acme.example/token', clientId: 'doorman', clientSecret: 'canary' } };
  const refusals: (string | undefined)[] = [];
  const tokens: MakeTokens = () => ({
    async token(refused) {
      refusals.push(refused);
      return refused === undefined ? 'first' : 'second';
    },
  });
  const seen = () => target.deliveries.all.map(({ headers }) => headers.authorization);

  beforeEach(() => { refusals.length = 0; });

  test('one is sent, and asked for anew once when the target refuses it', async () => {
    target.answer = ({ headers }, response) => {
      response.writeHead(headers.authorization === 'Bearer second' ? 202 : 401).end();
    };
    await send(oauth, tokens);
    expect([seen(), refusals]).toEqual([['Bearer first', 'Bearer second'], [undefined, 'first']]);
  });

  test('a target that refuses each of them is tried no more than twice', async () => {
    target.answer = (_delivery, response) => { response.writeHead(401).end(); };
    expect(await faultOf(send(oauth, tokens))).toMatchObject({ kind: 'misconfigured', code: 'http 401' });
    expect(seen()).toEqual(['Bearer first', 'Bearer second']);
  });
});
