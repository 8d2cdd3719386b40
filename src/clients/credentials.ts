// Credentials of the applications that call Doorman: random, told once, kept as hashes (R46). Two of a client may count
// at a time, so that one can take the place of the other.
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Pool, Queryable } from '../db/pool';
import { isUuid } from '../domain/identifiers';
import { isSecret, newSecret, secretHash } from '../keys/secrets';

const prefixes = { secret: 'dmsecret_', apiKey: 'dmkey_' } as const;
const noId = '00000000-0000-0000-0000-000000000000';

const activeMax = 2;

export type Issued =
  | { readonly outcome: 'issued'; readonly id: string; readonly secret: string; readonly apiKey: string }
  /** Two count already. */
  | { readonly outcome: 'full' };

/** New credentials of a client. They are returned this once. */
export function issueCredentials(pool: Pool, client: string, operator: string): Promise<Issued> {
  return auditedTransaction(pool, async (tx, note) => {
    // Two who ask at once count one after the other.
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('client_credentials ' || $1, 0))`, [client]);
    const { rowCount } = await tx.query(
      'SELECT 1 FROM client_credentials WHERE client = $1 AND revoked_at IS NULL', [client]);
    if ((rowCount ?? 0) >= activeMax) return { outcome: 'full' };
    const [secret, apiKey] = [newSecret(prefixes.secret), newSecret(prefixes.apiKey)];
    const { rows: [row] } = await tx.query<{ id: string }>(
      'INSERT INTO client_credentials (client, secret_hash, api_key_hash) VALUES ($1, $2, $3) RETURNING id',
      [client, secretHash(secret), secretHash(apiKey)]);
    const { id } = row!; // it was inserted
    note({ kind: 'client.issued', facts: { credentialId: id, client, operator } });
    return { outcome: 'issued', id, secret, apiKey };
  });
}

export interface ListedCredential {
  readonly id: string;
  readonly client: string;
  readonly createdAt: Date;
  /** To the hour; null when they were never used. */
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

export async function listCredentials(db: Queryable): Promise<ListedCredential[]> {
  const { rows } = await db.query<ListedCredential>(
    `SELECT id, client, created_at AS "createdAt", last_used_at AS "lastUsedAt", revoked_at AS "revokedAt"
       FROM client_credentials ORDER BY client, created_at, id`);
  return rows;
}

/** They and the tokens that were got by them are none from now on. False when there are none of this id that count. */
export function revokeCredentials(pool: Pool, id: string, operator: string): Promise<boolean> {
  return auditedTransaction(pool, async (tx, note) => {
    const credentialId = id.toLowerCase();
    const { rows: [row] } = await tx.query<{ client: string }>(
      `UPDATE client_credentials SET revoked_at = clock_timestamp() WHERE id::text = $1 AND revoked_at IS NULL
       RETURNING client`, [credentialId]);
    if (row === undefined) return false;
    await tx.query('DELETE FROM client_tokens WHERE credential_id::text = $1', [credentialId]);
    note({ kind: 'client.revoked', facts: { credentialId, client: row.client, operator } });
    return true;
  });
}

/** Credentials that count, and whose they are. */
export interface Credential {
  readonly id: string;
  readonly client: string;
}

/** Whose client id and secret these are; undefined when they are not, with the same work. */
export async function findBySecret(db: Queryable, id: string, secret: string): Promise<Credential | undefined> {
  const { rows: [row] } = await db.query<Credential & { hash: Buffer }>(
    'SELECT id, client, secret_hash AS hash FROM client_credentials WHERE id = $1 AND revoked_at IS NULL',
    [isUuid(id) ? id : noId]);
  const isRight = isSecret(prefixes.secret, secret, row?.hash);
  return row === undefined || !isRight ? undefined : { id: row.id, client: row.client };
}

/** Whose API key this is; undefined when it is nobody's, with the same work. */
export async function findByApiKey(db: Queryable, apiKey: string): Promise<Credential | undefined> {
  const { rows: [row] } = await db.query<Credential & { hash: Buffer }>(
    `SELECT id, client, api_key_hash AS hash FROM client_credentials
      WHERE api_key_hash = $1 AND revoked_at IS NULL`, [secretHash(apiKey)]);
  const isRight = isSecret(prefixes.apiKey, apiKey, row?.hash);
  return row === undefined || !isRight ? undefined : { id: row.id, client: row.client };
}

/** Notes that they were used, once an hour. */
export async function noteUse(db: Queryable, ids: readonly string[]): Promise<void> {
  await db.query(
    `UPDATE client_credentials SET last_used_at = date_trunc('hour', clock_timestamp())
      WHERE id = ANY ($1::uuid[]) AND coalesce(last_used_at < date_trunc('hour', clock_timestamp()), true)`, [ids]);
}
