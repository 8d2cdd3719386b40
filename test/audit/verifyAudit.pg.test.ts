// The chain as Postgres keeps it: who may write, how writers line up, and that each way of tampering is found.
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { auditHead, verifyAudit } from '../../src/audit/verifyAudit';
import type { AuditHead, AuditVerdict } from '../../src/audit/verifyAudit';
import { createPool, inTransaction } from '../../src/db/pool';
import type { Pool, Queryable } from '../../src/db/pool';
import type { AuditRecord } from '../../src/domain/records';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';

let database: TestDatabase;
let pool: Pool;
let owner: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 20 });
  owner = createPool(database.ownerUrl, { max: 1 });
});

afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});

const record = (payloads: number): AuditRecord =>
  ({ kind: 'payload.decoded', facts: { payloads, operator: 'ops "née" ☎' } });

async function append(count: number): Promise<void> {
  await auditedTransaction(pool, async (_tx, note) => {
    for (let i = 1; i <= count; i += 1) note(record(i));
  });
}

/** Appends one record in a transaction of the caller's. */
const appendRecord = (tx: Queryable, { kind, facts }: AuditRecord) =>
  tx.query('SELECT audit_append_all($1, $2)', [[kind], [JSON.stringify(facts)]]);

const brokenAt = (seq: number): Partial<AuditVerdict> => ({ outcome: 'broken', seq });

/** Runs `test` in a transaction of the owner, who alone can tamper with the audit, and undoes it. */
async function asOwner(test: (tx: Queryable) => Promise<void>): Promise<void> {
  const undo = new Error('undone');
  await inTransaction(owner, async (tx) => {
    await test(tx);
    throw undo;
  }).catch((error: unknown) => { if (error !== undo) throw error; });
}

describe('the audit', () => {
  it('is intact and empty at first', async () => {
    const head = { seq: 0, hash: '00'.repeat(32) };
    expect(await auditHead(pool)).toEqual(head);
    expect(await verifyAudit(pool)).toEqual({ outcome: 'intact', records: 0, head });
    expect(await verifyAudit(pool, { expectedHead: head })).toMatchObject({ outcome: 'intact' });
  });

  it('verifies what was appended, one by one or many at once', async () => {
    await append(30);
    await inTransaction(pool, (tx) => appendRecord(tx, record(31)));
    const head = await auditHead(pool);
    expect(head.seq).toBe(31);
    expect(await verifyAudit(pool, { expectedHead: head })).toEqual({ outcome: 'intact', records: 31, head });
    const { rows } = await pool.query<{ payloads: number }>(
      `SELECT (facts->>'payloads')::int AS payloads FROM audit ORDER BY seq`);
    expect(rows.map(({ payloads }) => payloads)).toEqual(Array.from({ length: 31 }, (_, i) => i + 1));
  });

  it('forms one chain without gaps when 20 connections append at once', async () => {
    const { seq } = await auditHead(pool);
    await Promise.all(Array.from({ length: 20 }, async () => {
      for (let i = 0; i < 25; i += 1) await append(i % 3 + 1);
    }));
    expect(await verifyAudit(pool)).toMatchObject({ outcome: 'intact', records: seq + 20 * (9 * 1 + 8 * 2 + 8 * 3) });
  });

  it('leaves no gap when a transaction is rolled back', async () => {
    const { seq } = await auditHead(pool);
    const failure = auditedTransaction(pool, async (tx) => {
      await appendRecord(tx, record(1));
      throw new Error('no');
    });
    await expect(failure).rejects.toThrow('no');
    await append(1);
    expect(await verifyAudit(pool)).toMatchObject({ outcome: 'intact', records: seq + 1 });
  });

  it('lets nothing happen that cannot be recorded', async () => {
    const before = await auditHead(pool);
    const change = auditedTransaction(pool, async (tx, note) => {
      await tx.query('INSERT INTO senders DEFAULT VALUES');
      note({ kind: 'not a kind' as never, facts: {} as never });
    });
    await expect(change).rejects.toMatchObject({ code: '23514' });
    expect((await pool.query('SELECT 1 FROM senders')).rowCount).toBe(0);
    expect(await auditHead(pool)).toEqual(before);
  });

  it('stops every change while it may not be written', async () => {
    await owner.query('REVOKE EXECUTE ON FUNCTION audit_append_all(text[], jsonb[]) FROM doorman_app');
    const change = auditedTransaction(pool, async (tx, note) => {
      await tx.query('INSERT INTO senders DEFAULT VALUES');
      note(record(1));
    });
    await expect(change).rejects.toMatchObject({ code: '42501' });
    await owner.query('GRANT EXECUTE ON FUNCTION audit_append_all(text[], jsonb[]) TO doorman_app');
    expect((await pool.query('SELECT 1 FROM senders')).rowCount).toBe(0);
  });

  it('is verified batch by batch, and while others append', async () => {
    await append(5_001);
    const seen: number[] = [];
    const head = await auditHead(pool);
    const onProgress = (records: number) => seen.push(records);
    expect(await verifyAudit(pool, { onProgress })).toMatchObject({ records: head.seq });
    expect(seen).toEqual([5_000]);
    let done = false;
    const appending = (async () => { while (!done) await append(3); })();
    for (let i = 0; i < 10; i += 1) {
      expect(await verifyAudit(pool, { expectedHead: head })).toMatchObject({ outcome: 'intact' });
    }
    done = true;
    await appending;
    await asOwner(async (tx) => {
      await tx.query(`UPDATE audit SET facts = facts || '{"payloads": -1}' WHERE seq = 5001`);
      expect(await verifyAudit(tx)).toMatchObject(brokenAt(5_001));
    });
  });
});

describe('the application', () => {
  it.each([
    `INSERT INTO audit SELECT seq + 1, at, kind, facts, prev_hash, hash FROM audit`,
    `UPDATE audit SET kind = 'a.b'`,
    'DELETE FROM audit',
    'TRUNCATE audit',
    'ALTER TABLE audit ADD COLUMN x int',
    'DROP TABLE audit',
    'UPDATE audit_head SET seq = 0',
    'DELETE FROM audit_head',
    'INSERT INTO audit_head VALUES (true, 0, \'\')',
    'TRUNCATE audit_head',
    'ALTER TABLE audit DISABLE TRIGGER ALL',
    `CREATE OR REPLACE FUNCTION audit_append_all(text[], jsonb[]) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'`,
    `CREATE OR REPLACE FUNCTION audit_hash(bytea, bigint, timestamptz, text, jsonb) RETURNS bytea
       LANGUAGE sql AS 'SELECT $1'`,
    'DROP FUNCTION audit_append_all(text[], jsonb[])',
  ])('cannot %s', async (statement) => {
    await append(1);
    const before = await auditHead(pool);
    await expect(pool.query(statement)).rejects.toMatchObject({ code: '42501' });
    expect(await verifyAudit(pool)).toMatchObject({ outcome: 'intact', head: before });
  });

  it('cannot lead the appending function astray by tables of its own', async () => {
    await inTransaction(pool, async (tx) => {
      await tx.query('CREATE TEMP TABLE audit_head (only_row boolean, seq bigint, hash bytea) ON COMMIT DROP');
      await tx.query(`INSERT INTO audit_head VALUES (true, 700, '')`);
      await appendRecord(tx, record(1));
    });
    expect(await verifyAudit(pool)).toMatchObject({ outcome: 'intact', head: await auditHead(pool) });
  });
});

describe('verification names the first record', () => {
  /** Tampers with an audit of twelve records. */
  const tampered = (sql: string, check: (tx: Queryable, head: AuditHead) => Promise<void>) => asOwner(async (tx) => {
    await tx.query(`TRUNCATE audit; UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex')`);
    for (let i = 1; i <= 12; i += 1) await appendRecord(tx, record(i));
    const head = await auditHead(tx);
    expect(await verifyAudit(tx, { expectedHead: head })).toMatchObject({ outcome: 'intact', records: 12 });
    await tx.query(sql);
    await check(tx, head);
  });

  it.each([
    ['whose facts were changed', `UPDATE audit SET facts = jsonb_set(facts, '{payloads}', '8') WHERE seq IN (7, 9)`, 7],
    ['whose kind was changed', `UPDATE audit SET kind = 'keys.rotated' WHERE seq = 3`, 3],
    ['whose time was changed by a microsecond',
      `UPDATE audit SET at = at + interval '1 microsecond' WHERE seq = 12`, 12],
    ['whose hash was changed', 'UPDATE audit SET hash = set_byte(hash, 31, get_byte(hash, 31) # 1) WHERE seq = 5', 5],
    ['that does not follow',
      'UPDATE audit SET prev_hash = set_byte(prev_hash, 0, get_byte(prev_hash, 0) # 1) WHERE seq = 5', 5],
    ['that is missing', 'DELETE FROM audit WHERE seq IN (4, 8)', 4],
    ['that is missing at the start', 'DELETE FROM audit WHERE seq = 1', 1],
    ['that was put before the first',
      'INSERT INTO audit SELECT 0, at, kind, facts, prev_hash, hash FROM audit WHERE seq = 1', 0],
    ['of two whose contents were swapped', `UPDATE audit a SET facts = b.facts, at = b.at FROM audit b
       WHERE (a.seq, b.seq) IN ((6, 7), (7, 6))`, 6],
    ['of two whose places were swapped', `UPDATE audit SET seq = -seq WHERE seq IN (6, 7);
       UPDATE audit SET seq = 13 + seq WHERE seq < 0`, 6],
    ['that was cut off', 'DELETE FROM audit WHERE seq > 10', 11],
    ['that was added past the head', `INSERT INTO audit SELECT 13, now(), 'a.b', '{}', hash,
       audit_hash(hash, 13, now(), 'a.b', '{}') FROM audit WHERE seq = 12`, 13],
    ['that the head does not stand for', 'UPDATE audit_head SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1)', 12],
    ['when all were deleted', 'DELETE FROM audit', 1],
    ['when the head was deleted', 'DELETE FROM audit_head', 13],
  ])('%s', (_what, sql, seq) => tampered(sql, async (tx) => {
    expect(await verifyAudit(tx)).toMatchObject(brokenAt(seq));
  }));

  const truncate = `DELETE FROM audit WHERE seq > 10;
    UPDATE audit_head SET (seq, hash) = (SELECT seq, hash FROM audit WHERE seq = 10)`;
  const rewrite = `DO $$
    DECLARE r audit%ROWTYPE; prev bytea := decode(repeat('00', 32), 'hex');
    BEGIN
      UPDATE audit SET facts = '{"payloads": 0}' WHERE seq = 2;
      FOR r IN SELECT * FROM audit ORDER BY seq LOOP
        UPDATE audit SET prev_hash = prev, hash = audit_hash(prev, r.seq, r.at, r.kind, r.facts)
         WHERE seq = r.seq RETURNING hash INTO prev;
      END LOOP;
      UPDATE audit_head SET hash = prev;
    END $$`;
  const replace = `CREATE OR REPLACE FUNCTION audit_hash(prev bytea, seq bigint, at timestamptz, kind text, facts jsonb)
    RETURNS bytea LANGUAGE sql AS $$ SELECT sha256('anything') $$`;

  it('although the function that computes hashes was replaced', () => tampered(replace, async (tx) => {
    await appendRecord(tx, record(13));
    expect(await verifyAudit(tx)).toMatchObject(brokenAt(13));
  }));

  it('that was cut off together with the head, by the head kept outside', () => tampered(truncate, async (tx, kept) => {
    expect(await verifyAudit(tx)).toMatchObject({ outcome: 'intact', records: 10 });
    expect(await verifyAudit(tx, { expectedHead: kept })).toMatchObject(brokenAt(11));
  }));

  it('that differs after an old backup was restored and work went on', () => tampered(truncate, async (tx, kept) => {
    for (let i = 0; i < 5; i += 1) await appendRecord(tx, record(i));
    expect(await verifyAudit(tx)).toMatchObject({ outcome: 'intact', records: 15 });
    expect(await verifyAudit(tx, { expectedHead: kept })).toMatchObject(brokenAt(12));
  }));

  it('that was kept outside, when the whole chain was rewritten', () => tampered(rewrite, async (tx, expectedHead) => {
    expect(await verifyAudit(tx)).toMatchObject({ outcome: 'intact', records: 12 });
    expect(await verifyAudit(tx, { expectedHead })).toMatchObject(brokenAt(12));
  }));
});
