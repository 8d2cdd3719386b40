// The part of the bench that counts is run here too: who asks for tokens and who gives them must understand each other.
import { measureTokens } from '../../bench/parts/tokens';

test('a thousand relays ask for one token, in each way that there is', async () => {
  const { sections, wrong } = await measureTokens({ seconds: 0.05, progress: () => undefined });
  expect(wrong).toEqual([]);
  expect(sections.flatMap(({ rows }) => rows).map(({ cells }) => cells.slice(0, 3))).toEqual(Array(4).fill([1, 2, 2]));
}, 60_000);
