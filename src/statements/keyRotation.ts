// Signing keys come and go: next, then active, then retiring, then gone (R34). By themselves, at an operator's word, or
// at once when one is stolen. Every change is made under one lock and by the database's clock, and is audited.
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Note } from '../audit/auditedTransaction';
import type { Pool, Queryable } from '../db/pool';
import { open, seal, sealedHeader } from '../keys/box';
import type { PurposeKeys } from '../keys/keyring';
import { keyContext, signingAlgorithm } from './signingKeys';

/** In ms. */
export interface KeyTimes {
  /** How long a key signs. */
  readonly ageMs: number;
  /** How long it is published before. */
  readonly leadMs: number;
  /** How long it stays published after. */
  readonly stayMs: number;
}

export interface RotationDeps {
  readonly pool: Pool;
  readonly storageKeys: PurposeKeys;
  readonly times: KeyTimes;
}

/** Any number that no other advisory lock of ours uses. */
const keysLock = 7_303_014_127;

const tooOld = `state = 'retiring' AND retired_at + $1 * interval '1 ms' <= clock_timestamp()`;
const takesOver = `a.state = 'active' AND a.due_at <= clock_timestamp()
  AND n.state = 'next' AND n.published_at + $1 * interval '1 ms' <= clock_timestamp()`;

/** Does what is due, and nothing most times. Safe to repeat, and in several processes at once. */
export async function tendSigningKeys(deps: RotationDeps): Promise<void> {
  const { leadMs, stayMs } = deps.times;
  const { rows: [is] } = await deps.pool.query<{ due: boolean }>(
    `SELECT count(*) FILTER (WHERE state <> 'retiring') < 2
         OR EXISTS (SELECT FROM signing_keys a, signing_keys n WHERE ${takesOver})
         OR bool_or(state = 'retiring' AND retired_at + $2 * interval '1 ms' <= clock_timestamp()) AS due
       FROM signing_keys`, [leadMs, stayMs]);
  if (is!.due) await whileLocked(deps, (tx, note) => tend(tx, note, deps));
}

/**
 * The next key takes over as soon as it was published for long enough: says when that is. `already`: it has, or an
 * operator wanted it before.
 */
export function rotateSigningKey(
  deps: RotationDeps, operator: string,
): Promise<{ readonly outcome: 'rotated' | 'waiting'; readonly kid: string; readonly at: Date }> {
  return whileLocked(deps, async (tx, note) => {
    await tend(tx, note, deps);
    const { rows: [asked] } = await tx.query<{ kid: string }>(
      `UPDATE signing_keys SET due_at = clock_timestamp() WHERE state = 'active' AND due_at > clock_timestamp()
       RETURNING kid`);
    if (asked !== undefined) note({ kind: 'signingkey.asked', facts: { kid: asked.kid, operator } });
    const { rows: [next] } = await tx.query<{ kid: string; at: Date }>(
      `SELECT kid, published_at + $1 * interval '1 ms' AS at FROM signing_keys WHERE state = 'next'`,
      [deps.times.leadMs]);
    await tend(tx, note, deps);
    const { kid, at } = next!; // `tend` sees to it that there is one
    const { rowCount } = await tx.query(`SELECT FROM signing_keys WHERE kid = $1 AND state = 'active'`, [kid]);
    return { outcome: rowCount === 1 ? 'rotated' : 'waiting', kid, at };
  });
}

/**
 * The active key may be in wrong hands: from now on it is not published, and the next one signs, however young it is.
 * Says which. Whoever fetched our keys before that one was made has to fetch them again.
 */
export function withdrawSigningKey(
  deps: RotationDeps, operator: string,
): Promise<{ readonly withdrawn: string | undefined; readonly kid: string }> {
  return whileLocked(deps, async (tx, note) => {
    const { rows: [gone] } = await tx.query<{ kid: string }>(
      `DELETE FROM signing_keys WHERE state = 'active' RETURNING kid`);
    if (gone !== undefined) note({ kind: 'signingkey.withdrawn', facts: { kid: gone.kid, operator } });
    await tend(tx, note, deps);
    const { rows: [active] } = await tx.query<{ kid: string }>(`SELECT kid FROM signing_keys WHERE state = 'active'`);
    return { withdrawn: gone?.kid, kid: active!.kid };
  });
}

/** Seals the private keys under the active storage key, so that a former one can go. Says how many. */
export async function resealSigningKeys(pool: Pool, storage: PurposeKeys): Promise<number> {
  const { rows } = await pool.query<{ kid: string; sealed: Buffer }>(
    `SELECT kid, private_enc AS sealed FROM signing_keys
      WHERE private_enc IS NOT NULL AND substr(private_enc, 1, length($1::bytea)) <> $1`, [sealedHeader(storage)]);
  let count = 0;
  for (const { kid, sealed } of rows) {
    const context = keyContext(kid);
    const { rowCount } = await pool.query(
      'UPDATE signing_keys SET private_enc = $2 WHERE kid = $1 AND private_enc = $3',
      [kid, seal(storage, open(storage, sealed, context), context), sealed]);
    count += rowCount ?? 0;
  }
  return count;
}

function whileLocked<T>({ pool }: RotationDeps, work: (tx: Queryable, note: Note) => Promise<T>): Promise<T> {
  return auditedTransaction(pool, async (tx, note) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [keysLock]);
    return work(tx, note);
  });
}

async function tend(tx: Queryable, note: Note, { storageKeys, times }: RotationDeps): Promise<void> {
  await remove(tx, note, times);
  await retire(tx, note, times);
  await activate(tx, note, storageKeys, times);
  const { rowCount } = await tx.query(`SELECT FROM signing_keys WHERE state = 'next'`);
  if (rowCount === 0) await makeKey(tx, note, storageKeys);
}

async function remove(tx: Queryable, note: Note, { stayMs }: KeyTimes): Promise<void> {
  const { rows } = await tx.query<{ kid: string }>(`DELETE FROM signing_keys WHERE ${tooOld} RETURNING kid`, [stayMs]);
  for (const facts of rows) note({ kind: 'signingkey.gone', facts });
}

/** Only when there is one to take over. What a retired key signed is still believed; it signs nothing any more. */
async function retire(tx: Queryable, note: Note, { leadMs }: KeyTimes): Promise<void> {
  const { rows } = await tx.query<{ kid: string }>(
    `UPDATE signing_keys a SET state = 'retiring', private_enc = NULL, due_at = NULL, retired_at = clock_timestamp()
       FROM signing_keys n WHERE ${takesOver} RETURNING a.kid`, [leadMs]);
  for (const facts of rows) note({ kind: 'signingkey.retired', facts });
}

/** Where no key is active: the next one, or the first of all, which nobody can know before it signs. */
async function activate(tx: Queryable, note: Note, storageKeys: PurposeKeys, { ageMs }: KeyTimes): Promise<void> {
  const { rowCount } = await tx.query(`SELECT FROM signing_keys WHERE state = 'active'`);
  if (rowCount === 1) return;
  const { rows: [next] } = await tx.query<{ kid: string }>(`SELECT kid FROM signing_keys WHERE state = 'next'`);
  const kid = next?.kid ?? await makeKey(tx, note, storageKeys);
  await tx.query(
    `UPDATE signing_keys SET state = 'active', due_at = clock_timestamp() + $2 * interval '1 ms' WHERE kid = $1`,
    [kid, ageMs]);
  note({ kind: 'signingkey.activated', facts: { kid } });
}

async function makeKey(tx: Queryable, note: Note, storageKeys: PurposeKeys): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair(signingAlgorithm, { extractable: true });
  const [publicJwk, privateJwk] = await Promise.all([exportJWK(publicKey), exportJWK(privateKey)]);
  const kid = await calculateJwkThumbprint(publicJwk);
  await tx.query(
    `INSERT INTO signing_keys (kid, public_jwk, private_enc, state) VALUES ($1, $2, $3, 'next')`,
    [kid, publicJwk, seal(storageKeys, JSON.stringify(privateJwk), keyContext(kid))]);
  note({ kind: 'signingkey.made', facts: { kid } });
  return kid;
}
