// Tokens for a target, from a token endpoint on a real socket.
import { createForwardTarget } from '../../../src/partners/forwardTarget';
import type { ForwardSettings } from '../../../src/partners/partnerSettings';
import { accessTokens } from '../../../src/wiring/partners';
import { forwardPartner, partnersOf } from '../partnerRequests';
import { accept, startTarget } from './targetServer';
import type { TargetServer } from './targetServer';

let [target, issuer]: TargetServer[] = [];
let issued: number;
const event = { eventId: 'event-1', headers: {}, body: Buffer.from('{}') };

beforeEach(async () => {
  [target, issuer] = [await startTarget(), await startTarget()];
  issued = 0;
  issuer.answer = (_delivery, response) => {
    issued += 1;
    response.writeHead(200, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ access_token: `token-${issued}`, token_type: 'Bearer', expires_in: 3_600 }));
  };
});
afterEach(() => Promise.all([target!.close(), issuer!.close()]));

function connect() {
  const auth = { kind: 'oauth', tokenUrl: `${issuer!.url}/token`, clientId: 'doorman', clientSecret: 'canary', scope: 'events' };
  const [partner] = partnersOf(forwardPartner('hr', 'plain', `${target!.url}/in`, {}, { auth }));
  const { forward } = partner as { forward: ForwardSettings };
  return createForwardTarget(forward, accessTokens);
}
const seen = () => target!.deliveries.all.map(({ headers }) => headers.authorization);
const { signal } = new AbortController();

test('a token is asked for once, with the client\'s credentials and its scope, and serves many events', async () => {
  const { send } = connect();
  for (let n = 0; n < 3; n += 1) await send(event, signal);
  expect(seen()).toEqual(Array(3).fill('Bearer token-1'));
  const [{ path, headers, body }] = issuer!.deliveries.all as [TargetServer['deliveries']['all'][number]];
  expect([path, Object.fromEntries(new URLSearchParams(body))]).toEqual(['/token', { grant_type: 'client_credentials', scope: 'events' }]);
  expect(headers.authorization).toBe(`Basic ${Buffer.from('doorman:canary').toString('base64')}`);
});

test('a token that is withdrawn is replaced once, however many events meet it at once', async () => {
  const { send } = connect();
  await send(event, signal);
  target!.answer = (delivery, response) => {
    if (delivery.headers.authorization === 'Bearer token-1') response.writeHead(401).end();
    else accept(delivery, response);
  };
  await Promise.all(Array.from({ length: 8 }, () => send(event, signal)));
  expect(issued).toBe(2);
});

test.each([[503, 'unavailable'], [401, 'misconfigured'], [302, 'misconfigured']])(
  'a token endpoint that answers %i leaves the fault %s', async (status, kind) => {
    issuer!.answer = (_delivery, response) => { response.writeHead(status, { Location: target!.url }).end('canary'); };
    await expect(connect().send(event, signal)).rejects.toMatchObject({ name: 'Fault', kind, dependency: 'partnerToken' });
    expect(target!.deliveries.all).toEqual([]);
  });
