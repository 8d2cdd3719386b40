// Makes the directory what a feed says, in one transaction: all of it or nothing, and the audit with it.
// Refuses a delivery with any problem, and one that ends the employment of many, which is more often a broken export.
import { auditedTransaction } from '../audit/auditedTransaction';
import type { Note } from '../audit/auditedTransaction';
import type { Pool, Queryable } from '../db/pool';
import { compareContacts, noChanges, noteContacts } from './delivery/contactChanges';
import type { ContactChanges, NoticeOptions } from './delivery/contactChanges';
import { findDuplicates, findNotices, findPushed } from './delivery/findings';
import { writePlan } from './delivery/plan';
import { Remarks } from './delivery/remarks';
import { compare, countPlan, createStaging, identifierOf, stage } from './delivery/staging';
import type { Comparison, StagedPerson } from './delivery/staging';
import { keepLeaversOut, noteBrought } from './delivery/tombstones';
import { itemsOf } from './directoryFeed';
import type { DirectoryFeed, FeedRemark } from './directoryFeed';

export interface ApplyOptions {
  /** Compare and report; write nothing. */
  readonly dryRun?: boolean;
  /** Share of the source's active people that one delivery may deactivate unasked, 0 to 1; 0.1 unless told. */
  readonly deactivationShareMax?: number;
  /** Deactivate however many. */
  readonly force?: boolean;
  /** How many an operator lets leave at once. */
  readonly deactivationsApproved?: number;
  /** When the source's word came; now unless told. */
  readonly heardAt?: Date;
  /** When the source began to be read, where that was before this: who came in since by an event is not missing. */
  readonly readFrom?: Date;
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
 * Applies a full reading of a feed. Of a `complete` feed, who is missing is deactivated; nobody is ever deleted.
 * A leaver's sessions end and codes are void in the same transaction. Throws when feed or database break: nothing is
 * applied then either.
 */
export function applyFeed(pool: Pool, feed: DirectoryFeed, options: ApplyOptions = {}): Promise<ImportReport> {
  return auditedTransaction(pool, (tx, note) => applyIn(tx, note, feed, options));
}

/** The same in the caller's transaction, which is rolled back when this throws. */
export async function applyIn(
  tx: Queryable, note: Note, feed: DirectoryFeed, options: ApplyOptions,
): Promise<ImportReport> {
  const {
    dryRun = false, force = false, deactivationsApproved = 0, deactivationShareMax = shareMax, heardAt = new Date(),
    readFrom, notices, onProgress,
  } = options;
  if (!(deactivationShareMax >= 0 && deactivationShareMax <= 1)) throw new Error('the share must be from 0 to 1');
  const { source, complete } = feed;
  const remarks = { problems: new Remarks(), notices: new Remarks() };
  if (!await begin(tx, source)) return report('busy', source, noPeople, remarks);
  const people = await readFeed(tx, feed, remarks, onProgress);
  remarks.problems.addAll(await findPushed(tx, source));
  remarks.problems.addAll(await findDuplicates(tx));
  if (remarks.problems.count > 0) return report('refused', source, { ...noPeople, people }, remarks);
  onProgress?.({ step: 'comparing', people });
  remarks.notices.addAll(await keepLeaversOut(tx, source, readFrom));
  await compare(tx, source, people);
  for (const found of await findNotices(tx, source, complete)) remarks.notices.addAll(found);
  const counts = { ...await countPlan(tx, source, complete, readFrom), ...await compareContacts(tx, notices) };
  // One person leaving is no flood, however few people there are.
  const deactivationsMax = Math.max(1, Math.floor(counts.activeBefore * deactivationShareMax));
  const reportOf = (outcome: ImportReport['outcome']) => report(outcome, source, counts, remarks, deactivationsMax);
  if (counts.deactivated > Math.max(deactivationsMax, deactivationsApproved) && !force) return reportOf('tooMany');
  if (dryRun) return reportOf('dryRun');
  onProgress?.({ step: 'writing', people: people - counts.unchanged });
  const { left: deactivated, sessionsEnded } = await writePlan(
    tx, note, source, { missing: complete, readFrom, heardAt });
  await noteBrought(tx, source);
  const { added, changed, reactivated, unchanged } = counts;
  if (people - unchanged >= statisticsFrom) await tx.query('SELECT analyze_directory()');
  note({ kind: 'directory.imported', facts: { source, added, changed, reactivated, deactivated, unchanged } });
  await noteContacts(tx, note, source, counts, notices);
  return { ...reportOf('applied'), deactivated, sessionsEnded };
}

// A thousand rows more or other ones: from here on what Postgres believed of the directory may be wrong by much.
const statisticsFrom = 1_000;

const noPeople: Comparison & ContactChanges = {
  ...noChanges, people: 0, added: 0, changed: 0, reactivated: 0, deactivated: 0, unchanged: 0, activeBefore: 0,
};

/**
 * False when another import of the source runs: two would each take the other's people for missing. Waits for changes
 * of single people, which are short, and lets those that come now wait for it: else a source of which there is always
 * one would never be applied.
 */
async function begin(tx: Queryable, source: string): Promise<boolean> {
  // The pool's limits are for one message. A feed may be slow, and comparing 100,000 people takes seconds; a row lock
  // of a conversation is held for milliseconds.
  await tx.query(`SET LOCAL statement_timeout = '10min'; SET LOCAL idle_in_transaction_session_timeout = '10min';
    SET LOCAL lock_timeout = '30s'`);
  const { rows: [lock] } = await tx.query<{ free: boolean }>(
    `SELECT pg_try_advisory_xact_lock(hashtextextended('import ' || $1, 0)) AS free`, [source]);
  if (!lock!.free) return false; // a SELECT without FROM is one row
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('directory ' || $1, 0))`, [source]);
  return true;
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
  for await (const item of itemsOf(feed)) {
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
