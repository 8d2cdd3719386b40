// How a verifier keeps Doorman's keys: through rotation, outages, floods and answers that are none.
import { makeKey, messageId, token, verdict, verifierOver } from './forge';
import type { TestKey } from './forge';

let keys: readonly TestKey[];
beforeAll(async () => { keys = await Promise.all([makeKey(), makeKey(), makeKey()]); });

const fresh = (seconds: number) => ({ iat: seconds, nbf: seconds, exp: seconds + 120, auth_time: seconds });

test('A59 keys that rotate under way are known in time: nothing is refused', async () => {
  const [first, second, third] = keys as [TestKey, TestKey, TestKey];
  const world = verifierOver(first, second);
  const verifier = world.verifierWith();
  const refused: string[] = [];
  // A day of one message a minute: the second key takes over after eight hours, the third after sixteen.
  for (let minute = 0; minute < 24 * 60; minute += 1) {
    world.seconds += 60;
    const hour = Math.floor(minute / 60);
    if (minute === 8 * 60 + 30) world.keys = [second, third];
    const signer = hour < 8 ? first : hour < 16 ? second : third;
    const found = await verdict(verifier.verify(token(signer, fresh(world.seconds))));
    if (found !== 'accepted') refused.push(`minute ${minute}: ${found}`);
  }
  expect(refused).toEqual([]);
});

test('A59 a key that was made this minute is fetched when it is first met', async () => {
  const [first, second] = keys as [TestKey, TestKey];
  const world = verifierOver(first);
  const verifier = world.verifierWith();
  expect(await verdict(verifier.verify(token(first)))).toBe('accepted');
  world.keys = [second];
  expect(await verdict(verifier.verify(token(second)))).toBe('accepted');
  expect(await verdict(verifier.verify(token(first)))).toBe('unknownKey');
});

test('A59 a flood of unknown keys causes two fetches a minute at most, and refuses nobody else', async () => {
  const [first] = keys as [TestKey];
  const world = verifierOver(first);
  const verifier = world.verifierWith();
  const start = world.seconds;
  const found = new Map<string, number>();
  for (let n = 0; n < 3_000; n += 1) {
    world.seconds = start + n * 0.1;
    const kid = Buffer.from(`unknown-${n % 1_500}`.padEnd(32, '.')).toString('base64url');
    const flood = await verdict(verifier.verify(token(first, fresh(Math.floor(world.seconds)), { kid })));
    const genuine = n % 10 === 0
      ? await verdict(verifier.verify(token(first, fresh(Math.floor(world.seconds))))) : 'accepted';
    found.set(`${flood}, ${genuine}`, (found.get(`${flood}, ${genuine}`) ?? 0) + 1);
  }
  expect([...found]).toEqual([['unknownKey, accepted', 3_000]]);
  // Five minutes.
  expect(world.fetches).toBeLessThanOrEqual(10);
});

test('A59 the same unknown key is asked for once in half a minute', async () => {
  const [first, second] = keys as [TestKey, TestKey];
  const world = verifierOver(first);
  const verifier = world.verifierWith();
  await verifier.verify(token(first));
  world.seconds += 90;
  for (let n = 0; n < 100; n += 1) await verdict(verifier.verify(token(second, fresh(world.seconds))));
  expect(world.fetches).toBe(2);
  world.seconds += 31;
  await verdict(verifier.verify(token(second, fresh(world.seconds))));
  expect(world.fetches).toBe(3);
});

test('a thousand statements at once wait for one fetch', async () => {
  const [first] = keys as [TestKey];
  const world = verifierOver(first);
  const verifier = world.verifierWith();
  const found = await Promise.all(Array.from({ length: 1_000 }, () => verdict(verifier.verify(token(first)))));
  expect(new Set(found)).toEqual(new Set(['accepted']));
  expect(world.fetches).toBe(1);
});

const down: Record<string, () => Response> = {
  'is down': () => { throw new TypeError('fetch failed'); },
  'answers 503': () => new Response('', { status: 503 }),
  'answers HTML': () => new Response('<html>sorry</html>'),
  'answers no keys': () => Response.json({ keys: [] }),
  'answers no list': () => Response.json({ keys: { length: 1 } }),
  'answers a megabyte': () => Response.json({ keys: [], more: 'x'.repeat(1_048_576) }),
  'answers a thousand keys': () => Response.json({ keys: Array.from({ length: 1_000 }, () => ({})) }),
};
describe.each(Object.entries(down))('while the key set %s', (_what, answer) => {
  test('what was fetched before is good for a day, and no longer', async () => {
    const [first] = keys as [TestKey];
    const world = verifierOver(first);
    const verifier = world.verifierWith();
    await verifier.verify(token(first));
    const start = world.seconds;
    world.answer = answer;
    for (const hours of [0.1, 1, 12, 24]) {
      world.seconds = start + hours * 3_600;
      expect(await verdict(verifier.verify(token(first, fresh(world.seconds))))).toBe('accepted');
    }
    world.seconds = start + 24 * 3_600 + 1;
    expect(await verdict(verifier.verify(token(first, fresh(world.seconds))))).toBe('keysUnavailable');
  });

  test('nothing is believed that nobody can check, and it is asked for twice a minute', async () => {
    const [first] = keys as [TestKey];
    const world = verifierOver(first);
    world.answer = answer;
    const verifier = world.verifierWith();
    for (let n = 0; n < 20; n += 1) expect(await verdict(verifier.verify(token(first)))).toBe('keysUnavailable');
    expect(world.fetches).toBe(2);
    world.answer = () => Response.json({ keys: [first.jwk] });
    world.seconds += 60;
    expect(await verdict(verifier.verify(token(first, fresh(world.seconds))))).toBe('accepted');
  });
});

test('a key that was withdrawn is refused within five minutes', async () => {
  const [first, second] = keys as [TestKey, TestKey];
  const world = verifierOver(first, second);
  const verifier = world.verifierWith();
  await verifier.verify(token(first));
  world.keys = [second];
  world.seconds += 301;
  expect(await verdict(verifier.verify(token(first, fresh(world.seconds))))).toBe('unknownKey');
});

test.each<[string, (key: TestKey, other: TestKey) => unknown]>([
  ['another key in its name', ({ kid }, { jwk }) => ({ ...jwk, kid })],
  ['a secret', ({ kid }) => ({ kty: 'oct', k: 'AAAA', kid, alg: 'HS256' })],
  ['a key of another curve', ({ jwk }) => ({ ...jwk, crv: 'P-384' })],
  ['a key for encryption', ({ jwk }) => ({ ...jwk, use: 'enc' })],
  ['a key of another algorithm', ({ jwk }) => ({ ...jwk, alg: 'RS256' })],
  ['a point that is not on the curve', ({ jwk }) => ({ ...jwk, y: jwk.x })],
  ['null', () => null], ['a word', () => 'key'],
])('%s in the key set is no key, and spoils none beside it', async (_what, odd) => {
  const [first, second] = keys as [TestKey, TestKey];
  const world = verifierOver(second);
  world.keys = [{ jwk: odd(first, second) }, second];
  const verifier = world.verifierWith();
  expect(await verdict(verifier.verify(token(first)))).toBe('unknownKey');
  expect(await verdict(verifier.verify(token(second), { messageId }))).toBe('accepted');
});

test('the key set is asked for without redirects, caches and query, at the issuer\'s own address', async () => {
  const [first] = keys as [TestKey];
  const world = verifierOver(first);
  const asked: [unknown, RequestInit | undefined][] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => { asked.push([url, init]); return world.answer(); };
  await world.verifierWith({ fetch }).verify(token(first));
  expect(asked).toEqual([['https://doorman.acme.example/.well-known/jwks.json', expect.objectContaining({
    redirect: 'error', headers: { accept: 'application/json', 'cache-control': 'no-cache' },
  })]]);
});
