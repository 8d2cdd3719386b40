// A process that reads a company and applies it, as a worker does, and says how long it took and how large it grew.
import { randomUUID } from 'node:crypto';
import { createPool } from '../../src/db/pool';
import { readSource } from '../../src/directory/sync/readSource';
import { applySync } from '../../src/directory/sync/syncs';
import { newKeyring, parseKeyring } from '../../src/keys/keyring';
import { companyFeed } from './company';
import type { Company } from './company';

export interface ReaderOrder {
  readonly url: string;
  readonly company: Company;
}

export interface ReaderReport {
  readonly mode: string;
  readonly readMs: number;
  readonly applyMs: number;
  readonly people: number;
  readonly written: number;
  readonly peakBytes: number;
}

const dayMs = 24 * 3_600_000;
// Two passes of the garbage collector are further apart.
const sampleEveryMs = 20;

async function run({ url, company }: ReaderOrder): Promise<ReaderReport> {
  const pool = createPool(url, { max: 2, query_timeout: 0 });
  let peakBytes = 0;
  const sampling = setInterval(() => { peakBytes = Math.max(peakBytes, process.memoryUsage.rss()); }, sampleEveryMs);
  try {
    const syncId = randomUUID();
    const start = performance.now();
    const read = await readSource(
      pool, companyFeed(company), { syncId, workflowId: 'bench', fullEveryMs: dayMs }, () => undefined, new AbortController().signal);
    const readAt = performance.now();
    const keys = parseKeyring(JSON.stringify(newKeyring()));
    const applied = await applySync(pool, syncId, { notices: { keys, noticesMax: 100 } });
    if (applied.outcome !== 'applied') throw new Error(`the reading was ${applied.outcome}`);
    return {
      mode: read.mode, readMs: readAt - start, applyMs: performance.now() - readAt, people: read.people,
      written: applied.added + applied.changed, peakBytes,
    };
  } finally {
    clearInterval(sampling);
    await pool.end();
  }
}

process.on('message', (order: ReaderOrder) => {
  process.send!('ready');
  run(order).then((report) => process.send!(report), (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  }).finally(() => process.disconnect());
});
