// Finds senders by address, for the rule that knows an employee's own number and for operators.
import type { Queryable } from '../db/pool';
import { lookupHash } from '../keys/box';
import type { PurposeKeys } from '../keys/keyring';

const hashOf = (lookup: PurposeKeys, address: string): Buffer => lookupHash(lookup, 'address', address);

/** Whether one of these numbers (E.164) is an address of the sender. Asks the database for none, too: same work. */
export async function writesFrom(
  db: Queryable, lookup: PurposeKeys, senderId: string, numbers: readonly string[],
): Promise<boolean> {
  const { rowCount } = await db.query(
    'SELECT 1 FROM sender_addresses WHERE sender_id = $1 AND address_hash = ANY ($2) LIMIT 1',
    [senderId, numbers.map((number) => hashOf(lookup, `whatsapp:${number}`))]);
  return rowCount === 1;
}

/** The senders who write from one of these numbers (E.164). */
export async function sendersFrom(db: Queryable, lookup: PurposeKeys, numbers: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    'SELECT DISTINCT sender_id AS id FROM sender_addresses WHERE address_hash = ANY ($1)',
    [numbers.map((number) => hashOf(lookup, `whatsapp:${number}`))]);
  return rows.map(({ id }) => id);
}

/** Those of these numbers (E.164) that the sender writes from; undefined when it is known by no number at all. */
export async function ownNumbers(
  db: Queryable, lookup: PurposeKeys, senderId: string, numbers: readonly string[],
): Promise<ReadonlySet<string> | undefined> {
  const { rows } = await db.query<{ hash: string }>(
    `SELECT encode(address_hash, 'hex') AS hash FROM sender_addresses WHERE sender_id = $1 AND kind = 'phone'`,
    [senderId]);
  const own = new Set(rows.map(({ hash }) => hash));
  if (own.size === 0) return undefined;
  return new Set(numbers.filter((number) => own.has(hashOf(lookup, `whatsapp:${number}`).toString('hex'))));
}

/** The sender who has an address (`whatsapp:+…`, or just the number); undefined when nobody wrote from it. */
export async function findSender(db: Queryable, lookup: PurposeKeys, address: string): Promise<string | undefined> {
  const full = address.startsWith('whatsapp:') ? address : `whatsapp:${address}`;
  const { rows: [row] } = await db.query<{ id: string }>(
    'SELECT sender_id AS id FROM sender_addresses WHERE address_hash = $1', [hashOf(lookup, full)]);
  return row?.id;
}

/** Milliseconds since a message was received, by the database's clock; 0 for one that is not there. */
export async function messageAgeMs(db: Queryable, messageId: string): Promise<number> {
  const { rows: [row] } = await db.query<{ ms: number }>(
    `SELECT (extract(epoch FROM clock_timestamp() - received_at) * 1000)::float8 AS ms
       FROM inbox WHERE message_id = $1`, [messageId]);
  return row?.ms ?? 0;
}
