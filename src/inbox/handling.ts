// Handles a stored message exactly once: its text is read, its effect and its result are committed together,
// then it is wiped.
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Note } from '../audit/auditedTransaction';
import type { Pool, Queryable } from '../db/pool';
import type { MessageKind } from '../domain/messages';
import { open } from '../keys/box';
import type { PurposeKeys } from '../keys/keyring';

/** A message as an activity sees it. */
export interface InboxMessage {
  readonly kind: MessageKind;
  readonly text: string;
}

/** What handling came to: plain JSON without anything of the text. A message whose result is `kept` stays unhandled. */
export interface Result {
  readonly reaction: string;
}

interface Row {
  kind: MessageKind;
  text_enc: Buffer | null;
  result: Result | null;
}

/** Under which context a message's text is sealed. */
export const textContext = (messageId: string): string => `inbox:${messageId}`;

/** A message as one sender's conversation names it: nobody handles a message of somebody else (A72). */
export interface MessageOfSender {
  readonly messageId: string;
  readonly senderId: string;
}

/** The message, or the result it was handled with; undefined when this sender has no such message. Changes nothing. */
export async function peekMessage(
  db: Queryable, keys: PurposeKeys, { messageId, senderId }: MessageOfSender,
): Promise<{ message: InboxMessage } | { result: Result } | undefined> {
  const { rows: [row] } = await db.query<Row>(
    'SELECT kind, text_enc, result FROM inbox WHERE message_id = $1 AND sender_id = $2', [messageId, senderId]);
  return row && view(row, keys, messageId);
}

/**
 * Runs `work` on a message in one audited transaction and commits its result with it. A message that was handled
 * before gives its first result again and nothing is done; `isKept` says which results leave the message waiting.
 */
export function handleMessage<R extends Result>(
  pool: Pool, keys: PurposeKeys, { messageId, senderId }: MessageOfSender,
  work: (tx: Queryable, note: Note, message: InboxMessage) => Promise<R>,
  isKept: (result: R) => boolean = () => false,
): Promise<R | { readonly reaction: 'ignore' }> {
  return auditedTransaction(pool, async (tx, note) => {
    // The lock makes a second worker wait, and then find the result of the first.
    const { rows: [row] } = await tx.query<Row>(
      'SELECT kind, text_enc, result FROM inbox WHERE message_id = $1 AND sender_id = $2 FOR UPDATE',
      [messageId, senderId]);
    const seen = row && view(row, keys, messageId);
    if (seen === undefined) return { reaction: 'ignore' };
    if ('result' in seen) return seen.result as R; // cast: only this message's own handling wrote it
    const result = await work(tx, note, seen.message);
    if (!isKept(result)) await settle(tx, messageId, result);
    return result;
  });
}

/** Ends a sender's messages that nobody will answer, and destroys their text; never those of others. Repeat-safe. */
export async function discardMessages(
  db: Queryable, senderId: string, messageIds: readonly string[], reason: string,
): Promise<void> {
  await db.query(
    `UPDATE inbox
        SET handled_at = clock_timestamp(), outcome = $2, text_enc = NULL,
            result = jsonb_build_object('reaction', $2::text)
      WHERE message_id = ANY ($1) AND sender_id = $3 AND handled_at IS NULL`, [messageIds, reason, senderId]);
}

async function settle(tx: Queryable, messageId: string, result: Result): Promise<void> {
  await tx.query(
    'UPDATE inbox SET handled_at = clock_timestamp(), outcome = $2, result = $3, text_enc = NULL WHERE message_id = $1',
    [messageId, result.reaction, JSON.stringify(result)]);
}

function view(row: Row, keys: PurposeKeys, messageId: string): { message: InboxMessage } | { result: Result } {
  if (row.result !== null) return { result: row.result };
  const text = row.text_enc === null ? '' : open(keys, row.text_enc, textContext(messageId)).toString('utf8');
  return { message: { kind: row.kind, text } };
}
