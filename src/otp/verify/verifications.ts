// Which verification at Twilio belongs to which challenge, and how it ended: rows, by the database's clock. No codes.
import type { Queryable } from '../../db/pool';

export interface EndingVerification {
  readonly sid: string;
  /** Whether its code was used: that is the end that Twilio is told of. */
  readonly used: boolean;
}

export interface OtherVerification extends EndingVerification {
  /** Its challenge is a known sender's and lives, and whoever asks now is a stranger: it must not be ended. */
  readonly goesFirst: boolean;
}

export interface OwnVerification {
  readonly sid: string;
  readonly isOver: boolean;
  /** The message whose guess was approved. */
  readonly approvedBy: string | null;
}

// Twilio's ten minutes, and what its clock and ours may differ by.
const lifetime = `interval '11 minutes'`;
// As long after its end as a message may be late that came in time: see charge_guess.
const patience = `interval '10 minutes'`;

/**
 * What is in the way of a new verification for this challenge: Twilio has one at a time for a number, whoever asks, and
 * a second challenge would get the code of the first. Also its own one that takes no guesses any more.
 */
export async function inTheWay(db: Queryable, challengeId: string): Promise<OtherVerification[]> {
  const { rows } = await db.query<OtherVerification>(
    `SELECT v.sid, c.state = 'used' AS used,
            c.pool = 'known' AND m.pool = 'stranger' AND c.id <> m.id AND c.state = 'live'
              AND c.expires_at > clock_timestamp() AS "goesFirst"
       FROM challenges m, verifications v JOIN challenges c ON c.id = v.challenge_id
      WHERE m.id = $1 AND v.ended IS NULL AND v.begun_at > clock_timestamp() - ${lifetime}
        AND CASE WHEN c.id = m.id THEN v.over_at IS NOT NULL ELSE EXISTS (
          SELECT FROM sends s JOIN sends o ON o.destination_hash = s.destination_hash
           WHERE s.challenge_id = m.id AND o.challenge_id = c.id) END
      ORDER BY v.begun_at`, [challengeId]);
  return rows;
}

/** Notes by which verification a challenge's code went. False when it is another challenge's. Repeat-safe. */
export async function noteVerification(
  db: Queryable, { sid, challengeId, managed }: { sid: string; challengeId: string; managed: boolean },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO verifications AS v (sid, challenge_id, managed) VALUES ($1, $2, $3)
     ON CONFLICT (sid) DO UPDATE SET begun_at = clock_timestamp(), over_at = NULL, ended = NULL, ended_at = NULL
      WHERE v.challenge_id = $2`, [sid, challengeId, managed]);
  return rowCount === 1;
}

export async function noteEnd(db: Queryable, sid: string, ended: 'approved' | 'canceled' | 'gone'): Promise<void> {
  await db.query(
    'UPDATE verifications SET ended = $2, ended_at = clock_timestamp() WHERE sid = $1 AND ended IS NULL', [sid, ended]);
}

/** The verification that Twilio compares this challenge's guesses by; undefined where it never carried a code of it. */
export async function findVerification(db: Queryable, challengeId: string): Promise<OwnVerification | undefined> {
  const { rows: [row] } = await db.query<OwnVerification>(
    `SELECT sid, approved_by AS "approvedBy", over_at IS NOT NULL OR ended IS NOT NULL AS "isOver" FROM verifications
      WHERE challenge_id = $1 AND managed ORDER BY begun_at DESC LIMIT 1`, [challengeId]);
  return row;
}

/** Whether a code of ours went out by mail, which Verify does not carry. */
export async function wasMailed(db: Queryable, challengeId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM sends WHERE challenge_id = $1 AND method = 'email' AND allowed LIMIT 1`, [challengeId]);
  return rowCount === 1;
}

/** Notes that Twilio approved a message's guess, once. False when another one was approved before. */
export async function noteApproval(db: Queryable, sid: string, messageId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE verifications SET approved_by = $2, ended = 'approved', ended_at = clock_timestamp()
      WHERE sid = $1 AND approved_by IS NULL`, [sid, messageId]);
  return rowCount === 1;
}

/** Notes that Twilio takes no guess for it any more. */
export async function noteOver(db: Queryable, sid: string): Promise<void> {
  await db.query('UPDATE verifications SET over_at = clock_timestamp() WHERE sid = $1 AND over_at IS NULL', [sid]);
}

/** Takes the next verifications whose challenge has ended; none again within a minute of a try that failed. */
export async function takeEnded(db: Queryable, count: number): Promise<EndingVerification[]> {
  const { rows } = await db.query<EndingVerification>(
    `UPDATE verifications v SET tried_at = clock_timestamp() FROM challenges c
      WHERE c.id = v.challenge_id AND v.sid IN (
        SELECT d.sid FROM verifications d JOIN challenges e ON e.id = d.challenge_id
         WHERE d.ended IS NULL AND (e.state <> 'live' OR e.expires_at + ${patience} <= clock_timestamp())
           AND (d.tried_at IS NULL OR d.tried_at < clock_timestamp() - interval '1 min')
         ORDER BY d.tried_at NULLS FIRST, d.begun_at LIMIT $1 FOR UPDATE OF d SKIP LOCKED)
     RETURNING v.sid, c.state = 'used' AS used`, [count]);
  return rows;
}
