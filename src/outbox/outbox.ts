// What we send, by business key: one row a send, so that a repeated activity finds what its first run did (decision 8).
import type { Queryable } from '../db/pool';
import { open, seal } from '../keys/box';
import type { PurposeKeys } from '../keys/keyring';

/** A send as it stands. `attempts` counts this one; above 1, an earlier try may have reached the provider. */
export interface Send {
  /** What we give the provider to name it by in its receipts: random, and unlike the key nothing else. */
  readonly receiptId: string;
  readonly state: 'pending' | 'sent' | 'failed' | 'withheld' | 'parked';
  readonly attempts: number;
  /** The text that was stored for it; null when the caller has it. */
  readonly text: string | null;
  readonly firstAttemptAgeMs: number;
  /** How long ago the person last wrote; null when that is not known. */
  readonly silentMs: number | null;
  /** Whether other texts wait for this person to write again. */
  readonly hasParked: boolean;
}

/** Under which context the text of a send is sealed. */
export const textContext = (key: string): string => `outbox:${key}`;

/**
 * Notes that the provider is about to be asked, before it is. `sessionId`: should the text have to wait, it may leave
 * only while that is open. `senderId`: null for a code that an application asked for.
 */
export async function beginSend(
  db: Queryable, keys: PurposeKeys,
  send: { key: string; senderId: string | null; kind: 'reply' | 'code'; sessionId?: string | undefined },
): Promise<Send> {
  const { rows: [row] } = await db.query<{
    id: string; state: Send['state']; attempts: number; text_enc: Buffer | null; ageMs: number;
    silentMs: number | null; hasParked: boolean;
  }>(
    `INSERT INTO outbox AS o (key, sender_id, kind, attempts, parked_session_id) VALUES ($1, $2, $3, 1, $4)
     ON CONFLICT (key) DO UPDATE
       SET attempts = o.attempts + CASE WHEN o.state IN ('pending', 'parked') THEN 1 ELSE 0 END,
           parked_session_id = coalesce(o.parked_session_id, $4)
     RETURNING id, state, attempts, text_enc,
               (extract(epoch FROM clock_timestamp() - created_at) * 1000)::float8 AS "ageMs",
               (SELECT extract(epoch FROM clock_timestamp() - max(a.last_message_at)) * 1000
                  FROM sender_addresses a WHERE a.sender_id = o.sender_id)::float8 AS "silentMs",
               EXISTS (SELECT FROM outbox w
                        WHERE w.sender_id = o.sender_id AND w.state = 'parked' AND w.key <> o.key) AS "hasParked"`,
    [send.key, send.senderId, send.kind, send.sessionId ?? null]);
  const { id, state, attempts, text_enc, ageMs, silentMs, hasParked } = row!;
  const text = text_enc === null ? null : open(keys, text_enc, textContext(send.key)).toString('utf8');
  return { receiptId: id, state, attempts, text, firstAttemptAgeMs: ageMs, silentMs, hasParked };
}

/** Whether a send was ever begun. */
export async function wasBegun(db: Queryable, key: string): Promise<boolean> {
  const { rowCount } = await db.query('SELECT 1 FROM outbox WHERE key = $1', [key]);
  return rowCount === 1;
}

/**
 * Records what became of a send, once, and destroys its text. What was withheld while it left, was sent. A reply that
 * the provider took is settled elsewhere (takenTexts.ts): it may come back.
 */
export async function settleSend(
  db: Queryable, key: string, settled: { state: 'sent' | 'failed' | 'withheld'; providerId?: string; fault?: string },
): Promise<void> {
  await db.query(
    `UPDATE outbox SET state = $2, provider_id = $3, fault = $4, settled_at = clock_timestamp(), text_enc = NULL
      WHERE key = $1 AND (state IN ('pending', 'parked') OR (state = 'withheld' AND $2 = 'sent'))`,
    [key, settled.state, settled.providerId ?? null, settled.fault ?? null]);
}

/** Notes what keeps a send from leaving until somebody acts; it is tried again, and the note goes when it leaves. */
export async function noteFault(db: Queryable, key: string, fault: string): Promise<void> {
  await db.query(`UPDATE outbox SET fault = $2 WHERE key = $1 AND state = 'pending'`, [key, fault]);
}

/**
 * Withholds the stored texts of the sender of a session that is over, and destroys them, those too that the provider
 * took: nobody is left who may read them, and no send need come to find that out. Repeat-safe.
 */
export async function withholdTexts(tx: Queryable, sessionId: string): Promise<void> {
  await tx.query(
    `UPDATE outbox
        SET state = CASE state WHEN 'sent' THEN state ELSE 'withheld' END,
            fault = CASE state WHEN 'sent' THEN fault ELSE 'sessionOver' END,
            settled_at = CASE state WHEN 'sent' THEN settled_at ELSE clock_timestamp() END, text_enc = NULL
      WHERE sender_id = (SELECT sender_id FROM sessions WHERE id = $1) AND text_enc IS NOT NULL`, [sessionId]);
}

/** Keeps texts to be sent later, sealed, under their keys. Repeat-safe. */
export async function storeTexts(
  tx: Queryable, keys: PurposeKeys, senderId: string, texts: readonly { key: string; text: string }[],
): Promise<void> {
  if (texts.length === 0) return;
  await tx.query(
    `INSERT INTO outbox (key, sender_id, kind, text_enc) SELECT key, $1, 'reply', text_enc
       FROM unnest($2::text[], $3::bytea[]) AS stored (key, text_enc) ON CONFLICT (key) DO NOTHING`,
    [senderId, texts.map(({ key }) => key), texts.map(({ key, text }) => seal(keys, text, textContext(key)))]);
}

/** Which of these stored texts still wait to be sent. */
export async function pendingTexts(db: Queryable, keys: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ key: string }>(
    `SELECT key FROM outbox WHERE key = ANY ($1) AND state = 'pending' AND text_enc IS NOT NULL`, [keys]);
  return new Set(rows.map(({ key }) => key));
}

/** Which of these provider ids belong to other sends of ours: they are no trace of this one. */
export async function knownProviderIds(
  db: Queryable, key: string, providerIds: readonly string[],
): Promise<Set<string>> {
  // Not of this one: its receipt may come while it is looked for.
  const { rows } = await db.query<{ id: string }>(
    'SELECT provider_id AS id FROM outbox WHERE provider_id = ANY ($1) AND key <> $2', [providerIds, key]);
  return new Set(rows.map(({ id }) => id));
}
