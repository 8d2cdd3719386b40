// What events have said of each person of a source, as the versions that count: data, leave and rehire (decision 15).
import type { Queryable } from '../../db/pool';

export interface Subject {
  readonly data: bigint | null;
  readonly listed: 'active' | 'absent' | 'inactive' | null;
  readonly left: bigint | null;
  readonly back: bigint | null;
}

/** Waits for a reading of the source, and for whoever changes the same person. */
export async function lockPerson(tx: Queryable, source: string, externalId: string): Promise<void> {
  await tx.query(
    `SELECT pg_advisory_xact_lock_shared(hashtextextended('directory ' || $1, 0)),
            pg_advisory_xact_lock(hashtextextended('person ' || $1 || ' ' || $2, 0))`, [source, externalId]);
}

/** Of the same version, the leave counts: in doubt the door is closed. */
export const hasLeft = ({ left, back }: Subject): boolean => left !== null && (back === null || left >= back);

/** Versions are longer than a number is exact. */
type StoredSubject = { readonly [K in keyof Subject]: K extends 'listed' ? Subject['listed'] : string | null };

/** All null for whom no event has told of. */
export async function findSubject(tx: Queryable, source: string, externalId: string): Promise<Subject> {
  const { rows: [row] } = await tx.query<StoredSubject>(
    `SELECT data_version AS data, listed, left_version AS "left", back_version AS back FROM directory_subjects
      WHERE source = $1 AND external_id = $2`, [source, externalId]);
  const version = (text: string | null | undefined) => text === null || text === undefined ? null : BigInt(text);
  return { data: version(row?.data), listed: row?.listed ?? null, left: version(row?.left), back: version(row?.back) };
}

export async function keepSubject(tx: Queryable, source: string, externalId: string, subject: Subject): Promise<void> {
  const { data, listed, left, back } = subject;
  await tx.query(
    `INSERT INTO directory_subjects (source, external_id, data_version, listed, left_version, back_version)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (source, external_id) DO UPDATE
       SET data_version = $3, listed = $4, left_version = $5, back_version = $6`,
    [source, externalId, data?.toString() ?? null, listed, left?.toString() ?? null, back?.toString() ?? null]);
}
