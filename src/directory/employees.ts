// The directory as it is asked: who has this identifier, or this number. Never who somebody is not.
// A telephone number of two active employees is nobody's: neither is reached, nor recognised, by it; nor is an address.
import type { Queryable } from '../db/pool';
import { defaultPolicy } from '../domain/policy';
import type { EmployeeEmail, EmployeePhone } from './directoryFeed';

/** An employee, active or not: whoever asks treats the departed like the unknown (decision 7). */
export interface Employee {
  readonly id: string;
  readonly active: boolean;
  readonly preferredLanguage: string | null;
  /** Main ones first; without those that are held back: they prove nothing yet. */
  readonly phones: readonly Pick<EmployeePhone, 'e164' | 'type'>[];
  readonly emails: readonly Pick<EmployeeEmail, 'address' | 'type'>[];
}

export type FoundEmployee =
  | { readonly outcome: 'found'; readonly employee: Employee }
  | { readonly outcome: 'none' }
  /** Two people answer to it: nobody is let in by it. */
  | { readonly outcome: 'ambiguous' };

/** SQL: whether the contact `row` came or changed less than `holdMs` (a parameter) ago (R19). */
export const isHeld = (row: string, holdMs: string): string =>
  `coalesce(${row}.held_from > clock_timestamp() - ${holdMs} * interval '1 ms', false)`;

/**
 * SQL: whether codes may go to the number, or the address, in `row`. `primary`: its column of that name, which a
 * source's record has as `"primary"`.
 */
export const getsCodes = {
  phone: (row: string, primary = 'is_primary'): string => `(${row}.type = 'mobile' OR ${row}.${primary})`,
  email: (row: string, primary = 'is_primary'): string => `(${row}.type = 'work' OR ${row}.${primary})`,
} as const;

/** SQL: whether no other active employee has the telephone line of the contact `p`, however either is spelled. */
export const isSoleHolder = `NOT EXISTS (
  SELECT FROM employee_phones o JOIN employees oe ON oe.id = o.employee_id
   WHERE o.line = p.line AND o.employee_id <> p.employee_id AND oe.active)`;

/** The same of an address, `m`: either of two would read the code that is meant for the other. */
export const isSoleReader = `NOT EXISTS (
  SELECT FROM employee_emails o JOIN employees oe ON oe.id = o.employee_id
   WHERE o.address = m.address AND o.employee_id <> m.employee_id AND oe.active)`;

/**
 * Who has this canonical identifier (src/domain/identifiers.ts), as employee ID or as work e-mail address.
 * Somebody who works here goes before somebody who left: IDs and addresses are given out again.
 */
export async function findEmployee(
  db: Queryable, identifier: string, contactHoldMs: number = defaultPolicy.contactHoldMs,
): Promise<FoundEmployee> {
  // One statement for an ID and an address, found or not: the same work for all (R25).
  const { rows } = await db.query<Employee>(
    `WITH claimed AS (
       SELECT id FROM employees WHERE identifier = $1
       UNION SELECT employee_id FROM employee_emails WHERE address = $1 AND type = 'work')
     SELECT e.id, e.active, e.preferred_language AS "preferredLanguage",
            coalesce((SELECT jsonb_agg(jsonb_build_object('e164', p.e164, 'type', p.type)
                               ORDER BY p.is_primary DESC, p.e164)
               FROM employee_phones p
              WHERE p.employee_id = e.id AND ${isSoleHolder} AND NOT ${isHeld('p', '$2')}), '[]') AS phones,
            coalesce((SELECT jsonb_agg(jsonb_build_object('address', m.address, 'type', m.type)
                               ORDER BY m.is_primary DESC, m.address)
               FROM employee_emails m WHERE m.employee_id = e.id), '[]') AS emails
       FROM claimed JOIN employees e USING (id)`, [identifier, contactHoldMs]);
  const active = rows.filter((employee) => employee.active);
  const [employee, ...more] = active.length > 0 ? active : rows;
  if (employee === undefined) return { outcome: 'none' };
  return more.length === 0 ? { outcome: 'found', employee } : { outcome: 'ambiguous' };
}

/** Who may be ended by this canonical identifier: who works here, else who is on leave; of one source where told. */
export async function findEndable(
  db: Queryable, identifier: string, source: string | undefined,
): Promise<{ readonly id: string; readonly source: string }[]> {
  const { rows } = await db.query<{ id: string; source: string; active: boolean }>(
    `SELECT id, source, active FROM employees e
      WHERE (active OR absent) AND ($2::text IS NULL OR source = $2)
        AND (identifier = $1
          OR id IN (SELECT employee_id FROM employee_emails WHERE address = $1 AND type = 'work'))
      ORDER BY source, id`, [identifier, source ?? null]);
  const active = rows.filter((row) => row.active);
  return active.length > 0 ? active : rows;
}

/** Whether nobody was ever imported. */
export async function isDirectoryEmpty(db: Queryable): Promise<boolean> {
  return (await db.query('SELECT 1 FROM employees LIMIT 1')).rowCount === 0;
}

/** The active employee who has this number (E.164), however it is spelled, alone and for long enough. */
export function findByPhone(
  db: Queryable, e164: string, contactHoldMs: number = defaultPolicy.contactHoldMs,
): Promise<string | undefined> {
  return findHolderOf(db, e164, contactHoldMs, 'true');
}

/** The same, where it is a number that codes go to: a code that was read at another one proves nothing. */
export function findByCodePhone(db: Queryable, e164: string, contactHoldMs: number): Promise<string | undefined> {
  return findHolderOf(db, e164, contactHoldMs, getsCodes.phone('p'));
}

/** `condition` is one of the constants above. */
async function findHolderOf(
  db: Queryable, e164: string, contactHoldMs: number, condition: string,
): Promise<string | undefined> {
  const { rows: [row] } = await db.query<{ id: string }>(
    `SELECT e.id FROM employees e JOIN employee_phones p ON p.employee_id = e.id
      WHERE p.line = phone_line($1) AND e.active AND ${condition} AND ${isSoleHolder} AND NOT ${isHeld('p', '$2')}
      LIMIT 1`,
    [e164, contactHoldMs]);
  return row?.id;
}

/** The numbers of an employee that are nobody else's and not held back. */
export function numbersOf(
  db: Queryable, employeeId: string, contactHoldMs: number = defaultPolicy.contactHoldMs,
): Promise<string[]> {
  return ownNumbers(db, employeeId, contactHoldMs, 'true');
}

/** Those of them that codes go to. */
export function codeNumbersOf(db: Queryable, employeeId: string, contactHoldMs: number): Promise<string[]> {
  return ownNumbers(db, employeeId, contactHoldMs, getsCodes.phone('p'));
}

/** `condition` is one of the constants above. */
async function ownNumbers(
  db: Queryable, employeeId: string, contactHoldMs: number, condition: string,
): Promise<string[]> {
  const { rows } = await db.query<{ e164: string }>(
    `SELECT p.e164 FROM employee_phones p
      WHERE p.employee_id = $1 AND ${condition} AND ${isSoleHolder} AND NOT ${isHeld('p', '$2')}`,
    [employeeId, contactHoldMs]);
  return rows.map(({ e164 }) => e164);
}
