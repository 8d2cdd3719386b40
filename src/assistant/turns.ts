// Turns that are answered later: opened by the relay, filled by pushes, ended by the assistant or by time, which is the
// database's. Their replies lie in the outbox, which is somebody else's.
import type { Queryable } from '../db/pool';

export interface NewTurn {
  readonly messageId: string;
  readonly senderId: string;
  readonly sessionId: string;
  /** Replies that may still come. */
  readonly repliesLeft: number;
  /** Place of the first part of this session, and how many parts there are in all. */
  readonly from: number;
  readonly parts: number;
  readonly stillWorkingAfterMs: number;
  readonly lastsMs: number;
}

/** A turn as a push finds it, locked. */
export interface OpenTurn {
  readonly senderId: string;
  readonly sessionId: string;
  readonly repliesLeft: number;
  readonly parts: number;
  readonly isEnded: boolean;
  readonly isOver: boolean;
}

/**
 * What a conversation has to do about a turn; `from` is the place of the first part of its session. `silent`: its time
 * is over, and nothing was said.
 */
export type TurnNews = { readonly from: number; readonly parts: number } | 'slow' | 'silent' | 'nothing';

/** In the transaction that settles the turn's message. Of one that was answered in part before, this is the rest. */
export async function openTurn(tx: Queryable, turn: NewTurn): Promise<void> {
  await tx.query(
    `INSERT INTO turns (message_id, sender_id, session_id, replies_left, parts, first_part, still_at, ends_at, due_at)
     SELECT $1, $2, $3, $4, $5, $8, still_at, ends_at,
            CASE WHEN $5::int > $8::int THEN ends_at ELSE least(still_at, ends_at) END
       FROM (SELECT clock_timestamp() + $6 * interval '1 ms' AS still_at,
                    clock_timestamp() + $7 * interval '1 ms' AS ends_at) AS times
     ON CONFLICT (message_id) DO UPDATE
       SET session_id = excluded.session_id, replies_left = excluded.replies_left, parts = excluded.parts,
           first_part = excluded.first_part, still_at = excluded.still_at, ends_at = excluded.ends_at,
           ended_at = NULL, due_at = excluded.due_at`,
    [turn.messageId, turn.senderId, turn.sessionId, turn.repliesLeft, turn.parts, turn.stillWorkingAfterMs,
      turn.lastsMs, turn.from]);
}

/** The same of one that was answered in part before, when nothing more will come. */
export async function endTurn(tx: Queryable, messageId: string): Promise<void> {
  await tx.query('UPDATE turns SET ended_at = clock_timestamp(), due_at = NULL WHERE message_id = $1', [messageId]);
}

/** The turn, locked until the end of the transaction; undefined when there is none. */
export async function lockTurn(tx: Queryable, messageId: string): Promise<OpenTurn | undefined> {
  const { rows: [turn] } = await tx.query<OpenTurn>(
    `SELECT sender_id AS "senderId", session_id AS "sessionId", replies_left AS "repliesLeft", parts,
            ended_at IS NOT NULL AS "isEnded", ends_at <= clock_timestamp() AS "isOver"
       FROM turns WHERE message_id = $1 FOR UPDATE`, [messageId]);
  return turn;
}

/** Whether a message waits to be handled: the assistant may have it, and its turn is not open to pushes yet. */
export async function isBeingRelayed(db: Queryable, messageId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'SELECT 1 FROM inbox WHERE message_id = $1 AND sender_id IS NOT NULL AND handled_at IS NULL', [messageId]);
  return rowCount === 1;
}

/** Adds what a push brought; its conversation is to be told at once, and again after `againMs` should that fail. */
export async function extendTurn(
  tx: Queryable, messageId: string, { replies, parts, endTurn, againMs }: {
    replies: number; parts: number; endTurn: boolean; againMs: number;
  },
): Promise<void> {
  await tx.query(
    `UPDATE turns SET replies_left = replies_left - $2, parts = parts + $3,
            ended_at = CASE WHEN $4 THEN clock_timestamp() END, due_at = clock_timestamp() + $5 * interval '1 ms'
      WHERE message_id = $1`, [messageId, replies, parts, endTurn, againMs]);
}

/** What a push came to, when it was taken before. */
export async function findPush(
  tx: Queryable, id: string,
): Promise<{ messageId: string; taken: number; dropped: number } | undefined> {
  const { rows: [push] } = await tx.query<{ messageId: string; taken: number; dropped: number }>(
    'SELECT message_id AS "messageId", taken, dropped FROM pushes WHERE id = $1', [id]);
  return push;
}

/** False when another turn took a push of this id at the same moment. */
export async function notePush(
  tx: Queryable, push: { id: string; messageId: string; taken: number; dropped: number },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    'INSERT INTO pushes (id, message_id, taken, dropped) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING',
    [push.id, push.messageId, push.taken, push.dropped]);
  return rowCount === 1;
}

/**
 * What the conversation of this session has to do about a turn now; ends the turn when its time is over. Repeat-safe:
 * says the same again until something changes.
 */
export async function readTurnNews(
  tx: Queryable, { messageId, senderId, sessionId }: { messageId: string; senderId: string; sessionId: string },
): Promise<TurnNews> {
  const { rows: [turn] } = await tx.query<{ from: number; parts: number; isSlow: boolean; isSilent: boolean }>(
    `UPDATE turns
        SET ended_at = CASE WHEN ends_at <= clock_timestamp() THEN coalesce(ended_at, ends_at) ELSE ended_at END
      WHERE message_id = $1 AND sender_id = $2 AND session_id = $3
     RETURNING first_part AS "from", parts, ended_at IS NULL AND still_at <= clock_timestamp() AS "isSlow",
               ended_at = ends_at AS "isSilent"`,
    [messageId, senderId, sessionId]);
  if (turn === undefined) return 'nothing';
  if (turn.parts > turn.from) return { from: turn.from, parts: turn.parts };
  if (turn.isSilent) return 'silent';
  return turn.isSlow ? 'slow' : 'nothing';
}

export interface DueTurn {
  readonly messageId: string;
  readonly senderId: string;
  readonly parts: number;
}

/** Turns whose conversation is to be told of something, the longest waiting first. */
export async function dueTurns(db: Queryable, limit: number): Promise<DueTurn[]> {
  const { rows } = await db.query<DueTurn>(
    `SELECT message_id AS "messageId", sender_id AS "senderId", parts FROM turns
      WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT $1`, [limit]);
  return rows;
}

/** Notes that the conversation was told, unless more came meanwhile; `isGone` when there is none any more. */
export async function noteTold(db: Queryable, { messageId, parts }: DueTurn, isGone: boolean): Promise<void> {
  await db.query(
    `UPDATE turns SET due_at = CASE
            WHEN $3 OR ended_at IS NOT NULL OR ends_at <= clock_timestamp() THEN NULL
            WHEN parts = first_part AND still_at > clock_timestamp() THEN least(still_at, ends_at) ELSE ends_at END
      WHERE message_id = $1 AND parts = $2`, [messageId, parts, isGone]);
}
