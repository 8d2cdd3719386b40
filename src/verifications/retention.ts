// Destroys what is over, a batch a call (R59): numbers at once, guesses that nobody judged, then the rows. Keyed hashes
// of those that were guessed at wrongly stay for the month in which they count.
import type { Queryable } from '../db/pool';

const batch = 1_000;

/** Says how many rows it deleted. */
export async function destroyOldVerifications(db: Queryable): Promise<number> {
  // An approved one's number may be asked for within five minutes; a code that was to be returned is sent, or never.
  await db.query(
    `UPDATE rest_verifications
        SET number_enc = NULL, code_enc = NULL, state = CASE state WHEN 'live' THEN 'expired' ELSE state END,
            ended_at = coalesce(ended_at, clock_timestamp())
      WHERE id IN (SELECT id FROM rest_verifications
        WHERE (number_enc IS NOT NULL OR code_enc IS NOT NULL)
          AND greatest(expires_at, ended_at) < clock_timestamp() - interval '15 min'
        LIMIT ${batch} FOR UPDATE SKIP LOCKED)`);
  await db.query(
    `UPDATE rest_guesses SET guess_enc = NULL
      WHERE id IN (SELECT id FROM rest_guesses
        WHERE guess_enc IS NOT NULL AND stored_at < clock_timestamp() - interval '30 min' LIMIT ${batch})`);
  const { rowCount } = await db.query(
    `DELETE FROM rest_verifications
      WHERE id IN (SELECT id FROM rest_verifications v
        WHERE created_at < clock_timestamp() - interval '31 days'
           -- A day and a lifetime: sends count for a day.
           OR created_at < clock_timestamp() - interval '25 hours'
              AND NOT EXISTS (SELECT FROM rest_guesses g
                               WHERE g.verification_id = v.id AND g.evaluated AND g.verdict IS DISTINCT FROM 'right')
        LIMIT ${batch} FOR UPDATE SKIP LOCKED)`);
  await db.query(`DELETE FROM rest_client_days WHERE day < (clock_timestamp() AT TIME ZONE 'UTC')::date - 30`);
  return rowCount ?? 0;
}
