// The keys that sign statements. What state a key is in is decided in the database and asked there for each signature:
// no process signs with a key that is not published yet, or not any more, whatever it remembers.
import { importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import type { Pool, Queryable } from '../db/pool';
import { open } from '../keys/box';
import type { PurposeKeys } from '../keys/keyring';

export interface SigningKey {
  readonly kid: string;
  readonly key: CryptoKey;
  /** By the database's clock, as all times that a statement has: in whole seconds. */
  readonly now: number;
}

export const signingAlgorithm = 'ES256';
/** Where a sealed private key belongs. */
export const keyContext = (kid: string): string => `signing_keys ${kid}`;

export interface ActiveKeyDeps {
  readonly pool: Pool;
  readonly storageKeys: PurposeKeys;
  /** Makes the keys that are missing. */
  tend(): Promise<void>;
}

/** Finds the key that signs at this moment. Has the first one of an installation made, which may sign at once. */
export function createActiveKey({ pool, storageKeys, tend }: ActiveKeyDeps): () => Promise<SigningKey> {
  // The one that signed last: opened once, and no longer than another one signs.
  let last: { readonly kid: string; readonly key: CryptoKey } | undefined;
  return async () => {
    let row = await readActive(pool);
    if (row === undefined) {
      await tend();
      row = await readActive(pool);
    }
    if (row === undefined) throw new Error('there is no signing key');
    if (last?.kid !== row.kid) last = { kid: row.kid, key: await unsealed(storageKeys, row.kid, row.sealed) };
    return { ...last, now: row.now };
  };
}

interface ActiveRow {
  readonly kid: string;
  readonly sealed: Buffer;
  readonly now: number;
}

async function readActive(db: Queryable): Promise<ActiveRow | undefined> {
  const { rows: [row] } = await db.query<ActiveRow>(
    `SELECT kid, private_enc AS sealed, floor(extract(epoch FROM clock_timestamp()))::float8 AS now
       FROM signing_keys WHERE state = 'active'`);
  return row;
}

async function unsealed(keys: PurposeKeys, kid: string, sealed: Buffer): Promise<CryptoKey> {
  const jwk = JSON.parse(open(keys, sealed, keyContext(kid)).toString()) as JWK; // cast: it was sealed as one
  return await importJWK(jwk, signingAlgorithm) as CryptoKey; // cast: bytes are what symmetric keys are imported as
}

/** The public key of one that signs or signed, and the time by the database's clock in ms. */
export async function findPublicKey(
  db: Queryable, kid: string,
): Promise<{ readonly key: CryptoKey; readonly now: number } | undefined> {
  const { rows: [row] } = await db.query<{ jwk: JWK; now: number }>(
    `SELECT public_jwk AS jwk, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now
       FROM signing_keys WHERE kid = $1 AND state IN ('active', 'retiring')`, [kid]);
  if (row === undefined) return undefined;
  return { key: await importJWK(row.jwk, signingAlgorithm) as CryptoKey, now: row.now }; // cast: as above
}
