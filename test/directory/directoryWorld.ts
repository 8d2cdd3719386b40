// A directory on a Postgres of its own: emptied before each test, its audit verified after each.
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { verifyAudit } from '../../src/audit/verifyAudit';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { applyFeed } from '../../src/directory/applyFeed';
import type { ApplyOptions, ImportReport } from '../../src/directory/applyFeed';
import { applyChange, applyEvent } from '../../src/directory/changes';
import type { Changed, DirectoryEvent, EventApplied } from '../../src/directory/changes';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { anna, feedOf, recordOf } from './people';
import type { Person } from './people';

export interface DirectoryWorld {
  readonly database: TestDatabase;
  readonly pool: Pool;
  /** As the owner of the tables. */
  readonly owner: Pool;
  /** A reading of the source `hr`. */
  apply(given: readonly Person[], options?: ApplyOptions): Promise<ImportReport>;
  /** One person's change, of `hr` unless told. */
  change(person: Person, source?: string): Promise<Changed>;
  /** An event about Anna, of `hr` unless told. */
  event(
    kind: DirectoryEvent['kind'], version: number | bigint, person?: Person, source?: string,
  ): Promise<EventApplied>;
  /** Resolves when something waits for a lock, or `work` has ended without. */
  untilWaiting(work: Promise<unknown>): Promise<void>;
  /** Forgets everybody. */
  empty(): Promise<void>;
}

/** For the tests of the file that calls it. */
export function useDirectory(): DirectoryWorld {
  let database: TestDatabase;
  let pool: Pool;
  let owner: Pool;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = createPool(database.url, { max: 10 });
    owner = createPool(database.ownerUrl, { max: 1 });
  });

  afterAll(async () => {
    await Promise.all([pool.end(), owner.end()]);
    await database.drop();
  });

  beforeEach(() => world.empty());

  afterEach(async () => {
    expect(await verifyAudit(pool)).toMatchObject({ outcome: 'intact' });
  });

  const world: DirectoryWorld = {
    get database() { return database; },
    get pool() { return pool; },
    get owner() { return owner; },
    apply: (given, options) => applyFeed(pool, feedOf(given), options),
    change: (person, source = 'hr') => auditedTransaction(pool, (tx, note) =>
      applyChange(tx, note, { source, record: recordOf(person), heardAt: new Date() })),
    event: (kind, version, person, source = 'hr') => auditedTransaction(pool, (tx, note) => applyEvent(tx, note, {
      source, kind, externalId: anna.id, version: BigInt(version), heardAt: new Date(),
      ...person === undefined ? {} : { record: recordOf(person) } })),
    async untilWaiting(work) {
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      let hasEnded = false;
      void work.finally(() => { hasEnded = true; });
      while (!hasEnded && (await pool.query(waiting)).rowCount === 0) await new Promise(setImmediate);
    },
    async empty() {
      await owner.query(
        'DELETE FROM sessions; DELETE FROM challenges; DELETE FROM employees; DELETE FROM directory_subjects');
    },
  };
  return world;
}
