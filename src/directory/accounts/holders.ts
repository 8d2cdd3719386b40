// What a service knows an employee by, as HR registered it, at this moment.
import type { Queryable } from '../../db/pool';
import { isHeld, isSoleReader } from '../employees';

export interface HolderRow {
  readonly employeeId: string;
  readonly employeeNumber: string;
  readonly workEmail: string | null;
  readonly returnedAt: Date | null;
}

/**
 * An active employee; undefined for anybody else. The work e-mail is the main one, and none where it is another's too,
 * where two could be meant, or while it is held back: it would open somebody else's account (R19).
 */
export async function findHolder(
  db: Queryable, employeeId: string, contactHoldMs: number,
): Promise<HolderRow | undefined> {
  const { rows: [row] } = await db.query<HolderRow>(
    `SELECT e.id AS "employeeId", e.employee_number AS "employeeNumber", e.returned_at AS "returnedAt",
            (SELECT CASE WHEN count(*) = 1 THEN min(address) END FROM (
               SELECT m.address, rank() OVER (ORDER BY m.is_primary DESC) AS place FROM employee_emails m
                WHERE m.employee_id = e.id AND m.type = 'work' AND ${isSoleReader} AND NOT ${isHeld('m', '$2')}
             ) AS best WHERE place = 1) AS "workEmail"
       FROM employees e WHERE e.id = $1 AND e.active`, [employeeId, contactHoldMs]);
  return row;
}
