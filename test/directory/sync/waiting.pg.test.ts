// A reading that waits for an operator holds back nobody else, and is overtaken by the next one.
import { randomUUID } from 'node:crypto';
import { auditHead, verifyAudit } from '../../../src/audit/verifyAudit';
import { createPool } from '../../../src/db/pool';
import type { Pool } from '../../../src/db/pool';
import type { DirectoryFeed } from '../../../src/directory/directoryFeed';
import { applySync, endSync, wantFullSync } from '../../../src/directory/sync/syncs';
import { lastSyncs, waitingSyncs } from '../../../src/directory/sync/views';
import { approveWaiting } from '../../../src/directory/sync/waiting';
import { createTestDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { people, recordsSince } from '../people';
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

const readNow = (feed: DirectoryFeed, syncId: string) => readInto(pool, feed, syncId);
const applyNow = (syncId: string) => applySync(pool, syncId, {});
const kept = () => keptPages(pool);
const synced = (feed: DirectoryFeed) => readAndApplied(pool, feed);

describe('a reading by which many would be out', () => {
  const active = async () => (await pool.query<{ id: string }>(
    'SELECT external_id AS id FROM employees WHERE active ORDER BY 1')).rows.map(({ id }) => id);
  const ids = (given: readonly Person[]) => given.map(({ id }) => id);
  const withdrawn = async (seq: number) =>
    (await recordsSince(pool, seq)).filter(({ kind }) => kind === 'directory.withdrawn').map(({ facts }) => facts);

  it('waits for an operator, whose name the audit has, and nothing that it read is kept', async () => {
    await synced(new Source(people(20)));
    const syncId = randomUUID();
    await readNow(new Source(people(5)), syncId);
    expect(await applyNow(syncId)).toMatchObject({ outcome: 'tooMany', deactivated: 15 });
    expect(await applyNow(syncId)).toMatchObject({ outcome: 'tooMany', deactivated: 15 });
    expect(await lastSyncs(pool)).toMatchObject([{ state: 'waiting', endedAt: null }]);
    expect(await kept()).toBe(0);
    const { seq } = await auditHead(pool);
    expect(await approveWaiting(pool, 'hr', 'op')).toBe(15);
    expect(await applyNow(syncId)).toMatchObject({ outcome: 'tooMany' });
    expect(await synced(new Source(people(5)))).toMatchObject({ outcome: 'applied', deactivated: 15 });
    expect(await recordsSince(pool, seq)).toContainEqual(
      { kind: 'directory.approved', facts: { source: 'hr', deactivated: 15, operator: 'op' } });
    expect(await withdrawn(seq)).toEqual([]);
    expect(await lastSyncs(pool)).toMatchObject([{ state: 'applied', approvedBy: 'op' }]);
    expect([await waitingSyncs(pool), await approveWaiting(pool, 'hr', 'op')]).toEqual([[], undefined]);
  });

  it('is not applied by an approval of fewer', async () => {
    await synced(new Source(people(20)));
    await synced(new Source(people(5)));
    await approveWaiting(pool, 'hr', 'op');
    expect(await synced(new Source(people(4)))).toMatchObject({ outcome: 'tooMany', deactivated: 16 });
    expect(await synced(new Source(people(4)))).toMatchObject({ outcome: 'tooMany' });
    expect(await active()).toHaveLength(20);
  });

  it('is replaced by the next one, which is judged anew, and the audit says so', async () => {
    await synced(new Source(people(20)));
    const { seq } = await auditHead(pool);
    await synced(new Source(people(5)));
    await synced(new Source(people(6)));
    expect(await waitingSyncs(pool)).toMatchObject([{ report: { deactivated: 14 } }]);
    expect(await synced(new Source(people(19)))).toMatchObject({ outcome: 'applied', deactivated: 1 });
    expect(await withdrawn(seq)).toEqual([
      { source: 'hr', deactivated: 15, outcome: 'waiting' }, { source: 'hr', deactivated: 14, outcome: 'applied' }]);
    expect(await waitingSyncs(pool)).toEqual([]);
    expect((await pool.query(`SELECT fault FROM directory_syncs WHERE state = 'abandoned'`)).rows).toEqual(
      Array(2).fill({ fault: 'replaced: a newer reading took its place' }));
  });

  it('is withdrawn when the source is as it was last applied', async () => {
    await synced(new Source(people(20)));
    await synced(new Source(people(5)));
    const syncId = randomUUID();
    await readNow({ source: 'hr', complete: true, hasDeltas: false, async* read() { yield { items: [], unchanged: true }; } }, syncId);
    await endSync(pool, syncId, 'unchanged');
    expect(await waitingSyncs(pool)).toEqual([]);
  });

  it('stays when the next one cannot be read or contradicts itself', async () => {
    await synced(new Source(people(20)));
    await synced(new Source(people(5)));
    await synced(new Source([...people(3), ...people(1)]));
    const syncId = randomUUID();
    await readNow(new Source(people(20)), syncId);
    await endSync(pool, syncId, 'failed');
    expect(await waitingSyncs(pool)).toMatchObject([{ report: { deactivated: 15 } }]);
  });

  it('holds back no leaver of whom the source tells meanwhile, and nobody comes back by its approval', async () => {
    const feed = Object.assign(new Source(people(20)), { hasDeltas: true, watermark: 'one' });
    await synced(feed);
    await wantFullSync(pool, 'hr');
    feed.people = people(5);
    expect(await synced(feed)).toMatchObject({ outcome: 'tooMany' });
    await owner.query(`UPDATE directory_sources SET full_at = full_at - interval '2 hours', full_wanted = false`);
    feed.people = [{ ...people(1)[0]!, active: false }];
    expect(await synced(feed)).toMatchObject({ outcome: 'applied', deactivated: 1 });
    expect(feed.asked.at(-1)).toMatchObject({ mode: 'delta', since: 'one' });
    expect(await active()).toEqual(ids(people(20).slice(1)));
    expect(await waitingSyncs(pool)).toMatchObject([{ mode: 'full', report: { deactivated: 15 } }]);
    expect(await approveWaiting(pool, 'hr', 'op')).toBe(15);
    feed.people = people(5).slice(1);
    expect(await synced(feed)).toMatchObject({ outcome: 'applied', deactivated: 15 });
    expect(feed.asked.at(-1)).toMatchObject({ mode: 'full' });
    expect(await active()).toEqual(ids(people(5).slice(1)));
  });

  it('lets no delta put out as many by the approval of a full one', async () => {
    const feed = Object.assign(new Source(people(20)), { hasDeltas: true, watermark: 'one' });
    await synced(feed);
    await wantFullSync(pool, 'hr');
    feed.people = people(5);
    await synced(feed);
    await owner.query('UPDATE directory_sources SET full_wanted = false');
    const syncId = randomUUID();
    feed.people = people(10).map((person) => ({ ...person, active: false }));
    await readNow(feed, syncId);
    await approveWaiting(pool, 'hr', 'op');
    expect(await applyNow(syncId)).toMatchObject({ outcome: 'tooMany', deactivated: 10 });
    expect(await waitingSyncs(pool)).toMatchObject([{ mode: 'full' }, { mode: 'delta' }]);
  });

  it('of what changed is replaced by the next one, which tells of the same people again', async () => {
    const feed = Object.assign(new Source(people(20)), { hasDeltas: true, watermark: 'one' });
    await synced(feed);
    feed.watermark = 'two';
    feed.people = people(10).map((person) => ({ ...person, active: false }));
    expect(await synced(feed)).toMatchObject({ outcome: 'tooMany' });
    feed.people = people(11).map((person) => ({ ...person, active: false }));
    expect(await synced(feed)).toMatchObject({ outcome: 'tooMany' });
    expect(feed.asked.at(-1)).toMatchObject({ mode: 'delta', since: 'one' });
    await approveWaiting(pool, 'hr', 'op');
    expect(await synced(feed)).toMatchObject({ outcome: 'applied', deactivated: 11 });
    expect(await waitingSyncs(pool)).toEqual([]);
  });
});
