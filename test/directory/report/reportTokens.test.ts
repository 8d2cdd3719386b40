// Access tokens for a report: of the right kind, for the right one, and a new one when the old is not taken.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { annaRow, closeServers, itemsAt, json, serve } from './reportServer';

afterEach(closeServers);

const part = (claims: unknown) => Buffer.from(JSON.stringify(claims)).toString('base64url');
const jwt = (claims: unknown) => `${part({ alg: 'ES256', typ: 'at+jwt' })}.${part(claims)}.c2ln`;
const soon = () => Math.floor(Date.now() / 1_000) + 600;

async function form(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return new URLSearchParams(text);
}

const grant = (response: ServerResponse, token: string) =>
  json(response, { access_token: token, token_type: 'Bearer', expires_in: 300 });

/** A report that takes one token, and the endpoint that gives tokens in this order, the last one for ever. */
async function world(tokens: readonly string[], taken: string) {
  const forms: URLSearchParams[] = [];
  let given = 0;
  const endpoint = await serve((request, response) => {
    void form(request).then((sent) => {
      forms.push(sent);
      grant(response, tokens[Math.min(given++, tokens.length - 1)]!);
    });
  });
  const report = await serve((request, response) => {
    if (request.headers.authorization === `Bearer ${taken}`) json(response, { Report_Entry: [annaRow] });
    else response.writeHead(401).end();
  });
  const auth = {
    kind: 'clientCredentials', tokenUrl: `${endpoint.origin}/token`, clientId: 'doorman', clientSecret: 's3cr%t/+',
    scope: 'reports', audience: 'https://hr.example' };
  return { endpoint, report, forms, auth, read: (more = {}) => itemsAt(report.origin, { auth: { ...auth, ...more } }) };
}

it('asks for a token with the client\'s credentials, scope and audience, and sends it', async () => {
  const { read, forms, endpoint, report } = await world(['opaque'], 'opaque');
  expect(await read()).toHaveLength(1);
  expect(Object.fromEntries(forms[0]!)).toEqual({
    grant_type: 'client_credentials', scope: 'reports', audience: 'https://hr.example' });
  expect(endpoint.requests[0]!.headers.authorization).toMatch(/^Basic /);
  expect(report.requests).toHaveLength(1);
});

it('asks for one new token when the report does not take the old one, and is then refused', async () => {
  const renewed = await world(['old', 'new'], 'new');
  expect(await renewed.read()).toHaveLength(1);
  expect([renewed.endpoint.requests.length, renewed.report.requests.length]).toEqual([2, 2]);
  const never = await world(['old', 'other', 'third'], 'none of them');
  await expect(never.read()).rejects.toMatchObject({ kind: 'refused' });
  expect([never.endpoint.requests.length, never.report.requests.length]).toEqual([2, 2]);
});

it.each([
  ['for another audience', { aud: 'https://elsewhere.example' }], ['for others', { aud: ['a', 'b'] }],
  ['for nobody', { aud: [] }], ['that is over', { aud: 'https://hr.example', exp: 1 }],
])('sends no token %s', async (_which, claims) => {
  const token = jwt(claims);
  const { read, report } = await world([token], token);
  const fault = await read().catch((error: unknown) => error);
  expect(fault).toMatchObject({ kind: 'refused' });
  expect(String(fault)).not.toMatch(/elsewhere|eyJ/);
  expect(report.requests).toHaveLength(0);
});

it('sends a token that says nothing against it', async () => {
  const tokens = [
    jwt({ aud: ['x', 'https://hr.example'], exp: soon() }), jwt({}), jwt(null), jwt([1]), 'a.b.c', 'a.!.c', 'a.b', 'abc'];
  for (const token of tokens) {
    const { read } = await world([token], token);
    expect(await read()).toHaveLength(1);
  }
  const token = jwt({ aud: 'https://elsewhere.example', exp: soon() });
  const { report, auth } = await world([token], token);
  const { audience: _any, ...anyAudience } = auth;
  expect(await itemsAt(report.origin, { auth: anyAudience })).toHaveLength(1);
});

it('sends neither secret nor token to where the token endpoint redirects, and tells neither', async () => {
  const elsewhere = await serve((_request, response) => grant(response, 'stolen'));
  const endpoint = await serve((_request, response) => response.writeHead(307, { location: elsewhere.origin }).end());
  const { read, report } = await world(['unused'], 'unused');
  const fault = await read({ tokenUrl: endpoint.origin }).catch((error: unknown) => error);
  expect(fault).toMatchObject({ kind: 'untrustworthy' });
  expect([elsewhere.requests.length, report.requests.length]).toEqual([0, 0]);
  expect(JSON.stringify([fault, String(fault), (fault as Error).stack])).not.toMatch(/s3cr|doorman"/);
});

it.each([
  ['refuses the client', 401, { error: 'invalid_client' }, 'refused'], ['is down', 503, {}, 'unreachable'],
  ['gives no token', 200, { token_type: 'Bearer' }, 'untrustworthy'],
  ['gives a token of another kind', 200, { access_token: 'x', token_type: 'mac', mac_key: 'secret' }, 'untrustworthy'],
])('asks the report nothing when the token endpoint %s', async (_what, status, body, kind) => {
  const endpoint = await serve((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const { read, report } = await world(['unused'], 'unused');
  const fault = await read({ tokenUrl: endpoint.origin }).catch((error: unknown) => error);
  expect(fault).toMatchObject({ kind });
  expect(String(fault)).not.toContain('secret');
  expect(report.requests).toHaveLength(0);
});
