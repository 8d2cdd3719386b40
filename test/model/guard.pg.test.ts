// The guard on Postgres against a model of it: whatever people, operators and HR do one after the other, and wherever
// the process dies meanwhile, there is what the model has when each thing happened once.
import fc from 'fast-check';
import { testPolicy } from '../support/world';
import { verifyAudit } from '../../src/audit/verifyAudit';
import { steps } from './guardCommands';
import { GuardModel } from './guardModel';
import { GuardWorld } from './guardWorld';

let real: GuardWorld;

beforeAll(async () => {
  real = await GuardWorld.start();
});

afterAll(async () => {
  await real.stop();
});

/** How many stories are told: more of them in a long run. */
const runs = Number(process.env.DOORMAN_MODEL_RUNS ?? 30);

/** Small limits, so that a story of some thirty steps meets them. */
const upTo = (max: number) => fc.integer({ min: 1, max });
const policies = fc.record({
  codeTriesMax: upTo(5), codeSendsMax: upTo(5), senderGuessesPerDayMax: upTo(10), senderIdentitiesPerDayMax: upTo(4),
  senderSendsPerDayMax: upTo(10), knownGuessesPerDayMax: upTo(8), knownGuessesInARowMax: upTo(10),
  strangerGuessesPerDayMax: upTo(8), strangerGuessesPerMonthMax: upTo(10), strangerGuessesInARowMax: upTo(12),
  organisationGuessesPerDayMax: upTo(12), knownSendsPerHourMax: upTo(5), knownSendsPerDayMax: upTo(8),
  strangerSendsPerHourMax: upTo(5), strangerSendsPerDayMax: upTo(8), destinationSendsPerDayMax: fc.integer({ min: 2, max: 8 }),
  sessionsPerEmployeeMax: upTo(3),
}).map((small) => ({ ...testPolicy, ...small }));

test('whatever happens, in whatever order, and wherever the process dies, the guard does what its model does', async () => {
  await fc.assert(fc.asyncProperty(fc.oneof(fc.constant(testPolicy), policies), steps, async (policy, story) => {
    await real.reset();
    await fc.asyncModelRun(() => ({ model: new GuardModel(policy), real }), story);
    expect(await verifyAudit(real.world.pool)).toMatchObject({ outcome: 'intact' });
  }), { numRuns: runs });
}, 60_000 + runs * 10_000);
