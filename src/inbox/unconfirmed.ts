// Messages whose signature allows more than one reading: kept aside until the provider says what they were (R39).
// Until then they belong to no sender, end no session and are told to no conversation.
import { auditedTransaction } from '../audit/auditedTransaction';
import { inTransaction } from '../db/pool';
import type { Pool, Queryable } from '../db/pool';
import type { MessageKind } from '../domain/messages';
import { open, seal } from '../keys/box';
import { textContext } from './handling';
import { storeMessage } from './inbox';
import type { IncomingMessage, Stored } from './inbox';
import { hashAddresses, lockAddresses, partFromOther } from './senders';
import type { AddressKeys } from './senders';

const originContext = (messageId: string): string => `inbox-origin:${messageId}`;

type Origin = Pick<IncomingMessage, 'addresses' | 'writtenFrom' | 'identityKey'>;

/**
 * Stores a message with what is doubtful about it, by rule and parameter name. Beyond `perMinuteMax` of the address
 * that it was written from, nothing of it is kept but its id, and it is settled at once; without that number all are.
 */
export function storeUnconfirmed(
  pool: Pool, keys: AddressKeys, message: IncomingMessage, doubts: readonly string[], perMinuteMax?: number,
): Promise<'stored' | 'known' | 'flood'> {
  const { messageId, kind, text, addresses, writtenFrom, identityKey } = message;
  const origin: Origin = { addresses, writtenFrom, ...identityKey === undefined ? {} : { identityKey } };
  const from = hashAddresses(keys, addresses).filter(({ address }) => address === writtenFrom);
  return inTransaction(pool, async (tx) => {
    // The count is read after it, and is exact however many come at once.
    await lockAddresses(tx, from);
    const { rows: [stored] } = await tx.query<{ isFlood: boolean }>(
      `INSERT INTO inbox (message_id, kind, text_enc, origin_enc, unconfirmed, origin_hash, handled_at, outcome, result)
       SELECT $1::text, $2::text, CASE WHEN NOT is_flood THEN $3::bytea END,
              CASE WHEN NOT is_flood THEN $4::bytea END, $5::text[], $6::bytea,
              CASE WHEN is_flood THEN clock_timestamp() END, CASE WHEN is_flood THEN 'flood' END,
              CASE WHEN is_flood THEN '{"reaction": "flood"}'::jsonb END
         FROM (SELECT coalesce(count(*) >= $7::int, false) AS is_flood FROM inbox
                WHERE origin_hash = $6::bytea AND received_at > clock_timestamp() - interval '1 min') AS minute
       ON CONFLICT (message_id) DO NOTHING RETURNING handled_at IS NOT NULL AS "isFlood"`,
      [messageId, kind, seal(keys.storage, text, textContext(messageId)),
        seal(keys.storage, JSON.stringify(origin), originContext(messageId)), doubts, from[0]!.hash,
        perMinuteMax ?? null]);
    if (stored === undefined) return 'known';
    return stored.isFlood ? 'flood' : 'stored';
  });
}

/** An unconfirmed message, and how long it has waited. */
export interface Unconfirmed {
  readonly message: IncomingMessage;
  readonly doubts: readonly string[];
  readonly ageMs: number;
}

/** Unconfirmed messages that are due, in order of arrival, and the ids of those that no key of ours opens. */
export interface DueForCheck {
  readonly due: readonly Unconfirmed[];
  readonly sealed: readonly string[];
}

/**
 * Unconfirmed messages whose next check is due. One that the provider does not know is asked about again after 5, 10,
 * 20, 40 and then every 60 seconds.
 */
export async function findDueForCheck(db: Queryable, keys: AddressKeys, limit: number): Promise<DueForCheck> {
  const { rows } = await db.query<UnconfirmedRow>(
    `SELECT message_id, kind, text_enc, origin_enc, unconfirmed,
            (extract(epoch FROM clock_timestamp() - received_at) * 1000)::float8 AS age_ms
       FROM inbox
      WHERE sender_id IS NULL AND handled_at IS NULL AND (checked_at IS NULL OR clock_timestamp() - checked_at
            >= least(greatest(checked_at - received_at, interval '5 s'), interval '1 min'))
      ORDER BY arrival LIMIT $1`, [limit]);
  const due: Unconfirmed[] = [];
  const sealed: string[] = [];
  for (const row of rows) {
    try {
      due.push(opened(row, keys));
    } catch {
      sealed.push(row.message_id);
    }
  }
  return { due, sealed };
}

/** Notes that a check came to nothing: the provider did not know the message, or no key opened it. */
export async function noteCheck(db: Queryable, messageId: string): Promise<void> {
  await db.query(
    'UPDATE inbox SET checked_at = clock_timestamp() WHERE message_id = $1 AND sender_id IS NULL', [messageId]);
}

interface UnconfirmedRow {
  message_id: string;
  kind: MessageKind;
  text_enc: Buffer;
  origin_enc: Buffer;
  unconfirmed: string[];
  age_ms: number;
}

function opened(row: UnconfirmedRow, keys: AddressKeys): Unconfirmed {
  const messageId = row.message_id;
  const text = open(keys.storage, row.text_enc, textContext(messageId)).toString('utf8');
  const sealed = open(keys.storage, row.origin_enc, originContext(messageId)).toString('utf8');
  const origin = JSON.parse(sealed) as Origin; // cast: this file sealed it
  return { message: { messageId, kind: row.kind, text, ...origin }, doubts: row.unconfirmed, ageMs: row.age_ms };
}

/**
 * Takes a confirmed message in as if it came now, also when it is one too many: it keeps its place in the order of
 * arrival.
 */
export async function admitMessage(
  pool: Pool, keys: AddressKeys, { message }: Pick<Unconfirmed, 'message'>, perMinuteMax?: number,
): Promise<Stored> {
  // Its BSUID is not in the provider's record: only the address that was confirmed is claimed.
  const { phone, bsuid } = message.addresses;
  if (message.writtenFrom === phone) {
    await auditedTransaction(pool, (tx, note) => partFromOther(tx, note, keys, message.addresses));
  }
  const addresses = message.writtenFrom === phone ? { phone } : { bsuid: bsuid! };
  return storeMessage(pool, keys, { ...message, addresses }, perMinuteMax);
}

/** Ends a message that the provider did not confirm. It was never anybody's. Repeat-safe. */
export async function refuseMessage(db: Queryable, messageId: string): Promise<void> {
  await db.query(
    `UPDATE inbox SET handled_at = clock_timestamp(), outcome = 'refused', result = '{"reaction": "refused"}',
            text_enc = NULL, origin_enc = NULL
      WHERE message_id = $1 AND sender_id IS NULL AND handled_at IS NULL`, [messageId]);
}

/** What the provider says that a message was. */
export interface ProviderView {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly direction: 'inbound' | 'outbound';
}

export type Verdict = 'agrees' | 'disagrees';

/** Whether the provider's own record is the message that we hold: sender, recipient and words (R39). */
export function compareWithProvider({ message }: Unconfirmed, view: ProviderView, recipient: string): Verdict {
  const agrees = view.direction === 'inbound' && view.from === message.writtenFrom && view.to === recipient
    // The provider's API may trim what its webhook does not.
    && view.text.trim() === message.text.trim();
  return agrees ? 'agrees' : 'disagrees';
}
