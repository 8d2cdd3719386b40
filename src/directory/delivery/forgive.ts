// An operator's way out of what events of a source have said of one person: of a leave that was none, and of a version
// that is greater than any that will come. Nobody is let in by it: the source has to say once more that they work here.
import type { Note } from '../../audit/auditedTransaction';
import type { Queryable } from '../../db/pool';
import { findSubject, hasLeft, keepSubject, lockPerson } from './subjects';

/** Words, since an operator's own would hold names: the leave was none, they are hired anew, a version was wrong. */
export const forgiveReasons = ['mistake', 'returned', 'version'] as const;

export interface Forgiveness {
  /** A source, or a partner: whose own people, or those that it speaks of. */
  readonly name: string;
  /** The source's key of the person. */
  readonly externalId: string;
  readonly reason: (typeof forgiveReasons)[number];
  /** Forgets the versions, too: whatever event comes next counts, be it an old one. */
  readonly versions: boolean;
  readonly operator: string;
}

export type Forgiven =
  | { readonly outcome: 'forgiven'; readonly source: string; readonly versions: boolean }
  /** No event has told of this key; several sources that the name stands for have; they have not left by an event. */
  | { readonly outcome: 'none' | 'ambiguous' | 'noTombstone' };

/** Lifts a person's tombstone. They stay out until an event or a list of the source says that they work here (R45). */
export async function forgiveSubject(
  tx: Queryable, note: Note, { name, externalId, reason, versions, operator }: Forgiveness,
): Promise<Forgiven> {
  const [source, ...more] = await sourcesOf(tx, name, externalId);
  if (source === undefined) return { outcome: 'none' };
  if (more.length > 0) return { outcome: 'ambiguous' };
  await lockPerson(tx, source, externalId);
  const before = await findSubject(tx, source, externalId);
  const left = hasLeft(before);
  if (!left && !versions) return { outcome: 'noTombstone' };
  await keepSubject(tx, source, externalId, {
    // Out as by a word of the source on their employment, which the next one replaces.
    listed: left ? 'inactive' : before.listed,
    left: null, data: versions ? null : before.data, back: versions ? null : before.back,
  });
  const { rows: [employee] } = await tx.query<{ id: string }>(
    'SELECT id FROM employees WHERE source = $1 AND external_id = $2', [source, externalId]);
  const facts = { source, employeeId: employee?.id ?? null, reason, versions, operator };
  note({ kind: 'tombstone.forgiven', facts });
  return { outcome: 'forgiven', source, versions };
}

/** Those of the name that events have told of the key in. */
async function sourcesOf(tx: Queryable, name: string, externalId: string): Promise<string[]> {
  const { rows } = await tx.query<{ source: string }>(
    `SELECT source FROM directory_subjects
      WHERE external_id = $2 AND (source IN ($1, 'partner:' || $1)
         OR source IN (SELECT s.source FROM partner_sources s WHERE s.partner = $1)) ORDER BY source`,
    [name, externalId]);
  return rows.map(({ source }) => source);
}
