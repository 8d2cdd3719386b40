// What may be guessed and sent in all, whatever codes come and go: per sender, per identity in two pools, for all.
// Counted by Postgres under locks, from the rows themselves; only a right code or an operator forgives (A19).
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Note } from '../audit/auditedTransaction';
import type { Pool, Queryable } from '../db/pool';
import type { Method } from '../domain/messages';
import { resendGapMs } from '../domain/policy';
import type { Policy } from '../domain/policy';
import type { TwilioAlert } from '../twilio/errorTable';

export type PoolName = 'known' | 'stranger';

/** What security, or whoever keeps Doorman up, has to hear at once. */
export type Alert = 'poolClosed' | 'breakerTripped' | 'disputed' | 'countrySpent' | 'codeUnchecked' | TwilioAlert;

export interface Charge {
  /** `blind`: a budget is spent; nothing is compared, and the answer is that of a wrong guess. */
  readonly charge: 'charged' | 'blind' | 'refused';
  readonly alerts: readonly Alert[];
}

const dayMs = 86_400_000;

/** The limits as the functions of migrations 6, 7 and 24 read them. */
function limitsOf(policy: Policy): string {
  return JSON.stringify({
    perSender: policy.senderGuessesPerDayMax,
    organisation: policy.organisationGuessesPerDayMax,
    sendsPerDestination: policy.destinationSendsPerDayMax,
    sendsInAllPerDestination: policy.destinationSendsInAllPerDayMax,
    sendsPerCountry: policy.countrySendsPerDayMax,
    known: {
      inARow: policy.knownGuessesInARowMax, perDay: policy.knownGuessesPerDayMax,
      sendsPerHour: policy.knownSendsPerHourMax, sendsPerDay: policy.knownSendsPerDayMax,
    },
    stranger: {
      inARow: policy.strangerGuessesInARowMax, perDay: policy.strangerGuessesPerDayMax,
      perMonth: policy.strangerGuessesPerMonthMax,
      sendsPerHour: policy.strangerSendsPerHourMax, sendsPerDay: policy.strangerSendsPerDayMax,
    },
  });
}

/**
 * Charges one guess in every budget and commits it, before anything is compared (R07). Repeat-safe by message: it is
 * charged once, whatever happens to the worker. `refused` when the code is over or the sender has none left.
 */
export function chargeGuess(
  pool: Pool, policy: Policy, challengeId: string, messageId: string, alert: (what: Alert) => void = () => undefined,
): Promise<Charge> {
  return auditedTransaction(pool, async (tx, note) => {
    const { rows: [row] } = await tx.query<{
      charge: Charge['charge']; identity: Buffer; pool: PoolName; closed: boolean; tripped: boolean;
    }>('SELECT * FROM charge_guess($1, $2, $3)', [challengeId, messageId, limitsOf(policy)]);
    const { charge, identity, closed, tripped } = row!;
    const alerts: Alert[] = [];
    if (closed) {
      note({ kind: 'pool.closed', facts: { identity: identity.toString('base64url'), pool: row!.pool } });
      alerts.push('poolClosed');
    }
    if (tripped) {
      note({ kind: 'breaker.tripped', facts: { guesses: policy.organisationGuessesPerDayMax } });
      alerts.push('breakerTripped');
    }
    // Before the commit: told twice rather than never, should the process die.
    alerts.forEach(alert);
    return { charge, alerts };
  });
}

/** Where a code goes, as it is counted. */
export interface Destination {
  /** Keyed hash of the number or address; null when it goes nowhere. */
  readonly destinationHash: Buffer | null;
  /** ISO 3166 code of the number's country; undefined for an address, and when it goes nowhere. */
  readonly country?: string | undefined;
  /** Whether it certainly is another number than the sender's; taken for the same one when it is not said. */
  readonly isOther?: boolean | undefined;
}

/** Charges the `ordinal`-th send of a code (from 1). False: said to be sent, and not sent. Repeat-safe. */
export async function chargeSend(
  tx: Queryable, note: Note, policy: Policy, challengeId: string, ordinal: number, destination: Destination,
): Promise<boolean> {
  const { destinationHash, country, isOther = false } = destination;
  const { rows: [row] } = await tx.query<{ allowed: boolean; pool: PoolName | null }>(
    'SELECT allowed, spent_pool AS pool FROM charge_send($1, $2, $3, $4, $5, $6)',
    [challengeId, ordinal, destinationHash, country ?? null, isOther, limitsOf(policy)]);
  const { allowed, pool } = row!;
  if (pool !== null && country !== undefined) note({ kind: 'country.spent', facts: { country, pool } });
  return allowed;
}

/**
 * Charges the SMS that tells a telephone of a session, in what it gets in all. False: it must not leave. Repeat-safe by
 * session.
 */
export async function chargeNotice(
  db: Queryable, policy: Policy, sessionId: string, destinationHash: Buffer,
): Promise<boolean> {
  const { rows: [row] } = await db.query<{ allowed: boolean }>(
    'SELECT charge_notice($1, $2, $3) AS allowed',
    [sessionId, destinationHash, policy.destinationSendsInAllPerDayMax]);
  return row!.allowed;
}

/** The same of one that tells a telephone of a changed contact. False: it is due in an hour. Repeat-safe by notice. */
export async function chargeContactNotice(db: Queryable, policy: Policy, noticeId: string): Promise<boolean> {
  const { rows: [row] } = await db.query<{ allowed: boolean }>(
    'SELECT charge_contact_notice($1, $2) AS allowed', [noticeId, policy.destinationSendsInAllPerDayMax]);
  return row!.allowed;
}

/** One send of a code, as it was charged. */
export interface ChargedSend {
  readonly method: Method;
  /** Whether it may leave: with a spent budget it is only said to. */
  readonly allowed: boolean;
  readonly destinationHash: Buffer | null;
}

export async function findSend(db: Queryable, challengeId: string, ordinal: number): Promise<ChargedSend | undefined> {
  const { rows: [row] } = await db.query<ChargedSend>(
    `SELECT method, allowed, destination_hash AS "destinationHash" FROM sends WHERE challenge_id = $1 AND ordinal = $2`,
    [challengeId, ordinal]);
  return row;
}

/** The ways by which a code was sent so far, or said to be, and by which of them it did not arrive. */
export async function triedMethods(db: Queryable, challengeId: string): Promise<{ all: Method[]; missed: Method[] }> {
  const { rows } = await db.query<{ method: Method; missed: boolean }>(
    'SELECT method, bool_or(missed_at IS NOT NULL) AS missed FROM sends WHERE challenge_id = $1 GROUP BY 1',
    [challengeId]);
  return {
    all: rows.map(({ method }) => method), missed: rows.filter(({ missed }) => missed).map(({ method }) => method),
  };
}

export type SenderVerdict =
  | { readonly outcome: 'may' }
  | { readonly outcome: 'tooSoon'; readonly waitMs: number }
  /** Of wrong guesses, identities or sends there were too many within a day. */
  | { readonly outcome: 'spent'; readonly waitMs: number };

/**
 * Whether a sender may ask for one more code. Depends on nothing but the sender, so that the answer tells nothing of
 * who was claimed. Codes that led to a success count for nothing.
 */
export async function askSender(
  tx: Queryable, policy: Policy, senderId: string, claimHash: Buffer,
): Promise<SenderVerdict> {
  await tx.query('SELECT 1 FROM senders WHERE id = $1 FOR NO KEY UPDATE', [senderId]);
  const { rows: [row] } = await tx.query<{ spentUntilMs: number | null; sends: number; sinceMs: number | null }>(
    `WITH s AS (
       SELECT former_ids || id AS ids, greatest(clock_timestamp() - interval '1 day', counted_from) AS since
         FROM senders WHERE id = $1),
     others AS (
       SELECT max(c.issued_at) AS at FROM s, challenges c
        WHERE c.sender_id = ANY (s.ids) AND c.issued_at > s.since AND c.claim_hash <> $2
        GROUP BY c.claim_hash HAVING count(*) FILTER (WHERE c.state = 'used') = 0),
     -- What has to leave the window before there is room again.
     oldest AS (
       (SELECT charged_at AS at FROM sender_guesses($1) ORDER BY 1 DESC OFFSET $3 LIMIT 1)
       UNION ALL (SELECT at FROM others ORDER BY 1 DESC OFFSET $4 LIMIT 1)
       UNION ALL (SELECT charged_at FROM sender_sends($1) ORDER BY 1 DESC OFFSET $5 LIMIT 1))
     SELECT (extract(epoch FROM (SELECT max(at) FROM oldest) - clock_timestamp()) * 1000)::float8 AS "spentUntilMs",
            count(*)::int AS sends,
            (extract(epoch FROM clock_timestamp() - max(charged_at)) * 1000)::float8 AS "sinceMs"
       FROM sender_sends($1) WHERE charged_at > clock_timestamp() - interval '1 hour'`,
    [senderId, claimHash, policy.senderGuessesPerDayMax - 1, policy.senderIdentitiesPerDayMax - 1,
      policy.senderSendsPerDayMax - 1]);
  const { spentUntilMs, sends, sinceMs } = row!;
  if (spentUntilMs !== null) return { outcome: 'spent', waitMs: Math.max(spentUntilMs + dayMs, 1) };
  const waitMs = sends === 0 ? 0 : resendGapMs(policy, sends) - (sinceMs ?? 0);
  return waitMs > 0 ? { outcome: 'tooSoon', waitMs } : { outcome: 'may' };
}

/** How many wrong guesses a sender has left today, and how long until there is one again when it has none. */
export async function senderGuessesLeft(
  db: Queryable, policy: Policy, senderId: string,
): Promise<{ left: number; waitMs: number }> {
  const { rows: [row] } = await db.query<{ spent: number; oldestMs: number | null }>(
    `WITH oldest AS (SELECT charged_at FROM sender_guesses($1) ORDER BY 1 DESC OFFSET $2 LIMIT 1)
     SELECT count(*)::int AS spent,
            (extract(epoch FROM clock_timestamp() - (SELECT charged_at FROM oldest)) * 1000)::float8 AS "oldestMs"
       FROM sender_guesses($1)`, [senderId, policy.senderGuessesPerDayMax - 1]);
  const { spent, oldestMs } = row!;
  return {
    left: Math.max(policy.senderGuessesPerDayMax - spent, 0),
    waitMs: oldestMs === null ? 0 : Math.max(dayMs - oldestMs, 1),
  };
}

/** Begins the row of wrong guesses at an identity anew: its code was right. Nothing else does. */
export async function forgivePool(tx: Queryable, challengeId: string): Promise<void> {
  await tx.query(
    `UPDATE pools p SET wrong_in_a_row = 0 FROM challenges c
      WHERE c.id = $1 AND p.identity_hash = c.identity_hash AND p.pool = c.pool`, [challengeId]);
}

/** The employee says that it was somebody else: strangers get no more codes, and none of theirs is evaluated (R22). */
export async function shutStrangers(tx: Queryable, note: Note, identityHash: Buffer): Promise<void> {
  const { rowCount } = await tx.query(
    `INSERT INTO pools AS p (identity_hash, pool, shut_at) VALUES ($1, 'stranger', clock_timestamp())
     ON CONFLICT (identity_hash, pool) DO UPDATE SET shut_at = clock_timestamp() WHERE p.shut_at IS NULL`,
    [identityHash]);
  if (rowCount === 1) note({ kind: 'pool.shut', facts: { identity: identityHash.toString('base64url') } });
}

export type Reopening = 'asked' | 'askedAlready' | 'reopened';

/** An asking that nobody agreed with is forgotten after this. */
const reopenWithinMinutes = 60;

/**
 * Reopens both pools of an identity: the first operator asks, another one agrees within the hour (R66). What was
 * counted before is forgiven.
 */
export async function reopenPools(
  tx: Queryable, note: Note, identityHash: Buffer, operator: string,
): Promise<Reopening> {
  for (const pool of ['known', 'stranger']) await tx.query('SELECT lock_pool($1, $2)', [identityHash, pool]);
  const { rows: [asked] } = await tx.query<{ by: string }>(
    `SELECT reopen_asked_by AS by FROM pools WHERE identity_hash = $1 AND reopen_asked_by IS NOT NULL
        AND reopen_asked_at > clock_timestamp() - $2 * interval '1 min' LIMIT 1`, [identityHash, reopenWithinMinutes]);
  const identity = identityHash.toString('base64url');
  if (asked?.by === operator) return 'askedAlready';
  if (asked === undefined) {
    await tx.query(
      `UPDATE pools SET reopen_asked_by = $2, reopen_asked_at = clock_timestamp() WHERE identity_hash = $1`,
      [identityHash, operator]);
    note({ kind: 'pool.reopening', facts: { identity, operator } });
    return 'asked';
  }
  await tx.query(
    `UPDATE pools SET wrong_in_a_row = 0, shut_at = NULL, counted_from = clock_timestamp(), reopen_asked_by = NULL,
            reopen_asked_at = NULL WHERE identity_hash = $1`, [identityHash]);
  note({ kind: 'pool.reopened', facts: { identity, operator, askedBy: asked.by } });
  return 'reopened';
}
