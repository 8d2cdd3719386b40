// Seals stored addresses under the active key, so that a former storage key can be retired. Texts are left alone: they
// are destroyed within the retention.
import type { Queryable } from '../db/pool';
import { open, seal, sealedKeyId, Unsealable } from '../keys/box';
import { UnknownKey } from '../keys/keyring';
import type { PurposeKeys } from '../keys/keyring';
import { addressContext } from './senders';

export interface Resealed {
  readonly seen: number;
  readonly resealed: number;
  /** Addresses whose key is not in the ring: nobody can reply to them until it is put back. */
  readonly unreadable: number;
}

interface Row {
  readonly hash: Buffer;
  readonly enc: Buffer;
}

// Some 10 ms of locks at a time: messages of these senders wait for no longer.
const batchRows = 500;

/** Reseals every address that is not under the active key, telling after each batch. Repeat-safe. */
export async function resealAddresses(
  db: Queryable, storage: PurposeKeys, onProgress: (so: Resealed) => void = () => undefined,
): Promise<Resealed> {
  let so: Resealed = { seen: 0, resealed: 0, unreadable: 0 };
  for (let after = Buffer.alloc(0); ;) {
    const { rows } = await db.query<Row>(
      `SELECT address_hash AS hash, address_enc AS enc FROM sender_addresses WHERE address_hash > $1
        ORDER BY address_hash LIMIT ${batchRows}`, [after]);
    const former = rows.filter(({ enc }) => keyIdOf(enc) !== storage.activeId);
    const fresh = former.flatMap((row) => resealed(storage, row));
    so = {
      seen: so.seen + rows.length,
      resealed: so.resealed + await replace(db, fresh),
      unreadable: so.unreadable + former.length - fresh.length,
    };
    onProgress(so);
    if (rows.length < batchRows) return so;
    after = rows.at(-1)!.hash as typeof after;
  }
}

function keyIdOf(enc: Buffer): string | undefined {
  try {
    return sealedKeyId(enc);
  } catch {
    return undefined;
  }
}

function resealed(storage: PurposeKeys, { hash, enc }: Row): (Row & { readonly former: Buffer })[] {
  try {
    const context = addressContext(hash);
    return [{ hash, enc: seal(storage, open(storage, enc, context), context), former: enc }];
  } catch (error) {
    if (error instanceof UnknownKey || error instanceof Unsealable) return [];
    throw error;
  }
}

/** Only what still is as it was read, and locked in the order in which messages lock. Says how many. */
async function replace(db: Queryable, rows: readonly (Row & { readonly former: Buffer })[]): Promise<number> {
  if (rows.length === 0) return 0;
  const { rowCount } = await db.query(
    `WITH locked AS MATERIALIZED (
       SELECT address_hash FROM sender_addresses WHERE address_hash = ANY ($1::bytea[])
        ORDER BY address_hash FOR NO KEY UPDATE)
     UPDATE sender_addresses a SET address_enc = given.enc
       FROM locked l JOIN unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS given (hash, enc, former)
         ON given.hash = l.address_hash
      WHERE a.address_hash = l.address_hash AND a.address_enc = given.former`,
    [rows.map(({ hash }) => hash), rows.map(({ enc }) => enc), rows.map(({ former }) => former)]);
  return rowCount ?? 0;
}

/** How many stored values each storage key still seals, by its id: one that is not named may be retired. */
export async function sealedByKey(db: Queryable): Promise<Record<string, number>> {
  const { rows } = await db.query<{ id: string; count: number }>(
    `SELECT convert_from(substr(enc, 3, get_byte(enc, 1)), 'LATIN1') AS id, count(*)::int AS count
       FROM (SELECT address_enc AS enc FROM sender_addresses
             UNION ALL SELECT unnest(ARRAY[text_enc, origin_enc]) FROM inbox WHERE handled_at IS NULL
             UNION ALL SELECT text_enc FROM outbox WHERE text_enc IS NOT NULL
             UNION ALL SELECT private_enc FROM signing_keys WHERE private_enc IS NOT NULL
             UNION ALL SELECT step_up_enc FROM sessions WHERE step_up_enc IS NOT NULL
             UNION ALL SELECT body_enc FROM partner_events WHERE body_enc IS NOT NULL
             UNION ALL SELECT destination_enc FROM contact_notices WHERE destination_enc IS NOT NULL) AS sealed
      WHERE length(enc) > 2 GROUP BY 1`);
  return Object.fromEntries(rows.map(({ id, count }) => [id, count]));
}
