// A worker may die at any statement of a reading, also between a commit and its answer: the activity runs again on
// another one, says the same, and nothing is applied twice.
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createDirectoryActivities } from '../../../activities/directory';
import type { ApplyOutcome } from '../../../activities/directory';
import { auditHead, verifyAudit } from '../../../src/audit/verifyAudit';
import { createPool } from '../../../src/db/pool';
import type { Pool } from '../../../src/db/pool';
import { Died, DyingProcess } from '../../support/dyingProcess';
import { createTestDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { testKeyring } from '../../support/world';
import { directoryState, people, recordsSince } from '../people';
import type { Person } from '../people';
import { Source, readAndApplied } from './sources';

let database: TestDatabase;
let pool: Pool;
let owner: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool(database.url, { max: 4, query_timeout: 0 });
  owner = createPool(database.ownerUrl, { max: 1 });
});

afterAll(async () => {
  await Promise.all([pool.end(), owner.end()]);
  await database.drop();
});

afterEach(async () => {
  expect(await verifyAudit(pool)).toMatchObject({ outcome: 'intact' });
});

/** The activities of a worker that reads `listed`, in a process that may die. */
function worker(listed: readonly Person[], dying = new DyingProcess()) {
  const activities = createDirectoryActivities({
    pool: dying.pool(pool),
    sources: new Map([['hr', { feed: new Source(listed), everyMs: 1, fullEveryMs: 1, deactivationShareMax: 0.1 }]]),
    notices: { keys: testKeyring, noticesMax: 100 }, tellFault: () => undefined, tellSync: () => undefined,
  });
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  return {
    read: (syncId: string): Promise<unknown> =>
      environment.run(() => activities.readSource({ syncId, source: 'hr', workflowId: 'directory-sync-hr' })),
    apply: (syncId: string): Promise<ApplyOutcome> => environment.run(() => activities.applySync({ syncId, source: 'hr' })),
  };
}

const withoutIds = (facts: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(facts).filter(([name]) => name !== 'employeeId' && name !== 'afterMs'));

/** Twelve people are known; the next list is read, and applied by workers of which the first may die. */
async function applied(listed: readonly Person[], dying: DyingProcess) {
  await owner.query('DELETE FROM employees; DELETE FROM directory_syncs; DELETE FROM directory_sources');
  await readAndApplied(pool, new Source(people(12)));
  const { seq } = await auditHead(pool);
  const syncId = randomUUID();
  await worker(listed).read(syncId);
  const first = await worker(listed, dying).apply(syncId).catch((error: unknown) => error);
  const outcome = await worker(listed).apply(syncId);
  const records = (await recordsSince(pool, seq)).map(({ kind, facts }) => ({ kind, facts: withoutIds(facts) }));
  const { rows } = await pool.query('SELECT state, report FROM directory_syncs ORDER BY started_at DESC LIMIT 1');
  return { isDead: first instanceof Died, outcome, records, rows, state: await directoryState(pool) };
}

test.each<[string, string, readonly Person[]]>([
  ['applied', 'applied', [...people(12).slice(1), { id: 'E900', mobiles: ['+12025550123'] }]],
  ['left to an operator', 'tooMany', people(6)],
])('a reading that is %s comes to the same, wherever its worker dies', async (_title, outcome, listed) => {
  const immortal = new DyingProcess();
  const undisturbed = await applied(listed, immortal);
  expect(undisturbed).toMatchObject({ isDead: false, outcome: { outcome } });
  expect(immortal.steps).toBeGreaterThan(5);
  for (let step = 1; step <= immortal.steps; step += 1) {
    expect({ step, ...await applied(listed, new DyingProcess(step)) }).toEqual({ step, ...undisturbed, isDead: true });
  }
});
