// The keys that sign statements: next, then active, then retiring, then gone (R34). What state a key is in is decided
// in the database and asked there for each signature: no process signs with a key that is not published any more.
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Note } from '../audit/auditedTransaction';
import type { Pool, Queryable } from '../db/pool';
import { open, seal } from '../keys/box';
import type { PurposeKeys } from '../keys/keyring';

/** In ms. */
export interface KeyTimes {
  /** How long a key signs. */
  readonly ageMs: number;
  /** How long it is published before. */
  readonly leadMs: number;
  /** How long it stays published after. */
  readonly stayMs: number;
}

export interface KeyDeps {
  readonly pool: Pool;
  readonly storageKeys: PurposeKeys;
  readonly times: KeyTimes;
}

export interface SigningKey {
  readonly kid: string;
  readonly key: CryptoKey;
  /** By the database's clock, as everything that a statement says of time: in whole seconds. */
  readonly now: number;
}

const alg = 'ES256';
/** Any number that no other advisory lock of ours uses. */
const keysLock = 7_303_014_127;
const contextOf = (kid: string) => `signing_keys ${kid}`;

/** Finds the key that signs at this moment. Makes the first one of an installation, which may sign at once. */
export function createActiveKey(deps: KeyDeps): () => Promise<SigningKey> {
  // The one that signed last. Another process may have made another the active one since: hence asked each time.
  let last: { readonly kid: string; readonly key: CryptoKey } | undefined;
  return async () => {
    const row = await readActive(deps.pool) ?? await makeFirst(deps);
    if (last?.kid !== row.kid) last = { kid: row.kid, key: await unsealed(deps.storageKeys, row.kid, row.sealed) };
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

async function makeFirst(deps: KeyDeps): Promise<ActiveRow> {
  await tendSigningKeys(deps);
  const row = await readActive(deps.pool);
  if (row === undefined) throw new Error('there is no signing key');
  return row;
}

async function unsealed(keys: PurposeKeys, kid: string, sealed: Buffer): Promise<CryptoKey> {
  const jwk = JSON.parse(open(keys, sealed, contextOf(kid)).toString()) as JWK; // cast: what `makeKey` sealed
  return await importJWK(jwk, alg) as CryptoKey; // cast: bytes are made of symmetric keys only
}

/** Does what is due: an active key where there is none, the next one, retirement, the end. Safe in any process. */
export async function tendSigningKeys({ pool, storageKeys, times }: KeyDeps): Promise<void> {
  await auditedTransaction(pool, async (tx, note) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [keysLock]);
    await makeActive(tx, note, storageKeys, times);
  });
}

async function makeActive(tx: Queryable, note: Note, keys: PurposeKeys, { ageMs }: KeyTimes): Promise<void> {
  if (await readActive(tx) !== undefined) return;
  const kid = await makeKey(tx, note, keys);
  await tx.query(
    `UPDATE signing_keys SET state = 'active', due_at = clock_timestamp() + $2 * interval '1 ms' WHERE kid = $1`,
    [kid, ageMs]);
  note({ kind: 'signingkey.activated', facts: { kid } });
}

async function makeKey(tx: Queryable, note: Note, keys: PurposeKeys): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const [publicJwk, privateJwk] = await Promise.all([exportJWK(publicKey), exportJWK(privateKey)]);
  const kid = await calculateJwkThumbprint(publicJwk);
  await tx.query(
    `INSERT INTO signing_keys (kid, public_jwk, private_enc, state) VALUES ($1, $2, $3, 'next')`,
    [kid, publicJwk, seal(keys, JSON.stringify(privateJwk), contextOf(kid))]);
  note({ kind: 'signingkey.made', facts: { kid } });
  return kid;
}

/** The public key of one that signs or signed, and the time by the database's clock in ms. */
export async function findPublicKey(
  db: Queryable, kid: string,
): Promise<{ readonly key: CryptoKey; readonly now: number } | undefined> {
  const { rows: [row] } = await db.query<{ jwk: JWK; now: number }>(
    `SELECT public_jwk AS jwk, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now
       FROM signing_keys WHERE kid = $1 AND state IN ('active', 'retiring')`, [kid]);
  if (row === undefined) return undefined;
  return { key: await importJWK(row.jwk, alg) as CryptoKey, now: row.now }; // cast: as above
}
