// Codes that do not arrive: the provider says so, or says nothing for too long. Their conversations are told, and send
// the same code by the next way.
import type { Pool, Queryable } from '../db/pool';
import type { Method } from '../domain/messages';
import type { Log } from '../log';

export interface MissedDeps {
  readonly pool: Pool;
  readonly log: Pick<Log, 'warn'>;
  /**
   * After this a code that nobody says has arrived is missed; policy `codeSilenceMs`. Undefined where there is only one
   * way: then silence is nothing to act on.
   */
  readonly silenceMs: number | undefined;
  /** Tells the conversation. Rejects when that is not certain: it is told again. */
  tell(missed: { senderId: string; challengeId: string; sends: number }): Promise<void>;
}

// More than a web process meets within a sweep; the rest waits for the next.
const batch = 100;
const failuresMax = 3;

/**
 * The latest send of the code `c` that left, or will: one to nowhere, or that a budget holds back, is only said to have
 * been sent. Whoever asked for such a one still waits for the one before.
 */
const latestThatLeft = `(
  SELECT max(n.ordinal)
    FROM sends n LEFT JOIN outbox w ON w.key = n.challenge_id || ':' || n.method || ':' || n.ordinal
   WHERE n.challenge_id = c.id AND n.allowed AND n.destination_hash IS NOT NULL
     AND w.state IS DISTINCT FROM 'withheld')`;

/** Which send of a code that is (from 1), and by which way; undefined when none left. */
export async function findLatestThatLeft(
  db: Queryable, challengeId: string,
): Promise<{ ordinal: number; method: Method } | undefined> {
  const { rows: [latest] } = await db.query<{ ordinal: number; method: Method }>(
    `SELECT s.ordinal, s.method
       FROM challenges c JOIN sends s ON s.challenge_id = c.id AND s.ordinal = ${latestThatLeft}
      WHERE c.id = $1`, [challengeId]);
  return latest;
}

/**
 * Tells of the latest send of each live code that failed, was not delivered, or was accepted and then not heard of;
 * where there are other ways, also of one that waits for an operator (activities/refusedSend.ts). Mail and Twilio
 * Verify have no receipts: what they took is never missed. Nor is what waits for its turn, or is held: no other way
 * would be faster. Repeat-safe; says how many were told.
 */
export async function tellMissedCodes({ pool, log, silenceMs, tell }: MissedDeps): Promise<number> {
  const { rows } = await pool.query<{ challengeId: string; senderId: string; sends: number }>(
    `SELECT c.id AS "challengeId", c.sender_id AS "senderId", s.ordinal AS sends
       FROM challenges c
       JOIN sends s ON s.challenge_id = c.id AND s.ordinal = ${latestThatLeft}
       JOIN outbox o ON o.key = c.id || ':' || s.method || ':' || s.ordinal
      WHERE c.state = 'live' AND c.expires_at > clock_timestamp() AND s.missed_at IS NULL
        AND o.attempts > 0
        AND o.receipt IS DISTINCT FROM 'delivered' AND o.receipt IS DISTINCT FROM 'read'
        AND (o.state = 'failed' OR o.receipt IN ('undelivered', 'failed')
          OR o.state = 'pending' AND o.fault IS NOT NULL AND $1::float8 IS NOT NULL
          OR coalesce(o.settled_at, o.paid_at, o.created_at) < clock_timestamp() - $1::float8 * interval '1 ms'
             AND NOT (o.state = 'sent' AND (s.method = 'email' OR o.provider_id LIKE 'VE%')))
      ORDER BY c.issued_at LIMIT $2`, [silenceMs ?? null, batch]);
  let [told, failed] = [0, 0];
  for (const missed of rows) {
    try {
      await tell(missed);
    } catch (error) {
      log.warn('a missed code waits for the next sweep', { error });
      // With Temporal down nobody else will be told either; one conversation that cannot be told holds up no other.
      if ((failed += 1) === failuresMax) break;
      continue;
    }
    await pool.query(
      'UPDATE sends SET missed_at = clock_timestamp() WHERE challenge_id = $1 AND ordinal = $2',
      [missed.challengeId, missed.sends]);
    told += 1;
  }
  return told;
}
