// What is read to charge a guess at a code of an application, behind the lock of its client.
import { randomUUID } from 'node:crypto';
import { createVerificationWorld, mobiles } from './verificationWorld';
import type { VerificationWorld } from './verificationWorld';

const next = mobiles();
let world: VerificationWorld;
beforeAll(async () => { world = await createVerificationWorld(); });
afterAll(() => world.stop());

test('charging a guess reads none of the guesses that were right, however many there are', async () => {
  const { id } = await world.ask(next());
  const guessId = randomUUID();
  await world.owner.query(
    `INSERT INTO rest_guesses (id, verification_id, charged_at, evaluated, verdict)
     SELECT gen_random_uuid(), $1, clock_timestamp(), true, 'right' FROM generate_series(1, 5000)`, [id]);
  await world.owner.query('INSERT INTO rest_guesses (id, verification_id) VALUES ($1, $2)', [guessId, id]);
  await world.owner.query('ANALYZE rest_guesses; ANALYZE rest_verifications');
  const client = await world.owner.connect();
  await client.query('BEGIN');
  const limits = { organisation: 200, guessesPerDay: 10, guessesPerMonth: 30 };
  const { rows: charged } = await client.query('SELECT charge FROM charge_rest_guess($1, $2, $3)', [guessId, id, limits]);
  const { rows: [read] } = await client.query<{ rows: number }>(
    `SELECT (seq_tup_read + idx_tup_fetch)::int AS rows FROM pg_stat_xact_user_tables WHERE relname = 'rest_guesses'`);
  await client.query('ROLLBACK');
  client.release();
  expect(charged).toEqual([{ charge: 'charged' }]);
  expect(read!.rows).toBeLessThan(100);
});
