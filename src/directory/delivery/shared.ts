// What several active people have, so that nobody is verified by it: of one person who was just told of, as the notices
// of a reading say it of everybody, and of the whole directory in numbers.
import type { Queryable } from '../../db/pool';

/** As the columns of a report are called. Of addresses the work ones, which people identify themselves by. */
export type SharedColumn = 'employee_id' | 'mobile' | 'email';

/** What the employee, who is active, has in common with others who are. */
export async function findSharedBy(tx: Queryable, employeeId: string): Promise<SharedColumn[]> {
  const { rows } = await tx.query<{ column: SharedColumn }>(
    `SELECT 'employee_id' AS "column" WHERE EXISTS (
       SELECT FROM employees e JOIN employees o USING (identifier) WHERE e.id = $1 AND o.id <> $1 AND o.active)
     UNION ALL SELECT 'mobile' WHERE EXISTS (
       SELECT FROM employee_phones p JOIN employee_phones op USING (line) JOIN employees o ON o.id = op.employee_id
        WHERE p.employee_id = $1 AND o.id <> $1 AND o.active)
     UNION ALL SELECT 'email' WHERE EXISTS (
       SELECT FROM employee_emails m JOIN employee_emails om USING (address) JOIN employees o ON o.id = om.employee_id
        WHERE m.employee_id = $1 AND m.type = 'work' AND om.type = 'work' AND o.id <> $1 AND o.active)`, [employeeId]);
  return rows.map(({ column }) => column);
}

/** How many values are several active people's; two spellings of one telephone line are one number. */
export interface SharedCounts {
  readonly employeeIds: number;
  readonly numbers: number;
  readonly addresses: number;
}

export async function countShared(db: Queryable): Promise<SharedCounts> {
  const { rows: [counts] } = await db.query<SharedCounts>(
    `SELECT (SELECT count(*)::int FROM (
               SELECT FROM employees WHERE active GROUP BY identifier HAVING count(*) > 1) AS s) AS "employeeIds",
            (SELECT count(*)::int FROM (
               SELECT FROM employee_phones p JOIN employees e ON e.id = p.employee_id WHERE e.active
                GROUP BY line HAVING count(DISTINCT p.employee_id) > 1) AS s) AS numbers,
            (SELECT count(*)::int FROM (
               SELECT FROM employee_emails m JOIN employees e ON e.id = m.employee_id WHERE e.active AND m.type = 'work'
                GROUP BY address HAVING count(*) > 1) AS s) AS addresses`);
  return counts!; // a SELECT without FROM is one row
}
