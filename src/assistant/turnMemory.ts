// What outlives a try of a turn and the process that ran it: whether the turn was given, and the assistant's own
// conversation with the session. In the database, committed at once; what is kept is sealed.
import type { Queryable } from '../db/pool';
import { open, seal, Unsealable } from '../keys/box';
import { UnknownKey } from '../keys/keyring';
import type { PurposeKeys } from '../keys/keyring';
import type { TurnMemory } from './assistant';

// No session lasts longer (policy `sessionAbsoluteMs`): what is older is nobody's.
const noteDays = 1;

/** Of one turn of one session. `db` is a pool: each step is committed before it resolves. */
export function createTurnMemory(
  db: Queryable, keys: PurposeKeys, { messageId, sessionId }: { messageId: string; sessionId: string },
): TurnMemory {
  return {
    async give() {
      const { rowCount } = await db.query(
        'INSERT INTO given_turns (message_id) VALUES ($1) ON CONFLICT DO NOTHING', [messageId]);
      return rowCount === 1;
    },
    takeBack: () => forgetGiven(db, messageId),
    async recall() {
      const { rows: [row] } = await db.query<{ note: Buffer }>(
        'SELECT note_enc AS note FROM assistant_conversations WHERE session_id = $1', [sessionId]);
      return row && readSealed(keys, row.note, contextOf(sessionId));
    },
    async keep(note) {
      await db.query(
        `WITH old AS (DELETE FROM assistant_conversations
           WHERE session_id <> $1 AND kept_at < clock_timestamp() - interval '${noteDays} day')
         INSERT INTO assistant_conversations (session_id, note_enc) VALUES ($1, $2)
         ON CONFLICT (session_id) DO UPDATE SET note_enc = excluded.note_enc, kept_at = clock_timestamp()`,
        [sessionId, seal(keys, note, contextOf(sessionId))]);
    },
    async forget() {
      await db.query('DELETE FROM assistant_conversations WHERE session_id = $1', [sessionId]);
    },
  };
}

/** The turn comes again, and may be given again. */
export async function forgetGiven(db: Queryable, messageId: string): Promise<void> {
  await db.query('DELETE FROM given_turns WHERE message_id = $1', [messageId]);
}

const contextOf = (sessionId: string): string => `assistant_conversations:${sessionId}`;

/** What cannot be read, because its key was retired, is none: another conversation is begun. */
export function readSealed(keys: PurposeKeys, sealed: Buffer, context: string): string | undefined {
  try {
    return open(keys, sealed, context).toString('utf8');
  } catch (error) {
    if (error instanceof UnknownKey || error instanceof Unsealable) return undefined;
    throw error;
  }
}
