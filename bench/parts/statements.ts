// Part "statements": how many statements one process signs and checks in a second, on Postgres; and whether anything is
// refused while keys rotate every few seconds under processes that sign and verifiers that remember keys.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { migrate } from '../../src/db/migrations';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { newKeyring, parseKeyring } from '../../src/keys/keyring';
import { rotateSigningKey, tendSigningKeys } from '../../src/statements/keyRotation';
import type { RotationDeps } from '../../src/statements/keyRotation';
import { createKeySet } from '../../src/statements/published';
import { createStatements } from '../../src/statements/statements';
import type { Speaker } from '../../src/statements/statements';
import { keyTimes } from '../../src/statements/times';
import { createStatementVerifier } from '../../src/verifier/verifier';
import type { StatementVerifier } from '../../src/verifier/verifier';
import { ratePerSecond } from '../measure/rate';
import { nowMs } from '../measure/spread';
import type { Finding, Section } from '../report';
import type { Stand } from '../stand/stand';

export interface StatementsPlan {
  readonly stand: Stand;
  /** Of each figure. */
  readonly seconds: number;
  readonly rotateEveryMs: number;
  readonly rotateForMs: number;
  progress(line: string): void;
}

const [issuer, audience] = ['https://doorman.example', 'https://assistant.example'];
const loads = [1, 20];
const processes = 3;
const verifiers = 3;
// What was signed before a rotation is shown after it, too.
const heldBack = 200;
// A rotation stands for ten minutes of a verifier's memory: so often a key set is fetched, and a next key known before.
const rotationStandsForMs = 10 * 60_000;

const keyring = parseKeyring(JSON.stringify(newKeyring()));
const speaker: Speaker = {
  employeeId: randomUUID(), returnedAt: null, sessionId: randomUUID(), method: 'sms', assurance: 'standard',
  verifiedAt: new Date(Date.now() - 60_000),
};

export async function measureStatements(plan: StatementsPlan): Promise<Finding> {
  const ownerUrl = await plan.stand.createDatabase('statements');
  await migrate({ ownerUrl });
  const pool = createPool(ownerUrl, { max: 25 });
  try {
    const rates = await measureRates(pool, plan);
    const rotation = await measureRotation(pool, plan);
    return { sections: [rates, rotation.section], wrong: rotation.wrong };
  } finally {
    await pool.end();
  }
}

async function measureRates(pool: Pool, { seconds, progress }: StatementsPlan): Promise<Section> {
  const sign = newProcess(pool);
  const verifier = newVerifier(pool, () => performance.now());
  const jwt = await sign();
  await verifier.verify(jwt);
  const rows = [];
  for (const [label, act] of [['signed', sign], ['verified', () => verifier.verify(jwt)]] as const) {
    const cells: number[] = [];
    for (const atOnce of loads) {
      progress(`statements: ${label}, ${atOnce} at a time`);
      await ratePerSecond(0.5, atOnce, act);
      cells.push(await ratePerSecond(seconds, atOnce, act));
    }
    rows.push({ label, cells, decimals: 0 });
  }
  return {
    title: 'Statements a second, in one process', columns: loads.map((atOnce) => `${atOnce} at a time`), rows,
    notes: ['signed: with the question to Postgres which key signs; verified: with a key that is known'],
  };
}

async function measureRotation(
  pool: Pool, { rotateEveryMs, rotateForMs, progress }: StatementsPlan,
): Promise<{ section: Section; wrong: string[] }> {
  progress(`statements: a rotation every ${rotateEveryMs / 1_000} s for ${rotateForMs / 1_000} s`);
  const scale = rotationStandsForMs / rotateEveryMs;
  const elapsed = () => performance.now() * scale;
  const signers = Array.from({ length: processes }, () => newProcess(pool));
  const readers = Array.from({ length: verifiers }, () => newVerifier(pool, elapsed));
  const times = { ...keyTimes(), leadMs: 0, stayMs: Math.max(60_000, 3 * rotateEveryMs) };
  const deps: RotationDeps = { pool, storageKeys: keyring.storage, times };
  const counts = { verified: 0, refused: new Map<string, number>(), rotations: 0 };
  const ended = new AbortController();
  const lanes = readers.map((reader, nth) => verifyUntil(ended.signal, signers, reader, nth, counts));
  for (const until = nowMs() + rotateForMs; nowMs() < until;) {
    await delay(rotateEveryMs);
    await rotateSigningKey(deps, 'bench');
    counts.rotations += 1;
  }
  ended.abort();
  await Promise.all(lanes);
  const refused = [...counts.refused].map(([reason, count]) => `${count} statements were refused: ${reason}`);
  const cells = [counts.rotations, counts.verified, [...counts.refused.values()].reduce((sum, one) => sum + one, 0)];
  return {
    wrong: [...refused, ...counts.verified === 0 ? ['no statement was verified while keys rotated'] : []],
    section: {
      title: `Keys that rotate every ${rotateEveryMs / 1_000} s`, columns: ['rotations', 'verified', 'refused'],
      rows: [{ label: `${processes} processes, ${verifiers} verifiers`, cells, goal: '0 refused', decimals: 0 }],
      notes: ['each verifier fetches keys as seldom as always, by a clock on which a rotation takes ten minutes'],
    },
  };
}

async function verifyUntil(
  ended: AbortSignal, signers: readonly (() => Promise<string>)[], verifier: StatementVerifier, nth: number,
  counts: { verified: number; readonly refused: Map<string, number> },
): Promise<void> {
  const held: string[] = [];
  for (let turn = nth; !ended.aborted; turn += 1) {
    held.push(await signers[turn % signers.length]!());
    const shown = held.length > heldBack ? [held.shift()!, held.at(-1)!] : [held.at(-1)!];
    for (const jwt of shown) {
      try {
        await verifier.verify(jwt);
        counts.verified += 1;
      } catch (error) {
        const reason = String((error as Error).message); // cast: only errors are thrown here
        counts.refused.set(reason, (counts.refused.get(reason) ?? 0) + 1);
      }
    }
    // A flood would measure the machine; and what is held back gets older than a rotation.
    await delay(20);
  }
}

function newProcess(pool: Pool): () => Promise<string> {
  const statements = createStatements({ pool, keyring, issuer });
  return () => statements.state(speaker, { audience, messageId: randomUUID() });
}

function newVerifier(pool: Pool, elapsed: () => number): StatementVerifier {
  const tend = () => tendSigningKeys({ pool, storageKeys: keyring.storage, times: keyTimes() });
  const keySet = createKeySet({ pool, tend, now: elapsed });
  return createStatementVerifier({ issuer, audience, elapsed, fetch: async () => new Response(await keySet()) });
}
