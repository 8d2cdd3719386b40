// The contract of contact centres as vendors call it: what is given, and that nothing is to who has not all of it.
import { randomUUID } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { revokeCredentials, issueCredentials } from '../../src/clients/credentials';
import { verifyAudit } from '../../src/audit/verifyAudit';
import type { Speaker } from '../../src/statements/statements';
import type { Answer } from '../support/publicServer';
import { apiKey, bearer, Centre, customerAuth, messageId } from './centre';
import type { Trio } from './centre';

let centre: Centre;
let anna: Speaker;

beforeAll(async () => {
  centre = await Centre.start();
});
beforeEach(async () => {
  anna = await centre.session();
});
afterEach(async () => {
  await centre.owner.query(`UPDATE employees SET active = true, returned_at = NULL WHERE employee_number = '144133'`);
  await centre.owner.query('DELETE FROM sessions');
});
afterAll(() => centre.stop());

const refused = {
  type: 'urn:doorman:problem:not-authentic', title: 'Unauthorized', status: 401,
  detail: 'The request does not show who calls, and for whom.',
};
/** The one refusal there is, byte by byte. */
function expectRefused(...answers: Answer[]): void {
  for (const { status, text, headers } of answers) {
    expect([status, text, headers['www-authenticate'], headers['cache-control']])
      .toEqual([401, JSON.stringify(refused), 'Bearer realm="contact-centre"', 'no-store']);
  }
}

const authenticate = (body: unknown, ...headers: Parameters<Centre['post']>[1]) =>
  centre.post('/customer_authenticate', headers, body);
const ended = (speaker: Speaker) =>
  centre.owner.query(`UPDATE sessions SET ended_at = clock_timestamp(), end_reason = 'logout' WHERE id = $1`, [speaker.sessionId]);

describe('a customer\'s JWT', () => {
  it('is given for the statement that came with a message: three members, named as the contract has them', async () => {
    const [statement, before] = [await centre.statement(anna), Math.floor(Date.now() / 1_000)];
    const answer = await authenticate({ statement }, bearer(await centre.token('vendor')));
    const body = JSON.parse(answer.text) as { issued_at: number; JWT: string; expires_in: number };
    expect([answer.status, Object.keys(body).sort(), answer.headers['cache-control']])
      .toEqual([200, ['JWT', 'expires_in', 'issued_at'], 'no-store']);
    expect(body.expires_in).toBe(900);
    expect(decodeProtectedHeader(body.JWT)).toMatchObject({ alg: 'ES256', typ: 'customer-auth+jwt' });
    const { iat, jti } = decodeJwt(body.JWT);
    expect(body.issued_at).toBe(iat);
    expect(iat! - before).toBeLessThan(60);
    expect(jti).not.toBe(messageId);
    expect(decodeJwt(body.JWT)).toMatchObject({
      aud: 'https://vendor.example', sub: decodeJwt(statement).sub, sid: anna.sessionId, exp: iat! + 900 });
    expect(await centre.records('customer.authenticated')).toEqual([
      { client: 'vendor', employeeId: anna.employeeId, sessionId: anna.sessionId }]);
  });

  it('is given to the API key alone, and says its times as the client\'s settings want them', async () => {
    const statement = await centre.statement(anna, 'https://twin.example');
    const answer = await authenticate({ statement }, apiKey(centre.of('twin').apiKey));
    const body = JSON.parse(answer.text) as { issued_at: string; JWT: string };
    expect(body).toMatchObject({ expires_in: 60, issued_at: new Date(decodeJwt(body.JWT).iat! * 1_000).toISOString() });
  });

  it('is not given without credentials, to wrong ones, to two clients\' together, or for verifications alone', async () => {
    const statement = await centre.statement(anna);
    const [vendor, twin] = [await centre.token('vendor'), await centre.token('twin')];
    expectRefused(
      await authenticate({ statement }),
      await authenticate({ statement }, apiKey('dmkey_wrong')),
      await authenticate({ statement }, bearer('wrong'), apiKey(centre.of('vendor').apiKey)),
      await authenticate({ statement }, bearer(vendor), apiKey('dmkey_wrong')),
      await authenticate({ statement }, bearer(twin), apiKey(centre.of('vendor').apiKey)),
      await authenticate({ statement }, bearer(vendor), apiKey(centre.of('twin').apiKey)),
      await authenticate({ statement }, bearer(vendor), bearer(vendor)),
      await authenticate({ statement }, ['Authorization', `Basic ${vendor}`], apiKey(centre.of('vendor').apiKey)),
      await authenticate({ statement }, apiKey(centre.of('texts').apiKey)),
      await authenticate({ statement }, bearer(await centre.token('texts'))),
      await authenticate({ statement }, apiKey(centre.of('vendor').secret)));
  });

  it('R33 is not given for what was said to another audience, is of another type, or was changed', async () => {
    const key = apiKey(centre.of('vendor').apiKey);
    const [header = '', payload, signature] = (await centre.statement(anna)).split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'doorman-statement+jwt' })).toString('base64url');
    const other = await centre.statement(await centre.session('144136'));
    expectRefused(...await Promise.all([
      await centre.statement(anna, 'https://twin.example'),
      await centre.customer('vendor', anna),
      await centre.statements.assertion(anna, { audience: 'https://vendor.example' }),
      `${none}.${payload}.${signature}`,
      `${header}.${other.split('.')[1]}.${signature}`,
    ].map((statement) => authenticate({ statement }, key))));
  });

  it('is not given once the session is over, the employee left, or was hired anew', async () => {
    const key = apiKey(centre.of('vendor').apiKey);
    const statement = await centre.statement(anna);
    await centre.owner.query('UPDATE employees SET active = false WHERE id = $1', [anna.employeeId]);
    expectRefused(await authenticate({ statement }, key));
    await centre.owner.query('UPDATE employees SET active = true, returned_at = now() WHERE id = $1', [anna.employeeId]);
    expectRefused(await authenticate({ statement }, key));
    await centre.owner.query('UPDATE employees SET returned_at = NULL WHERE id = $1', [anna.employeeId]);
    await ended(anna);
    expectRefused(await authenticate({ statement }, key));
  });
});

describe('a verification of the client\'s own', () => {
  const approve = (number: string, client: 'vendor' | 'twin' | 'texts' = 'vendor') => centre.approve(number, client);
  const prove = (verification_id: string, name: 'vendor' | 'twin' = 'vendor') =>
    authenticate({ verification_id }, apiKey(centre.of(name).apiKey));

  it('proves the one employee who has its number, once, and to that client', async () => {
    const id = approve('+447700900126');
    const answer = await prove(id);
    expect(answer.status).toBe(200);
    const { JWT: jwt } = JSON.parse(answer.text) as { JWT: string };
    expect(decodeJwt(jwt)).toMatchObject({ sid: id, acr: 'urn:doorman:assurance:low' });
    const trio = { token: await centre.token('vendor'), jwt, key: centre.of('vendor').apiKey };
    expect(JSON.parse((await centre.profile(trio)).text)).toMatchObject({ given_name: 'Dirk', language: 'de' });
    centre.approved.set(id, { client: 'vendor', number: '+447700900126', askedAt: new Date() });
    expectRefused(await prove(id));
    expect(await centre.records('customer.authenticated')).toContainEqual(
      { client: 'vendor', employeeId: expect.any(String), verificationId: id });
  });

  it('answers alike for who left, for nobody, for two people\'s number and for another client\'s', async () => {
    await centre.owner.query(
      `INSERT INTO employee_phones (employee_id, e164, raw) SELECT id, '+447700900200', '+447700900200' FROM employees
        WHERE employee_number IN ('144133', '144136')`);
    expectRefused(
      await prove(approve('+447700900124')), await prove(approve('+447700900777')), await prove(approve('+447700900200')),
      await prove(approve('+447700900126', 'texts')), await prove(randomUUID()));
  });

  it('proves nobody by a number that the chat sends no code to', async () => {
    await centre.owner.query(
      `INSERT INTO employee_phones (employee_id, e164, raw, type)
       SELECT id, '+447700900201', '+447700900201', 'home' FROM employees WHERE employee_number = '144136'`);
    expectRefused(await prove(approve('+447700900201')));
    await centre.owner.query(`UPDATE employee_phones SET type = 'mobile' WHERE e164 = '+447700900201'`);
    expect((await prove(approve('+447700900201'))).status).toBe(200);
  });

  it('is forgotten after a day', async () => {
    await prove(approve('+447700900126'));
    await centre.owner.query(`UPDATE client_proofs SET proved_at = proved_at - interval '25 h'`);
    const id = approve('+447700900126');
    expect((await prove(id)).status).toBe(200);
    const { rows } = await centre.owner.query('SELECT verification_id AS id FROM client_proofs');
    expect(rows).toEqual([{ id }]);
  });

  it('proves nothing for a client that is told the codes', async () => {
    expectRefused(await prove(approve('+447700900126', 'twin'), 'twin'));
  });
});

describe('a profile', () => {
  it('is the identifier and what the client\'s settings name, null where HR registered nothing', async () => {
    await centre.owner.query(`UPDATE employees SET department = 'Sales' WHERE id = $1`, [anna.employeeId]);
    const answer = await centre.profile(await centre.trio('vendor', anna));
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, {
      customer_id: centre.statements.subjectOf('https://vendor.example', anna), given_name: 'Anna', email: 'anna@acme.example',
      mobile: '+447700900123', language: null, department: 'Sales' }]);
    const twin = JSON.parse((await centre.profile(await centre.trio('twin', anna))).text) as { customer_id: string };
    expect(twin).toEqual({ customer_id: centre.statements.subjectOf('https://twin.example', anna), given_name: 'Anna', language: null });
    expect(await centre.records('profile.read')).toContainEqual(
      { client: 'twin', employeeId: anna.employeeId, fields: ['given_name', 'language'] });
  });

  it('R38 has another identifier after a rehire, and none for a JWT of before', async () => {
    const before = await centre.trio('vendor', anna);
    const { customer_id: former } = JSON.parse((await centre.profile(before)).text) as { customer_id: string };
    await centre.owner.query('UPDATE employees SET returned_at = now() WHERE id = $1', [anna.employeeId]);
    expectRefused(await centre.profile(before));
    const { rows: [row] } = await centre.owner.query<{ returnedAt: Date }>(
      'SELECT returned_at AS "returnedAt" FROM employees WHERE id = $1', [anna.employeeId]);
    const again = JSON.parse((await centre.profile(await centre.trio('vendor', { ...anna, returnedAt: row!.returnedAt }))).text) as object;
    expect(again).toMatchObject({ customer_id: expect.not.stringMatching(former), given_name: 'Anna' });
  });

  it('is not told of who left, nor once the session is over', async () => {
    const trio = await centre.trio('vendor', anna);
    await centre.owner.query('UPDATE employees SET active = false WHERE id = $1', [anna.employeeId]);
    expectRefused(await centre.profile(trio));
    await centre.owner.query('UPDATE employees SET active = true WHERE id = $1', [anna.employeeId]);
    expect((await centre.profile(trio)).status).toBe(200);
    await ended(anna);
    expectRefused(await centre.profile(trio));
  });

  it('is not told for a JWT that is over, nor for one without the row that says whose it is', async () => {
    const trio = await centre.trio('vendor', anna);
    expectRefused(await centre.profile({ ...trio, jwt: await centre.resigned(trio.jwt, { iat: -901, nbf: -901, exp: -1, auth_time: -901 }) }));
    expect((await centre.profile({ ...trio, jwt: await centre.resigned(trio.jwt, { iat: -800, nbf: -800, exp: 60, auth_time: -801 }) })).status).toBe(200);
    const dirk = await centre.session('144136');
    const unknown = await centre.statements.customer(dirk, { audience: 'https://vendor.example', lifetimeSeconds: 60 });
    await centre.owner.query('DELETE FROM client_customers WHERE employee_id = $1', [dirk.employeeId]);
    expectRefused(await centre.profile({ ...trio, jwt: unknown.jwt }));
  });

  it('is told to either of two credentials, and to none that were revoked', async () => {
    const second = await issueCredentials(centre.pool, 'vendor', 'olga');
    if (second.outcome !== 'issued') throw new Error('two may count');
    const trio = await centre.trio('vendor', anna);
    expect((await centre.profile({ ...trio, key: second.apiKey })).status).toBe(200);
    expect(await revokeCredentials(centre.pool, second.id, 'olga')).toBe(true);
    expectRefused(await centre.profile({ ...trio, key: second.apiKey }));
    expect((await centre.profile(trio)).status).toBe(200);
  });
});

describe('any one of the three', () => {
  it('R37 of another client, wrong, or left out is the same refusal, after the same statements at the database', async () => {
    const [vendor, twin] = [await centre.trio('vendor', anna), await centre.trio('twin', anna)];
    const wrong = { token: `dmtoken_${'A'.repeat(43)}`, key: `dmkey_${'A'.repeat(43)}`, jwt: `${vendor.jwt.slice(0, -8)}AAAAAAAA` };
    const sources = [vendor, twin, wrong, { token: '', key: '', jwt: '' }];
    const mixed = sources.flatMap(({ token }) => sources.flatMap(({ jwt }) => sources.map(({ key }) => ({ token, jwt, key }))));
    const isOf = (trio: Trio) => ({ token, jwt, key }: Trio) => token === trio.token && jwt === trio.jwt && key === trio.key;
    const done: string[][] = [];
    for (const trio of mixed.filter((one) => !isOf(vendor)(one) && !isOf(twin)(one))) {
      centre.queries.length = 0;
      expectRefused(await centre.profile(trio));
      done.push([...centre.queries]);
    }
    expect(done).toHaveLength(62);
    expect(done[0]).toHaveLength(7);
    expect(new Set(done.map(String)).size).toBe(1);
    expect((await centre.profile(vendor)).status).toBe(200);
  });

  it('A62 left out, doubled, or in another form is the same refusal', async () => {
    const { token, jwt, key } = await centre.trio('vendor', anna);
    const [t, j, k] = [bearer(token), customerAuth(jwt), apiKey(key)] as const;
    const get = (...headers: Parameters<Centre['post']>[1]) => centre.post('/getprofile', headers);
    expect((await get(t, j, k)).status).toBe(200);
    expectRefused(
      await get(), await get(j, k), await get(t, k), await get(t, j),
      await get(t, t, j, k), await get(t, j, j, k), await get(t, j, k, k),
      await get(t, ['customer-auth', `JWT ${jwt}, JWT ${jwt}`], k), await get(t, ['customer-auth', `JWT ${jwt} ${jwt}`], k),
      await get(t, ['customer-auth', `Bearer ${jwt}`], k), await get(t, ['customer-auth', jwt], k),
      await get(['Authorization', token], j, k), await get(['Authorization', `Basic ${token}`], j, k),
      await get(['Authorization', `Bearer ${token} ${token}`], j, k), await get(t, j, ['api-key', `${key} ${key}`]),
      await get(t, j, ['x-api-key', key]), await get(t, ['x-customer-auth', `JWT ${jwt}`], k));
  });
});

test('nothing of a token, a key, a JWT or a person is in the log or the audit, and its chain is whole', async () => {
  const { token, jwt, key } = await centre.trio('vendor', anna);
  await centre.profile({ token, jwt, key });
  await centre.profile({ token, jwt: `${jwt}x`, key });
  const { rows: [{ audit } = { audit: '' }] } = await centre.pool.query<{ audit: string }>('SELECT string_agg(facts::text, chr(10)) AS audit FROM audit');
  const kept = [audit, ...centre.lines].join('\n');
  for (const secret of [token, jwt, key, centre.of('vendor').secret, 'Anna', 'anna@acme.example', '447700900123', '144133']) {
    expect(kept).not.toContain(secret);
  }
  expect(await verifyAudit(centre.pool)).toMatchObject({ outcome: 'intact' });
});
