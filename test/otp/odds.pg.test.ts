// The luck of guessing through the guard itself: some thousand guesses at codes of few digits succeed as often as
// chance has it. Whatever evaluated a guess more than it charged would be seen here.
import { randomBytes } from 'node:crypto';
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { defaultPolicy } from '../../src/domain/policy';
import { chargeGuess } from '../../src/otp/budgets';
import { codePurpose, issueChallenge, judgeGuess } from '../../src/otp/challenges';
import { deriveCode, sameCode } from '../../src/otp/codes';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 10 });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const keys = { activeId: 'k1', key: () => Buffer.alloc(32, 'test key ') };

// Two digits: of three, thirty thousand guesses would be needed to tell one evaluation from two.
const space = 100;
const codes = 600;
const { codeTriesMax: triesMax } = defaultPolicy;
const fall = triesMax / space;
const expected = codes * fall;
const sigma = Math.sqrt(codes * fall * (1 - fall));

type Evaluate = (code: string, guess: string, other: string) => boolean;
const once: Evaluate = (code, guess) => sameCode(guess, code);
const twice: Evaluate = (code, guess, other) => sameCode(guess, code) || sameCode(other, code);

/** Fixed, so that the codes are the same in each run. */
const idOf = (set: number, nth: number) => `00000000-0000-4000-${8000 + set}-${String(nth).padStart(12, '0')}`;

async function issue(challengeId: string): Promise<void> {
  const { rows: [sender] } = await pool.query<{ id: string }>('INSERT INTO senders DEFAULT VALUES RETURNING id');
  await auditedTransaction(pool, (tx, note) => issueChallenge(tx, note, defaultPolicy, {
    challengeId, senderId: sender!.id, employeeId: undefined, identityHash: randomBytes(32), claimHash: randomBytes(32),
    pool: 'known', method: 'sms', keyId: 'k1', destinationHash: null,
  }));
}

/** All tries at one code, and whether one of them opened it. */
async function attack(challengeId: string, nth: number, evaluate: Evaluate): Promise<boolean> {
  await issue(challengeId);
  const code = deriveCode(keys, { keyId: 'k1', challengeId, purpose: codePurpose, digits: 6 }).slice(0, 2);
  const guessOf = (tried: number) => String((nth * 7 + tried * 37) % space).padStart(2, '0');
  let isOpen = false;
  for (let tried = 0; tried < triesMax; tried += 1) {
    const messageId = `${challengeId} ${tried}`;
    const { charge } = await chargeGuess(pool, defaultPolicy, challengeId, messageId);
    if (charge !== 'charged') continue;
    const right = evaluate(code, guessOf(tried), guessOf(tried + triesMax));
    const { verdict } = await auditedTransaction(pool, (tx, note) =>
      judgeGuess(tx, note, defaultPolicy, { challengeId, messageId, right }));
    isOpen ||= verdict === 'right';
  }
  return isOpen;
}

async function opened(set: number, evaluate: Evaluate): Promise<number> {
  let count = 0;
  // As many at a time as there are connections.
  for (let from = 0; from < codes; from += 10) {
    const attacks = await Promise.all(Array.from({ length: 10 }, (_, n) => attack(idOf(set, from + n), from + n, evaluate)));
    count += attacks.filter(Boolean).length;
  }
  return count;
}

test('three thousand guesses at codes of two digits open as many as chance does, give or take three sigma', async () => {
  const count = await opened(1, once);
  expect(Math.abs(count - expected)).toBeLessThan(3 * sigma);
  const { rows: [{ sessions, guesses } = { sessions: 0, guesses: 0 }] } = await pool.query<{ sessions: number; guesses: number }>(
    `SELECT (SELECT count(*)::int FROM challenges WHERE state = 'used') AS sessions,
            (SELECT count(*)::int FROM guesses WHERE evaluated) AS guesses`);
  expect(sessions).toBe(count);
  expect(guesses).toBeLessThanOrEqual(codes * triesMax);
}, 120_000);

test('a guard that evaluated a second guess with each would be found out', async () => {
  expect(Math.abs(await opened(2, twice) - expected)).toBeGreaterThan(3 * sigma);
}, 120_000);
