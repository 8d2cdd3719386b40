// Part "guard": what one guess costs on Postgres, from its charge to its verdict, beside the least transaction there is.
import { randomUUID } from 'node:crypto';
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { migrate } from '../../src/db/migrations';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { defaultPolicy } from '../../src/domain/policy';
import { newKeyring, parseKeyring } from '../../src/keys/keyring';
import { chargeGuess } from '../../src/otp/budgets';
import type { PoolName } from '../../src/otp/budgets';
import { codePurpose, judgeGuess } from '../../src/otp/challenges';
import { deriveCode, sameCode } from '../../src/otp/codes';
import { nowMs, spreadOf } from '../measure/spread';
import type { Finding, Row, Section } from '../report';
import type { Stand } from '../stand/stand';

export interface GuardPlan {
  readonly stand: Stand;
  /** Guesses of each kind at each number of connections; a whole multiple of each. */
  readonly guesses: number;
  readonly rounds: number;
  progress(line: string): void;
}

const connectionCounts = [1, 10, 50];
const keys = parseKeyring(JSON.stringify(newKeyring())).code;
const digits = 6;

/** What is measured, beside the bare transaction that the others are compared with. */
interface Kind {
  readonly name: string;
  readonly pool: PoolName;
  /** Whether all guess at one person. */
  readonly isHot: boolean;
  readonly isRight: boolean;
}

const kinds: readonly Kind[] = [
  { name: 'right, many people', pool: 'known', isHot: false, isRight: true },
  { name: 'wrong, one person', pool: 'stranger', isHot: true, isRight: false },
  { name: 'right, strangers', pool: 'stranger', isHot: false, isRight: true },
];

interface Series {
  readonly ms: number[];
  /** Of all rounds together. */
  totalMs: number;
}

export async function measureGuard(plan: GuardPlan): Promise<Finding> {
  const ownerUrl = await plan.stand.createDatabase('guard');
  await migrate({ ownerUrl });
  const findings: Finding[] = [];
  for (const connections of connectionCounts) {
    const pool = createPool(ownerUrl, { max: connections });
    findings.push(await measureWith(pool, connections, plan).finally(() => pool.end()));
  }
  return { sections: findings.flatMap(({ sections }) => sections), wrong: findings.flatMap(({ wrong }) => wrong) };
}

async function measureWith(pool: Pool, connections: number, plan: GuardPlan): Promise<Finding> {
  const { guesses, rounds, progress } = plan;
  await pool.query('CREATE TABLE IF NOT EXISTS bare (id integer PRIMARY KEY, n integer NOT NULL)');
  await pool.query('INSERT INTO bare SELECT generate_series(1, $1::int), 0 ON CONFLICT DO NOTHING', [connections]);
  const bare: Series = { ms: [], totalMs: 0 };
  const guessed = kinds.map((): Series => ({ ms: [], totalMs: 0 }));
  const wrong: string[] = [];
  // In turns, so that a busy machine hits all alike; the first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    progress(`guard: ${guesses} guesses of each kind, ${connections} at a time, ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`);
    const warming: Series = { ms: [], totalMs: 0 };
    await runInto(round === 0 ? warming : bare, guesses, connections, (_, lane) => bareTransaction(pool, lane + 1));
    for (const [index, kind] of kinds.entries()) {
      const challenges = await prepare(pool, kind, guesses);
      const evaluated = { count: 0, right: 0 };
      await runInto(round === 0 ? warming : guessed[index]!, guesses, connections, async (nth) => {
        const { charge, verdict } = await guess(pool, challenges[nth]!, kind.isRight);
        if (charge === 'charged') evaluated.count += 1;
        if (verdict === 'right') evaluated.right += 1;
      });
      wrong.push(...breaches(kind, connections, guesses, evaluated));
    }
  }
  return { sections: [sectionOf(connections, [bare, ...guessed])], wrong };
}

/** Runs `count` of them, `atOnce` at a time, each lane one after the other. */
async function runInto(
  series: Series, count: number, atOnce: number, one: (nth: number, lane: number) => Promise<void>,
): Promise<void> {
  const start = nowMs();
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async (_, lane) => {
    for (let nth = next++; nth < count; nth = next++) {
      const began = nowMs();
      await one(nth, lane);
      series.ms.push(nowMs() - began);
    }
  }));
  series.totalMs += nowMs() - start;
}

/** The least that something durable can cost: three round trips, and one write to the disk. */
async function bareTransaction(pool: Pool, row: number): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('UPDATE bare SET n = n + 1 WHERE id = $1', [row]);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

/** As the activity does it: charged and committed, compared, judged and, when it was right, consumed. */
async function guess(pool: Pool, challengeId: string, isRight: boolean) {
  const messageId = randomUUID();
  const { charge } = await chargeGuess(pool, defaultPolicy, challengeId, messageId);
  const code = deriveCode(keys, { keyId: keys.activeId, challengeId, purpose: codePurpose, digits });
  const typed = isRight ? code : code.replace(/^./, (digit) => String((Number(digit) + 1) % 10));
  const right = sameCode(typed, code) && charge === 'charged';
  const { verdict } = await auditedTransaction(pool, (tx, note) =>
    judgeGuess(tx, note, defaultPolicy, { challengeId, messageId, right }));
  return { charge, verdict };
}

/** As many senders, each with a fresh code. What earlier rounds counted is gone: each begins with empty budgets. */
async function prepare(pool: Pool, { pool: poolName, isHot }: Kind, count: number): Promise<string[]> {
  await pool.query('TRUNCATE senders, pools CASCADE');
  const { rows } = await pool.query<{ id: string }>(
    `WITH s AS (INSERT INTO senders SELECT FROM generate_series(1, $1::int) RETURNING id)
     INSERT INTO challenges (id, sender_id, identity_hash, claim_hash, pool, purpose, method, key_id, digits, tries_max, expires_at)
     SELECT gen_random_uuid(), id, hash, hash, $2, $3, 'sms', $4, $5::smallint, $6::smallint, clock_timestamp() + interval '10 min'
       FROM s, LATERAL (SELECT sha256(CASE WHEN $7::boolean THEN 'one' ELSE id::text END::bytea) AS hash) h
     RETURNING id`,
    [count, poolName, codePurpose, keys.activeId, digits, defaultPolicy.codeTriesMax, isHot]);
  await pool.query('ANALYZE senders, challenges, guesses, pools');
  return rows.map(({ id }) => id);
}

function breaches(
  { name, isHot, isRight }: Kind, connections: number, guesses: number,
  evaluated: { readonly count: number; readonly right: number },
): string[] {
  const expected = isHot ? Math.min(guesses, defaultPolicy.strangerGuessesPerDayMax) : guesses;
  const right = isRight ? expected : 0;
  return evaluated.count === expected && evaluated.right === right ? [] : [
    `${name}, ${connections} at a time: ${evaluated.count} guesses were evaluated and ${evaluated.right} right, `
    + `not ${expected} and ${right}`];
}

function sectionOf(connections: number, series: readonly Series[]): Section {
  const spreads = series.map(({ ms }) => spreadOf(ms));
  const rates = series.map(({ ms, totalMs }) => ms.length / totalMs * 1_000);
  const ratio = (values: readonly number[], of: (value: number, bare: number) => number) =>
    values.map((value, index) => (index === 0 ? undefined : of(value, values[0]!)));
  const rows: Row[] = [
    { label: 'median ms', cells: spreads.map(({ median }) => median), decimals: 2 },
    { label: '  p99 ms', cells: spreads.map(({ p99 }) => p99), decimals: 2 },
    { label: 'a second', cells: rates, decimals: 0 },
    { label: 'median / bare', cells: ratio(spreads.map(({ median }) => median), (value, bare) => value / bare), decimals: 2 },
    { label: 'bare a second / a second', cells: ratio(rates, (value, bare) => bare / value), decimals: 2 },
  ];
  return {
    title: `Guard: one guess, charged, compared and judged, on ${connections} ${connections === 1 ? 'connection' : 'connections'}`,
    columns: ['bare transaction', ...kinds.map(({ name }) => name)], rows,
  };
}
