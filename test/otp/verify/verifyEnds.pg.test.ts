// Twilio is told how each of its verifications ended, whoever dies meanwhile; else it thinks that nobody gets its codes.
import { auditedTransaction } from '../../../src/audit/auditedTransaction';
import { endChallenge } from '../../../src/otp/challenges';
import { closeSimulations } from '../../support/simulation';
import { anna, stranger } from '../../support/world';
import { createVerifyWorld, otherThan } from './verifyWorld';
import type { VerifyWorld } from './verifyWorld';

let world: VerifyWorld;

async function start(codes: 'custom' | 'managed', now?: () => number): Promise<void> {
  world = await createVerifyWorld(codes, now);
}

afterEach(async () => {
  await closeSimulations();
  await world.stop();
});

const statuses = () => world.simulator.verify.all().map(({ status }) => status);
const ends = async () => (await world.pool.query<{ ended: string | null }>(
  'SELECT ended FROM verifications ORDER BY begun_at')).rows.map(({ ended }) => ended);

it('is told that our code was used, and that another one was not', async () => {
  await start('custom');
  const mine = await world.ask(anna);
  expect(await world.guess(anna, mine, world.newest().code)).toMatchObject({ reaction: 'right' });
  const dirk = { phone: 'whatsapp:+447700900126' };
  const theirs = await world.ask(dirk, '144136');
  await auditedTransaction(world.pool, (tx, note) => endChallenge(tx, note, theirs.challengeId, 'expired'));
  expect(statuses()).toEqual(['pending', 'pending']);
  expect(await world.provider.tellEnds()).toBe(2);
  expect(statuses()).toEqual(['approved', 'canceled']);
  expect(await ends()).toEqual(['approved', 'canceled']);
  expect(await world.provider.tellEnds()).toBe(0);
});

it('is told nothing of a code that still counts, however wrong the guesses', async () => {
  await start('custom');
  const claim = await world.ask(anna);
  await world.guess(anna, claim, otherThan(world.newest().code));
  expect(await world.provider.tellEnds()).toBe(0);
  expect(statuses()).toEqual(['pending']);
});

it('is told that a code is over whose guesses are spent', async () => {
  await start('custom');
  const claim = await world.ask(anna);
  const wrong = otherThan(world.newest().code);
  for (let guesses = 1; guesses <= 5; guesses += 1) await world.guess(anna, claim, wrong);
  expect(await world.provider.tellEnds()).toBe(1);
  expect(statuses()).toEqual(['canceled']);
});

it('is told once of what it approved itself, which is not at all', async () => {
  await start('managed');
  const claim = await world.ask(anna);
  await world.guess(anna, claim, world.newest().code);
  expect(statuses()).toEqual(['approved']);
  expect(await world.provider.tellEnds()).toBe(0);
  expect(await ends()).toEqual(['approved']);
});

it('is told later when it is down, and of each one once', async () => {
  await start('custom');
  const claim = await world.ask(anna);
  await world.guess(anna, claim, world.newest().code);
  world.simulator.faults.set({ apiStatus: 503 });
  expect(await world.provider.tellEnds()).toBe(0);
  expect(await ends()).toEqual([null]);
  expect(world.warnings).toEqual(['a verification could not be ended']);
  world.simulator.faults.clear();
  // Not at the next sweep, five seconds later: whoever is down is left alone for a minute.
  expect(await world.provider.tellEnds()).toBe(0);
  await world.passMinute();
  expect(await Promise.all([1, 2, 3].map(() => world.provider.tellEnds()))).toHaveLength(3);
  expect(statuses()).toEqual(['approved']);
  expect(await ends()).toEqual(['approved']);
});

it('is told again when its answer was lost, which does no harm', async () => {
  await start('custom');
  const claim = await world.ask(anna);
  await world.guess(anna, claim, world.newest().code);
  world.simulator.faults.set({ apiLosesAnswers: true });
  expect(await world.provider.tellEnds()).toBe(0);
  world.simulator.faults.clear();
  await world.passMinute();
  expect(await world.provider.tellEnds()).toBe(1);
  expect(statuses()).toEqual(['approved']);
  expect(await ends()).toEqual(['gone']);
});

it('is not asked on and on about what it forgot after ten minutes', async () => {
  let time = Date.now();
  await start('custom', () => time);
  const claim = await world.ask(anna);
  await auditedTransaction(world.pool, (tx, note) => endChallenge(tx, note, claim.challengeId, 'cancelled'));
  time += 10 * 60_000;
  expect(await world.provider.tellEnds()).toBe(1);
  expect(await ends()).toEqual(['gone']);
  expect(await world.provider.tellEnds()).toBe(0);
});

it('is told of a challenge that nobody ended: its conversation is gone', async () => {
  await start('managed');
  await world.ask(stranger);
  await world.owner.query(`UPDATE challenges SET issued_at = issued_at - interval '20 min', expires_at = expires_at - interval '16 min'`);
  expect(await world.provider.tellEnds()).toBe(1);
  expect(statuses()).toEqual(['canceled']);
});

it('is told of many, eight at a time', async () => {
  await start('custom');
  const claim = await world.ask(anna);
  await world.owner.query(
    `INSERT INTO verifications (sid, challenge_id, managed) SELECT 'VE' || lpad(to_hex(n), 32, '0'), $1, false FROM generate_series(1, 30) n`,
    [claim.challengeId]);
  await auditedTransaction(world.pool, (tx, note) => endChallenge(tx, note, claim.challengeId, 'cancelled'));
  expect(await world.provider.tellEnds()).toBe(31);
  expect(new Set(await ends())).toEqual(new Set(['canceled', 'gone']));
});
