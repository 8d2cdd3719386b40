// One code for one employee and one sender: issue, charge, judge, end. All counting is Postgres', by its own clock.
// Never sees a code: it stores which key and how many digits, and hears whether a guess was right.
import type { Note } from '../audit/auditedTransaction';
import type { Queryable } from '../db/pool';
import { lockMs } from '../domain/policy';
import type { Policy } from '../domain/policy';
import type { Method } from '../domain/messages';
import { chargeSend, forgivePool, senderGuessesLeft } from './budgets';
import type { Destination, PoolName } from './budgets';

export const codePurpose = 'verify-sender';

export interface NewChallenge extends Destination {
  readonly challengeId: string;
  readonly senderId: string;
  /** Undefined makes a decoy: the same row and the same counters, but nobody to send to (decision 7). */
  readonly employeeId: string | undefined;
  /** Keyed hash of who was claimed, alike for real and unknown. */
  readonly identityHash: Buffer;
  /** Keyed hash of what was typed: an ID and an e-mail address are two claims, also of one person. */
  readonly claimHash: Buffer;
  readonly pool: PoolName;
  readonly method: Method;
  readonly keyId: string;
}

export interface Challenge {
  readonly id: string;
  readonly senderId: string;
  readonly employeeId: string | null;
  readonly method: Method;
  readonly keyId: string;
  readonly digits: number;
  readonly triesLeft: number;
  readonly sends: number;
  readonly state: 'live' | 'used' | 'exhausted' | 'expired' | 'voided';
  /** Whether it may have gone anywhere: what nobody was sent is only guessed. */
  readonly hasDestination: boolean;
  /** Milliseconds until it expires by the database's clock; negative when it has. */
  readonly expiresInMs: number;
}

/**
 * Issues a challenge, charges its first send and voids the sender's former one (I4). Repeat-safe by its id; says how
 * long it counts, in ms.
 */
export async function issueChallenge(
  tx: Queryable, note: Note, policy: Policy, challenge: NewChallenge,
): Promise<number> {
  const { challengeId, senderId } = challenge;
  await voidOthers(tx, note, senderId, challengeId);
  const digits = challenge.pool === 'known' ? policy.codeDigitsKnown : policy.codeDigitsStranger;
  const { rowCount } = await tx.query(
    `INSERT INTO challenges (id, sender_id, employee_id, identity_hash, pool, purpose,
                             method, key_id, digits, tries_max, expires_at, claim_hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, clock_timestamp() + $11 * interval '1 ms', $12)
     ON CONFLICT (id) DO NOTHING`,
    [challengeId, senderId, challenge.employeeId ?? null, challenge.identityHash, challenge.pool, codePurpose,
      challenge.method, challenge.keyId, digits, policy.codeTriesMax, policy.codeLifetimeMs,
      challenge.claimHash],
  );
  const issued = await findChallenge(tx, challengeId);
  if (rowCount === 1) {
    const { pool, method } = challenge;
    const identity = challenge.identityHash.toString('base64url');
    note({ kind: 'challenge.issued', facts: { challengeId, senderId, identity, pool, method } });
    // Last: others wait for what this locks, those of the same country too.
    await chargeSend(tx, note, policy, challengeId, 1, challenge);
  }
  return issued?.expiresInMs ?? 0;
}

/** The challenge as it stands, or undefined; with a sender, only one of that sender's. */
export async function findChallenge(
  db: Queryable, challengeId: string, senderId?: string,
): Promise<Challenge | undefined> {
  const { rows } = await db.query<Challenge>(
    `SELECT id, sender_id AS "senderId", employee_id AS "employeeId", method, key_id AS "keyId", digits, sends, state,
            tries_max - tries_used AS "triesLeft",
            EXISTS (SELECT FROM sends s WHERE s.challenge_id = c.id AND s.allowed AND s.destination_hash IS NOT NULL)
              AS "hasDestination",
            (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS "expiresInMs"
       FROM challenges c WHERE id = $1 AND ($2::uuid IS NULL OR sender_id = $2)`,
    [challengeId, senderId ?? null],
  );
  return rows[0];
}

// A message that waited for a worker or for Temporal is looked at later, but not for as long as one likes.
const patience = `interval '10 minutes'`;

export type Judgement =
  | { readonly verdict: 'right' }
  | { readonly verdict: 'wrong'; readonly triesLeft: number }
  | { readonly verdict: 'exhausted'; readonly lockedForMs: number }
  /** Right, but the code ended meanwhile or was used: it opens nothing. */
  | { readonly verdict: 'over' };

/**
 * Records what a charged guess was. A right one consumes the challenge by a guarded update, in the transaction that
 * opens the session; the last wrong one exhausts it and locks the sender. Repeat-safe: the first verdict stands.
 */
export async function judgeGuess(
  tx: Queryable, note: Note, policy: Policy, guess: { challengeId: string; messageId: string; right: boolean },
): Promise<Judgement> {
  const { challengeId, messageId } = guess;
  // The lock orders judgements of one challenge, so that exactly one of them sees the last try.
  const { rows: [challenge] } = await tx.query<{ sender_id: string; state: string; left: number; late: boolean }>(
    `SELECT sender_id, state, tries_max - tries_used AS left, expires_at + ${patience} <= clock_timestamp() AS late
       FROM challenges WHERE id = $1 FOR UPDATE`, [challengeId]);
  if (challenge === undefined) return { verdict: 'over' };
  const { sender_id: senderId } = challenge;
  const { rows: [charged] } = await tx.query<{ verdict: string | null; ordinal: number }>(
    'SELECT verdict, ordinal FROM guesses WHERE challenge_id = $1 AND message_id = $2', [challengeId, messageId]);
  if (charged === undefined) return { verdict: 'over' };
  if (charged.verdict === null) {
    const verdict = guess.right ? 'right' : 'wrong';
    await tx.query(
      'UPDATE guesses SET verdict = $3 WHERE challenge_id = $1 AND message_id = $2', [challengeId, messageId, verdict]);
    note({ kind: 'challenge.guessed', facts: { challengeId, senderId, verdict, ordinal: charged.ordinal } });
  }
  if ((charged.verdict ?? (guess.right ? 'right' : 'wrong')) === 'right') return consume(tx, challengeId, challenge);
  if (challenge.state === 'exhausted') {
    return { verdict: 'exhausted', lockedForMs: await lockedForMs(tx, senderId) };
  }
  const { left: leftToday } = await senderGuessesLeft(tx, policy, senderId);
  const triesLeft = Math.max(Math.min(challenge.left, leftToday), 0);
  if (triesLeft > 0 || challenge.state !== 'live') return { verdict: 'wrong', triesLeft };
  return exhaust(tx, note, policy, challengeId, senderId);
}

async function consume(tx: Queryable, id: string, challenge: { state: string; late: boolean }): Promise<Judgement> {
  // What was charged came in time.
  if (challenge.state !== 'live' || challenge.late) return { verdict: 'over' };
  await tx.query(
    `UPDATE challenges SET state = 'used', ended_at = clock_timestamp() WHERE id = $1 AND state = 'live'`, [id]);
  await forgivePool(tx, id);
  return { verdict: 'right' };
}

async function exhaust(tx: Queryable, note: Note, policy: Policy, id: string, senderId: string): Promise<Judgement> {
  const { rows: [unjudged] } = await tx.query(
    'SELECT 1 FROM guesses WHERE challenge_id = $1 AND verdict IS NULL LIMIT 1', [id]);
  if (unjudged !== undefined) return { verdict: 'wrong', triesLeft: 0 };
  await tx.query(`UPDATE challenges SET state = 'exhausted', ended_at = clock_timestamp() WHERE id = $1`, [id]);
  const { rows: [run] } = await tx.query<{ count: number }>('SELECT exhausted_in_a_row($1) AS count', [senderId]);
  const { waitMs } = await senderGuessesLeft(tx, policy, senderId);
  const lockedFor = Math.max(lockMs(policy, run?.count ?? 1), waitMs);
  const lockedUntil = await lockSender(tx, senderId, lockedFor);
  note({ kind: 'challenge.exhausted', facts: { challengeId: id, senderId, lockedUntil } });
  return { verdict: 'exhausted', lockedForMs: lockedFor };
}

/** Locks a sender for whom there is no room today. Never shortens a lock. */
export async function lockSpentSender(tx: Queryable, note: Note, senderId: string, forMs: number): Promise<void> {
  note({ kind: 'sender.locked', facts: { senderId, lockedUntil: await lockSender(tx, senderId, forMs) } });
}

async function lockSender(tx: Queryable, senderId: string, forMs: number): Promise<string> {
  const { rows: [lock] } = await tx.query<{ until: Date }>(
    `UPDATE senders SET locked_until = greatest(locked_until, clock_timestamp() + $2 * interval '1 ms') WHERE id = $1
     RETURNING locked_until AS until`, [senderId, forMs]);
  return lock!.until.toISOString();
}

/** Ends a live challenge without success. Repeat-safe; does nothing to one that has ended. */
export async function endChallenge(
  tx: Queryable, note: Note, challengeId: string, reason: 'expired' | 'cancelled' | 'disputed',
): Promise<void> {
  const { rows: [ended] } = await tx.query<{ senderId: string }>(
    `UPDATE challenges SET state = $2, ended_at = clock_timestamp() WHERE id = $1 AND state = 'live'
     RETURNING sender_id AS "senderId"`, [challengeId, reason === 'expired' ? 'expired' : 'voided']);
  if (ended === undefined) return;
  const facts = { challengeId, senderId: ended.senderId };
  note(reason === 'expired'
    ? { kind: 'challenge.expired', facts }
    : { kind: 'challenge.voided', facts: { ...facts, reason } });
}

/**
 * The sender's last code, when it ran out without success less than a day ago: later no network delivers an SMS, and a
 * number that looks like the code is what it says.
 */
export async function findJustExpired(db: Queryable, senderId: string): Promise<Challenge | undefined> {
  const { rows: [last] } = await db.query<{ id: string; justExpired: boolean }>(
    `SELECT id, state = 'expired' AND ended_at > clock_timestamp() - interval '1 day' AS "justExpired"
       FROM challenges WHERE sender_id = $1 ORDER BY issued_at DESC LIMIT 1`, [senderId]);
  return last?.justExpired === true ? findChallenge(db, last.id) : undefined;
}

/** How long a sender is still locked, in ms; 0 when it is not. */
export async function lockedForMs(db: Queryable, senderId: string): Promise<number> {
  const { rows: [row] } = await db.query<{ ms: number }>(
    `SELECT greatest(0, extract(epoch FROM locked_until - clock_timestamp()) * 1000)::float8 AS ms
       FROM senders WHERE id = $1`, [senderId]);
  return row?.ms ?? 0;
}

/** Whether this sender proved to be this employee within the last `days` (A45). */
export async function wasVerified(
  db: Queryable, senderId: string, employeeId: string | null, days: number,
): Promise<boolean> {
  return (await verifiedAs(db, senderId, days)).some((id) => id === employeeId);
}

/**
 * Lifts a sender's lock by an operator's act, and forgives what this sender spent today. What was counted at the
 * people who were claimed stays, and so does the ladder: the next lock is longer. False when there was no lock.
 */
export async function unlockSender(
  tx: Queryable, note: Note, senderId: string, operator: string,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `UPDATE senders SET locked_until = NULL, counted_from = clock_timestamp()
      WHERE id = $1 AND locked_until IS NOT NULL`, [senderId]);
  if (rowCount === 1) note({ kind: 'sender.unlocked', facts: { senderId, operator } });
  return rowCount === 1;
}

/**
 * Takes an employee's codes from everybody but some senders: they look live and open nothing, so that whoever asked for
 * them cannot tell.
 */
export async function disownOthers(
  tx: Queryable, note: Note, employeeId: string, spared: readonly string[],
): Promise<void> {
  const { rows } = await tx.query<{ challengeId: string; senderId: string }>(
    `UPDATE challenges SET employee_id = NULL
      WHERE id IN (SELECT id FROM challenges WHERE employee_id = $1 AND sender_id <> ALL ($2) AND state = 'live'
                    ORDER BY id FOR UPDATE)
     RETURNING id AS "challengeId", sender_id AS "senderId"`, [employeeId, spared]);
  for (const facts of rows) note({ kind: 'challenge.disowned', facts: { ...facts, reason: 'disputed' } });
}

/**
 * Employees that this sender proved to be within the last `days`, or to whose account its number is bound (then for as
 * long as it is). A proof that the employee disowned is none, and
 * neither is one from before the employee left and came back: the telephone may be another's by now.
 */
export async function verifiedAs(db: Queryable, senderId: string, days: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT DISTINCT n.employee_id AS id FROM sessions n JOIN senders s ON s.id = n.sender_id
       JOIN employees e ON e.id = n.employee_id
      WHERE s.id = $1 AND n.opened_at > clock_timestamp() - $2 * interval '1 day'
        AND n.opened_at > greatest(s.changed_at, e.returned_at, '-infinity')
        AND n.end_reason IS DISTINCT FROM 'disputed'
      UNION SELECT employee_id FROM bindings WHERE sender_id = $1 AND over IS NULL`,
    [senderId, days]);
  return rows.map(({ id }) => id);
}

async function voidOthers(tx: Queryable, note: Note, senderId: string, except: string): Promise<void> {
  const { rows } = await tx.query<{ id: string }>(
    `UPDATE challenges SET state = 'voided', ended_at = clock_timestamp()
      WHERE sender_id = $1 AND state = 'live' AND id <> $2
     RETURNING id`, [senderId, except]);
  for (const { id } of rows) {
    note({ kind: 'challenge.voided', facts: { challengeId: id, senderId, reason: 'replaced' } });
  }
}
