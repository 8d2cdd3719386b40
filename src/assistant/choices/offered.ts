// What an assistant offered in its latest answer, by title and by what it wants to be told for it: kept sealed for the
// next turn of the session, and for no other. What a person writes chooses among it, and can say nothing else by it.
import { z } from 'zod';
import type { Queryable } from '../../db/pool';
import { seal } from '../../keys/box';
import type { PurposeKeys } from '../../keys/keyring';
import { parsed } from '../../outbound/answer';
import type { Reply } from '../assistant';
import { oneLine } from '../replies';
import { readSealed } from '../turnMemory';

const offeredSchema = z.object({
  titles: z.array(z.string()), payloads: z.array(z.string()),
  /** Key of the text in which it can be read; absent in what was kept before that mattered. */
  shownIn: z.string().optional(),
});
export type Offered = z.output<typeof offeredSchema>;

/** Undefined where nothing is offered, or what was is not what the person sees: then their words are words. */
export function offeredBy(shown: readonly Reply[], payloads: readonly string[] | undefined): Offered | undefined {
  const [choices, ...more] = shown.flatMap((reply) => (reply.choices === undefined ? [] : [reply.choices]));
  const isWhole = choices !== undefined && more.length === 0 && choices.length === payloads?.length;
  return isWhole ? { titles: [...choices], payloads: [...payloads] } : undefined;
}

/** The payload of what was chosen, by number or by title; undefined for other words, and where it could be either. */
export function payloadOf(text: string, { titles, payloads }: Offered): string | undefined {
  const said = plain(text);
  const [, number] = /^(\d{1,2})[.)]?$/.exec(said) ?? [];
  const isChosen = (title: string, index: number) => plain(title) === said || Number(number) === index + 1;
  const [chosen, ...more] = titles.flatMap((title, index) => (isChosen(title, index) ? [index] : []));
  return chosen === undefined || more.length > 0 ? undefined : payloads[chosen];
}

const plain = (text: string): string => oneLine(text).normalize('NFKC').toLowerCase();

const contextOf = (sessionId: string): string => `offered_choices:${sessionId}`;

/**
 * What was offered right before this turn, for as long as it is tried: the first one that was given, or may have been,
 * is the only one. Nothing for what was written before it was out, which cannot have meant it. A message that was sent
 * back for a stronger proof chooses among what it chose among before. Repeat-safe.
 */
export async function takeOffered(
  db: Queryable, keys: PurposeKeys, { sessionId, messageId }: { sessionId: string; messageId: string },
): Promise<Offered | undefined> {
  const { rows } = await db.query<{ by: string; sealed: Buffer; isEarlier: boolean }>(
    `UPDATE offered_choices SET taken_by = $2
      WHERE session_id = ANY (ARRAY(SELECT id FROM sessions WHERE step_up_message_id = $2) || $1::uuid)
        AND (taken_by = $2 OR (session_id = $1
         AND (taken_by IS NULL OR NOT EXISTS (SELECT FROM given_turns WHERE message_id = taken_by))))
     RETURNING session_id AS by, choices_enc AS sealed,
               offered_at > (SELECT received_at FROM inbox WHERE message_id = $2) AS "isEarlier"`,
    [sessionId, messageId]);
  const row = rows.find(({ by }) => by !== sessionId) ?? rows[0];
  const text = row?.isEarlier === false ? readSealed(keys, row.sealed, contextOf(row.by)) : undefined;
  const offered = offeredSchema.safeParse(parsed(Buffer.from(text ?? ''))).data;
  const key = offered?.shownIn;
  return key === undefined || await wasOut(db, key, messageId) ? offered : undefined;
}

/** Within this of when we know that it is out, a text may have been read. */
const handOverMs = 2_000;

/** Whether a text was out when this message came: a reply may have to wait for minutes. */
async function wasOut(db: Queryable, key: string, messageId: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT 1 FROM outbox o JOIN inbox i ON i.message_id = $2
      WHERE o.key = $1 AND o.state = 'sent' AND o.settled_at - $3 * interval '1 ms' <= i.received_at`,
    [key, messageId, handOverMs]);
  return rowCount === 1;
}

// No session lasts longer (policy `sessionAbsoluteMs`). Some at a time, and none that another answer is at.
const keptDays = 1;

/** In the transaction that keeps the answer; in place of what was offered before. */
export async function keepOffered(
  tx: Queryable, keys: PurposeKeys, sessionId: string, offered: Offered | undefined,
): Promise<void> {
  await tx.query(
    `DELETE FROM offered_choices WHERE session_id = $1 OR session_id IN (
       SELECT session_id FROM offered_choices WHERE offered_at < clock_timestamp() - interval '${keptDays} day'
        LIMIT 100 FOR UPDATE SKIP LOCKED)`, [sessionId]);
  if (offered === undefined) return;
  await tx.query('INSERT INTO offered_choices (session_id, choices_enc) VALUES ($1, $2)',
    [sessionId, seal(keys, JSON.stringify(offered), contextOf(sessionId))]);
}
