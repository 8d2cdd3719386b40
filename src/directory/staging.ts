// A feed's people in a temporary table of one transaction: staged, searched for what contradicts itself, compared.
// Gone with the transaction; nothing here touches the directory.
import { createHash } from 'node:crypto';
import type { Queryable } from '../db/pool';
import { canonicalIdentifier, isEmailIdentifier } from '../domain/identifiers';
import type { EmployeeRecord } from './directoryFeed';

export interface StagedPerson {
  readonly record: EmployeeRecord;
  readonly where: string;
  readonly identifier: string;
}

export async function createStaging(tx: Queryable): Promise<void> {
  await tx.query(
    `CREATE TEMP TABLE incoming (
       place integer GENERATED ALWAYS AS IDENTITY, line text, external_id text, employee_number text, identifier text,
       given_name text, family_name text, preferred_language text, active boolean, phones jsonb, emails jsonb,
       content_hash bytea) ON COMMIT DROP`);
}

/** The canonical identifier of a record, or undefined when nobody could be found by it. */
export function identifierOf({ employeeNumber }: EmployeeRecord): string | undefined {
  const identifier = canonicalIdentifier(employeeNumber);
  return identifier === undefined || isEmailIdentifier(identifier) ? undefined : identifier;
}

export async function stage(tx: Queryable, people: readonly StagedPerson[]): Promise<void> {
  const records = people.map(({ record }) => ({ ...record, ...contactsOf(record) }));
  await tx.query(
    `INSERT INTO incoming (line, external_id, employee_number, identifier, given_name, family_name, preferred_language,
       active, phones, emails, content_hash)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
       $8::boolean[], $9::jsonb[], $10::jsonb[], $11::bytea[])`,
    [people.map(({ where }) => where), records.map(({ externalId }) => externalId),
      records.map(({ employeeNumber }) => employeeNumber), people.map(({ identifier }) => identifier),
      records.map(({ givenName }) => givenName), records.map(({ familyName }) => familyName),
      records.map(({ preferredLanguage }) => preferredLanguage), records.map(({ active }) => active),
      records.map(({ phones }) => JSON.stringify(phones)), records.map(({ emails }) => JSON.stringify(emails)),
      records.map(contentHash)]);
}

/** Contacts in a fixed order, each once: the order in which a source lists them is no change. */
function contactsOf({ phones, emails }: EmployeeRecord): Pick<EmployeeRecord, 'phones' | 'emails'> {
  return { phones: distinct(phones, ({ e164 }) => e164), emails: distinct(emails, ({ address }) => address) };
}

function distinct<T extends { primary: boolean }>(contacts: readonly T[], keyOf: (contact: T) => string): T[] {
  const byKey = new Map<string, T>();
  for (const contact of contacts) {
    const known = byKey.get(keyOf(contact));
    if (known === undefined || (contact.primary && !known.primary)) byKey.set(keyOf(contact), contact);
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, contact]) => contact);
}

// Changed when what is stored of a record changes, so that the next import writes every row once.
const hashVersion = 1;

function contentHash(record: EmployeeRecord): Buffer {
  const { externalId, employeeNumber, givenName, familyName, preferredLanguage, active, phones, emails } = record;
  return createHash('sha256').update(JSON.stringify([
    hashVersion, externalId, employeeNumber, givenName, familyName, preferredLanguage, active,
    phones.map(({ e164, raw, type, primary }) => [e164, raw, type, primary]),
    emails.map(({ address, type, primary }) => [address, type, primary])])).digest();
}


/** Sets the staged people beside the stored ones: what is new or not as before is in the table `plan`. */
export async function compare(tx: Queryable, source: string): Promise<void> {
  // Whatever Postgres believes of the other table, which may have grown a moment ago, no join is the square of both.
  await tx.query('CREATE INDEX ON incoming (external_id); ANALYZE incoming');
  await tx.query(
    `CREATE TEMP TABLE plan ON COMMIT DROP AS
     SELECT coalesce(e.id, gen_random_uuid()) AS id, e.id IS NULL AS is_new, coalesce(e.active, false) AS was_active,
            i.active AND (e.id IS NULL OR e.active OR NOT e.listed_active) AS will_be_active, i.*
       FROM incoming i LEFT JOIN employees e ON e.source = $1 AND e.external_id = i.external_id
      WHERE e.id IS NULL OR e.content_hash <> i.content_hash`, [source]);
  await tx.query('ANALYZE plan');
}

export interface Comparison {
  readonly people: number;
  readonly added: number;
  readonly changed: number;
  readonly reactivated: number;
  readonly deactivated: number;
  readonly unchanged: number;
  /** Active people of this source as they are stored. */
  readonly activeBefore: number;
}

/** What applying the plan will come to. `complete` feeds end the employment of who is missing. */
export async function countPlan(tx: Queryable, source: string, complete: boolean): Promise<Comparison> {
  const { rows: [counts] } = await tx.query<Comparison>(
    `SELECT people, added, reactivated, leaving + missing AS deactivated,
            planned - added - reactivated - leaving AS changed, people - planned AS unchanged, "activeBefore"
       FROM (SELECT count(*)::int AS planned,
                    count(*) FILTER (WHERE is_new)::int AS added,
                    count(*) FILTER (WHERE NOT is_new AND NOT was_active AND will_be_active)::int AS reactivated,
                    count(*) FILTER (WHERE was_active AND NOT will_be_active)::int AS leaving FROM plan) AS planned,
            (SELECT count(*)::int AS people FROM incoming) AS incoming,
            (SELECT count(*)::int AS "activeBefore" FROM employees WHERE source = $1 AND active) AS stored,
            (SELECT count(*)::int AS missing FROM employees e
              WHERE $2 AND e.source = $1 AND e.active AND ${isMissing}) AS gone`, [source, complete]);
  return counts!; // an aggregate without GROUP BY is one row
}

export const isMissing = 'NOT EXISTS (SELECT FROM incoming i WHERE i.external_id = e.external_id)';
