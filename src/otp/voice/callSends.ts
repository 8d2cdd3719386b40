// Sends of a code by call, as the call itself sees them: found by receipt id, spoken once.
import type { Queryable } from '../../db/pool';

export interface CallSend {
  readonly challengeId: string;
  /** Whether the call may have been placed: what was withheld, or refused by the provider, was not. */
  readonly isOut: boolean;
  /** The provider's id of the call in which the code was spoken; null before that. */
  readonly spokenIn: string | null;
}

/** Undefined for an id of nothing, of a reply, and of a code that goes another way. */
export async function findCallSend(db: Queryable, receiptId: string): Promise<CallSend | undefined> {
  // The key of a code begins with its challenge and ends in which send of it it is (activities/code.ts).
  const { rows } = await db.query<CallSend>(
    `SELECT s.challenge_id AS "challengeId", o.state IN ('pending', 'sent') AS "isOut", o.spoken_call AS "spokenIn"
       FROM outbox o
       JOIN sends s ON s.challenge_id = substring(o.key FROM '^([0-9a-f-]{36}):')::uuid
        AND s.ordinal = substring(o.key FROM ':([0-9]{1,2})$')::smallint
      WHERE o.id = $1 AND o.kind = 'code' AND s.method = 'call' AND s.allowed`, [receiptId]);
  return rows[0];
}

// The provider asks again when our answer was lost; who asks later than that has heard it.
const repeatWithin = `interval '1 minute'`;

/**
 * Takes the right to speak a code for a call, once a send and while the code counts. The same call may take it again
 * within a minute, another one never: however many ask at once, the code is spoken in one.
 */
export async function claimSpeaking(
  db: Queryable, { receiptId, callId, challengeId }: { receiptId: string; callId: string; challengeId: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE outbox SET spoken_call = $2, spoken_at = coalesce(spoken_at, clock_timestamp())
      WHERE id = $1 AND state IN ('pending', 'sent')
        AND (spoken_call IS NULL OR (spoken_call = $2 AND spoken_at > clock_timestamp() - ${repeatWithin}))
        AND EXISTS (SELECT FROM challenges
                     WHERE id = $3 AND state = 'live' AND expires_at > clock_timestamp())`,
    [receiptId, callId, challengeId]);
  return rowCount === 1;
}
