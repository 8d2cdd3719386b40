// What an assistant pushes, as the public route meets it.
import { Webhook } from 'standardwebhooks';
import { createPushReader } from '../../../src/assistant/pushReader';
import type { Push } from '../../../src/assistant/pushReader';
import type { PushOutcome } from '../../../src/assistant/pushes';
import { keptLog, startPublicServer } from '../../support/publicServer';
import type { Answer, Headers, PublicServer } from '../../support/publicServer';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const turnId = `SM${'0a'.repeat(16)}`;
const pathOf = (id: string) => `/assistant/turns/${id}/replies`;

let server: PublicServer;
const { log, lines } = keptLog();
const taken: Push[] = [];
let outcome: PushOutcome | Error;

beforeAll(async () => {
  server = await startPublicServer({
    log, takeMessage: async () => 'known',
    pushes: {
      read: createPushReader(secret),
      take: async (push) => {
        taken.push(push);
        if (outcome instanceof Error) throw outcome;
        return outcome;
      },
    },
  });
});

afterAll(() => server.close());

beforeEach(() => {
  taken.length = 0;
  lines.length = 0;
  outcome = { outcome: 'taken', taken: 1, dropped: 0 };
});

const bodyOf = (changes: object = {}) => JSON.stringify({ turn_id: turnId, replies: [{ text: 'canary' }], end_turn: true, ...changes });
const json = ['Content-Type', 'application/json'] as const;

function signed(body: string): Headers {
  const now = new Date();
  return [['webhook-id', 'push-1'], ['webhook-timestamp', String(Math.floor(now.getTime() / 1_000))],
    ['webhook-signature', new Webhook(secret).sign('push-1', now, body)]];
}

function push({ body = bodyOf(), path = pathOf(turnId), headers = [json, ...signed(body)] as Headers, method = 'POST' } = {}): Promise<Answer> {
  return server.send(method, path, headers, body);
}

const problemOf = ({ status, text }: Answer) => [status, (JSON.parse(text) as { type: string }).type.split(':').at(-1)];

test('a push that is signed for its turn is acknowledged once it is stored, with what was taken of it', async () => {
  outcome = { outcome: 'taken', taken: 3, dropped: 2 };
  const answer = await push();
  expect([answer.status, JSON.parse(answer.text)]).toEqual([202, { taken: 3, dropped: 2 }]);
  expect(taken).toEqual([{ id: 'push-1', turnId, replies: [{ text: 'canary' }], endTurn: true }]);
});

test.each<[PushOutcome['outcome'], number, string]>([
  ['unknown', 404, 'turn-unknown'], ['ended', 409, 'turn-ended'], ['reused', 409, 'push-reused'], ['over', 410, 'turn-over'],
  ['early', 503, 'unavailable'],
])('a push to a turn that is %s is answered with %i', async (came, status, problem) => {
  outcome = { outcome: came } as PushOutcome; // cast: these have nothing else
  const answer = await push();
  expect(problemOf(answer)).toEqual([status, problem]);
  expect(answer.headers['retry-after']).toBe(came === 'early' ? '1' : undefined);
});

test('what could not be stored is to be pushed again, and neither answer nor log repeats anything of it', async () => {
  outcome = new Error('canary: connection terminated');
  const answer = await push();
  expect([...problemOf(answer), answer.headers['retry-after']]).toEqual([503, 'unavailable', '5']);
  expect(answer.text + lines.join()).not.toContain('canary');
});

test('A09 a push that is signed for one turn is none for another', async () => {
  expect(problemOf(await push({ path: pathOf(`SM${'0b'.repeat(16)}`) }))).toEqual([403, 'not-genuine']);
  expect(problemOf(await push({ body: bodyOf({ turn_id: 'SM1' }) }))).toEqual([403, 'not-genuine']);
  expect(taken).toEqual([]);
});

test('A01 a push without a signature, with two, or with a wrong one, is refused', async () => {
  const body = bodyOf();
  const [id, at, signature] = signed(body) as [Headers[0], Headers[0], Headers[0]];
  const other = signature[1].replace(/^v1,./, (start) => start === 'v1,A' ? 'v1,B' : 'v1,A');
  const wrong = [
    [json], [json, id, at], [json, id, signature], [json, at, signature], [json, id, at, signature, signature], [json, id, id, at, signature],
    [json, id, at, ['webhook-signature', other]], [json, ['webhook-id', 'push-2'], at, signature],
  ] as Headers[];
  for (const headers of wrong) expect(problemOf(await push({ body, headers }))).toEqual([403, 'not-genuine']);
  expect(taken).toEqual([]);
});

test('only JSON of a modest size, without a query, is read', async () => {
  const body = bodyOf();
  const [, ...signatures] = [json, ...signed(body)];
  expect(problemOf(await push({ headers: signatures }))).toEqual([415, 'json-refused']);
  expect(problemOf(await push({ headers: [['Content-Type', 'text/plain'], ...signatures] }))).toEqual([415, 'json-refused']);
  expect(problemOf(await push({ headers: [json, json, ...signatures] }))).toEqual([415, 'json-refused']);
  expect(problemOf(await push({ headers: [json, ['Content-Encoding', 'gzip'], ...signatures] }))).toEqual([415, 'json-refused']);
  expect(problemOf(await push({ path: `${pathOf(turnId)}?x=1` }))).toEqual([400, 'query-refused']);
  expect(problemOf(await push({ body: '{' }))).toEqual([400, 'malformed']);
  const large = bodyOf({ replies: Array(3).fill({ text: 'x'.repeat(60_000) }) });
  expect(problemOf(await push({ body: large }))).toEqual([413, 'too-large']);
  for (const method of ['GET', 'PUT', 'DELETE']) expect(problemOf(await push({ method }))).toEqual([405, 'method-refused']);
  expect(taken).toEqual([]);
});

test('the type may name its encoding', async () => {
  const body = bodyOf();
  expect((await push({ body, headers: [['Content-Type', 'application/json; charset=utf-8'], ...signed(body)] })).status).toBe(202);
});
