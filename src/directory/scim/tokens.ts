// Tokens by which identity providers are known: random, told once, kept as a hash (R46). Two of a source may count at a
// time, so that one can take the place of the other.
import { auditedTransaction } from '../../audit/auditedTransaction';
import type { Pool, Queryable } from '../../db/pool';
import { isSecret, newSecret, secretHash } from '../../keys/secrets';
import { isPartners } from '../owners';
import type { ScimSource } from './scimUser';

const prefix = 'dmscim_';

const activeMax = 2;

export interface NewToken {
  readonly source: string;
  /** What is not given stays as the source has it. */
  readonly employeeNumberFrom?: 'userName' | 'externalId' | 'nowhere' | undefined;
  readonly defaultCountry?: string | undefined;
}

export type Issued =
  | { readonly outcome: 'issued'; readonly id: string; readonly token: string }
  /** Two tokens count already. */
  | { readonly outcome: 'full' }
  /** The source's people come another way: its next import would end them. */
  | { readonly outcome: 'foreign' }
  /** A partner speaks of its people, by other rules. */
  | { readonly outcome: 'partners' };

/** A token for a source. It is returned this once. */
export function issueToken(pool: Pool, given: NewToken, operator: string): Promise<Issued> {
  return auditedTransaction(pool, async (tx, note) => {
    const { source } = given;
    if (await isPartners(tx, source)) return { outcome: 'partners' };
    if (await isForeign(tx, source)) return { outcome: 'foreign' };
    await lockSource(tx, source);
    const { rowCount } = await tx.query(
      'SELECT 1 FROM scim_tokens WHERE source = $1 AND revoked_at IS NULL', [source]);
    if ((rowCount ?? 0) >= activeMax) return { outcome: 'full' };
    await setSource(tx, given);
    const token = newSecret(prefix);
    const { rows: [row] } = await tx.query<{ id: string }>(
      'INSERT INTO scim_tokens (source, token_hash) VALUES ($1, $2) RETURNING id', [source, secretHash(token)]);
    const { id } = row!; // it was inserted
    note({ kind: 'scimtoken.issued', facts: { tokenId: id, source, operator } });
    return { outcome: 'issued', id, token };
  });
}

async function isForeign(tx: Queryable, source: string): Promise<boolean> {
  const { rows: [row] } = await tx.query<{ foreign: boolean }>(
    `SELECT EXISTS (SELECT FROM employees WHERE source = $1)
        AND NOT EXISTS (SELECT FROM scim_sources WHERE source = $1) AS foreign`, [source]);
  return row!.foreign; // a SELECT without FROM is one row
}

/** Two who ask for a token at once count one after the other. */
async function lockSource(tx: Queryable, source: string): Promise<void> {
  await tx.query('INSERT INTO scim_sources (source) VALUES ($1) ON CONFLICT DO NOTHING', [source]);
  await tx.query('SELECT 1 FROM scim_sources WHERE source = $1 FOR UPDATE', [source]);
}

async function setSource(tx: Queryable, { source, employeeNumberFrom, defaultCountry }: NewToken): Promise<void> {
  await tx.query(
    `UPDATE scim_sources
        SET employee_number_from = CASE WHEN $2::text IS NULL THEN employee_number_from ELSE nullif($2, 'nowhere') END,
            default_country = coalesce($3, default_country) WHERE source = $1`,
    [source, employeeNumberFrom ?? null, defaultCountry ?? null]);
}

export interface ScimToken {
  readonly id: string;
  readonly source: string;
  readonly createdAt: Date;
  /** To the hour; null when it was never used. */
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

export async function listTokens(db: Queryable): Promise<ScimToken[]> {
  const { rows } = await db.query<ScimToken>(
    `SELECT id, source, created_at AS "createdAt", last_used_at AS "lastUsedAt", revoked_at AS "revokedAt"
       FROM scim_tokens ORDER BY source, created_at, id`);
  return rows;
}

/** From now on it is no token. False when there is none of this id that counts. */
export function revokeToken(pool: Pool, tokenId: string, operator: string): Promise<boolean> {
  return auditedTransaction(pool, async (tx, note) => {
    const { rows: [row] } = await tx.query<{ source: string }>(
      `UPDATE scim_tokens SET revoked_at = clock_timestamp() WHERE id::text = lower($1) AND revoked_at IS NULL
       RETURNING source`, [tokenId]);
    if (row === undefined) return false;
    note({ kind: 'scimtoken.revoked', facts: { tokenId: tokenId.toLowerCase(), source: row.source, operator } });
    return true;
  });
}

/** Whose token this is; undefined when it is none that counts. */
export async function findSource(db: Queryable, token: string): Promise<ScimSource | undefined> {
  const { rows: [row] } = await db.query<ScimSource & { id: string; hash: Buffer; isStale: boolean }>(
    `SELECT t.id, t.token_hash AS hash, t.source, s.employee_number_from AS "employeeNumberFrom",
            s.default_country AS "defaultCountry",
            coalesce(t.last_used_at < date_trunc('hour', clock_timestamp()), true) AS "isStale"
       FROM scim_tokens t JOIN scim_sources s USING (source) WHERE t.token_hash = $1 AND t.revoked_at IS NULL`,
    [secretHash(token)]);
  if (row === undefined || !isSecret(prefix, token, row.hash)) return undefined;
  if (row.isStale) {
    await db.query(
      `UPDATE scim_tokens SET last_used_at = date_trunc('hour', clock_timestamp()) WHERE id = $1`, [row.id]);
  }
  const { source, employeeNumberFrom, defaultCountry } = row;
  return { source, employeeNumberFrom, defaultCountry };
}
