// Part "directory": what a whole company costs to read, first, unchanged and by its changes alone, and how fast people
// are looked up meanwhile; and how long a leaver's door takes to close while everybody writes.
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { auditHead } from '../../src/audit/verifyAudit';
import { migrate } from '../../src/db/migrations';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { applyChange } from '../../src/directory/changes';
import { findEmployee } from '../../src/directory/employees';
import { findRecord } from '../../src/directory/records';
import { defaultPolicy } from '../../src/domain/policy';
import { issueChallenge } from '../../src/otp/challenges';
import { openSession, touchSession } from '../../src/sessions/sessions';
import { identifierOf } from '../directory/company';
import { measureScim } from '../directory/scimLoad';
import type { ReaderOrder, ReaderReport } from '../directory/reader';
import { nowMs, spreadOf } from '../measure/spread';
import type { Finding, Row, Section } from '../report';
import { startModule } from '../stand/children';
import type { Stand } from '../stand/stand';

export interface DirectoryPlan {
  readonly stand: Stand;
  readonly people: number;
  readonly leavers: number;
  /** SCIM requests of each kind. */
  readonly requests: number;
  progress(line: string): void;
}

// One in a hundred.
const changedEvery = 100;

export async function measureDirectory(plan: DirectoryPlan): Promise<Finding> {
  const url = await plan.stand.createDatabase('directory');
  await migrate({ ownerUrl: url });
  const pool = createPool(url, { max: 40 });
  try {
    const reading = await measureReadings(pool, url, plan);
    plan.progress(`directory: ${plan.requests} SCIM requests of each kind`);
    const pushing = await measureScim(pool, url, plan.stand.folder, plan.requests);
    const findings = [reading, pushing, await measureLeavers(pool, plan)];
    return { sections: findings.flatMap(({ sections }) => sections), wrong: findings.flatMap(({ wrong }) => wrong) };
  } finally {
    await pool.end();
  }
}

async function measureReadings(pool: Pool, url: string, { stand, people, progress }: DirectoryPlan): Promise<Finding> {
  const read = async (what: string, version: number) => {
    progress(`directory: ${people} people, ${what}`);
    return beside(pool, people, readCompany(stand, { url, company: { people, changedEvery, version } }));
  };
  const first = await read('first', 0);
  const delta = await read('one in a hundred changed', 1);
  await pool.query('UPDATE directory_sources SET full_wanted = true');
  const unchanged = await read('unchanged', 1);
  const idle = await beside(pool, people, new Promise((resolve) => { setTimeout(resolve, idleMs); }));
  const changed = Math.ceil(people / changedEvery);
  return {
    sections: [sectionOf(people, { first, unchanged, delta }, spreadOf(idle.lookups).p99)],
    wrong: [
      ...wrongOf('the first reading', first.result, 'full', people, people),
      ...wrongOf('the changes', delta.result, 'delta', changed, changed),
      ...wrongOf('the unchanged reading', unchanged.result, 'full', people, 0),
    ],
  };
}

function wrongOf(what: string, report: ReaderReport, mode: string, people: number, written: number): string[] {
  const isRight = report.mode === mode && report.people === people && report.written === written;
  return isRight ? [] : [`${what}: ${report.mode}, ${report.people} read and ${report.written} written, not ${mode}, `
    + `${people} and ${written}`];
}

const idleMs = 3_000;
const lookupEveryMs = 5;

interface Beside<T> {
  readonly result: T;
  /** Of look-ups meanwhile, in ms. */
  readonly lookups: readonly number[];
}

/** Looks people up, one each 5 ms, while something else is done. */
async function beside<T>(pool: Pool, people: number, work: Promise<T>): Promise<Beside<T>> {
  let isOver = false;
  const result = work.finally(() => { isOver = true; });
  const lookups: number[] = [];
  for (let nth = 0; !isOver; nth += 1) {
    const start = nowMs();
    await findEmployee(pool, identifierOf(nth * 7_919 % people));
    lookups.push(nowMs() - start);
    await new Promise((resolve) => { setTimeout(resolve, lookupEveryMs); });
  }
  return { result: await result, lookups };
}

async function readCompany(stand: Stand, order: ReaderOrder): Promise<ReaderReport> {
  const child = await startModule(
    'reader', join(__dirname, '..', 'directory', 'reader.js'), order, { logs: stand.folder });
  return new Promise((resolve, reject) => {
    let report: ReaderReport | undefined;
    child.process.on('message', (message) => { report = message as ReaderReport; });
    child.process.once('exit', () => report === undefined
      ? reject(new Error('the reader ended without a report')) : resolve(report));
  });
}

type Readings = Readonly<Record<'first' | 'unchanged' | 'delta', Beside<ReaderReport>>>;

function sectionOf(people: number, { first, unchanged, delta }: Readings, idleP99: number): Section {
  const all = [first, unchanged, delta];
  const row = (label: string, valueOf: (one: Beside<ReaderReport>) => number, decimals = 1): Row =>
    ({ label, cells: all.map(valueOf), decimals });
  return {
    title: `Directory: ${people.toLocaleString('en')} people`,
    columns: ['first', 'unchanged', '1 % changed'],
    rows: [
      row('seconds to read and keep', ({ result }) => result.readMs / 1_000),
      row('seconds to apply', ({ result }) => result.applyMs / 1_000),
      row('peak memory of the process, MB', ({ result }) => result.peakBytes / 1e6, 0),
      row('look-up meanwhile, p99 ms', ({ lookups }) => spreadOf(lookups).p99, 2),
      row('the same over that at rest', ({ lookups }) => spreadOf(lookups).p99 / idleP99, 2),
    ],
    notes: [`Look-up at rest: p99 ${idleP99.toFixed(2)} ms. One each ${lookupEveryMs} ms, from another process.`],
  };
}

interface Entered {
  readonly externalId: string;
  readonly sessionId: string;
  readonly senderId: string;
}

// As many as write at once, and as HR's events come at once.
const writers = 20;
const lanes = 10;

/** HR ends people whose sessions are used all the time; each door is tried again and again until it is closed. */
async function measureLeavers(pool: Pool, { leavers, progress }: DirectoryPlan): Promise<Finding> {
  progress(`directory: ${leavers} leavers while everybody writes`);
  const entered = await enterAll(pool, leavers);
  const { seq } = await auditHead(pool);
  let isOver = false;
  const load = Promise.all(Array.from({ length: writers }, async (_, lane) => {
    for (let nth = lane; !isOver; nth += 1) {
      const { sessionId, senderId } = entered[nth * 31 % entered.length]!;
      await touchSession(pool, sessionId, senderId);
    }
  }));
  const heard: number[] = [];
  const answered: number[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: lanes }, async () => {
    for (let nth = next++; nth < entered.length; nth = next++) {
      const { fromWord, fromAnswer } = await leave(pool, entered[nth]!);
      heard.push(fromWord);
      answered.push(fromAnswer);
    }
  }));
  isOver = true;
  await load;
  return leaversFinding(await auditedMs(pool, seq), heard, answered);
}

/** From HR's word, and from our answer, to the first time that the door is found closed; in ms. */
async function leave(pool: Pool, { externalId, sessionId, senderId }: Entered) {
  let isClosed = false;
  let closedAt = 0;
  const start = nowMs();
  const watching = (async () => {
    while (!isClosed) {
      isClosed = await touchSession(pool, sessionId, senderId) === undefined;
      closedAt = nowMs();
    }
  })();
  await auditedTransaction(pool, async (tx, note) => {
    const record = await findRecord(tx, 'bench', externalId);
    return applyChange(tx, note, { source: 'bench', record: { ...record!, active: false }, heardAt: new Date() });
  });
  const answeredAt = nowMs();
  await watching;
  return { fromWord: closedAt - start, fromAnswer: Math.max(0, closedAt - answeredAt) };
}

async function enterAll(pool: Pool, count: number): Promise<Entered[]> {
  const { rows } = await pool.query<{ employeeId: string; externalId: string }>(
    `SELECT id AS "employeeId", external_id AS "externalId" FROM employees
      WHERE source = 'bench' ORDER BY external_id LIMIT $1`, [count]);
  const entered: Entered[] = [];
  for (let first = 0; first < rows.length; first += lanes) {
    entered.push(...await Promise.all(rows.slice(first, first + lanes).map(async ({ employeeId, externalId }) => {
      return { externalId, ...await enter(pool, employeeId) };
    })));
  }
  return entered;
}

async function enter(pool: Pool, employeeId: string): Promise<Omit<Entered, 'externalId'>> {
  const { rows: [sender] } = await pool.query<{ id: string }>('INSERT INTO senders DEFAULT VALUES RETURNING id');
  const senderId = sender!.id;
  const [challengeId, sessionId] = [randomUUID(), randomUUID()];
  await auditedTransaction(pool, async (tx, note) => {
    await issueChallenge(tx, note, defaultPolicy, {
      challengeId, senderId, employeeId, identityHash: randomBytes(32), claimHash: randomBytes(32), pool: 'known',
      method: 'sms', keyId: 'k1', destinationHash: null });
    await tx.query(`UPDATE challenges SET state = 'used', ended_at = clock_timestamp() WHERE id = $1`, [challengeId]);
    await openSession(tx, note, defaultPolicy, {
      sessionId, senderId, employeeId, challengeId, method: 'sms', assurance: 'standard' });
  });
  return { sessionId, senderId };
}

/** What the audit says that each door took. */
async function auditedMs(pool: Pool, seq: number): Promise<number[]> {
  const { rows } = await pool.query<{ ms: number }>(
    `SELECT (facts->>'afterMs')::int AS ms FROM audit WHERE kind = 'employee.ended' AND seq > $1`, [seq]);
  return rows.map(({ ms }) => ms);
}

// Design I6, R32.
const p99MaxMs = 2_000;
const slowestMaxMs = 5_000;

function leaversFinding(audited: readonly number[], heard: readonly number[], answered: readonly number[]): Finding {
  const spreads = [heard, answered, audited].map(spreadOf);
  const [word] = spreads;
  const isWrong = word!.p99 > p99MaxMs || word!.max > slowestMaxMs || audited.length !== heard.length;
  const row = (label: string, key: 'median' | 'p99' | 'max', goal: string): Row =>
    ({ label, cells: spreads.map((spread) => spread[key]), goal, decimals: 1 });
  return {
    sections: [{
      title: `Leavers: ${heard.length} of them, ${lanes} at a time, while ${writers} lanes use the sessions`,
      columns: ['word to closed', 'answer to closed', 'as audited'],
      rows: [
        row('median ms', 'median', ''), row('p99 ms', 'p99', `≤ ${p99MaxMs}`), row('max ms', 'max', `≤ ${slowestMaxMs}`),
      ],
    }],
    wrong: !isWrong ? [] : [
      `a leaver's door took ${Math.round(word!.max)} ms; ${audited.length} of ${heard.length} are in the audit`],
  };
}
