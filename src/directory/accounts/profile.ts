// What the directory says of somebody who works here, for the applications that may know it.
import type { Queryable } from '../../db/pool';
import { isHeld } from '../employees';

/** Null: HR registered none. */
export interface Profile {
  readonly employeeNumber: string;
  readonly givenName: string | null;
  readonly familyName: string | null;
  readonly language: string | null;
  readonly department: string | null;
  /** The main ones, without those that are held back: they may not be theirs. */
  readonly email: string | null;
  readonly mobile: string | null;
  /** When they came back after having left; null when they never did. */
  readonly returnedAt: Date | null;
}

/** Undefined for the unknown and the departed. */
export async function findProfile(
  db: Queryable, employeeId: string, contactHoldMs: number,
): Promise<Profile | undefined> {
  const { rows: [row] } = await db.query<Profile>(
    `SELECT e.employee_number AS "employeeNumber", nullif(e.given_name, '') AS "givenName",
            nullif(e.family_name, '') AS "familyName", e.preferred_language AS language, e.department,
            e.returned_at AS "returnedAt",
            (SELECT m.address FROM employee_emails m
              WHERE m.employee_id = e.id AND m.type = 'work' AND NOT ${isHeld('m', '$2')}
              ORDER BY m.is_primary DESC, m.address LIMIT 1) AS email,
            (SELECT p.e164 FROM employee_phones p
              WHERE p.employee_id = e.id AND p.type = 'mobile' AND NOT ${isHeld('p', '$2')}
              ORDER BY p.is_primary DESC, p.e164 LIMIT 1) AS mobile
       FROM employees e WHERE e.id = $1 AND e.active`, [employeeId, contactHoldMs]);
  return row;
}
