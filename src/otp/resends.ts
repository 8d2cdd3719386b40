// One more send of the same code: asked for, ordered by an operator, or because the former one does not arrive.
import type { Note } from '../audit/auditedTransaction';
import type { Queryable } from '../db/pool';
import type { Method } from '../domain/messages';
import { resendGapMs } from '../domain/policy';
import type { Policy } from '../domain/policy';
import { chargeSend } from './budgets';
import type { Destination } from './budgets';

export type ResendCharge =
  /** `allowed`: whether it may leave; with a spent budget it is only said to. */
  | { readonly outcome: 'granted'; readonly sends: number; readonly allowed: boolean }
  | { readonly outcome: 'tooSoon'; readonly waitMs: number }
  | { readonly outcome: 'spent' }
  | { readonly outcome: 'over' };

export interface Resend extends Destination {
  readonly challengeId: string;
  readonly method: Method;
  /** Login name of whoever ordered it. */
  readonly operator?: string;
  /**
   * A send of this code does not arrive: nobody asked for this one, no gap is waited for, and it counts for nothing
   * that the sender can see. The number of sends (from 1) that there were then: refused when there is a later one.
   */
  readonly missed?: number;
}

/**
 * Charges one more send of the same code, by whichever way: the gaps grow, the tries and the lifetime stay (R06, R12).
 */
export async function chargeResend(tx: Queryable, note: Note, policy: Policy, resend: Resend): Promise<ResendCharge> {
  const { challengeId, method, operator, missed } = resend;
  const { rows: [row] } = await tx.query<{
    senderId: string; sends: number; asked: number; sinceMs: number; open: boolean; today: number;
  }>(
    `SELECT sender_id AS "senderId", sends, state = 'live' AND expires_at > clock_timestamp() AS open,
            (SELECT count(*)::int FROM sends WHERE challenge_id = $1 AND asked) AS asked,
            (SELECT count(*)::int FROM sender_sends(sender_id)) AS today,
            (extract(epoch FROM clock_timestamp() - last_sent_at) * 1000)::float8 AS "sinceMs"
       FROM challenges WHERE id = $1 FOR UPDATE`, [challengeId]);
  if (row === undefined || !row.open) return { outcome: 'over' };
  if (missed === undefined) {
    if (row.asked >= policy.codeSendsMax || row.today >= policy.senderSendsPerDayMax) return { outcome: 'spent' };
    const waitMs = resendGapMs(policy, row.asked) - row.sinceMs;
    if (waitMs > 0) return { outcome: 'tooSoon', waitMs };
  } else if (missed !== row.sends) return { outcome: 'over' };
  const isAsked = missed === undefined;
  await tx.query(
    `UPDATE challenges SET sends = sends + 1, method = $2,
            last_sent_at = CASE WHEN $3 THEN clock_timestamp() ELSE last_sent_at END WHERE id = $1`,
    [challengeId, method, isAsked]);
  const allowed = await chargeSend(tx, note, policy, challengeId, row.sends + 1, resend);
  if (!isAsked) await markUnasked(tx, challengeId, row.sends + 1);
  const by = operator === undefined ? {} : { operator };
  const why = isAsked ? {} : { reason: 'missed' as const };
  const facts = { challengeId, senderId: row.senderId, sends: row.sends + 1, method, ...by, ...why };
  note({ kind: 'challenge.resent', facts });
  return { outcome: 'granted', sends: row.sends + 1, allowed };
}

/** The latest send of a code that somebody asked for, or that began it; what went for one that was missed is none. */
export async function findLatestAsked(
  db: Queryable, challengeId: string,
): Promise<{ ordinal: number; method: Method } | undefined> {
  const { rows: [latest] } = await db.query<{ ordinal: number; method: Method }>(
    'SELECT ordinal, method FROM sends WHERE challenge_id = $1 AND asked ORDER BY ordinal DESC LIMIT 1', [challengeId]);
  return latest;
}

async function markUnasked(tx: Queryable, challengeId: string, ordinal: number): Promise<void> {
  await tx.query('UPDATE sends SET asked = false WHERE challenge_id = $1 AND ordinal = $2', [challengeId, ordinal]);
}
