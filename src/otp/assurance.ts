// How far a session can be trusted: from where the codes of its challenge went. Low unless the contrary is known.
import type { Queryable } from '../db/pool';
import type { Assurance } from '../domain/messages';

/** Notes, before a code leaves, where it goes: what may be the sender's own number stays noted as such. */
export async function noteDestination(
  db: Queryable, challengeId: string, ordinal: number, isOther: boolean,
): Promise<void> {
  await db.query(
    'UPDATE sends SET to_other = false WHERE challenge_id = $1 AND ordinal = $2 AND to_other AND NOT $3::boolean',
    [challengeId, ordinal, isOther]);
}

/** `standard` when every code that left went to another number than the sender's. */
export async function assuranceOf(db: Queryable, challengeId: string): Promise<Assurance> {
  const { rows: [row] } = await db.query<{ toOthers: boolean }>(
    'SELECT coalesce(bool_and(to_other), false) AS "toOthers" FROM sends WHERE challenge_id = $1 AND allowed',
    [challengeId]);
  return row!.toOthers ? 'standard' : 'low'; // an aggregate without GROUP BY is one row
}

/** Keyed hashes of where the codes of a challenge may have gone. */
export async function destinationsOf(db: Queryable, challengeId: string): Promise<Buffer[]> {
  const { rows } = await db.query<{ hash: Buffer }>(
    `SELECT DISTINCT destination_hash AS hash FROM sends
      WHERE challenge_id = $1 AND allowed AND destination_hash IS NOT NULL`, [challengeId]);
  return rows.map(({ hash }) => hash);
}
