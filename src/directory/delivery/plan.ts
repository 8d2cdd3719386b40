// Writes to the directory what the table `plan` holds, with all that ends by it: one statement a table, be it one
// person or a hundred thousand.
import type { Note } from '../../audit/auditedTransaction';
import type { Queryable } from '../../db/pool';
import { getsCodes } from '../employees';
import { closeDoor, endMoved } from '../leavers';
import type { Leaver } from '../leavers';
import { isMissing } from './staging';

export interface Written {
  readonly left: number;
  readonly sessionsEnded: number;
}

export interface PlanOptions {
  /** Whether those of the source who are not staged have left. */
  readonly missing: boolean;
  /** As `isMissing` takes it. */
  readonly readFrom?: Date | undefined;
  /** When the source's word came. */
  readonly heardAt: Date;
}

/** Writes what `compare` has planned. */
export async function writePlan(
  tx: Queryable, note: Note, source: string, { missing, readFrom, heardAt }: PlanOptions,
): Promise<Written> {
  await heedEnded(tx);
  // Before anything else is written: the rows that these return are exactly those who worked here until now.
  const leavers = [...await endListed(tx), ...(missing ? await endMissing(tx, source, readFrom) : [])];
  await holdReturning(tx);
  await writePeople(tx, source);
  for (const contacts of [phones, emails]) {
    await writeContacts(tx, contacts);
    await holdTaken(tx, contacts);
  }
  const { rows: moved } = await tx.query<{ id: string }>('SELECT id FROM plan WHERE has_moved AND will_be_active');
  return {
    left: leavers.length,
    sessionsEnded: await closeDoor(tx, note, leavers, heardAt) + await endMoved(tx, note, moved.map(({ id }) => id)),
  };
}

/**
 * Whom an operator has ended since they were compared stays out: that order waits for no reading of the source, and
 * none has told of it (R45). From here on nobody else writes these rows.
 */
async function heedEnded(tx: Queryable): Promise<void> {
  await tx.query(
    `WITH now AS (
       SELECT id, active, listed_active FROM employees WHERE id IN (SELECT id FROM plan WHERE NOT is_new)
          FOR NO KEY UPDATE)
     UPDATE plan p SET was_active = false, will_be_active = p.active AND NOT n.listed_active
       FROM now n WHERE n.id = p.id AND NOT n.active AND (p.was_active OR p.will_be_active)`);
}

async function endListed(tx: Queryable): Promise<Leaver[]> {
  const { rows } = await tx.query<Leaver>(
    `UPDATE employees e SET active = false FROM plan p WHERE p.id = e.id AND e.active AND NOT p.active
     RETURNING e.id AS "employeeId", CASE WHEN p.absent THEN 'absent' ELSE 'left' END AS reason`);
  return rows;
}

async function endMissing(tx: Queryable, source: string, readFrom: Date | undefined): Promise<Leaver[]> {
  // The hash goes, so that coming back is a change even with the same data.
  const gone = `listed_active = false, absent = false, content_hash = '', changed_at = clock_timestamp()`;
  const { rows } = await tx.query<Leaver>(
    `UPDATE employees e SET active = false, ${gone} WHERE e.source = $1 AND e.active AND ${isMissing('$2')}
     RETURNING e.id AS "employeeId", 'missing' AS reason`, [source, readFrom ?? null]);
  // Those who were ended by another way: the source knows by now, so that it may bring them back.
  await tx.query(
    `UPDATE employees e SET ${gone}
      WHERE e.source = $1 AND NOT e.active AND (e.listed_active OR e.absent) AND ${isMissing('$2')}`,
    [source, readFrom ?? null]);
  return rows;
}

/** Whoever returns has what came in their absence held back from now on: nobody was told of it (A53). */
async function holdReturning(tx: Queryable): Promise<void> {
  for (const table of ['employee_phones', 'employee_emails']) {
    await tx.query(
      `UPDATE ${table} c SET held_from = clock_timestamp() FROM plan p JOIN employees e USING (id)
        WHERE c.employee_id = p.id AND c.held_from IS NOT NULL AND p.will_be_active AND NOT e.active`);
  }
}

async function writePeople(tx: Queryable, source: string): Promise<void> {
  await tx.query(
    `UPDATE employees e
        SET employee_number = p.employee_number, identifier = p.identifier, given_name = p.given_name,
            family_name = p.family_name, preferred_language = p.preferred_language, content_hash = p.content_hash,
            active = p.will_be_active, absent = p.absent,
            -- Whom an operator ended is not listed as gone by being on leave (R45).
            listed_active = p.active OR (p.absent AND e.listed_active AND NOT p.was_active),
            -- Who is not told to be anywhere for a while has not moved by that, and may have by what comes then.
            department = coalesce(p.department, e.department),
            -- Also by a leave: who had left before it is as new as without.
            returned_at = CASE WHEN (p.will_be_active OR p.absent) AND NOT p.was_active AND NOT e.absent
                               THEN clock_timestamp() ELSE e.returned_at END,
            changed_at = clock_timestamp()
       FROM plan p WHERE p.id = e.id`);
  await tx.query(
    `INSERT INTO employees (id, source, external_id, employee_number, identifier, given_name, family_name,
       preferred_language, active, listed_active, absent, department, content_hash)
     SELECT id, $1, external_id, employee_number, identifier, given_name, family_name, preferred_language, active,
            active, absent, department, content_hash FROM plan WHERE is_new`, [source]);
}

/** Names of SQL, from this file only. */
interface Contacts {
  readonly table: string;
  readonly list: string;
  readonly key: string;
  readonly further: readonly string[];
  /** SQL: whether a code may go to the contact in `row`. */
  gets(row: string): string;
}

const phones: Contacts = {
  table: 'employee_phones', list: 'phones', key: 'e164', further: ['raw'],
  gets: getsCodes.phone,
};
const emails: Contacts = {
  table: 'employee_emails', list: 'emails', key: 'address', further: [],
  gets: getsCodes.email,
};

/**
 * A contact that stays keeps its changed_at, whatever else changes. One that comes later than its person is held back,
 * and so is one from when on codes may go to it: nobody was told of it before (R19).
 */
async function writeContacts(tx: Queryable, { table, list, key, further, gets }: Contacts): Promise<void> {
  const columns = [...further, 'type', 'is_primary'];
  const shape = `(${[key, ...further].map((column) => `${column} text`).join(', ')}, type text, "primary" boolean)`;
  await tx.query(
    `DELETE FROM ${table} c USING plan p WHERE c.employee_id = p.id AND NOT p.is_new
        AND NOT EXISTS (SELECT FROM jsonb_to_recordset(p.${list}) AS n ${shape} WHERE n.${key} = c.${key})`);
  await tx.query(
    `INSERT INTO ${table} AS c (employee_id, ${key}, ${columns.join(', ')}, held_from)
     SELECT p.id, n.${key}, ${[...further, 'type', '"primary"'].map((column) => `n.${column}`).join(', ')},
            CASE WHEN NOT p.is_new THEN clock_timestamp() END
       FROM plan p, jsonb_to_recordset(p.${list}) AS n ${shape}
     ON CONFLICT (employee_id, ${key}) DO UPDATE
       SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')},
           held_from = CASE WHEN ${gets('excluded')} AND NOT ${gets('c')} THEN clock_timestamp() ELSE c.held_from END
      WHERE (${columns.map((column) => `c.${column}`).join(', ')})
        IS DISTINCT FROM (${columns.map((column) => `excluded.${column}`).join(', ')})`);
}

/**
 * Whoever comes with the employee ID of somebody else, of whatever source, has what that person was not reached by held
 * back: to end a person and to hire them under another key is no way around the hold (R19, A53).
 */
async function holdTaken(tx: Queryable, { table, key, gets }: Contacts): Promise<void> {
  await tx.query(
    `UPDATE ${table} c SET held_from = greatest(c.held_from, f.held_from) FROM (
       SELECT n.employee_id, n.${key},
              CASE WHEN count(k.${key}) = 0 THEN clock_timestamp() ELSE max(k.held_from) END AS held_from
         FROM plan p JOIN employees o ON o.identifier = p.identifier AND o.id <> p.id
         JOIN ${table} n ON n.employee_id = p.id
         LEFT JOIN ${table} k ON k.employee_id = o.id AND k.${key} = n.${key} AND ${gets('k')}
        WHERE p.has_new_identifier AND NOT EXISTS (SELECT FROM plan q WHERE q.id = o.id AND q.is_new)
        GROUP BY n.employee_id, n.${key}) AS f
      WHERE c.employee_id = f.employee_id AND c.${key} = f.${key} AND f.held_from IS NOT NULL`);
}
