// A reading that dies goes on where it was, is applied once, and leaves nothing behind.
import { randomUUID } from 'node:crypto';
import { auditedTransaction } from '../../../src/audit/auditedTransaction';
import { auditHead, verifyAudit } from '../../../src/audit/verifyAudit';
import { createPool } from '../../../src/db/pool';
import type { Pool } from '../../../src/db/pool';
import { applyChange } from '../../../src/directory/changes';
import type { DirectoryFeed } from '../../../src/directory/directoryFeed';
import { FeedFault } from '../../../src/directory/feedFault';
import { applySync, endSync, noteFault, wantFullSync } from '../../../src/directory/sync/syncs';
import { lastSyncs } from '../../../src/directory/sync/views';
import { createTestDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { anna, directoryState, people, recordOf, recordsSince } from '../people';
import type { Person } from '../people';
import { Source, keptPages, readAndApplied, readInto } from './sources';

let database: TestDatabase;
let pool: Pool;
let owner: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 10, query_timeout: 0 });
  owner = createPool(database.ownerUrl, { max: 1 });
});

afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});

beforeEach(async () => {
  await owner.query('DELETE FROM employees; DELETE FROM directory_syncs; DELETE FROM directory_sources');
});

afterEach(async () => {
  expect(await verifyAudit(pool)).toMatchObject({ outcome: 'intact' });
});

const readNow = (feed: DirectoryFeed, syncId: string, told: unknown[] = []) => readInto(pool, feed, syncId, told);
const applyNow = (syncId: string) => applySync(pool, syncId, {});
const kept = () => keptPages(pool);
const synced = (feed: DirectoryFeed) => readAndApplied(pool, feed);

const dies = (page: number) => (at: number) => { if (at === page) throw new Error('killed'); };

describe('a reading', () => {
  it('delivers everybody, tells how far it is, and leaves no page behind', async () => {
    const syncId = randomUUID();
    const told: unknown[] = [];
    expect(await readNow(new Source(people(5)), syncId, told)).toEqual({ outcome: 'read', mode: 'full', pages: 3, people: 5 });
    expect(told).toEqual([1, 2, 3].map((pages) => ({ mode: 'full', pages, people: Math.min(5, pages * 2) })));
    expect(await applyNow(syncId)).toMatchObject({ outcome: 'applied', people: 5, added: 5 });
    expect(await directoryState(pool)).toHaveLength(5);
    expect(await kept()).toBe(0);
    expect(await lastSyncs(pool)).toMatchObject([{ source: 'hr', state: 'applied', people: 5, pages: 3, fault: null }]);
  });

  it('that was killed goes on at the page where it was', async () => {
    const feed = new Source(people(8));
    const syncId = randomUUID();
    feed.beforePage = dies(2);
    await expect(readNow(feed, syncId)).rejects.toThrow('killed');
    feed.beforePage = () => undefined;
    expect(await readNow(feed, syncId)).toMatchObject({ outcome: 'read', pages: 4, people: 8 });
    expect(feed.asked.map(({ from }) => from)).toEqual([undefined, '2']);
    expect(await applyNow(syncId)).toMatchObject({ outcome: 'applied', added: 8 });
  });

  it('that is told to stop does so while a page is on its way, and goes on there', async () => {
    const feed = new Source(people(8));
    const syncId = randomUUID();
    const stopping = new AbortController();
    feed.beforePage = (page) => {
      if (page !== 2) return undefined;
      stopping.abort();
      return new Promise(() => undefined);
    };
    await expect(readInto(pool, feed, syncId, [], stopping.signal)).rejects.toMatchObject({ name: 'AbortError' });
    feed.beforePage = () => undefined;
    await expect(readInto(pool, feed, syncId, [], stopping.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(await readNow(feed, syncId)).toMatchObject({ outcome: 'read', pages: 4, people: 8 });
    expect(feed.asked.map(({ from }) => from)).toEqual([undefined, '2']);
    await expect(applySync(pool, syncId, {}, stopping.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(await directoryState(pool)).toEqual([]);
    expect(await applyNow(syncId)).toMatchObject({ outcome: 'applied', added: 8 });
  });

  it('that ended otherwise than by a fault does not have the one of an earlier try', async () => {
    for (const [end, reason] of [['unchanged', undefined], ['abandoned', 'cancelled: by somebody']] as const) {
      const syncId = randomUUID();
      await readNow(new Source(people(3)), syncId);
      await noteFault(pool, syncId, new FeedFault('unreachable', 'does not answer'));
      await endSync(pool, syncId, end, reason);
      expect(await lastSyncs(pool)).toMatchObject([{ state: end, fault: reason ?? null }]);
    }
  });

  it('of a source that cannot go on begins anew, and takes nobody twice', async () => {
    const feed = new Source(people(8));
    feed.isResumable = false;
    const syncId = randomUUID();
    feed.beforePage = dies(2);
    await expect(readNow(feed, syncId)).rejects.toThrow('killed');
    feed.beforePage = () => undefined;
    expect(await readNow(feed, syncId)).toMatchObject({ pages: 4, people: 8 });
    expect(await applyNow(syncId)).toMatchObject({ outcome: 'applied', added: 8 });
  });

  it('is read once: a second try after its end asks the source for nothing', async () => {
    const feed = new Source(people(3));
    const syncId = randomUUID();
    await readNow(feed, syncId);
    expect(await readNow(feed, syncId)).toMatchObject({ outcome: 'read', people: 3 });
    expect(feed.asked).toHaveLength(1);
  });

  it('is applied once, and a second try says what it came to', async () => {
    const syncId = randomUUID();
    await readNow(new Source(people(3)), syncId);
    const first = await applyNow(syncId);
    const { seq } = await auditHead(pool);
    expect(await applyNow(syncId)).toEqual(JSON.parse(JSON.stringify(first)));
    expect(await recordsSince(pool, seq)).toEqual([]);
  });

  it('stops at a page that refers to one that was read', async () => {
    const feed: DirectoryFeed = {
      source: 'hr', complete: true, hasDeltas: false,
      async* read() { for (;;) yield { items: [], next: 'again' }; },
    };
    await expect(readNow(feed, randomUUID())).rejects.toEqual(
      new FeedFault('untrustworthy', 'refers to a page that was read already'));
  });

  it('makes those of the same source that never ended over, with what they had read', async () => {
    const feed = new Source(people(8));
    feed.beforePage = dies(2);
    const lost = randomUUID();
    await expect(readNow(feed, lost)).rejects.toThrow();
    feed.beforePage = () => undefined;
    await readNow(feed, randomUUID());
    expect(await kept()).toBe(4);
    expect((await pool.query('SELECT state FROM directory_syncs WHERE id = $1', [lost])).rows)
      .toEqual([{ state: 'abandoned' }]);
    await expect(readNow(feed, lost)).rejects.toThrow();
  });

  it('that was given up is emptied, and ends once', async () => {
    const syncId = randomUUID();
    await readNow(new Source(people(3)), syncId);
    await endSync(pool, syncId, 'failed', 'refused: says no');
    await endSync(pool, syncId, 'abandoned');
    expect(await lastSyncs(pool)).toMatchObject([{ state: 'failed', fault: 'refused: says no' }]);
    expect(await kept()).toBe(0);
    expect(await applyNow(syncId)).toMatchObject({ outcome: 'refused', added: 0 });
    expect(await directoryState(pool)).toEqual([]);
  });
});

describe('a source that is as it was', () => {
  const remark = (why: string) => ({ where: 'the folder', why });
  const unchanged = (...why: string[]): DirectoryFeed => ({
    source: 'hr', complete: true, hasDeltas: false,
    async* read() { yield { items: why.map((one) => ({ notice: remark(one) })), unchanged: true }; },
  });

  async function found(feed: DirectoryFeed) {
    const syncId = randomUUID();
    const { outcome } = await readNow(feed, syncId);
    if (outcome === 'unchanged') await endSync(pool, syncId, outcome);
    else await applyNow(syncId);
    const { state, notices, noticeCount } = (await lastSyncs(pool))[0]!;
    return { state, notices: notices.map(({ why }) => why), noticeCount };
  }

  it('tells still who was left out of it, and what is remarked on now', async () => {
    const feed: DirectoryFeed = {
      source: 'hr', complete: true, hasDeltas: false,
      async* read() { yield { items: [{ record: recordOf(anna), where: 'line 2' }, { notice: remark('no employee ID') }] }; },
    };
    expect(await found(unchanged())).toEqual({ state: 'unchanged', notices: [], noticeCount: 0 });
    const told = await found(feed);
    expect(told).toEqual({ state: 'applied', notices: ['no employee ID'], noticeCount: 1 });
    expect(await found(unchanged())).toEqual({ ...told, state: 'unchanged' });
    expect(await found(unchanged('a file of tomorrow'))).toEqual(
      { state: 'unchanged', notices: ['a file of tomorrow', 'no employee ID'], noticeCount: 2 });
  });
});

describe('a reading that somebody has overtaken', () => {
  const hire = (active: boolean) => auditedTransaction(pool, (tx, note) =>
    applyChange(tx, note, { source: 'hr', record: recordOf({ ...anna, active }), heardAt: new Date() }));

  it('puts nobody out who was hired, or came back, after it began; the next one does', async () => {
    const feed = new Source(people(4));
    await synced(feed);
    for (const isBack of [false, true]) {
      const syncId = randomUUID();
      await readNow(feed, syncId);
      if (isBack) await hire(false);
      await hire(true);
      expect(await applyNow(syncId)).toMatchObject({ outcome: 'applied', deactivated: 0 });
      expect(await directoryState(pool)).toEqual(Array<unknown>(5).fill(expect.objectContaining({ active: true })));
      expect(await synced(feed)).toMatchObject({ outcome: 'applied', deactivated: 1 });
    }
  });
});

describe('a reading that contradicts itself', () => {
  it('is refused, and nobody that it read is kept', async () => {
    const syncId = randomUUID();
    await readNow(new Source([...people(3), ...people(1)]), syncId);
    expect(await kept()).toBe(2);
    expect(await applyNow(syncId)).toMatchObject({ outcome: 'refused', added: 0 });
    expect(await kept()).toBe(0);
    expect(await applyNow(syncId)).toMatchObject({ outcome: 'refused', problemCount: 1 });
    expect(await lastSyncs(pool)).toMatchObject([{ state: 'refused', report: { problemCount: 1 } }]);
    expect(await directoryState(pool)).toEqual([]);
  });
});

describe('a source that tells changes', () => {
  const changing = (given: readonly Person[], watermark: string): Source =>
    Object.assign(new Source(given), { hasDeltas: true, watermark });

  it('is read as a whole first, then from where the last reading that was applied ended', async () => {
    const feed = changing(people(4), 'one');
    await synced(feed);
    feed.watermark = 'two';
    feed.people = [{ ...people(1)[0]!, givenName: 'New' }];
    expect(await synced(feed)).toMatchObject({ outcome: 'applied', changed: 1, deactivated: 0 });
    await synced(feed);
    expect(feed.asked.map(({ mode, since }) => [mode, since])).toEqual(
      [['full', undefined], ['delta', 'one'], ['delta', 'two']]);
    expect(await directoryState(pool)).toHaveLength(4);
  });

  it('keeps its place when a reading is not applied', async () => {
    const feed = changing(people(4), 'one');
    await synced(feed);
    feed.watermark = 'two';
    const syncId = randomUUID();
    await readNow(feed, syncId);
    await endSync(pool, syncId, 'failed');
    await synced(feed);
    expect(feed.asked.at(-1)).toMatchObject({ since: 'one' });
  });

  it('is read as a whole when the last time is too long ago, or somebody wants it, once', async () => {
    const feed = changing(people(4), 'one');
    await synced(feed);
    await owner.query(`UPDATE directory_sources SET full_at = full_at - interval '2 hours'`);
    await synced(feed);
    await wantFullSync(pool, 'hr');
    await synced(feed);
    await synced(feed);
    expect(feed.asked.map(({ mode }) => mode)).toEqual(['full', 'full', 'full', 'delta']);
  });
});
