// Which sources' people partners speak of. SCIM and events have different rules, and nobody could say which of the two
// is right: of a source one speaks (decision 15), and whoever comes second is refused.
import { inTransaction } from '../db/pool';
import type { Pool, Queryable } from '../db/pool';

export interface Claim {
  readonly partner: string;
  readonly source: string;
}

/**
 * Makes the partners' sources those that are configured now. Returns the partners whose source an identity provider
 * pushes, and claims nothing when there are any.
 */
export function claimSources(pool: Pool, claims: readonly Claim[]): Promise<string[]> {
  const [partners, sources] = [claims.map(({ partner }) => partner), claims.map(({ source }) => source)];
  return inTransaction(pool, async (tx) => {
    await lockOwners(tx);
    const { rows: pushed } = await tx.query<{ partner: string }>(
      `SELECT partner FROM unnest($1::text[], $2::text[]) AS claimed (partner, source)
        WHERE EXISTS (SELECT FROM scim_tokens t WHERE t.source = claimed.source AND t.revoked_at IS NULL)`,
      [partners, sources]);
    if (pushed.length > 0) return pushed.map(({ partner }) => partner);
    await tx.query('DELETE FROM partner_sources');
    await tx.query(
      'INSERT INTO partner_sources (partner, source) SELECT * FROM unnest($1::text[], $2::text[])',
      [partners, sources]);
    return [];
  });
}

/** Whether a partner speaks of the source's people; nobody begins to until the transaction has ended. */
export async function isPartners(tx: Queryable, source: string): Promise<boolean> {
  await lockOwners(tx);
  return (await tx.query('SELECT 1 FROM partner_sources WHERE source = $1', [source])).rowCount !== 0;
}

const lockOwners = (tx: Queryable) =>
  tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('owners of sources', 0))`);
