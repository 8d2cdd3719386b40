// The routes of codes for applications: who is let in and what is taken.
import request from 'supertest';
import type { Client } from '../../../src/clients/clientSettings';
import { id, old, verificationApp } from './verificationApp';

const shop: Client = { name: 'shop', requestsPerMinute: 300, verifications: { countries: ['DE'], perDay: 10, returnsCode: false } };
const known: Record<string, Client> = { shop, old };

const taken: unknown[] = [];
const counted: string[] = [];
const warned: unknown[] = [];
let down = false;
let wait: number | undefined;
let lookUp = async (): Promise<void> => undefined;
const act = <T>(answer: T) => async (...given: unknown[]): Promise<T> => {
  taken.push(given);
  if (down) throw new Error('the database is down');
  return answer;
};
const app = verificationApp({
  clientOf: async (shown) => {
    const token = 'token' in shown ? shown.token : '';
    if (token === 'slow') await lookUp();
    return known[token];
  },
  charge: async (client) => (client === 'shop' ? wait : undefined),
  count: (client, outcome) => counted.push(`${client} ${outcome}`),
  verifications: {
    start: act({ outcome: 'taken', id } as const), startReturned: act('012345'), check: act('pending' as const),
    status: act('pending' as const),
  },
}, (...said) => warned.push(said));

beforeEach(() => {
  for (const list of [taken, counted, warned]) list.length = 0;
  down = false;
  wait = undefined;
});

const post = (path: string, body: unknown, headers: Record<string, string> = {}) => request(app).post(path)
  .set({ 'content-type': 'application/json', authorization: 'Bearer shop', ...headers }).send(body as object);
const asked = { number: '+4915112345678', language: 'de' };

describe('a request for a code', () => {
  it('is answered with 202, an id, and for how long', async () => {
    const { status, body } = await post('/v1/verifications', asked, { 'idempotency-key': 'k-1' });
    expect([status, body]).toEqual([202, { id, status: 'pending', expiresInSeconds: 300 }]);
    expect(taken).toEqual([[{ name: 'shop', countries: ['DE'] }, { ...asked, key: 'k-1' }]]);
    expect(counted).toEqual(['shop taken']);
  });

  it.each([
    ['a language that is a path', { ...asked, language: '../../x' }], ['a language in another case', { ...asked, language: 'DE' }],
    ['no language', { number: asked.number }], ['a number that is none of text', { ...asked, number: 49 }],
    ['a text of its own', { ...asked, text: 'free money' }], ['a list', [asked]], ['null', 'null'], ['half of it', '{"number":'],
    ['an empty number', { ...asked, number: '' }], ['a long number', { ...asked, number: '+'.repeat(65) }],
  ])('A70 with %s is 400, and nothing is done', async (_what, body) => {
    const { status, body: problem } = await post('/v1/verifications', body);
    expect([status, (problem as { type: string }).type]).toEqual([400, 'urn:doorman:problem:malformed']);
    expect(taken).toEqual([]);
  });

  it('of nobody is 401, whatever it shows, and says how to come in', async () => {
    for (const authorization of ['', 'Bearer x', 'Basic !', 'Bearer shop, Bearer old']) {
      const { status, headers } = await post('/v1/verifications', asked, { authorization });
      expect([status, headers['www-authenticate']]).toEqual([401, 'Basic realm="doorman", Bearer realm="doorman"']);
    }
    expect(taken).toEqual([]);
  });

  it('of somebody who shows wrong credentials in a storm is looked up one at a time, and holds up nobody who was let in', async () => {
    await post('/v1/verifications', asked);
    const storm = await Promise.all(Array.from({ length: 60 }, () => post('/v1/verifications', asked, { authorization: 'Bearer x' })));
    expect(storm.every(({ status }) => status === 401 || status === 429)).toBe(true);
    let release = (): void => undefined;
    let first = Promise.resolve(0);
    await new Promise<void>((isLookedUp) => {
      lookUp = () => { isLookedUp(); return new Promise((resolve) => { release = resolve; }); };
      first = post('/v1/verifications', asked, { authorization: 'Bearer slow' }).then(({ status }) => status);
    });
    const { status, headers } = await post('/v1/verifications', asked, { authorization: 'Bearer x' });
    expect([status, headers['retry-after']]).toEqual([429, '60']);
    expect((await post('/v1/verifications', asked)).status).toBe(202);
    release();
    expect(await first).toBe(401);
  });

  it('of a client that makes too many requests is 429 at every route, says when to come again, and does and logs nothing', async () => {
    wait = 17;
    for (const answer of [
      await post('/v1/verifications', asked), await post(`/v1/verifications/${id}/check`, { code: '123' }), await post('/v1/otp', asked),
      await request(app).get(`/v1/verifications/${id}`).set('authorization', 'Bearer shop'),
    ]) {
      expect([answer.status, answer.headers['retry-after'], answer.headers['content-type'], (answer.body as { type: string }).type])
        .toEqual([429, '17', 'application/problem+json; charset=utf-8', 'urn:doorman:problem:client-limited']);
    }
    expect([taken, warned, counted]).toEqual([[], [], Array.from({ length: 4 }, () => 'shop limited')]);
    expect((await post('/v1/otp', asked, { authorization: 'Bearer old' })).status).toBe(200);
  });

  it('is refused with another type, encoding or size, a query, a key of odd form, and other methods', async () => {
    const status = async (test: request.Test) => (await test).status;
    expect(await status(post('/v1/verifications', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }))).toBe(415);
    expect(await status(post('/v1/verifications', asked, { 'content-encoding': 'gzip' }))).toBe(415);
    expect(await status(post('/v1/verifications', { ...asked, number: 'x'.repeat(5_000) }))).toBe(413);
    expect(await status(post('/v1/verifications?a=b', asked))).toBe(400);
    expect(await status(post('/v1/verifications', asked, { 'idempotency-key': 'x'.repeat(256) }))).toBe(400);
    expect(await status(request(app).get('/v1/verifications').set('authorization', 'Bearer shop'))).toBe(405);
    expect(taken).toEqual([]);
  });

  it('that could not be stored is 503 with Retry-After', async () => {
    down = true;
    const { status, headers } = await post('/v1/verifications', asked);
    expect([status, headers['retry-after']]).toEqual([503, '5']);
  });
});

describe('a verification', () => {
  it('is checked and shown by its id, and what is no id is not looked for', async () => {
    expect((await post(`/v1/verifications/${id}/check`, { code: '123' })).body).toEqual({ status: 'pending' });
    expect((await request(app).get(`/v1/verifications/${id}`).set('authorization', 'Bearer shop')).body).toEqual({ status: 'pending' });
    expect(taken).toHaveLength(2);
    expect((await post('/v1/verifications/..%2fx/check', { code: '123' })).status).toBe(404);
    expect((await request(app).get(`/v1/verifications/${id.toUpperCase()}`).set('authorization', 'Bearer shop')).status).toBe(404);
    expect((await post(`/v1/verifications/${id}/check`, { code: 123 })).status).toBe(400);
    expect(taken).toHaveLength(2);
  });
});

describe('the contract of before', () => {
  it('gives the code to a client that has it so, is marked as deprecated and counted, and is not there for others', async () => {
    const given = await post('/v1/otp', asked, { authorization: 'Bearer old' });
    expect([given.status, given.body, given.headers.deprecation]).toEqual([200, { otp: '012345' }, '@1767225600']);
    expect(counted).toEqual(['old returned']);
    expect((await post('/v1/otp', asked)).status).toBe(404);
    expect(taken).toHaveLength(1);
  });
});
