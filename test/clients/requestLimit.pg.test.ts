// How many requests a client may make in a minute: over all web processes, told of once, and at every route.
import { createRequestLimit } from '../../src/clients/requestLimit';
import { Centre, apiKey, basic, bearer, form, settings } from './centre';
import { keptLog } from '../support/publicServer';

let centre: Centre;
let lines: string[];

beforeAll(async () => {
  centre = await Centre.start();
});
beforeEach(async () => {
  lines = [];
  await centre.owner.query(`TRUNCATE client_minutes`);
});
afterAll(() => centre.stop());

/** What one web process has. */
function limitOf(requestsPerMinute = 5) {
  const kept = keptLog();
  lines = kept.lines;
  const clients = settings.map((client) => ({ ...client, requestsPerMinute }));
  return createRequestLimit({ pool: centre.pool, clients, log: kept.log });
}

/** A minute that does not end within a test. */
const inALongMinute = (client: string, requests = 0) => centre.owner.query(
  `INSERT INTO client_minutes (client, minute, requests) VALUES ($1, clock_timestamp() + interval '1 h', $2)
   ON CONFLICT (client) DO UPDATE SET minute = excluded.minute, requests = excluded.requests`, [client, requests]);
const times = <T>(count: number, act: (index: number) => Promise<T>) => Promise.all(Array.from({ length: count }, (_, index) => act(index)));

test('a client has its number of requests in a minute, however many processes take them at once, and each client its own', async () => {
  const limits = [limitOf(), limitOf(), limitOf()];
  await inALongMinute('vendor');
  const said = await times(40, (index) => limits[index % 3]!.charge('vendor'));
  expect(said.filter((seconds) => seconds === undefined)).toHaveLength(5);
  expect(said.every((seconds = 1) => seconds > 0 && seconds <= 3_661)).toBe(true);
  expect(await limits[0]!.charge('twin')).toBeUndefined();
});

test('the next minute has as many again', async () => {
  await inALongMinute('vendor', 5);
  expect(await limitOf().charge('vendor')).toBeGreaterThan(0);
  await centre.owner.query(`UPDATE client_minutes SET minute = minute - interval '2 h'`);
  expect(await limitOf().charge('vendor')).toBeUndefined();
  const { rows: [row] } = await centre.owner.query('SELECT requests, minute <= clock_timestamp() AS "isOurs" FROM client_minutes');
  expect(row).toEqual({ requests: 1, isOurs: true });
});

test('who is beyond it is told of once a minute in the log, once a day in the audit, and asks the database no more', async () => {
  const before = (await centre.records('client.limited')).length;
  const limit = limitOf();
  await inALongMinute('vendor', 5);
  await times(20, () => limit.charge('vendor'));
  const { rows: [counted] } = await centre.owner.query<{ requests: number }>('SELECT requests FROM client_minutes');
  await times(20, () => limit.charge('vendor'));
  expect((await centre.owner.query('SELECT requests FROM client_minutes')).rows).toEqual([counted]);
  expect(lines.map((line) => JSON.parse(line) as Record<string, unknown>))
    .toEqual([expect.objectContaining({ event: 'a client makes too many requests', source: 'vendor' })]);
  await limitOf().charge('vendor');
  expect((await centre.records('client.limited')).slice(before)).toEqual([{ client: 'vendor' }]);
});

test('nobody is counted nowhere, and is asked for all the same', async () => {
  expect(await limitOf(1).charge(undefined)).toBeUndefined();
  expect((await centre.owner.query('SELECT 1 FROM client_minutes')).rowCount).toBe(0);
});

describe('at the routes', () => {
  it('a client beyond it is 429 wherever its credentials are right; who has not all of them is refused as ever', async () => {
    const anna = await centre.session();
    const trio = await centre.trio('vendor', anna);
    const { id, secret, apiKey: key } = centre.of('vendor');
    const statement = await centre.statement(anna);
    await inALongMinute('vendor', 300);
    const grant = (password: string) => centre.server.send('POST', '/access_token', [form, basic(id, password)], 'grant_type=client_credentials');
    const token = await grant(secret);
    expect([token.status, JSON.parse(token.text)]).toEqual([429, { error: 'temporarily_unavailable', error_description: expect.any(String) }]);
    const limited = [await centre.post('/customer_authenticate', [apiKey(key)], { statement }), await centre.profile(trio)];
    for (const { status, text } of limited) {
      expect([status, (JSON.parse(text) as { type: string }).type]).toEqual([429, 'urn:doorman:problem:client-limited']);
    }
    for (const { headers } of [token, ...limited]) expect(Number(headers['retry-after'])).toBeGreaterThan(60);
    const wrong = 'dmkey_wrong';
    const refused = [
      await grant(wrong), await centre.post('/customer_authenticate', [apiKey(wrong)], { statement }),
      await centre.post('/customer_authenticate', [apiKey(wrong), bearer(trio.token)], { statement }),
      await centre.profile({ ...trio, key: wrong }), await centre.profile({ ...trio, token: wrong }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    expect(centre.lines.filter((line) => line.includes('too many requests'))).toHaveLength(1);
    expect(centre.lines.filter((line) => line.includes('"status":429'))).toEqual([]);
    // The other client is held up by nothing.
    expect((await centre.profile(await centre.trio('twin', anna))).status).toBe(200);
  });
});
