// The table of partners' events: what was there before, what waits to be forwarded, what became of it. Times that
// decide about repetition are the caller's; the order and when to tell are the database's.
import type { Queryable } from '../db/pool';
import { lookupHash, open, seal } from '../keys/box';
import type { PurposeKeys } from '../keys/keyring';

const dayMs = 86_400_000;
/** How long an event of a partner whose requests say when they were made is remembered, and of another (R43, R44). */
export const keptMs = { timed: 7 * dayMs, untimed: 30 * dayMs } as const;

export type SettledState = 'applied' | 'unchanged' | 'stale' | 'tombstoned' | 'unknown' | 'ignored';

export interface NewEvent {
  readonly id: string;
  readonly partner: string;
  readonly key: Buffer;
  readonly subject: Buffer | null;
  readonly receivedAt: Date;
  readonly keepUntil: Date;
}

/** By what an event is known: hashed, since partners make ids of what they like, employee numbers too. */
export function eventKey(lookup: PurposeKeys, partner: string, kind: 'id' | 'body', value: string): Buffer {
  return lookupHash(lookup, 'partnerEvent', `${partner}\0${kind}\0${value}`);
}

export function subjectHash(lookup: PurposeKeys, partner: string, subject: string): Buffer {
  return lookupHash(lookup, 'partnerSubject', `${partner}\0${subject}`);
}

// What could not be read may come again, corrected or to a corrected mapping. What is kept for too long is as if gone.
const insert = `
  INSERT INTO partner_events AS e (id, partner, event_key, subject_hash, received_at, keep_until, state, fields,
      body_enc, tell_at, settled_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
          CASE WHEN $7::text = 'waiting' THEN clock_timestamp() + $10 * interval '1 ms' END,
          CASE WHEN $7::text <> 'waiting' THEN clock_timestamp() END)
  ON CONFLICT (partner, event_key) DO UPDATE
    SET id = excluded.id, subject_hash = excluded.subject_hash, received_at = excluded.received_at,
        keep_until = excluded.keep_until, state = excluded.state, fields = excluded.fields,
        body_enc = excluded.body_enc, fault = NULL, tell_at = excluded.tell_at, settled_at = excluded.settled_at
  WHERE e.state = 'unreadable' OR (e.keep_until <= excluded.received_at AND e.state NOT IN ('waiting', 'failed'))`;

interface Content {
  readonly state: SettledState | 'waiting' | 'unreadable';
  readonly fields: readonly string[];
  readonly body?: Buffer;
  readonly tellAfterMs?: number;
}

/**
 * Takes an event in; false when it was there before. Of the same event at the same time one is taken in, and the other
 * waits for what becomes of it: to be called in the transaction that has the effect.
 */
export async function claimEvent(tx: Queryable, event: NewEvent, content: Content): Promise<boolean> {
  const { id, partner, key, subject, receivedAt, keepUntil } = event;
  const { state, fields, body = null, tellAfterMs = 0 } = content;
  const { rowCount } = await tx.query(
    insert, [id, partner, key, subject, receivedAt, keepUntil, state, fields, body, tellAfterMs]);
  return rowCount === 1;
}

/** Whether it came before and could not be read. */
export async function isUnreadable(tx: Queryable, { partner, key }: NewEvent): Promise<boolean> {
  const { rowCount } = await tx.query(
    `SELECT 1 FROM partner_events WHERE partner = $1 AND event_key = $2 AND state = 'unreadable'`, [partner, key]);
  return rowCount === 1;
}

/** In the transaction that claimed it. */
export async function noteState(tx: Queryable, id: string, state: SettledState): Promise<void> {
  await tx.query('UPDATE partner_events SET state = $2 WHERE id = $1', [id, state]);
}

/** Forgets what is older than it must be kept; 1,000 rows a call. Says how many. What waits is never forgotten. */
export async function forgetEvents(db: Queryable, now: Date): Promise<number> {
  const { rowCount } = await db.query(
    `DELETE FROM partner_events WHERE id IN (
       SELECT id FROM partner_events WHERE keep_until <= $1 AND state <> 'waiting' LIMIT 1000 FOR UPDATE SKIP LOCKED)`,
    [now]);
  return rowCount ?? 0;
}

/** What is forwarded of a request: its body as it came, and the headers that its target is to have. */
export interface Forwarded {
  /** The partner's own id of the event where it has one. */
  readonly eventId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const contextOf = (id: string): string => `partner event ${id}`;

export function sealForwarded(storage: PurposeKeys, id: string, { eventId, headers, body }: Forwarded): Buffer {
  return seal(storage, JSON.stringify({ eventId, headers, body: body.toString('base64') }), contextOf(id));
}

export interface WaitingEvent extends Forwarded {
  readonly partner: string;
}

/** Undefined when it does not wait any more. */
export async function openWaiting(db: Queryable, storage: PurposeKeys, id: string): Promise<WaitingEvent | undefined> {
  const { rows: [row] } = await db.query<{ partner: string; sealed: Buffer }>(
    `SELECT partner, body_enc AS sealed FROM partner_events WHERE id = $1 AND state = 'waiting'`, [id]);
  if (row === undefined) return undefined;
  // cast: it was sealed here
  const { body, ...rest } = JSON.parse(open(storage, row.sealed, contextOf(id)).toString()) as
    Pick<Forwarded, 'eventId' | 'headers'> & { body: string };
  return { ...rest, partner: row.partner, body: Buffer.from(body, 'base64') };
}

/** All that is needed to forward the events of one subject in order. `subject` is the hash in hex. */
export interface Subject {
  readonly partner: string;
  readonly subject: string;
}

/** The event of a subject that came first of those that wait. */
export async function nextWaiting(db: Queryable, { partner, subject }: Subject): Promise<string | undefined> {
  const { rows: [row] } = await db.query<{ id: string }>(
    `SELECT id FROM partner_events WHERE partner = $1 AND subject_hash = decode($2, 'hex') AND state = 'waiting'
      ORDER BY arrival LIMIT 1`, [partner, subject]);
  return row?.id;
}

/** The partner of an event that was just settled; undefined when it was before. Its body is destroyed. */
export async function settleForwarded(tx: Queryable, id: string): Promise<string | undefined> {
  const { rows: [row] } = await tx.query<{ partner: string }>(
    `UPDATE partner_events SET state = 'forwarded', body_enc = NULL, tell_at = NULL, settled_at = clock_timestamp()
      WHERE id = $1 AND state = 'waiting' RETURNING partner`, [id]);
  return row?.partner;
}

/** As settleForwarded, of one that nobody takes: its body is kept as long as its row, for an operator to try again. */
export async function settleParked(tx: Queryable, id: string, fault: string): Promise<string | undefined> {
  const { rows: [row] } = await tx.query<{ partner: string }>(
    `UPDATE partner_events SET state = 'failed', fault = $2, tell_at = NULL, settled_at = clock_timestamp()
      WHERE id = $1 AND state = 'waiting' RETURNING partner`, [id, fault]);
  return row?.partner;
}

/** Lets all parked events of a partner wait again, in the order in which they came. Says how many. */
export async function unparkEvents(tx: Queryable, partner: string): Promise<number> {
  const { rowCount } = await tx.query(
    `UPDATE partner_events SET state = 'waiting', fault = NULL, tell_at = clock_timestamp(), settled_at = NULL
      WHERE partner = $1 AND state = 'failed'`, [partner]);
  return rowCount ?? 0;
}

export interface DueSubject extends Subject {
  readonly ids: readonly string[];
}

/** Subjects whose workflow is to be told, the longest waiting first. */
export async function dueSubjects(db: Queryable, limit: number): Promise<DueSubject[]> {
  const { rows } = await db.query<DueSubject>(
    `SELECT partner, encode(subject_hash, 'hex') AS subject, array_agg(id ORDER BY arrival) AS ids
       FROM partner_events WHERE tell_at <= clock_timestamp()
      GROUP BY partner, subject_hash ORDER BY min(arrival) LIMIT $1`, [limit]);
  return rows;
}

/** They are told again only when they still wait after `againMs`: then somebody ended their workflow. */
export async function noteTold(db: Queryable, ids: readonly string[], againMs: number): Promise<void> {
  await db.query(
    `UPDATE partner_events SET tell_at = clock_timestamp() + $2 * interval '1 ms'
      WHERE id = ANY ($1::uuid[]) AND state = 'waiting'`, [ids, againMs]);
}
