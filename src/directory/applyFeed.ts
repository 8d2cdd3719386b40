// Makes the directory what a feed says, in one transaction: all of it or nothing, and the audit with it.
// Refuses a delivery with any problem, and one that ends the employment of many, which is more often a broken export.
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Note } from '../audit/auditedTransaction';
import type { Pool, Queryable } from '../db/pool';
import { compareContacts, noChanges, noteContacts } from './contactChanges';
import type { ContactChanges, NoticeOptions } from './contactChanges';
import type { DirectoryFeed, FeedRemark } from './directoryFeed';
import { findDuplicates, findNotices, findingsMax } from './findings';
import type { Findings } from './findings';
import { closeDoor } from './leavers';
import type { Leaver } from './leavers';
import { compare, countPlan, createStaging, identifierOf, isMissing, stage } from './staging';
import type { Comparison, StagedPerson } from './staging';

export interface ApplyOptions {
  /** Compare and report; write nothing. */
  readonly dryRun?: boolean;
  /** Share of the source's active people that one delivery may deactivate unasked, 0 to 1; 0.1 unless told. */
  readonly deactivationShareMax?: number;
  /** Deactivate however many. */
  readonly force?: boolean;
  /** How numbers are told that they came or went; without it nobody is told, and the report says so. */
  readonly notices?: NoticeOptions;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export type ImportProgress =
  | { readonly step: 'reading'; readonly people: number }
  | { readonly step: 'comparing' | 'writing'; readonly people: number };

export interface ImportReport extends Comparison, ContactChanges {
  /**
   * Only `applied` wrote anything. `refused`: there are problems. `tooMany`: it would deactivate more people than
   * `deactivationsMax`. `busy`: another import of this source is under way.
   */
  readonly outcome: 'applied' | 'dryRun' | 'refused' | 'tooMany' | 'busy';
  readonly source: string;
  readonly deactivationsMax: number;
  readonly sessionsEnded: number;
  /** The first thousand; `problemCount` and `noticeCount` are of all. */
  readonly problems: readonly FeedRemark[];
  readonly problemCount: number;
  readonly notices: readonly FeedRemark[];
  readonly noticeCount: number;
}

const shareMax = 0.1;

/**
 * Applies a feed. Of a `complete` feed, who is missing is deactivated; nobody is ever deleted.
 * A leaver's sessions end and codes are void in the same transaction. Throws when feed or database break: nothing is
 * applied then either.
 */
export async function applyFeed(pool: Pool, feed: DirectoryFeed, options: ApplyOptions = {}): Promise<ImportReport> {
  const { dryRun = false, force = false, deactivationShareMax = shareMax, notices, onProgress } = options;
  if (!(deactivationShareMax >= 0 && deactivationShareMax <= 1)) throw new Error('the share must be from 0 to 1');
  const { source, complete } = feed;
  return auditedTransaction(pool, async (tx, note) => {
    const remarks = { problems: new Remarks(), notices: new Remarks() };
    if (!await begin(tx, source)) return report('busy', source, noPeople, remarks);
    const people = await readFeed(tx, feed, remarks, onProgress);
    remarks.problems.addAll(await findDuplicates(tx));
    if (remarks.problems.count > 0) return report('refused', source, { ...noPeople, people }, remarks);
    onProgress?.({ step: 'comparing', people });
    await compare(tx, source);
    for (const found of await findNotices(tx, source, complete)) remarks.notices.addAll(found);
    const counts = { ...await countPlan(tx, source, complete), ...await compareContacts(tx, notices) };
    // One person leaving is no flood, however few people there are.
    const deactivationsMax = Math.max(1, Math.floor(counts.activeBefore * deactivationShareMax));
    const reportOf = (outcome: ImportReport['outcome']) => report(outcome, source, counts, remarks, deactivationsMax);
    if (counts.deactivated > deactivationsMax && !force) return reportOf('tooMany');
    if (dryRun) return reportOf('dryRun');
    onProgress?.({ step: 'writing', people: people - counts.unchanged });
    const applied = await writePlan(tx, note, feed, counts);
    await noteContacts(tx, note, source, counts, notices);
    return { ...reportOf('applied'), ...applied };
  });
}

const noPeople: Comparison & ContactChanges = {
  ...noChanges, people: 0, added: 0, changed: 0, reactivated: 0, deactivated: 0, unchanged: 0, activeBefore: 0,
};

/** False when another import of the source runs: two would each take the other's people for missing. */
async function begin(tx: Queryable, source: string): Promise<boolean> {
  // The pool's limits are for one message. A feed may be slow, and comparing 100,000 people takes seconds; a row lock
  // of a conversation is held for milliseconds.
  await tx.query(`SET LOCAL statement_timeout = '10min'; SET LOCAL idle_in_transaction_session_timeout = '10min';
    SET LOCAL lock_timeout = '30s'`);
  const { rows: [lock] } = await tx.query<{ free: boolean }>(
    `SELECT pg_try_advisory_xact_lock(hashtextextended('directory ' || $1, 0)) AS free`, [source]);
  return lock!.free; // a SELECT without FROM is one row
}

const batchPeople = 1_000;
const notFindable = 'cannot be looked up: 3 to 32 letters A to Z, digits and hyphens';

interface AllRemarks {
  readonly problems: Remarks;
  readonly notices: Remarks;
}

/** Stages everybody; says how many lines told of a person. After the first problem it only looks for more of them. */
async function readFeed(
  tx: Queryable, feed: DirectoryFeed, { problems, notices }: AllRemarks, onProgress: ApplyOptions['onProgress'],
): Promise<number> {
  await createStaging(tx);
  let people = 0;
  let batch: StagedPerson[] = [];
  const flush = async () => {
    if (batch.length > 0) await stage(tx, batch);
    people += batch.length;
    batch = [];
    onProgress?.({ step: 'reading', people });
  };
  for await (const item of feed.read()) {
    if ('problem' in item) problems.add(item.problem);
    else if ('notice' in item) notices.add(item.notice);
    else {
      const { record, where } = item;
      const identifier = identifierOf(record);
      if (identifier === undefined) problems.add({ where, column: 'employee_id', why: notFindable });
      else batch.push({ record, where, identifier });
      if (batch.length >= batchPeople) await flush();
    }
  }
  await flush();
  return people;
}

async function writePlan(
  tx: Queryable, note: Note, { source, complete }: DirectoryFeed, counts: Comparison,
): Promise<{ deactivated: number; sessionsEnded: number }> {
  // Before anything else is written: the rows that these return are exactly those who worked here until now.
  const leavers = [...await endListed(tx), ...(complete ? await endMissing(tx, source) : [])];
  await holdReturning(tx);
  await writePeople(tx, source);
  await writeContacts(tx, 'employee_phones', 'phones', 'e164', 'raw');
  await writeContacts(tx, 'employee_emails', 'emails', 'address');
  const { added, changed, reactivated, unchanged } = counts;
  const deactivated = leavers.length;
  note({ kind: 'directory.imported', facts: { source, added, changed, reactivated, deactivated, unchanged } });
  const sessionsEnded = deactivated === 0 ? 0 : await closeDoor(tx, note, leavers);
  return { deactivated, sessionsEnded };
}

async function endListed(tx: Queryable): Promise<Leaver[]> {
  const { rows } = await tx.query<Leaver>(
    `UPDATE employees e SET active = false FROM plan p WHERE p.id = e.id AND e.active AND NOT p.active
     RETURNING e.id AS "employeeId", 'left' AS reason`);
  return rows;
}

async function endMissing(tx: Queryable, source: string): Promise<Leaver[]> {
  // The hash goes, so that coming back is a change even with the same data.
  const gone = `listed_active = false, content_hash = '', changed_at = clock_timestamp()`;
  const { rows } = await tx.query<Leaver>(
    `UPDATE employees e SET active = false, ${gone} WHERE e.source = $1 AND e.active AND ${isMissing}
     RETURNING e.id AS "employeeId", 'missing' AS reason`, [source]);
  // Those who were ended by another way: the source knows by now, so that it may bring them back.
  await tx.query(
    `UPDATE employees e SET ${gone} WHERE e.source = $1 AND NOT e.active AND e.listed_active AND ${isMissing}`,
    [source]);
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
            active = p.active AND (e.active OR NOT e.listed_active), listed_active = p.active,
            changed_at = clock_timestamp()
       FROM plan p WHERE p.id = e.id`);
  await tx.query(
    `INSERT INTO employees (id, source, external_id, employee_number, identifier, given_name, family_name,
       preferred_language, active, listed_active, content_hash)
     SELECT id, $1, external_id, employee_number, identifier, given_name, family_name, preferred_language, active,
            active, content_hash FROM plan WHERE is_new`, [source]);
}

/**
 * A contact that stays keeps its changed_at, whatever else changes; one that comes later than its person is held back
 * (R19). The names come from this file only.
 */
async function writeContacts(
  tx: Queryable, table: string, list: string, key: string, ...further: string[]
): Promise<void> {
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
       SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}
      WHERE (${columns.map((column) => `c.${column}`).join(', ')})
        IS DISTINCT FROM (${columns.map((column) => `excluded.${column}`).join(', ')})`);
}

/** The first remarks of one kind, and how many there are. */
class Remarks {
  readonly kept: FeedRemark[] = [];
  count = 0;

  add(remark: FeedRemark): void {
    this.addAll({ remarks: [remark], count: 1 });
  }

  addAll({ remarks, count }: Findings): void {
    this.count += count;
    this.kept.push(...remarks.slice(0, findingsMax - this.kept.length));
  }
}

function report(
  outcome: ImportReport['outcome'], source: string, counts: Comparison & ContactChanges,
  { problems, notices }: AllRemarks,
  deactivationsMax = 0,
): ImportReport {
  return {
    outcome, source, ...counts, deactivationsMax, sessionsEnded: 0,
    problems: problems.kept, problemCount: problems.count, notices: notices.kept, noticeCount: notices.count,
  };
}
