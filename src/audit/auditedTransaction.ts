// A change and its audit in one transaction: both are there, or neither (I7, R57).
import type { AuditRecord } from '../domain/records';
import { inTransaction } from '../db/pool';
import type { Pool, Queryable } from '../db/pool';

/** Notes a record; it is appended right before the commit, because the chain's lock orders all writers. */
export type Note = (record: AuditRecord) => void;

/** Runs `work` in one transaction and appends the records that it noted, in that order, as its last statement. */
export function auditedTransaction<T>(pool: Pool, work: (tx: Queryable, note: Note) => Promise<T>): Promise<T> {
  return inTransaction(pool, async (tx) => {
    const records: AuditRecord[] = [];
    const result = await work(tx, (record) => records.push(record));
    await appendAll(tx, records);
    return result;
  });
}

async function appendAll(tx: Queryable, records: readonly AuditRecord[]): Promise<void> {
  if (records.length === 0) return;
  await tx.query(
    'SELECT audit_append_all($1::text[], $2::jsonb[])',
    [records.map(({ kind }) => kind), records.map(({ facts }) => JSON.stringify(facts))],
  );
}
