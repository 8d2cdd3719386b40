// Temporal runs an activity at least once. Whatever was done before is not done again, and the answer is the same.
import { createActivityWorld } from '../support/activityWorld';
import type { ActivityWorld } from '../support/activityWorld';
import { sentBackActs } from '../sessions/sentBackActs';
import { acts } from './acts';

const all = Object.entries({ ...acts, ...sentBackActs });
let world: ActivityWorld;

beforeAll(async () => {
  world = await createActivityWorld();
});

afterAll(async () => {
  await world.stop();
});

beforeEach(async () => {
  await world.reset();
});

test.each(all)('%s, once, however often it is run', async (_title, { outcome, prepare }) => {
  const act = await prepare(world);
  expect(await world.run(act)).toEqual(outcome);
  const traces = await world.traces();
  expect(await world.run(act)).toEqual(outcome);
  expect(await world.run(act)).toEqual(outcome);
  expect(await world.traces()).toBe(traces);
});

const decided = all.filter(([, { asksProvider }]) => asksProvider !== true);

test.each(decided)('%s, once, when several workers run it at the same time', async (_title, { outcome, prepare }) => {
  const act = await prepare(world);
  expect(await Promise.all([1, 2, 3].map(() => world.run(act)))).toEqual([outcome, outcome, outcome]);
  const traces = await world.traces();
  await world.reset();
  await world.run(await prepare(world));
  expect(await world.traces()).toBe(traces);
});

test('a code that the provider refused for good is not handed to it again', async () => {
  let asked = 0;
  world.carrier.before = () => {
    asked += 1;
    return { outcome: 'undeliverable', code: '30006' };
  };
  const act = await acts['a code is sent']!.prepare(world);
  const outcomes = [await world.run(act), await world.run(act)];
  world.carrier.before = () => undefined;
  expect(outcomes).toEqual([{ outcome: 'undeliverable' }, { outcome: 'undeliverable' }]);
  expect(asked).toBe(1);
});
