// Access tokens of clients: opaque, one hour, known by their hash. They end with the credentials that they were got by.
import { inTransaction } from '../db/pool';
import type { Pool, Queryable } from '../db/pool';
import { isSecret, newSecret, secretHash } from '../keys/secrets';
import type { Scope } from './clientSettings';
import { noteUse } from './credentials';
import type { Credential } from './credentials';

export const tokenSeconds = 3_600;
// A client of many processes has one for each. Whoever asks for one a request loses the oldest, not the table's size.
const liveMax = 100;
const prefix = 'dmtoken_';

export function newAccessToken(): string {
  return newSecret(prefix);
}

/** Keeps the hash of a new token; false when the credentials were revoked meanwhile. */
export function storeAccessToken(
  pool: Pool, token: string, { id, client }: Credential, scopes: readonly Scope[],
): Promise<boolean> {
  return inTransaction(pool, async (tx) => {
    // Whoever revokes comes before or after; two that ask at once count one after the other.
    const { rows } = await tx.query<{ id: string }>(
      'SELECT id FROM client_credentials WHERE client = $1 AND revoked_at IS NULL ORDER BY id FOR UPDATE', [client]);
    if (!rows.some((row) => row.id === id)) return false;
    await tx.query(
      `DELETE FROM client_tokens WHERE expires_at <= clock_timestamp() AND credential_id = ANY ($1::uuid[])
          OR token_hash IN (SELECT token_hash FROM client_tokens WHERE credential_id = ANY ($1::uuid[])
                             ORDER BY expires_at DESC, token_hash OFFSET $2)`,
      [rows.map((row) => row.id), liveMax - 1]);
    await tx.query(
      `INSERT INTO client_tokens (token_hash, credential_id, scopes, expires_at)
       VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 s')`, [secretHash(token), id, scopes, tokenSeconds]);
    await noteUse(tx, [id]);
    return true;
  });
}

export interface TokenHolder extends Credential {
  readonly scopes: readonly string[];
}

/** Whose token this is; undefined when it is nobody's, or over, with the same work. */
export async function findByAccessToken(db: Queryable, token: string): Promise<TokenHolder | undefined> {
  const { rows: [row] } = await db.query<TokenHolder & { hash: Buffer }>(
    `SELECT c.id, c.client, t.scopes, t.token_hash AS hash
       FROM client_tokens t JOIN client_credentials c ON c.id = t.credential_id
      WHERE t.token_hash = $1 AND t.expires_at > clock_timestamp() AND c.revoked_at IS NULL`, [secretHash(token)]);
  const isRight = isSecret(prefix, token, row?.hash);
  return row === undefined || !isRight ? undefined : { id: row.id, client: row.client, scopes: row.scopes };
}
