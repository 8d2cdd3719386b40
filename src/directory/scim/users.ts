// People of an identity provider: asked for, created, changed and deleted, each in one audited transaction in which the
// directory learns of it. Who is deactivated is out before anybody is answered (R32); nobody sees another source's.
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { auditedTransaction } from '../../audit/auditedTransaction';
import type { Note } from '../../audit/auditedTransaction';
import type { Pool, Queryable } from '../../db/pool';
import { applyChange } from '../changes';
import type { NoticeOptions } from '../delivery/contactChanges';
import type { SharedColumn } from '../delivery/shared';
import type { Countries } from '../phoneNumber';
import { findRecord } from '../records';
import { employeeIdOf, recordOf } from './scimUser';
import type { ScimSource, ScimUser, StoredUser } from './scimUser';
import {
  deleteUser, findUser, findUsers, formerKey, insertUser, linkUser, lockUser, updateUser,
} from './userRows';
import type { UserQuery, UserRow } from './userRows';

export interface ScimUsersDeps {
  readonly pool: Pool;
  readonly countries: Countries;
  readonly notices?: NoticeOptions;
  /** Hears of a person who has something in common with others, before it is committed. */
  tellShared?(source: string, columns: readonly SharedColumn[]): void;
}

/** `taken`: the source has somebody else of this userName. */
export type Stored = { readonly outcome: 'stored'; readonly user: StoredUser } | { readonly outcome: 'taken' };

export interface ScimUsers {
  find(
    source: ScimSource, query: UserQuery,
  ): Promise<{ readonly total: number; readonly users: readonly StoredUser[] }>;
  get(source: ScimSource, id: string): Promise<StoredUser | undefined>;
  /** `heardAt`: when the request came; what a leaver's door took to close is measured from then. */
  create(source: ScimSource, user: ScimUser, heardAt: Date): Promise<Stored>;
  /** `next` is made from the person as locked: of changes at the same time none is lost. What it throws undoes all. */
  change(
    source: ScimSource, id: string, next: (stored: StoredUser) => ScimUser | Promise<ScimUser>, heardAt: Date,
  ): Promise<Stored | { readonly outcome: 'unknown' }>;
  /** Gone for the provider; the employee stays, deactivated. False when there is no such person. */
  remove(source: ScimSource, id: string, heardAt: Date): Promise<boolean>;
}

export function createScimUsers(deps: ScimUsersDeps): ScimUsers {
  const { pool } = deps;
  return {
    find: ({ source }, query) => findUsers(pool, source, query),
    get: async ({ source }, id) => (await findUser(pool, source, id))?.user,
    create: (source, user, heardAt) => auditedTransaction(pool, async (tx, note): Promise<Stored> => {
      const id = randomUUID();
      // Nobody is provisioned to stay out: without a word, they are active.
      const isNew = await insertUser(tx, source.source, id, { ...user, active: user.active ?? true });
      if (!isNew) return { outcome: 'taken' };
      return { outcome: 'stored', user: await tellDirectory(deps, tx, note, source, id, heardAt) };
    }),
    change: (source, id, next, heardAt) => auditedTransaction(pool, async (tx, note) => {
      const row = await lockUser(tx, source.source, id);
      if (row === undefined) return { outcome: 'unknown' as const };
      const given = await next(row.user);
      const user = { ...given, active: given.active ?? row.user.active };
      if (!isSame(user, row.user)) await updateUser(tx, source.source, id, user);
      return { outcome: 'stored' as const, user: await tellDirectory(deps, tx, note, source, id, heardAt) };
    }).catch(whenTaken),
    remove: (source, id, heardAt) => auditedTransaction(pool, async (tx, note) => {
      const row = await lockUser(tx, source.source, id);
      if (row === undefined) return false;
      await endInDirectory(deps, tx, note, source, row.directoryKey, heardAt);
      await deleteUser(tx, source.source, id);
      return true;
    }),
  };
}

/** The transaction is undone by then: a statement that was refused ends it. */
function whenTaken(error: unknown): { readonly outcome: 'taken' } {
  // cast: nothing is known of what was thrown, so that every property may be anything
  const { code, constraint } = Object(error) as Record<string, unknown>;
  if (code === '23505' && constraint === 'scim_users_name') return { outcome: 'taken' };
  throw error;
}

/** Whether nothing of what is stored differs; what is undefined on one side may be missing on the other. */
function isSame(user: ScimUser, stored: StoredUser): boolean {
  const { id: _i, created: _c, lastModified: _m, ...before } = stored;
  const plain = (one: ScimUser): unknown => JSON.parse(JSON.stringify(one));
  return isDeepStrictEqual(plain(user), plain(before));
}

/** Makes the directory what the stored row says, and returns the row. */
async function tellDirectory(
  deps: ScimUsersDeps, tx: Queryable, note: Note, source: ScimSource, id: string, heardAt: Date,
): Promise<StoredUser> {
  const row: UserRow = (await lockUser(tx, source.source, id))!; // written, or locked, in this transaction
  const employeeId = employeeIdOf(row.user, source);
  if (employeeId === undefined) await endInDirectory(deps, tx, note, source, row.directoryKey, heardAt);
  else await applyToDirectory(deps, tx, note, source, row, employeeId, heardAt);
  return row.user;
}

async function applyToDirectory(
  { countries, notices, tellShared }: ScimUsersDeps, tx: Queryable, note: Note, source: ScimSource, row: UserRow,
  employeeId: { readonly canonical: string; readonly written: string }, heardAt: Date,
): Promise<void> {
  const key = row.directoryKey ?? await formerKey(tx, source.source, employeeId.canonical) ?? row.user.id;
  if (row.directoryKey === null) await linkUser(tx, source.source, row.user.id, key);
  const before = await identifierOf(tx, source.source, key);
  const record = recordOf(row.user, source, { key, employeeNumber: employeeId.written, countries });
  const changed = await applyChange(tx, note, { source: source.source, record, heardAt, ...notices && { notices } });
  if (changed.shared.length > 0) tellShared?.(source.source, changed.shared);
  if (before !== employeeId.canonical) await holdIfTaken(tx, changed.employeeId);
}

/** Whoever has no employee ID any more, or is deleted, is out; the rest of what is known of them stays. */
async function endInDirectory(
  { notices }: ScimUsersDeps, tx: Queryable, note: Note, { source }: ScimSource, key: string | null, heardAt: Date,
): Promise<void> {
  const known = key === null ? undefined : await findRecord(tx, source, key);
  if (known === undefined) return;
  const record = { ...known, active: false, absent: false };
  await applyChange(tx, note, { source, record, heardAt, ...notices && { notices } });
}

async function identifierOf(tx: Queryable, source: string, key: string): Promise<string | undefined> {
  const { rows: [row] } = await tx.query<{ identifier: string }>(
    'SELECT identifier FROM employees WHERE source = $1 AND external_id = $2', [source, key]);
  return row?.identifier;
}

/**
 * Contacts of somebody who comes with the employee ID of another person of the source are held back like changed ones:
 * ending a person and adding them once more is no way around the hold (R19, A53).
 */
async function holdIfTaken(tx: Queryable, employeeId: string): Promise<void> {
  for (const table of ['employee_phones', 'employee_emails']) {
    await tx.query(
      `UPDATE ${table} c SET held_from = clock_timestamp() FROM employees e
        WHERE c.employee_id = e.id AND e.id = $1 AND EXISTS (
          SELECT FROM employees o WHERE o.identifier = e.identifier AND o.source = e.source AND o.id <> e.id)`,
      [employeeId]);
  }
}
