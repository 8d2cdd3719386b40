// The signing keys as others see them: the key set that verifiers fetch, and the list that an operator reads.
import type { JWK } from 'jose';
import type { Pool, Queryable } from '../db/pool';
import { signingAlgorithm } from './signingKeys';

/** A public route asks the database no more often than this, however often it is asked. In ms. */
const keptMs = 1_000;

export interface KeySetDeps {
  readonly pool: Pool;
  /** Makes the keys that are missing: an empty set would be remembered by whoever fetched it. */
  tend(): Promise<void>;
  readonly now?: () => number;
}

/** The JSON of the key set (RFC 7517): what signs, what is about to, and what has signed a short while ago. */
export function createKeySet({ pool, tend, now = () => performance.now() }: KeySetDeps): () => Promise<string> {
  let kept: { readonly json: Promise<string>; readonly until: number } | undefined;
  const read = async () => {
    const keys = await publicKeys(pool);
    if (keys.length > 0) return JSON.stringify({ keys });
    await tend();
    return JSON.stringify({ keys: await publicKeys(pool) });
  };
  return () => {
    if (kept === undefined || kept.until <= now()) {
      const json = read();
      const fresh = { json, until: now() + keptMs };
      kept = fresh;
      // What failed is asked for again.
      json.catch(() => { if (kept === fresh) kept = undefined; });
    }
    return kept.json;
  };
}

async function publicKeys(db: Queryable): Promise<JWK[]> {
  const { rows } = await db.query<{ kid: string; jwk: JWK }>(
    'SELECT kid, public_jwk AS jwk FROM signing_keys ORDER BY published_at DESC, kid');
  return rows.map(({ kid, jwk: { kty, crv, x, y } }) =>
    ({ kty, crv, x, y, kid, alg: signingAlgorithm, use: 'sig' }) as JWK); // cast: an EC key has all of them
}

export interface ListedKey {
  readonly kid: string;
  readonly state: 'next' | 'active' | 'retiring';
  readonly publishedAt: Date;
  /** Of the active one: when the next one is to take over. */
  readonly dueAt: Date | null;
  readonly retiredAt: Date | null;
}

/** In the order in which they sign. */
export async function listSigningKeys(db: Queryable): Promise<ListedKey[]> {
  const { rows } = await db.query<ListedKey>(
    `SELECT kid, state, published_at AS "publishedAt", due_at AS "dueAt", retired_at AS "retiredAt" FROM signing_keys
      ORDER BY array_position(ARRAY['retiring', 'active', 'next'], state), retired_at, kid`);
  return rows;
}
