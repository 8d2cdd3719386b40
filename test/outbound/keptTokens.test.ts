// Tokens of many: each asked for once, as many kept as fit, and none longer than it may be.
import { keepTokens } from '../../src/outbound/keptTokens';
import type { AskForToken } from '../../src/outbound/keptTokens';

let now = 0;
let asked: string[] = [];
beforeEach(() => { now = 1_000_000; asked = []; });

const askFor = (key: string, lifeMs = 600_000): AskForToken => () => {
  asked.push(key);
  return Promise.resolve({ token: `${key}-${asked.length}`, lifeMs });
};
const keep = (entriesMax: number) => keepTokens({ entriesMax, lifeMaxMs: 3_600_000, now: () => now });

test('those that nobody wanted for the longest time go first, and there are never more than fit', async () => {
  const tokens = keep(3);
  for (const key of ['a', 'b', 'c', 'a', 'd', 'a', 'b']) await tokens.token(key, askFor(key));
  expect(asked).toEqual(['a', 'b', 'c', 'd', 'b']);
  expect(tokens.size).toBe(3);
});

test('a thousand at once ask once for each of ten', async () => {
  const tokens = keep(100);
  await Promise.all(Array.from({ length: 1_000 }, (_, index) => tokens.token(`${index % 10}`, askFor(`${index % 10}`))));
  expect(asked).toHaveLength(10);
});

test('one that could not be had is asked for again by the next who wants it', async () => {
  const tokens = keep(3);
  const failing: AskForToken = () => Promise.reject(new Error('down'));
  const both = await Promise.allSettled([tokens.token('a', failing), tokens.token('a', failing)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await tokens.token('a', askFor('a'))).toBe('a-1');
});

test('nothing is forgotten for news of another token, or of a key that nobody has', async () => {
  const tokens = keep(3);
  const first = await tokens.token('a', askFor('a'));
  tokens.forget('a', 'another');
  tokens.forget('b', first);
  expect(await tokens.token('a', askFor('a'))).toBe(first);
});

test.each([NaN, Infinity, -1, 0])('a life of %p keeps nothing beyond an hour', async (lifeMs) => {
  const tokens = keep(3);
  await tokens.token('a', askFor('a', lifeMs));
  now += 3_540_000;
  await tokens.token('a', askFor('a', lifeMs));
  expect(asked).toHaveLength(2);
});
