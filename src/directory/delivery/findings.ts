// What no line shows by itself: people who stand there twice, cannot be told apart, reached, or let in again.
// Lines are named, values never.
import type { Queryable } from '../../db/pool';
import type { FeedRemark } from '../directoryFeed';

/** As many remarks as a report holds of one kind, and how many there are. */
export interface Findings {
  readonly remarks: readonly FeedRemark[];
  readonly count: number;
}

// More than anybody reads: a file may have the same fault on every line.
export const findingsMax = 1_000;

/** Problems: people who stand in the feed several times. Each later place is named, with the first. */
export async function findDuplicates(tx: Queryable): Promise<Findings> {
  const { rows } = await tx.query<{ line: string; first: string; total: number }>(
    `SELECT line, first, count(*) OVER ()::int AS total FROM (
       SELECT place, line, first_value(line) OVER same AS first, row_number() OVER same AS nth FROM incoming
       WINDOW same AS (PARTITION BY external_id ORDER BY place)) AS numbered
      WHERE nth > 1 ORDER BY place LIMIT $1`, [findingsMax]);
  const column = 'employee_id';
  return findings(rows, ({ line, first }) => ({ where: line, column, why: `is the same as on ${first}` }));
}

/** A problem: the source is one that an identity provider pushes; to a reading, all its people would be missing. */
export async function findPushed(tx: Queryable, source: string): Promise<Findings> {
  const { rows } = await tx.query('SELECT 1 FROM scim_sources WHERE source = $1', [source]);
  const why = 'has the name of one whose people come by SCIM: give it another name';
  return { remarks: rows.map(() => ({ where: 'the source', why })), count: rows.length };
}

/** Notices about the staged people, in the light of everybody else who works here. */
export async function findNotices(tx: Queryable, source: string, complete: boolean): Promise<Findings[]> {
  return [await findShared(tx, source, complete), await findHeldOut(tx, source), await findUnreachable(tx)];
}

function findings<R extends { total: number }>(rows: readonly R[], remarkOf: (row: R) => FeedRemark): Findings {
  return { remarks: rows.map(remarkOf), count: rows[0]?.total ?? 0 };
}

interface Shared {
  readonly column: string;
  /** The first few places, in order. */
  readonly lines: readonly string[];
  readonly people: number;
  readonly total: number;
}

// A switchboard number may stand at every second person.
const linesShown = 5;

/**
 * Numbers, work addresses and IDs of several active people: nobody is verified by them. Two spellings of one line are
 * one number, and one person's number even if the person has both.
 */
async function findShared(tx: Queryable, source: string, complete: boolean): Promise<Findings> {
  const { rows } = await tx.query<Shared>(
    `WITH others AS (
       SELECT e.id, e.identifier FROM employees e WHERE e.active AND NOT (e.source = $1 AND
         ($2 OR EXISTS (SELECT FROM incoming i WHERE i.external_id = e.external_id)))),
     held ("column", value, place, line) AS (
       SELECT 'employee_id', identifier, place, line FROM incoming WHERE active
       UNION ALL SELECT 'employee_id', identifier, NULL, NULL FROM others
       UNION ALL (SELECT DISTINCT 'mobile', phone_line(c.e164), place, line
         FROM incoming, jsonb_to_recordset(phones) AS c (e164 text) WHERE active)
       UNION ALL SELECT 'mobile', c.line, NULL, NULL FROM others
         CROSS JOIN LATERAL (SELECT DISTINCT line FROM employee_phones WHERE employee_id = others.id) AS c
       UNION ALL SELECT 'email', c.address, place, line
         FROM incoming, jsonb_to_recordset(emails) AS c (address text, type text) WHERE active AND c.type = 'work'
       UNION ALL SELECT 'email', c.address, NULL, NULL
         FROM others JOIN employee_emails c ON c.employee_id = others.id AND c.type = 'work')
     SELECT "column", (array_agg(line ORDER BY place) FILTER (WHERE line IS NOT NULL))[1:$3] AS lines,
            count(*)::int AS people, count(*) OVER ()::int AS total
       FROM held GROUP BY "column", value HAVING count(*) > 1 AND count(line) > 0
      ORDER BY min(place), "column" LIMIT $4`,
    [source, complete, linesShown, findingsMax]);
  return findings(rows, ({ column, lines: [where = '', ...more], people }) => {
    const hidden = people - 1 - more.length;
    const places = [...more, ...(hidden > 0 ? [`${hidden} more`] : [])].join(', ');
    return { where, column, why: `is shared by ${people} active people, also ${places}: nobody is verified by it` };
  });
}

/** Listed as active, but ended by another way than this feed: they stay out. */
async function findHeldOut(tx: Queryable, source: string): Promise<Findings> {
  const { rows } = await tx.query<{ line: string; total: number }>(
    `SELECT i.line, count(*) OVER ()::int AS total
       FROM incoming i JOIN employees e ON e.source = $1 AND e.external_id = i.external_id
      WHERE i.active AND NOT e.active AND e.listed_active ORDER BY i.place LIMIT $2`, [source, findingsMax]);
  const why = 'is listed as active, but was ended here: stays out until listed as left, and then as back';
  return findings(rows, ({ line }) => ({ where: line, why }));
}

async function findUnreachable(tx: Queryable): Promise<Findings> {
  const { rows } = await tx.query<{ fault: 'silent' | 'wordy'; people: number; line: string }>(
    `SELECT fault, count(*)::int AS people, (array_agg(line ORDER BY place))[1] AS line FROM (
       SELECT 'silent' AS fault, place, line FROM incoming WHERE active AND phones = '[]'
       UNION ALL SELECT 'wordy', place, line FROM incoming WHERE active AND identifier !~ '[0-9]') AS faults
      GROUP BY fault ORDER BY fault`);
  const remarks = rows.map(({ fault, people, line }) => {
    const who = people === 1 ? 'one active person has' : `this and ${people - 1} more active people have`;
    return fault === 'silent'
      ? { where: line, column: 'mobile', why: `${who} no number: no code can be sent by SMS` }
      : { where: line, column: 'employee_id', why: `${who} an ID without a digit: it is not found in a chat message` };
  });
  return { remarks, count: remarks.length };
}
