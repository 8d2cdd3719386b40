// The inbox: every message that is answered with 2xx is stored here first, once, and reaches one final state (I1, I2).
// Its text is sealed and is destroyed when the message is handled, refused or forgotten.
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Pool, Queryable } from '../db/pool';
import type { MessageKind } from '../domain/messages';
import { seal, sealedHeader } from '../keys/box';
import { textContext } from './handling';
import { claimAddresses, hashAddresses, hashIdentityKey, lockAddresses, sealAddress } from './senders';
import type { AddressKeys, Addresses, HashedAddress } from './senders';

/** A message as it came, checked and certain to be the channel's. */
export interface IncomingMessage {
  readonly messageId: string;
  readonly kind: MessageKind;
  readonly text: string;
  readonly addresses: Addresses;
  /** The one of the addresses that replies go to. */
  readonly writtenFrom: string;
  /** What the channel says identifies the device, where it says anything: changes when the account is set up anew. */
  readonly identityKey?: string;
}

export type Stored =
  | { readonly outcome: 'stored'; readonly senderId: string }
  /** Too many came within a minute: it is settled, and nobody need be told. */
  | { readonly outcome: 'flood' }
  /** This message id was stored before: nothing has changed and nothing is to be done. */
  | { readonly outcome: 'known' };

/**
 * Stores a message under its sender, who is found or made, in one transaction and, for a sender that is known under
 * all given addresses, in one round trip. Rejects when it is not stored. Beyond `perMinuteMax` of one sender its text
 * is not kept: the first such message of a minute is of kind `flood`, the further ones are settled at once. Without
 * that number it is not counted either.
 */
export async function storeMessage(
  pool: Pool, keys: AddressKeys, message: IncomingMessage, perMinuteMax?: number,
): Promise<Stored> {
  const addresses = hashAddresses(keys, message.addresses);
  const identityKeyHash = hashIdentityKey(keys, message.identityKey);
  const row = { ...inboxRow(keys, message, addresses, identityKeyHash), perMinuteMax: perMinuteMax ?? null };
  const stored = await insertMessage(pool, row);
  if (stored !== undefined) return stored;
  try {
    return await auditedTransaction(pool, async (tx, note) => {
      await lockAddresses(tx, addresses);
      await claimAddresses(tx, note, keys, { addresses, identityKeyHash });
      const inserted = await insertMessage(tx, row);
      if (inserted === undefined || inserted.outcome === 'known') throw new AlreadyStored();
      return inserted;
    });
  } catch (error) {
    if (error instanceof AlreadyStored) return { outcome: 'known' };
    throw error;
  }
}

/** The message id was stored under other addresses: what this request claimed is rolled back. */
class AlreadyStored extends Error {}

interface InboxRow {
  readonly messageId: string;
  readonly kind: MessageKind;
  readonly text: Buffer;
  readonly addressHashes: readonly Buffer[];
  readonly addressesSealed: readonly Buffer[];
  readonly sealedHeader: Buffer;
  readonly writtenFromHash: Buffer;
  readonly identityKeyHash: Buffer | null;
}

function inboxRow(
  keys: AddressKeys, message: IncomingMessage, addresses: readonly HashedAddress[], identityKeyHash: Buffer | null,
): InboxRow {
  return {
    messageId: message.messageId,
    kind: message.kind,
    text: seal(keys.storage, message.text, textContext(message.messageId)),
    addressHashes: addresses.map(({ hash }) => hash),
    addressesSealed: addresses.map((address) => sealAddress(keys, address)),
    sealedHeader: sealedHeader(keys.storage),
    writtenFromHash: addresses.find(({ address }) => address === message.writtenFrom)!.hash,
    identityKeyHash,
  };
}

/** Undefined when addresses and device do not belong to one sender (yet): then nothing was written. */
async function insertMessage(
  db: Queryable, row: InboxRow & { readonly perMinuteMax: number | null },
): Promise<Stored | undefined> {
  const { rows: [found] } = await db.query<{ senderId: string; isStored: boolean; isBeyond: boolean }>({
    ...insertStatement,
    values: [row.messageId, row.addressHashes, row.kind, row.text, row.writtenFromHash,
      row.addressesSealed, row.sealedHeader, row.identityKeyHash, row.perMinuteMax],
  });
  if (found === undefined) return undefined;
  if (!found.isStored) return { outcome: 'known' };
  return found.isBeyond ? { outcome: 'flood' } : { outcome: 'stored', senderId: found.senderId };
}

// The lock on the addresses makes messages of one sender follow one another, and waits for a change of their owner.
// What they hold is read after it, so that the minute's count is exact however many come at once.
// A row of the same id that has no sender is an unconfirmed one: what is certain takes its place, unless it came too
// late to be read.
// The time of the last use is only moved when replies would otherwise go to another address, and an address is only
// sealed anew when it was under a former key.
const insertStatement = {
  name: 'store-message',
  text: `
  WITH owned AS MATERIALIZED (
    SELECT sender_id, minute_from, minute_messages FROM sender_addresses WHERE address_hash = ANY ($2::bytea[])
     ORDER BY address_hash FOR NO KEY UPDATE
  ), owner AS MATERIALIZED (
    SELECT (array_agg(sender_id))[1] AS id, ($9::int IS NOT NULL)::int + max(
      CASE WHEN minute_from > clock_timestamp() - interval '1 min' THEN minute_messages ELSE 0 END) AS nth
      FROM owned HAVING count(*) = cardinality($2::bytea[]) AND count(DISTINCT sender_id) = 1
  ), sender AS MATERIALIZED (
    SELECT s.id, nth, nth > coalesce($9::int, nth) AS is_flood, nth > coalesce($9::int, nth) + 1 AS is_beyond
      FROM owner JOIN senders s USING (id) WHERE $8::bytea IS NULL OR s.identity_key_hash = $8
  ), stored AS (
    INSERT INTO inbox AS i (message_id, sender_id, kind, text_enc, handled_at, outcome, result)
      SELECT $1::text, id, CASE WHEN is_flood THEN 'flood' ELSE $3::text END,
             CASE WHEN NOT is_flood THEN $4::bytea END, CASE WHEN is_beyond THEN clock_timestamp() END,
             CASE WHEN is_beyond THEN 'flood' END, CASE WHEN is_beyond THEN '{"reaction": "flood"}'::jsonb END
        FROM sender
    ON CONFLICT (message_id) DO UPDATE
      SET sender_id = excluded.sender_id, kind = excluded.kind, text_enc = excluded.text_enc, origin_enc = NULL,
          handled_at = excluded.handled_at, outcome = excluded.outcome, result = excluded.result
      WHERE i.sender_id IS NULL AND i.outcome IS DISTINCT FROM 'abandoned'
    RETURNING message_id
  ), written AS (
    UPDATE sender_addresses a
       SET address_enc = CASE substr(a.address_enc, 1, length($7::bytea))
             WHEN $7::bytea THEN a.address_enc ELSE given.enc END,
           written_from_at = CASE WHEN a.address_hash = $5::bytea AND (
             a.written_from_at IS NULL OR EXISTS (
               SELECT FROM sender_addresses o
                WHERE o.sender_id = a.sender_id AND o.written_from_at > a.written_from_at))
             THEN clock_timestamp() ELSE a.written_from_at END,
           last_message_at = clock_timestamp(),
           minute_from = CASE sender.nth WHEN 1 THEN clock_timestamp() ELSE a.minute_from END,
           minute_messages = sender.nth
      FROM stored, sender, unnest($2::bytea[], $6::bytea[]) AS given (hash, enc)
     WHERE a.address_hash = given.hash
  )
  SELECT sender.id AS "senderId", sender.is_beyond AS "isBeyond", stored.message_id IS NOT NULL AS "isStored"
    FROM sender LEFT JOIN stored ON true`,
};

/** Notes that conversations were told of these messages. Repeat-safe. */
export async function markDispatched(db: Queryable, messageIds: readonly string[]): Promise<void> {
  if (messageIds.length === 0) return;
  await db.query(
    'UPDATE inbox SET dispatched_at = clock_timestamp() WHERE message_id = ANY ($1) AND dispatched_at IS NULL',
    [messageIds]);
}

/** A sender's messages that its conversation was not told of, in order of arrival. */
export async function waitingMessages(db: Queryable, senderId: string, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({ ...waitingStatement, values: [senderId, limit] });
  return rows.map(({ id }) => id);
}

const waitingStatement = {
  name: 'waiting-messages',
  text: `SELECT message_id AS id FROM inbox WHERE sender_id = $1 AND dispatched_at IS NULL AND handled_at IS NULL
          ORDER BY arrival LIMIT $2`,
};

/** Senders who have waited for longer than `olderThanMs`, the longest waiting first. */
export async function waitingSenders(db: Queryable, olderThanMs: number, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT sender_id AS id FROM inbox WHERE dispatched_at IS NULL AND handled_at IS NULL AND sender_id IS NOT NULL
      GROUP BY sender_id HAVING min(received_at) <= clock_timestamp() - $1 * interval '1 ms'
      ORDER BY min(arrival) LIMIT $2`,
    [olderThanMs, limit]);
  return rows.map(({ id }) => id);
}

/** Notes a message that came too late to be read: it has no text and touches no sender. Repeat-safe. */
export async function storeUnread(
  db: Queryable, { messageId, kind }: Pick<IncomingMessage, 'messageId' | 'kind'>,
): Promise<'stored' | 'known'> {
  const { rowCount } = await db.query(
    `INSERT INTO inbox (message_id, kind, unconfirmed, handled_at, outcome, result)
     VALUES ($1, $2, '{late}', clock_timestamp(), 'abandoned', '{"reaction": "abandoned"}')
     ON CONFLICT (message_id) DO NOTHING`, [messageId, kind]);
  return rowCount === 1 ? 'stored' : 'known';
}

/** Destroys text that nobody handled within the retention (R59), 1,000 messages a call. Returns how many it gave up. */
export async function wipeExpired(db: Queryable, retentionMs: number): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE inbox SET handled_at = clock_timestamp(), outcome = 'abandoned', result = '{"reaction": "abandoned"}',
            text_enc = NULL, origin_enc = NULL
      WHERE message_id IN (SELECT message_id FROM inbox
        WHERE handled_at IS NULL AND received_at < clock_timestamp() - $1 * interval '1 ms'
        LIMIT 1000 FOR UPDATE SKIP LOCKED)`, [retentionMs]);
  return rowCount ?? 0;
}
