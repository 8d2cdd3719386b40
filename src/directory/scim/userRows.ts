// The table `scim_users`: people as their identity provider said them. Every statement names the source.
import type { Queryable } from '../../db/pool';
import type { ScimUser, StoredUser } from './scimUser';
import { filterSql, keyOf } from './userFilter';
import type { UserFilter } from './userFilter';

export interface UserRow {
  readonly user: StoredUser;
  /** `external_id` in `employees`; null as long as they are not there. */
  readonly directoryKey: string | null;
}

export interface UserQuery {
  readonly filter?: UserFilter | undefined;
  /** From 1. */
  readonly startIndex: number;
  readonly count: number;
}

const columns = `u.id, u.user_name AS "userName", u.external_id AS "externalId", u.employee_number AS "employeeNumber",
  u.active, u.attributes, u.directory_key AS "directoryKey", u.created_at AS created, u.changed_at AS "lastModified"`;

interface Selected {
  readonly id: string;
  readonly userName: string;
  readonly externalId: string | null;
  readonly employeeNumber: string | null;
  readonly active: boolean;
  readonly attributes: Attributes;
  readonly directoryKey: string | null;
  readonly created: Date;
  readonly lastModified: Date;
}

type Attributes = Omit<ScimUser, 'userName' | 'externalId' | 'employeeNumber' | 'active'>;

function rowOf({ attributes, externalId, employeeNumber, directoryKey, ...rest }: Selected): UserRow {
  return {
    user: { ...attributes, ...rest, externalId: externalId ?? undefined, employeeNumber: employeeNumber ?? undefined },
    directoryKey,
  };
}

/** A page in the order in which people came, and how many there are in all. */
export async function findUsers(
  db: Queryable, source: string, { filter, startIndex, count }: UserQuery,
): Promise<{ total: number; users: StoredUser[] }> {
  const values: unknown[] = [source];
  const place = (value: unknown) => `$${values.push(value)}`;
  const where = `u.source = $1${filter === undefined ? '' : ` AND (${filterSql(filter, place)})`}`;
  // As an object: statements of any shape are not prepared, or a connection would keep every one.
  const { rows: [counted] } = await db.query<{ total: number }>({
    text: `SELECT count(*)::int AS total FROM scim_users u WHERE ${where}`, values: [...values] });
  const { total } = counted!; // an aggregate without GROUP BY is one row
  if (count === 0 || total < startIndex) return { total, users: [] };
  const page = `LIMIT ${place(count)} OFFSET ${place(startIndex - 1)}`;
  const { rows } = await db.query<Selected>({
    text: `SELECT ${columns} FROM scim_users u WHERE ${where} ORDER BY u.created_at, u.id ${page}`, values });
  return { total, users: rows.map((row) => rowOf(row).user) };
}

export async function findUser(db: Queryable, source: string, id: string): Promise<UserRow | undefined> {
  const { rows: [row] } = await db.query<Selected>(
    `SELECT ${columns} FROM scim_users u WHERE u.source = $1 AND u.id = $2`, [source, id]);
  return row && rowOf(row);
}

/** Until the end of the transaction nobody else changes this person. */
export async function lockUser(tx: Queryable, source: string, id: string): Promise<UserRow | undefined> {
  const { rows: [row] } = await tx.query<Selected>(
    `SELECT ${columns} FROM scim_users u WHERE u.source = $1 AND u.id = $2 FOR UPDATE`, [source, id]);
  return row && rowOf(row);
}

const valuesOf = ({ userName, externalId, employeeNumber, active, ...rest }: ScimUser & { active: boolean }) => {
  const { displayName, name, preferredLanguage, locale, emails, phoneNumbers, department, manager } = rest;
  const attributes: Attributes = {
    displayName, name, preferredLanguage, locale, emails, phoneNumbers, department, manager };
  return [
    userName, keyOf(userName), externalId ?? null, employeeNumber ?? null, active, JSON.stringify(attributes),
    emails.map(({ value }) => keyOf(value)), phoneNumbers.map(({ value }) => keyOf(value))];
};

/** False when the source has somebody of this userName. */
export async function insertUser(
  tx: Queryable, source: string, id: string, user: ScimUser & { active: boolean },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO scim_users (source, id, user_name, user_key, external_id, employee_number, active, attributes,
       email_keys, phone_keys) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (source, user_key) DO NOTHING`, [source, id, ...valuesOf(user)]);
  return rowCount === 1;
}

/** Changes a locked row. Throws Postgres's 23505 of `scim_users_name` when another has the userName. */
export async function updateUser(
  tx: Queryable, source: string, id: string, user: ScimUser & { active: boolean },
): Promise<void> {
  await tx.query(
    `UPDATE scim_users SET user_name = $3, user_key = $4, external_id = $5, employee_number = $6, active = $7,
            attributes = $8, email_keys = $9, phone_keys = $10,
            changed_at = date_trunc('milliseconds', clock_timestamp()) WHERE source = $1 AND id = $2`,
    [source, id, ...valuesOf(user)]);
}

export async function linkUser(tx: Queryable, source: string, id: string, directoryKey: string): Promise<void> {
  await tx.query(
    'UPDATE scim_users SET directory_key = $3 WHERE source = $1 AND id = $2', [source, id, directoryKey]);
}

export async function deleteUser(tx: Queryable, source: string, id: string): Promise<void> {
  await tx.query('DELETE FROM scim_users WHERE source = $1 AND id = $2', [source, id]);
}

/** The source's person of this employee ID whom its provider has deleted: who is hired anew is that person. */
export async function formerKey(tx: Queryable, source: string, identifier: string): Promise<string | undefined> {
  const { rows: [row] } = await tx.query<{ key: string }>(
    `SELECT e.external_id AS key FROM employees e
      WHERE e.source = $1 AND e.identifier = $2 AND NOT EXISTS (
        SELECT FROM scim_users u WHERE u.source = $1 AND u.directory_key = e.external_id)
      ORDER BY e.changed_at DESC LIMIT 1`, [source, identifier]);
  return row?.key;
}
