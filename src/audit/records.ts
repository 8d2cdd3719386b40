// Writes the audit. Always the last statement of the transaction whose change it records: no audit, no change (R57).
import type { AuditRecord } from '../domain/records';
import type { Queryable } from '../db/pool';

/** Appends one record to the chain, inside the caller's transaction. */
export async function appendRecord(tx: Queryable, record: AuditRecord): Promise<void> {
  await tx.query('SELECT audit_append($1, $2)', [record.kind, JSON.stringify(record.facts)]);
}
