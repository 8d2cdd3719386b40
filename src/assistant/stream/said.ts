// Replies that an assistant says while its turn goes on: each is kept once, at its place, whichever try of the turn
// brings it, and sealed. What was kept stands: a try that hears something else there changes nothing.
import { inTransaction } from '../../db/pool';
import type { Pool, Queryable } from '../../db/pool';
import { replyKey } from '../../domain/messages';
import type { Reply } from '../assistant';
import { partsOf } from '../replies';
import type { DueTurn } from '../turns';

/** A turn that the assistant was given, and has not answered in full. */
export interface TurnInHand {
  readonly messageId: string;
  readonly senderId: string;
  readonly sessionId: string;
  /** Replies that it may have. */
  readonly repliesMax: number;
  readonly stillWorkingAfterMs: number;
  readonly lastsMs: number;
}

export interface SaidDeps {
  readonly pool: Pool;
  /** Keeps texts to be sent later, under their keys. */
  storeTexts(tx: Queryable, senderId: string, texts: readonly { key: string; text: string }[]): Promise<void>;
  /** Whether the sender's session is open at this moment: a leaver's replies are not even kept (A55). */
  isOpen(tx: Queryable, sessionId: string, senderId: string): Promise<boolean>;
  /** Splits a text into parts that one message of the channel can hold. */
  readonly split: (text: string) => readonly string[];
  /** Where links to media may lead. */
  readonly mediaHosts: ReadonlySet<string>;
}

/**
 * Keeps the reply at this place of a turn's. `over`: nobody is left who may read it. `passed`: it was kept before, or
 * is not to be kept alone: one before it is missing, or the turn may say no more.
 */
export function keepSaid(
  deps: SaidDeps, turn: TurnInHand, place: number, reply: Reply, tellAgainMs: number,
): Promise<DueTurn | 'over' | 'passed'> {
  const { messageId, senderId, sessionId } = turn;
  return inTransaction(deps.pool, async (tx) => {
    if (!await isUnanswered(tx, turn) || !await deps.isOpen(tx, sessionId, senderId)) return 'over';
    const { said, repliesLeft, parts } = await beginTurn(tx, turn);
    if (place !== said || repliesLeft === 0) return 'passed';
    const texts = partsOf([reply], deps.split, deps.mediaHosts);
    await deps.storeTexts(
      tx, senderId, texts.map((text, index) => ({ key: replyKey(messageId, parts + index), text })));
    await noteSaid(tx, messageId, texts.length, tellAgainMs);
    return { messageId, senderId, parts: parts + texts.length };
  });
}

/** Locked as by what settles it: nothing is kept beside or after that. */
async function isUnanswered(tx: Queryable, { messageId, senderId }: TurnInHand): Promise<boolean> {
  const { rowCount } = await tx.query(
    'SELECT 1 FROM inbox WHERE message_id = $1 AND sender_id = $2 AND handled_at IS NULL FOR UPDATE',
    [messageId, senderId]);
  return rowCount === 1;
}

/** The turn as it stands. One that comes again in another session goes on behind what the former one was told. */
async function beginTurn(
  tx: Queryable, turn: TurnInHand,
): Promise<{ said: number; repliesLeft: number; parts: number }> {
  await tx.query(
    `INSERT INTO turns AS t (message_id, sender_id, session_id, replies_left, parts, still_at, ends_at)
     VALUES ($1, $2, $3, $4, 0, clock_timestamp() + $5 * interval '1 ms', clock_timestamp() + $6 * interval '1 ms')
     ON CONFLICT (message_id) DO UPDATE
       SET session_id = excluded.session_id, replies_left = excluded.replies_left, said = 0, first_part = t.parts,
           still_at = excluded.still_at, ends_at = excluded.ends_at, ended_at = NULL
       WHERE t.session_id <> excluded.session_id`,
    [turn.messageId, turn.senderId, turn.sessionId, turn.repliesMax, turn.stillWorkingAfterMs, turn.lastsMs]);
  const { rows: [row] } = await tx.query<{ said: number; repliesLeft: number; parts: number }>(
    'SELECT said, replies_left AS "repliesLeft", parts FROM turns WHERE message_id = $1', [turn.messageId]);
  return row!; // inserted above, or there before
}

async function noteSaid(tx: Queryable, messageId: string, parts: number, tellAgainMs: number): Promise<void> {
  await tx.query(
    `UPDATE turns SET said = said + 1, replies_left = replies_left - 1, parts = parts + $2,
            due_at = clock_timestamp() + $3 * interval '1 ms' WHERE message_id = $1`, [messageId, parts, tellAgainMs]);
}

/** What was kept of a turn before its answer was whole. */
export interface Said {
  /** Of this session. */
  readonly replies: number;
  /** Place of the first part of this session, and how many parts there are in all. */
  readonly from: number;
  readonly parts: number;
}

/** Undefined when nothing was said early. */
export async function findSaid(
  db: Queryable, { messageId, sessionId }: { messageId: string; sessionId: string },
): Promise<Said | undefined> {
  const { rows: [said] } = await db.query<Said>(
    `SELECT CASE session_id WHEN $2 THEN said ELSE 0 END AS replies,
            CASE session_id WHEN $2 THEN first_part ELSE parts END AS "from", parts
       FROM turns WHERE message_id = $1`, [messageId, sessionId]);
  return said;
}
