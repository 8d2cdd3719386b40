// Whatever comes in whatever order: the budgets of one telephone hold, and what could not be told is told.
import fc from 'fast-check';
import { defaultPolicy } from '../../src/domain/policy';
import { createWiredVerifications } from '../../src/wiring/verifications';
import { testKeyring } from '../support/world';
import { clientOf, createVerificationWorld, mobiles, old, shop } from './verificationWorld';
import type { VerificationWorld } from './verificationWorld';

const next = mobiles();
let world: VerificationWorld;
beforeAll(async () => { world = await createVerificationWorld(); });
afterAll(() => world.stop());
beforeEach(() => world.clear());

const spellings = ['+4915112345678', '0049 151 12345678', '+49 (0)151-12345678', '\u200e+49\u2011151\u00a012345678'];
const minute = 60_000;
const gapsMs = [defaultPolicy.codeGap1Ms, defaultPolicy.codeGap2Ms, defaultPolicy.codeGap3Ms];

type Step = { readonly ask: number } | { readonly passMs: number } | { readonly approve: true };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ ask: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 3, arbitrary: fc.record({ passMs: fc.constantFrom(20_000, minute, 3 * minute, 20 * minute, 70 * minute) }) },
  { weight: 1, arbitrary: fc.constant({ approve: true } as const) });

it('A70 R47 no order of requests, successes and pauses brings one telephone more than it may have, or sooner', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
    await world.clear();
    let asked = 0;
    for (const one of steps) {
      if ('ask' in one) {
        await Promise.all(Array.from({ length: one.ask }, () =>
          world.ask(spellings[(asked += 1) % spellings.length]!, asked % 2 === 0 ? shop : old)));
      } else if ('passMs' in one) {
        await world.owner.query(`UPDATE rest_verifications SET charged_at = charged_at - $1 * interval '1 ms'`, [one.passMs]);
      } else {
        await world.owner.query(
          `UPDATE rest_verifications SET state = 'approved' WHERE id = (
             SELECT id FROM rest_verifications WHERE allowed AND state = 'live' ORDER BY charged_at DESC LIMIT 1)`);
      }
      await holds();
    }
    expect(world.sms.all.every(({ to }) => to === '+4915112345678')).toBe(true);
  }), { numRuns: 25 });
}, 120_000);

/** Of those that were not used; each came no sooner than the gap after those of the hour before. */
async function holds(): Promise<void> {
  const { rows } = await world.pool.query<{ ageMs: number }>(
    `SELECT (extract(epoch FROM clock_timestamp() - charged_at) * 1000)::float8 AS "ageMs" FROM rest_verifications
      WHERE allowed AND state <> 'approved' AND charged_at > clock_timestamp() - interval '1 day' ORDER BY charged_at`);
  const ages = rows.map(({ ageMs }) => ageMs);
  expect(ages.length).toBeLessThanOrEqual(defaultPolicy.strangerSendsPerDayMax);
  expect(ages.filter((age) => age < 60 * minute).length).toBeLessThanOrEqual(defaultPolicy.strangerSendsPerHourMax);
  ages.slice(1).forEach((age, index) => expect(ages[index]! - age).toBeGreaterThanOrEqual(gapsMs[0]! - 1));
}

it('a verification whose workflow could not be told is taken, and told later, once', async () => {
  const told: string[] = [];
  let isDown = true;
  const verifications = createWiredVerifications({
    pool: world.pool, policy: defaultPolicy, keyring: testKeyring, countries: undefined,
    workflows: {
      async start({ verificationId }) {
        if (isDown) throw new Error('Temporal is down');
        told.push(verificationId);
      },
      check: async () => 'gone',
    },
  });
  const started = await verifications.start(clientOf(shop), { number: next(), language: 'en' });
  const { id } = started as { id: string }; // cast: there was no key
  // It is not over: nobody has begun it.
  await expect(verifications.check(clientOf(shop), id, '12345678')).rejects.toThrow('is not there');
  await world.owner.query(`UPDATE rest_verifications SET created_at = created_at - interval '6 s'`);
  expect(await verifications.tellUntold()).toBe(0);
  isDown = false;
  expect([await verifications.tellUntold(), await verifications.tellUntold(), told]).toEqual([1, 0, [id]]);
});
