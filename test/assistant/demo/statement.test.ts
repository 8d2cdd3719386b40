// The demo assistant believes Doorman's statement about this turn, in one header, and nothing else.
import { createStatementReader } from '../../../src/assistant/demo/statement';
import { audience, goodClaims, issuer, makeKey, messageId, token, verdict } from '../../verifier/forge';
import type { TestKey } from '../../verifier/forge';

let key: TestKey;
beforeAll(async () => { key = await makeKey(); });

const read = (headers: string[] | undefined, turnId = messageId) => createStatementReader({
  issuer, audience, fetch: async () => Response.json({ keys: [key.jwk] }),
})({ headersDistinct: headers === undefined ? {} : { 'customer-auth': headers } }, turnId);
const fresh = () => {
  const iat = Math.floor(Date.now() / 1_000);
  return { iat, nbf: iat, exp: iat + 120, auth_time: iat };
};

test('a turn\'s own statement says who is speaking', async () => {
  expect(await read([`JWT ${token(key, fresh())}`])).toMatchObject({ subject: goodClaims.sub });
});

test('A62 of two headers none is believed', async () => {
  const header = `JWT ${token(key, fresh())}`;
  for (const headers of [[header, header], [`${header}, ${header}`], ['JWT'], [''], undefined, [header.slice(4)]]) {
    expect(await verdict(read(headers))).toBe('malformed');
  }
});

test('A63 another turn\'s statement is refused', async () => {
  expect(await verdict(read([`JWT ${token(key, fresh())}`], 'SM-other'))).toBe('message');
});
