// A feed's people in a temporary table of one transaction: staged, searched for what contradicts itself, compared.
// Gone with the transaction; nothing here touches the directory.
import { createHash } from 'node:crypto';
import type { Queryable } from '../../db/pool';
import { canonicalIdentifier, isEmailIdentifier } from '../../domain/identifiers';
import type { EmployeeRecord } from '../directoryFeed';

export interface StagedPerson {
  readonly record: EmployeeRecord;
  readonly where: string;
  readonly identifier: string;
}

// One set a connection, emptied by each commit: a table more for each event of HR's would wear out the catalogue.
const tables = `
  CREATE TEMP TABLE IF NOT EXISTS incoming (
    place integer GENERATED ALWAYS AS IDENTITY, line text, external_id text, employee_number text, identifier text,
    given_name text, family_name text, preferred_language text, active boolean, absent boolean, department text,
    phones jsonb, emails jsonb, content_hash bytea) ON COMMIT DELETE ROWS;
  CREATE INDEX IF NOT EXISTS incoming_key ON incoming (external_id);
  CREATE TEMP TABLE IF NOT EXISTS plan (
    id uuid, is_new boolean, was_active boolean, will_be_active boolean, has_moved boolean, has_new_identifier boolean,
    LIKE incoming)
    ON COMMIT DELETE ROWS;
  CREATE TEMP TABLE IF NOT EXISTS contact_changes (
    id uuid, kind text, contact text, is_added boolean, is_removed boolean, got boolean, gets boolean)
    ON COMMIT DELETE ROWS;
  DELETE FROM incoming; DELETE FROM plan; DELETE FROM contact_changes`;

/** Empty, whatever the transaction staged before. */
export async function createStaging(tx: Queryable): Promise<void> {
  await tx.query(tables);
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
       active, absent, department, phones, emails, content_hash)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
       $8::boolean[], $9::boolean[], $10::text[], $11::jsonb[], $12::jsonb[], $13::bytea[])`,
    [people.map(({ where }) => where), records.map(({ externalId }) => externalId),
      records.map(({ employeeNumber }) => employeeNumber), people.map(({ identifier }) => identifier),
      records.map(({ givenName }) => givenName), records.map(({ familyName }) => familyName),
      records.map(({ preferredLanguage }) => preferredLanguage), records.map(({ active }) => active),
      records.map(isAbsent), records.map(({ department }) => department ?? null),
      records.map(({ phones }) => JSON.stringify(phones)), records.map(({ emails }) => JSON.stringify(emails)),
      records.map(contentHash)]);
}

const isAbsent = ({ active, absent = false }: EmployeeRecord): boolean => absent && !active;

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
const hashVersion = 2;

function contentHash(record: EmployeeRecord): Buffer {
  const { externalId, employeeNumber, givenName, familyName, preferredLanguage, active } = record;
  const { department, phones, emails } = record;
  return createHash('sha256').update(JSON.stringify([
    hashVersion, externalId, employeeNumber, givenName, familyName, preferredLanguage, active, isAbsent(record),
    department ?? null,
    phones.map(({ e164, raw, type, primary }) => [e164, raw, type, primary]),
    emails.map(({ address, type, primary }) => [address, type, primary])])).digest();
}

// Below this, whatever Postgres takes for the size of a table is right enough.
const analyzeFrom = 100;

/** Has Postgres look at a table that has grown a moment ago, so that no join is the square of both sides. */
export async function analyze(
  tx: Queryable, table: 'incoming' | 'plan' | 'contact_changes', rows: number,
): Promise<void> {
  if (rows >= analyzeFrom) await tx.query(`ANALYZE ${table}`);
}

/**
 * Sets the `people` that are staged beside the stored ones: what is new or not as before is in the table `plan`.
 */
export async function compare(tx: Queryable, source: string, people: number): Promise<void> {
  await analyze(tx, 'incoming', people);
  const { rowCount } = await tx.query(
    `INSERT INTO plan
     SELECT coalesce(e.id, gen_random_uuid()), e.id IS NULL, coalesce(e.active, false),
            i.active AND (e.id IS NULL OR e.active OR NOT e.listed_active),
            coalesce(e.active AND e.department <> i.department, false), e.identifier IS DISTINCT FROM i.identifier, i.*
       FROM incoming i LEFT JOIN employees e ON e.source = $1 AND e.external_id = i.external_id
      WHERE e.id IS NULL OR e.content_hash <> i.content_hash`, [source]);
  await analyze(tx, 'plan', rowCount ?? 0);
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

/**
 * What applying the plan will come to. `complete` feeds end the employment of who is missing; `readFrom` as `isMissing`
 * takes it.
 */
export async function countPlan(
  tx: Queryable, source: string, complete: boolean, readFrom: Date | undefined,
): Promise<Comparison> {
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
              WHERE $2 AND e.source = $1 AND e.active AND ${isMissing('$3')}) AS gone`,
    [source, complete, readFrom ?? null]);
  return counts!; // an aggregate without GROUP BY is one row
}

/**
 * SQL: whether the feed does not list the employee `e`, who was there when it began to be read, at `readFrom` (a
 * parameter; null for a feed that nothing can overtake): whoever came in later by an event is on the next list.
 */
export const isMissing = (readFrom: string): string =>
  `NOT EXISTS (SELECT FROM incoming i WHERE i.external_id = e.external_id)
     AND coalesce(greatest(e.added_at, e.returned_at) <= ${readFrom}::timestamptz, true)`;
