// Checks the audit without trusting the function that wrote it: recomputes each hash and names the first broken record.
// A chain that was rewritten as a whole is found only by a head that was kept outside this database (R56).
import { createHash } from 'node:crypto';
import type { Queryable } from '../db/pool';

/** The last record: its number and the hash that stands for all before it, in hex. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

export type AuditVerdict =
  | { readonly outcome: 'intact'; readonly records: number; readonly head: AuditHead }
  /** `seq` is the first record that is not what was written. */
  | { readonly outcome: 'broken'; readonly seq: number; readonly why: string };

export interface VerifyOptions {
  /** A head as it was kept outside: it must still be part of the chain. */
  readonly expectedHead?: AuditHead;
  /** Told after each batch how many records were checked. */
  readonly onProgress?: (records: number) => void;
}

interface AuditRow {
  readonly seq: string;
  /** What is hashed after the former record's hash. */
  readonly content: string;
  readonly prev: Buffer;
  readonly hash: Buffer;
}

const genesis = Buffer.alloc(32);
// A few MB at a time.
const batchRows = 5_000;

/** The head as the database holds it, to be kept outside. Seq 0 when nothing was recorded yet. */
export async function auditHead(db: Queryable): Promise<AuditHead> {
  const { rows: [head] } = await db.query<{ seq: string; hash: Buffer }>('SELECT seq, hash FROM audit_head');
  if (head === undefined) throw new Error('the audit has no head');
  return { seq: Number(head.seq), hash: head.hash.toString('hex') };
}

/** Verifies the whole chain. What is appended meanwhile is verified too, or left to the next time. */
export async function verifyAudit(db: Queryable, options: VerifyOptions = {}): Promise<AuditVerdict> {
  const { expectedHead, onProgress } = options;
  let last: { seq: number; hash: Buffer } = { seq: 0, hash: genesis };
  // A head kept before anything was recorded.
  let expectedSeen = expectedHead?.seq === 0;
  for await (const row of readRows(db)) {
    const seq = Number(row.seq);
    if (seq <= last.seq) return broken(seq, 'stands before the first one');
    if (seq > last.seq + 1) return broken(last.seq + 1, missing);
    if (!row.prev.equals(last.hash)) return broken(seq, 'does not follow the one before it: changed, or put elsewhere');
    const hash = createHash('sha256').update(row.prev).update(row.content).digest();
    if (!hash.equals(row.hash)) return broken(seq, 'was changed');
    last = { seq, hash };
    if (seq === expectedHead?.seq) {
      if (hash.toString('hex') !== expectedHead.hash) return broken(seq, rewritten);
      expectedSeen = true;
    }
    if (seq % batchRows === 0) onProgress?.(seq);
  }
  if (expectedHead !== undefined && !expectedSeen) {
    return broken(last.seq + 1, `${missing}: the head kept outside is ${expectedHead.seq}`);
  }
  return checkHead(db, last);
}

const missing = 'is missing';
const rewritten = 'is not the one kept outside: it, or one before it, was rewritten';

/** The head row must be the last record. All is read in one statement: others append at the same time. */
async function checkHead(db: Queryable, last: { seq: number; hash: Buffer }): Promise<AuditVerdict> {
  const { rows: [row] } = await db.query<{ head: string; newest: string; same: boolean }>(
    `SELECT h.seq AS head, (SELECT coalesce(max(seq), 0) FROM audit) AS newest,
            h.hash = coalesce((SELECT a.hash FROM audit a WHERE a.seq = h.seq), $1::bytea) AS same
       FROM audit_head h`, [genesis]);
  if (row === undefined) return broken(last.seq + 1, `${missing}: the audit has no head`);
  const head = Number(row.head);
  const newest = Number(row.newest);
  const end = Math.min(newest, last.seq);
  if (newest < head || newest < last.seq) return broken(end + 1, `${missing}: the head is ${head}`);
  if (newest > head) return broken(head + 1, `was added past the head, which is ${head}`);
  if (!row.same) return broken(head, 'is not the one in the head: one of the two was changed');
  return { outcome: 'intact', records: last.seq, head: { seq: last.seq, hash: last.hash.toString('hex') } };
}

function broken(seq: number, why: string): AuditVerdict {
  return { outcome: 'broken', seq, why };
}

/** All records in order of their number, whichever numbers there are. */
async function* readRows(db: Queryable): AsyncGenerator<AuditRow, void> {
  let after: string | null = null;
  for (;;) {
    const { rows }: { rows: AuditRow[] } = await db.query<AuditRow>(
      `SELECT seq, prev_hash AS prev, hash,
              concat_ws('|', seq, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), kind, facts)
                AS content
         FROM audit WHERE $1::bigint IS NULL OR seq > $1 ORDER BY seq LIMIT $2`, [after, batchRows]);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < batchRows) return;
    after = last.seq;
  }
}
