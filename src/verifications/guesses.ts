// Guesses at codes of applications: stored sealed, charged before they are compared (R07), judged once, then wiped.
import { randomUUID } from 'node:crypto';
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Note } from '../audit/auditedTransaction';
import type { Pool, Queryable } from '../db/pool';
import type { Policy } from '../domain/policy';
import { open, seal } from '../keys/box';
import type { PurposeKeys } from '../keys/keyring';
import { limitsOf } from './budgets';

export interface GuessKeys {
  readonly storageKeys: PurposeKeys;
}

const guessContext = (id: string): string => `rest guess:${id}`;

/** Wrong ones count five times; what is beyond this is not even stored. */
const guessesMax = 50;

/** Stores a guess; undefined when there were too many. */
export async function storeGuess(
  pool: Pool, { storageKeys }: GuessKeys, verificationId: string, code: string,
): Promise<string | undefined> {
  const id = randomUUID();
  const { rowCount } = await pool.query(
    `INSERT INTO rest_guesses (id, verification_id, guess_enc)
     SELECT $1, $2, $3 WHERE (SELECT count(*) FROM rest_guesses WHERE verification_id = $2) < $4`,
    [id, verificationId, seal(storageKeys, code, guessContext(id)), guessesMax]);
  return rowCount === 1 ? id : undefined;
}

/** Undefined when it was judged, or is no guess at this verification. */
export async function openGuess(
  db: Queryable, keys: PurposeKeys, { verificationId, guessId }: { verificationId: string; guessId: string },
): Promise<string | undefined> {
  const { rows: [row] } = await db.query<{ sealed: Buffer | null }>(
    'SELECT guess_enc AS sealed FROM rest_guesses WHERE id = $1 AND verification_id = $2', [guessId, verificationId]);
  if (row === undefined || row.sealed === null) return undefined;
  return open(keys, row.sealed, guessContext(guessId)).toString('utf8');
}

/** `blind`: a budget is spent; nothing is compared, and the answer is that of a wrong guess. `unknown`: it is none. */
export type GuessCharge = 'charged' | 'blind' | 'refused' | 'unknown';

/** Charges a guess in every budget and commits it. Repeat-safe. `onTripped`: it was its client's last for a day. */
export function chargeGuess(
  pool: Pool, policy: Policy, { verificationId, guessId }: { verificationId: string; guessId: string },
  onTripped: () => void,
): Promise<GuessCharge> {
  return auditedTransaction(pool, async (tx, note) => {
    const { rows: [row] } = await tx.query<{ charge: GuessCharge; client: string | null }>(
      `SELECT c.charge, v.client FROM charge_rest_guess($1, $2, $3) c
         LEFT JOIN rest_verifications v ON v.id = $2 AND c.tripped`, [guessId, verificationId, limitsOf(policy)]);
    const { charge, client } = row!; // the function returns one row
    if (client !== null) {
      note({ kind: 'restbreaker.tripped', facts: { client, guesses: policy.organisationGuessesPerDayMax } });
      // Before the commit: told twice rather than never, should the process die.
      onTripped();
    }
    return charge;
  });
}

export type Judged = 'approved' | 'pending' | 'over';

interface Row {
  readonly client: string;
  readonly state: string;
  readonly triesLeft: number;
  readonly approvedBy: string | null;
  readonly destination: Buffer | null;
  readonly isLate: boolean;
}

/**
 * Records what a charged guess was, and wipes it. The first right one approves, by a guarded update; the last wrong one
 * exhausts. Repeat-safe: the first verdict stands.
 */
export async function judgeGuess(
  tx: Queryable, note: Note, guess: { verificationId: string; guessId: string; right: boolean },
): Promise<Judged> {
  const { verificationId, guessId } = guess;
  // The lock orders judgements of one verification, so that exactly one of them sees the last try.
  const { rows: [row] } = await tx.query<Row>(
    `SELECT client, state, tries_max - tries_used AS "triesLeft", approved_by AS "approvedBy",
            destination_hash AS destination, expires_at + interval '10 minutes' <= clock_timestamp() AS "isLate"
       FROM rest_verifications WHERE id = $1 FOR UPDATE`, [verificationId]);
  const { rows: [judged] } = await tx.query<{ verdict: 'right' | 'wrong' }>(
    `UPDATE rest_guesses SET verdict = coalesce(verdict, $3), guess_enc = NULL
      WHERE id = $1 AND verification_id = $2 AND evaluated IS NOT NULL RETURNING verdict`,
    [guessId, verificationId, guess.right ? 'right' : 'wrong']);
  if (row === undefined || judged === undefined) return 'over';
  if (judged.verdict === 'right') return approve(tx, note, row, verificationId, guessId);
  if (row.state !== 'live') return 'over';
  return row.triesLeft > 0 ? 'pending' : exhaust(tx, note, row, verificationId);
}

async function approve(
  tx: Queryable, note: Note, row: Row, verificationId: string, guessId: string,
): Promise<Judged> {
  if (row.approvedBy === guessId) return 'approved';
  if (row.state !== 'live' || row.isLate || row.destination === null) return 'over';
  await tx.query(
    `UPDATE rest_verifications SET state = 'approved', ended_at = clock_timestamp(), approved_by = $2
      WHERE id = $1 AND state = 'live'`, [verificationId, guessId]);
  note({
    kind: 'verification.approved',
    facts: { verificationId, client: row.client, destination: row.destination.toString('base64url') },
  });
  return 'approved';
}

async function exhaust(tx: Queryable, note: Note, row: Row, verificationId: string): Promise<Judged> {
  // One that was charged before may still be right.
  const { rowCount } = await tx.query(
    `SELECT 1 FROM rest_guesses WHERE verification_id = $1 AND evaluated IS NOT NULL AND verdict IS NULL LIMIT 1`,
    [verificationId]);
  if (rowCount !== 0) return 'pending';
  await tx.query(
    `UPDATE rest_verifications SET state = 'exhausted', ended_at = clock_timestamp(), number_enc = NULL WHERE id = $1`,
    [verificationId]);
  const destination = row.destination?.toString('base64url');
  note({
    kind: 'verification.exhausted',
    facts: { verificationId, client: row.client, ...destination === undefined ? {} : { destination } },
  });
  return 'over';
}

/** Ends one that was not used. Repeat-safe; does nothing to one that has ended. */
export async function expire(db: Queryable, verificationId: string): Promise<void> {
  await db.query(
    `UPDATE rest_verifications SET state = 'expired', ended_at = clock_timestamp(), number_enc = NULL
      WHERE id = $1 AND state = 'live'`, [verificationId]);
}

/** A guess that was not charged is not kept. */
export async function dropGuess(db: Queryable, guessId: string): Promise<void> {
  await db.query('UPDATE rest_guesses SET guess_enc = NULL WHERE id = $1', [guessId]);
}
