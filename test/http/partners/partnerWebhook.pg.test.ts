// POST /webhooks/partners/:partner on a real socket: what is answered, and that nothing but a genuine request has an effect.
import { mutationsOf } from '../../partners/mutations';
import { directoryPartner, forwardPartner, keyOf, personEvent, signed } from '../../partners/partnerRequests';
import type { Manner, SignedRequest } from '../../partners/partnerRequests';
import { createPartnerWorld, start } from '../../partners/partnerWorld';
import type { PartnerWorld } from '../../partners/partnerWorld';
import { expectProblem, keptLog, startPublicServer } from '../../support/publicServer';
import type { Answer, Headers, PublicServer } from '../../support/publicServer';

const manners: readonly Manner[] = ['plain', 'hub', 'standard', 'timed', 'sha1'];
let world: PartnerWorld;
let server: PublicServer;
const { log, lines } = keptLog();
let isAway = false;

beforeAll(async () => {
  world = await createPartnerWorld(
    ...manners.flatMap((manner) => [directoryPartner(manner, manner), directoryPartner(`${manner}-other`, manner)]),
    forwardPartner('target', 'plain', 'http://127.0.0.1:1/in'));
  server = await startPublicServer({
    log, takeMessage: async () => 'known',
    partners: { receive: async (request) => {
      if (isAway) throw new Error('canary: connection terminated');
      return world.partners.receive(request);
    } },
  });
});
afterAll(async () => { await server.close(); await world.stop(); });
beforeEach(async () => {
  await world.reset();
  lines.length = 0;
  isAway = false;
});

const json = ['Content-Type', 'application/json'] as const;
const send = ({ partner, headers, body }: SignedRequest, more: Headers = [json], path = `/webhooks/partners/${partner}`) =>
  server.send('POST', path, [...more, ...headers], body);
const said = ({ status, text }: Answer) => [status, JSON.parse(text)];
const hire = personEvent('hired', 1);
const request = (manner: Manner = 'plain', body = hire) => signed(manner, manner, body, { at: start });

test('a genuine event is answered with what became of it', async () => {
  expect(said(await send(request()))).toEqual([200, { outcome: 'applied' }]);
  expect(said(await send(request()))).toEqual([200, { outcome: 'duplicate' }]);
  const changed = personEvent('updated', 2, { mail: 'none' });
  expect(said(await send(request('plain', changed)))).toEqual([200, { outcome: 'applied', without: ['email'] }]);
  expect(said(await send(request('plain', personEvent('updated', 1, { given: 'Bea' }))))).toEqual([200, { outcome: 'stale' }]);
  const forward = signed('target', 'plain', '{"id":"e-1","who":"W-1"}');
  expect(said(await send(forward))).toEqual([202, { outcome: 'stored' }]);
});

test('a request without a content type, or of any other, is read all the same: its bytes are signed', async () => {
  expect(said(await send(request(), []))).toEqual([200, { outcome: 'applied' }]);
  expect(said(await send(request(), [['Content-Type', 'text/plain; charset=latin1']]))).toEqual([200, { outcome: 'duplicate' }]);
});

test('A65 an unknown partner, a wrong signature and one that is missing are answered alike', async () => {
  const answers = [
    await send({ ...request(), partner: 'nobody' }), await send({ ...request(), partner: '__proto__' }),
    await send({ ...request(), headers: [] }), await send(signed('plain', 'plain', hire, { key: keyOf('forger') })),
    await send({ ...request(), headers: [...request().headers, ...request().headers] }),
    await send({ ...request('sha1'), partner: 'plain' }),
  ];
  for (const answer of answers) expectProblem(answer, 401, 'not-authentic');
  const texts = answers.map(({ text, headers }) => text.replace(String(headers['x-request-id']), ''));
  expect(new Set(texts).size).toBe(1);
});

test('A64 A65 A66 A67 of 5,000 changed requests none has an effect, and none is an error of ours', async () => {
  const statuses = new Map<number, number>();
  for (const [index, manner] of manners.entries()) {
    const changed = [...mutationsOf(request(manner), `${manner}-other`, 1_000, index)];
    for (let at = 0; at < changed.length; at += 20) {
      const answers = await Promise.all(changed.slice(at, at + 20).map((one) => send(one)));
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }
  expect([...statuses]).toEqual([[401, 5_000]]);
  expect([await world.events(), await world.directory()]).toEqual([[], []]);
});

test('A66 what is genuine and no JSON of one meaning is 400', async () => {
  expectProblem(await send(request('plain', `\ufeff${hire}`)), 400, 'malformed');
  expectProblem(await send(request('plain', '{"type":"left","type":"hired"}')), 400, 'malformed');
});

test('a field that cannot be read is named, by our name and without its value', async () => {
  const answer = await send(request('plain', personEvent('hired', 1, { number: 'canary@canary' })));
  expect(said(answer)).toEqual([422, expect.objectContaining({
    type: 'urn:doorman:problem:event-unreadable', field: 'employeeNumber', request_id: answer.headers['x-request-id'] })]);
  expect(answer.text + lines.join()).not.toContain('canary');
});

test('what was not committed is to be sent again', async () => {
  isAway = true;
  const answer = await send(request());
  expectProblem(answer, 503, 'unavailable');
  expect(answer.headers['retry-after']).toBe('5');
  expect(answer.text + lines.join()).not.toContain('canary');
});

test.each<[string, number, string, () => Promise<Answer>]>([
  ['a query', 400, 'query-refused', () => send(request(), [], '/webhooks/partners/plain?')],
  ['an encoded body', 415, 'encoding-refused', () => send(request(), [['Content-Encoding', 'gzip']])],
  ['more than a MiB', 413, 'too-large', () => send(request('plain', `${hire}${' '.repeat(1024 * 1024)}`))],
  ['another method', 405, 'method-refused', () => server.send('GET', '/webhooks/partners/plain', [])],
  ['a path that is no text', 400, 'malformed', () => server.send('POST', '/webhooks/partners/%ff', [], '{}')],
  ['a path below', 404, 'not-found', () => server.send('POST', '/webhooks/partners/plain/x', [], '{}')],
])('%s is %i', async (_what, status, problem, ask) => {
  expectProblem(await ask(), status, problem);
});

test('a MiB is taken, and one that is sent in pieces is cut off beyond it', async () => {
  const padded = (bytes: number) => Buffer.from(`${hire}${' '.repeat(bytes - Buffer.byteLength(hire))}`);
  const whole = signed('plain', 'plain', padded(1024 * 1024));
  expect(said(await send(whole))).toEqual([200, { outcome: 'applied' }]);
  const { socket, closed } = server.open();
  socket.write('POST /webhooks/partners/plain HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  const piece = Buffer.alloc(64 * 1024, 0x20);
  for (let n = 0; n < 17; n += 1) socket.write(Buffer.concat([Buffer.from('10000\r\n'), piece, Buffer.from('\r\n')]));
  expect(await closed).toMatch(/^HTTP\/1\.1 413 /);
});

test('of large bodies that nobody has signed yet few are kept at a time, and events of a usual size get through', async () => {
  const head = 'POST /webhooks/partners/plain HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n';
  const flood = Array.from({ length: 40 }, () => server.open());
  for (const { socket } of flood) socket.write(head);
  const refused = await Promise.race(flood.map(({ closed }) => closed));
  expect(refused).toMatch(/^HTTP\/1\.1 503 [^]*Retry-After: 5/i);
  expect(said(await send(request()))).toEqual([200, { outcome: 'applied' }]);
  for (const { socket } of flood) socket.destroy();
  await Promise.allSettled(flood.map(({ closed }) => closed));
});
