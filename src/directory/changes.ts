// One person's change, as an identity provider or a partner tells it: through the same plan as an import, at once.
// What is told in the wrong order comes to the same end, and whoever has left is back only by being hired anew (R45).
import type { Note } from '../audit/auditedTransaction';
import type { Queryable } from '../db/pool';
import { compareContacts, noteContacts } from './delivery/contactChanges';
import type { NoticeOptions } from './delivery/contactChanges';
import { writePlan } from './delivery/plan';
import { findSharedBy } from './delivery/shared';
import type { SharedColumn } from './delivery/shared';
import { compare, createStaging, identifierOf, stage } from './delivery/staging';
import { findSubject, hasLeft, keepSubject, lockPerson } from './delivery/subjects';
import type { Subject } from './delivery/subjects';
import type { EmployeeRecord } from './directoryFeed';
import { findRecord } from './records';

export interface Change {
  /** Name of the source: part of the person's key. */
  readonly source: string;
  readonly record: EmployeeRecord;
  /** When the source's word came: what a leaver's door took to close is measured from then (R32). */
  readonly heardAt: Date;
  /** How numbers are told that they came or went; without it nobody is told. */
  readonly notices?: NoticeOptions;
}

export interface Changed {
  readonly employeeId: string;
  /** `ended`: who was let in until now is not any more. `returned`: the other way round. */
  readonly outcome: 'added' | 'changed' | 'unchanged' | 'ended' | 'returned';
  readonly sessionsEnded: number;
  /** What the person, who is let in, has in common with others; empty when nothing changed. */
  readonly shared: readonly SharedColumn[];
}

/**
 * Makes the directory what a source says of one person, whole. Waits for an import of the same source, and for another
 * change of the same person. Repeat-safe. Throws when the employee ID is none: whoever calls has looked at it.
 */
export async function applyChange(tx: Queryable, note: Note, change: Change): Promise<Changed> {
  const { source, record } = change;
  await lockPerson(tx, source, record.externalId);
  return write(tx, note, change);
}

/** What a source's event says of one person. */
export interface DirectoryEvent {
  readonly source: string;
  readonly kind: 'hire' | 'change' | 'leave' | 'rehire';
  readonly externalId: string;
  /** Grows with each event of the person; of two with the same one, the first counts. */
  readonly version: bigint;
  /** The whole person; for `leave` it may be missing. */
  readonly record?: EmployeeRecord;
  readonly heardAt: Date;
  readonly notices?: NoticeOptions;
}

export interface EventApplied {
  /**
   * `stale`: a later event was here before. `tombstoned`: the person has left and stays out; the data is kept.
   * `unknown`: nobody has the key of whom is said to have left; whoever comes by it stays out, but somebody else may
   * have been meant.
   */
  readonly outcome: 'applied' | 'unchanged' | 'stale' | 'tombstoned' | 'unknown';
  readonly sessionsEnded: number;
  /** As of a change. */
  readonly shared: readonly SharedColumn[];
}

/**
 * Applies an event by its version: the data of the greatest one counts, and a leaver is out until a rehire has a
 * greater one than the leave. Whatever the order in which events come, and however often, the end is the same (A56).
 * Whom a list of the source has let go is back by a rehire as well, and by no other event. Throws when there is neither
 * a record nor need of none.
 */
export async function applyEvent(tx: Queryable, note: Note, event: DirectoryEvent): Promise<EventApplied> {
  const { source, externalId, kind, record } = event;
  if (record === undefined && kind !== 'leave') throw new Error('only a leave may come without the person');
  await lockPerson(tx, source, externalId);
  const before = await findSubject(tx, source, externalId);
  const after = heed(before, event);
  if (after === before) return { outcome: 'stale', ...noEffect };
  await keepSubject(tx, source, externalId, after);
  const stored = await findRecord(tx, source, externalId);
  // With the data of an older event than the stored one, the stored one stands.
  const person = after.data === event.version && record !== undefined ? record : stored;
  if (person === undefined) return { outcome: 'unknown', ...noEffect };
  const isOut = hasLeft(after) || (kind !== 'rehire' && isGoneByList(stored, before));
  const is = (listing: Subject['listed']) => !isOut && after.listed === listing;
  const listed = { ...person, active: is('active'), absent: is('absent') };
  // The leave before a rehire may come after it: what was open then ends all the same, and they are new.
  const isAnew = after.back !== before.back && !isOut && await isEmployed(tx, source, externalId);
  const gone = isAnew && stored !== undefined
    ? await write(tx, note, { ...event, record: { ...stored, active: false, absent: false } }) : noEffect;
  const { outcome, sessionsEnded, shared } = await write(tx, note, { ...event, record: listed });
  const kept = isOut && kind !== 'leave' ? 'tombstoned' as const : 'applied' as const;
  return {
    outcome: outcome === 'unchanged' && kept === 'applied' ? 'unchanged' : kept,
    sessionsEnded: gone.sessionsEnded + sessionsEnded, shared,
  };
}

/** Somebody whom an operator has ended is not: the source has to say that they left. */
async function isEmployed(tx: Queryable, source: string, externalId: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    'SELECT 1 FROM employees WHERE source = $1 AND external_id = $2 AND (active OR absent)', [source, externalId]);
  return rowCount === 1;
}

const noEffect = { sessionsEnded: 0, shared: [] } as const;

/** The same object when the event says nothing new. */
function heed(before: Subject, { kind, version, record }: DirectoryEvent): Subject {
  const isLater = (known: bigint | null) => known === null || version > known;
  const leaves = kind === 'leave' && isLater(before.left);
  const returns = kind === 'rehire' && isLater(before.back);
  const tells = record !== undefined && isLater(before.data);
  if (!leaves && !returns && !tells) return before;
  return {
    data: tells ? version : before.data,
    // What a leave says of the employment is that it is over, which `left` says; a rehire is told by `back`.
    listed: tells && kind !== 'leave' ? listedAs(record) : before.listed,
    left: leaves ? version : before.left,
    back: returns ? version : before.back,
  };
}

const listedAs = ({ active, absent = false }: EmployeeRecord): Subject['listed'] =>
  active ? 'active' : absent ? 'absent' : 'inactive';

/** Whether somebody is listed as gone of whom no event has said so. */
const isGoneByList = (stored: EmployeeRecord | undefined, before: Subject): boolean =>
  stored !== undefined && !stored.active && stored.absent !== true && !hasLeft(before) && before.listed !== 'inactive';

async function write(tx: Queryable, note: Note, { source, record, heardAt, notices }: Change): Promise<Changed> {
  const identifier = identifierOf(record);
  if (identifier === undefined) throw new Error('a person without an employee ID cannot be written');
  // Postgres takes the staged tables, of which it knows nothing, for large ones, and would read the directory for one.
  await tx.query('SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off');
  await createStaging(tx);
  await stage(tx, [{ record, where: 'the change', identifier }]);
  await compare(tx, source, 1);
  const { rows: [planned] } = await tx.query<Planned>(
    'SELECT id, is_new AS "isNew", was_active AS "wasActive", will_be_active AS "willBeActive" FROM plan');
  if (planned === undefined) {
    return { employeeId: await idOf(tx, source, record), outcome: 'unchanged', ...noEffect };
  }
  const contacts = await compareContacts(tx, notices);
  const { sessionsEnded } = await writePlan(tx, note, source, { missing: false, heardAt });
  const outcome = outcomeOf(planned);
  note({ kind: 'employee.changed', facts: { employeeId: planned.id, source, outcome } });
  await noteContacts(tx, note, source, contacts, notices);
  const shared = planned.willBeActive ? await findSharedBy(tx, planned.id) : [];
  if (shared.length > 0) note({ kind: 'employee.shared', facts: { employeeId: planned.id, source, columns: shared } });
  return { employeeId: planned.id, outcome, sessionsEnded, shared };
}

interface Planned {
  readonly id: string;
  readonly isNew: boolean;
  readonly wasActive: boolean;
  readonly willBeActive: boolean;
}

function outcomeOf({ isNew, wasActive, willBeActive }: Planned): Changed['outcome'] {
  if (isNew) return 'added';
  if (wasActive === willBeActive) return 'changed';
  return wasActive ? 'ended' : 'returned';
}

async function idOf(tx: Queryable, source: string, { externalId }: EmployeeRecord): Promise<string> {
  const { rows: [row] } = await tx.query<{ id: string }>(
    'SELECT id FROM employees WHERE source = $1 AND external_id = $2', [source, externalId]);
  return row!.id; // it was compared with this row
}
