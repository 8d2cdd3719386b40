// A stored person as a source would tell them: what a change is made from that tells less than the whole.
import type { Queryable } from '../db/pool';
import type { EmployeeRecord } from './directoryFeed';

/** The person of a source's key as last told; undefined when there is none. */
export async function findRecord(
  tx: Queryable, source: string, externalId: string,
): Promise<EmployeeRecord | undefined> {
  const { rows: [record] } = await tx.query<EmployeeRecord>(
    `SELECT e.external_id AS "externalId", e.employee_number AS "employeeNumber", e.given_name AS "givenName",
            e.family_name AS "familyName", e.preferred_language AS "preferredLanguage", e.listed_active AS active,
            e.absent, e.department,
            coalesce((SELECT jsonb_agg(jsonb_build_object(
                'e164', p.e164, 'raw', p.raw, 'type', p.type, 'primary', p.is_primary))
               FROM employee_phones p WHERE p.employee_id = e.id), '[]') AS phones,
            coalesce((SELECT jsonb_agg(jsonb_build_object(
                'address', m.address, 'type', m.type, 'primary', m.is_primary))
               FROM employee_emails m WHERE m.employee_id = e.id), '[]') AS emails
       FROM employees e WHERE e.source = $1 AND e.external_id = $2`, [source, externalId]);
  return record;
}
