// Whatever is changed in a statement, it is none any more.
import fc from 'fast-check';
import { base64url, es256, goodClaims, makeKey, token, verdict, verifierOver } from './forge';
import type { TestKey } from './forge';

let key: TestKey;
let stranger: TestKey;
let jwt: string;
beforeAll(async () => {
  [key, stranger] = [await makeKey(), await makeKey()];
  jwt = token(key);
});

const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n'];
const place = fc.nat(2_000);
const isRefused = async (changed: string) => {
  if (changed === jwt) return true;
  return await verdict(verifierOver(key).verifierWith().verify(changed)) !== 'accepted';
};

test('A57 with one character replaced, added or left out', async () => {
  await fc.assert(fc.asyncProperty(place, fc.constantFrom(...alphabet), fc.constantFrom(0, 1), fc.boolean(),
    async (where, letter, removed, isLonger) => {
      const index = where % jwt.length;
      expect(await isRefused(jwt.slice(0, index) + (isLonger || removed === 0 ? letter : '')
        + jwt.slice(index + removed))).toBe(true);
    }), { numRuns: 500 });
});

test('A57 with the last character of any part in every other spelling', async () => {
  const ends = [jwt.indexOf('.') - 1, jwt.lastIndexOf('.') - 1, jwt.length - 1];
  for (const index of ends) {
    for (const letter of alphabet) {
      expect(await isRefused(jwt.slice(0, index) + letter + jwt.slice(index + 1))).toBe(true);
    }
  }
});

test('A57 cut, doubled, or put together from the parts of two', async () => {
  const other = token(key, { sub: 'somebody-else' }).split('.');
  await fc.assert(fc.asyncProperty(place, async (where) => {
    expect(await isRefused(jwt.slice(0, where % jwt.length))).toBe(true);
  }), { numRuns: 200 });
  const parts = jwt.split('.');
  for (let mask = 1; mask < 7; mask += 1) {
    const mixed = parts.map((part, n) => (mask & (1 << n)) === 0 ? part : other[n]!).join('.');
    // The headers of two tokens of one key are the same.
    if (mixed !== jwt && mixed !== other.join('.')) expect(await isRefused(mixed)).toBe(true);
  }
  expect(await isRefused(`${jwt}.${jwt}`)).toBe(true);
});

test('A57 with any header and any claims that somebody else signed', async () => {
  await fc.assert(fc.asyncProperty(
    fc.record({ alg: fc.constantFrom('ES256', 'none', 'HS256'), kid: fc.constantFrom(key.kid, stranger.kid), typ: fc.constant('doorman-statement+jwt') }),
    fc.dictionary(fc.constantFrom(...Object.keys(goodClaims)), fc.jsonValue()),
    async (header, claims) => {
      const input = `${base64url(header)}.${base64url({ ...goodClaims, ...claims })}`;
      expect(await isRefused(`${input}.${es256(stranger.privateKey)(input).toString('base64url')}`)).toBe(true);
    }), { numRuns: 300 });
});

test('A61 with claims of our own key that are of any other form than ours', async () => {
  const times = ['iat', 'nbf', 'exp', 'auth_time'];
  await fc.assert(fc.asyncProperty(fc.constantFrom(...times), fc.jsonValue(), async (name, value) => {
    const found = await verdict(verifierOver(key).verifierWith().verify(token(key, { [name]: value })));
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0) expect(found).toBe('claims');
  }), { numRuns: 300 });
});
