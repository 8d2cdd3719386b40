// A worker may die between any two statements. The next one runs the activity again: what is left then, in the
// database and at the ports, is what an undisturbed run leaves.
import { createActivityWorld } from '../support/activityWorld';
import type { ActivityWorld } from '../support/activityWorld';
import { Died, DyingProcess } from '../support/dyingProcess';
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

test.each(all)('%s, wherever a worker dies', async (_title, { outcome, prepare }) => {
  await world.reset();
  const undisturbed = new DyingProcess();
  expect(await world.run(await prepare(world), undisturbed)).toEqual(outcome);
  const traces = await world.traces();
  expect(undisturbed.steps).toBeGreaterThan(0);

  for (let step = 1; step <= undisturbed.steps; step += 1) {
    await world.reset();
    const act = await prepare(world);
    await expect(world.run(act, new DyingProcess(step))).rejects.toThrow(Died);
    expect({ step, outcome: await world.run(act) }).toEqual({ step, outcome });
    expect({ step, traces: await world.traces() }).toEqual({ step, traces });
  }
});
