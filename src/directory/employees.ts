// The directory as it is asked: who has this identifier, and where may a code go. Never who somebody is not.
// A telephone number of two active employees is nobody's: neither is reached, nor recognised, by it.
import type { Queryable } from '../db/pool';
import type { Method } from '../domain/messages';
import type { EmployeeEmail, EmployeePhone } from './directoryFeed';

/** An employee, active or not: whoever asks treats the departed like the unknown (decision 7). */
export interface Employee {
  readonly id: string;
  readonly active: boolean;
  readonly preferredLanguage: string | null;
  /** Main ones first. */
  readonly phones: readonly Pick<EmployeePhone, 'e164' | 'type'>[];
  readonly emails: readonly Pick<EmployeeEmail, 'address' | 'type'>[];
}

export type FoundEmployee =
  | { readonly outcome: 'found'; readonly employee: Employee }
  | { readonly outcome: 'none' }
  /** Two people answer to it: nobody is let in by it. */
  | { readonly outcome: 'ambiguous' };

const isSoleHolder = `NOT EXISTS (
  SELECT FROM employee_phones o JOIN employees oe ON oe.id = o.employee_id
   WHERE o.e164 = p.e164 AND o.employee_id <> p.employee_id AND oe.active)`;

/**
 * Who has this canonical identifier (src/domain/identifiers.ts), as employee ID or as work e-mail address.
 * Somebody who works here goes before somebody who left: IDs and addresses are given out again.
 */
export async function findEmployee(db: Queryable, identifier: string): Promise<FoundEmployee> {
  // One statement for an ID and an address, found or not: the same work for all (R25).
  const { rows } = await db.query<Employee>(
    `WITH claimed AS (
       SELECT id FROM employees WHERE identifier = $1
       UNION SELECT employee_id FROM employee_emails WHERE address = $1 AND type = 'work')
     SELECT e.id, e.active, e.preferred_language AS "preferredLanguage",
            coalesce((SELECT jsonb_agg(jsonb_build_object('e164', p.e164, 'type', p.type)
                               ORDER BY p.is_primary DESC, p.e164)
               FROM employee_phones p WHERE p.employee_id = e.id AND ${isSoleHolder}), '[]') AS phones,
            coalesce((SELECT jsonb_agg(jsonb_build_object('address', m.address, 'type', m.type)
                               ORDER BY m.is_primary DESC, m.address)
               FROM employee_emails m WHERE m.employee_id = e.id), '[]') AS emails
       FROM claimed JOIN employees e USING (id)`, [identifier]);
  const active = rows.filter((employee) => employee.active);
  const [employee, ...more] = active.length > 0 ? active : rows;
  if (employee === undefined) return { outcome: 'none' };
  return more.length === 0 ? { outcome: 'found', employee } : { outcome: 'ambiguous' };
}

/** Whether nobody was ever imported. */
export async function isDirectoryEmpty(db: Queryable): Promise<boolean> {
  return (await db.query('SELECT 1 FROM employees LIMIT 1')).rowCount === 0;
}

/** The active employee who has this number (E.164) alone. */
export async function findByPhone(db: Queryable, e164: string): Promise<string | undefined> {
  const { rows: [row] } = await db.query<{ id: string }>(
    `SELECT e.id FROM employees e JOIN employee_phones p ON p.employee_id = e.id
      WHERE p.e164 = $1 AND e.active AND ${isSoleHolder} LIMIT 1`, [e164]);
  return row?.id;
}

/** Where a code may go. */
export interface Contact {
  readonly to: string;
  readonly language: string | null;
}

/**
 * The registered contact for a method: mobile before main number, work address before main address; undefined for the
 * unknown, the departed, and those who have none of their own. Null asks for nobody, with the same work (R25).
 */
export async function findContact(
  db: Queryable, employeeId: string | null, method: Method,
): Promise<Contact | undefined> {
  const { rows: [contact] } = await db.query<Contact>(contactQueries[method], [employeeId]);
  return contact;
}

const phoneQuery = `
  SELECT p.e164 AS to, e.preferred_language AS language
    FROM employees e JOIN employee_phones p ON p.employee_id = e.id
   WHERE e.id = $1 AND e.active AND (p.type = 'mobile' OR p.is_primary) AND ${isSoleHolder}
   ORDER BY p.type = 'mobile' DESC, p.is_primary DESC, p.e164 LIMIT 1`;

const contactQueries: Record<Method, string> = {
  sms: phoneQuery,
  call: phoneQuery,
  email: `
    SELECT m.address AS to, e.preferred_language AS language
      FROM employees e JOIN employee_emails m ON m.employee_id = e.id
     WHERE e.id = $1 AND e.active AND (m.type = 'work' OR m.is_primary)
     ORDER BY m.type = 'work' DESC, m.is_primary DESC, m.address LIMIT 1`,
};
