// One person's change, at once.
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { auditHead, verifyAudit } from '../../src/audit/verifyAudit';
import { createPool } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { applyFeed } from '../../src/directory/applyFeed';
import { applyChange } from '../../src/directory/changes';
import { endEmployee } from '../../src/directory/leavers';
import { wasVerified } from '../../src/otp/challenges';
import { findOpenSession } from '../../src/sessions/sessions';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { anna, ben, directoryState, employeeId, enter, feedOf, recordOf, recordsSince } from './people';
import type { Person } from './people';

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

beforeEach(async () => {
  await owner.query('DELETE FROM sessions; DELETE FROM challenges; DELETE FROM employees; DELETE FROM directory_subjects');
});

afterEach(async () => {
  expect(await verifyAudit(pool)).toMatchObject({ outcome: 'intact' });
});

const change = (person: Person, source = 'hr') => auditedTransaction(pool, (tx, note) =>
  applyChange(tx, note, { source, record: recordOf(person), heardAt: new Date() }));

const isOpen = async ({ senderId, sessionId }: { senderId: string; sessionId: string }) =>
  await findOpenSession(pool, sessionId, senderId) !== undefined;

describe('one person\'s change', () => {
  it('adds, changes and leaves alone, and is what an import of the same would be', async () => {
    const { employeeId: id, ...added } = await change(anna);
    expect(added).toEqual({ outcome: 'added', sessionsEnded: 0, shared: [] });
    expect(await change(anna)).toEqual({ employeeId: id, outcome: 'unchanged', sessionsEnded: 0, shared: [] });
    expect(await change({ ...anna, givenName: 'Ann' })).toMatchObject({ employeeId: id, outcome: 'changed' });
    const changed = await directoryState(pool);
    await owner.query('DELETE FROM employees');
    await applyFeed(pool, feedOf([{ ...anna, givenName: 'Ann' }]));
    expect(await directoryState(pool)).toEqual(changed);
  });

  it('closes the door behind a leaver before it is answered, and the audit says how long that took', async () => {
    const { employeeId: id } = await change(anna);
    const entered = await enter(pool, id, 'session');
    const code = await enter(pool, id, 'code');
    const { seq } = await auditHead(pool);
    expect(await change({ ...anna, active: false })).toEqual({ employeeId: id, outcome: 'ended', sessionsEnded: 1, shared: [] });
    expect(await isOpen(entered)).toBe(false);
    const records = await recordsSince(pool, seq);
    expect(records.map(({ kind }) => kind).sort()).toEqual(
      ['challenge.disowned', 'employee.changed', 'employee.ended', 'session.ended']);
    expect(records.find(({ kind }) => kind === 'employee.ended')!.facts)
      .toEqual({ employeeId: id, reason: 'left', afterMs: expect.any(Number) });
    expect((await pool.query('SELECT employee_id FROM challenges WHERE id = $1', [code.challengeId])).rows)
      .toEqual([{ employee_id: null }]);
  });

  it('leaves people of other sources alone, whatever their keys', async () => {
    await change(anna, 'other');
    expect(await change({ ...anna, active: false })).toMatchObject({ outcome: 'added' });
    expect(await directoryState(pool)).toMatchObject([{ source: 'hr', active: false }, { source: 'other', active: true }]);
  });

  it('is one of several in a transaction', async () => {
    await auditedTransaction(pool, async (tx, note) => {
      for (const person of [anna, ben, { ...anna, givenName: 'Ann' }]) {
        await applyChange(tx, note, { source: 'hr', record: recordOf(person), heardAt: new Date() });
      }
    });
    expect(await directoryState(pool)).toMatchObject([{ given_name: 'Ann' }, { given_name: 'Ben' }]);
  });

  it('is taken by one at a time, so that 20 at once come to one person', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => change({ ...anna, givenName: `A${i}` })));
    expect(outcomes.filter(({ outcome }) => outcome === 'added')).toHaveLength(1);
    expect(await directoryState(pool)).toHaveLength(1);
  });

  it('does not bring back whom an operator has ended, until the source has let them go', async () => {
    const { employeeId: id } = await change(anna);
    await auditedTransaction(pool, (tx, note) => endEmployee(tx, note, id, 'op'));
    expect(await change({ ...anna, givenName: 'Ann' })).toMatchObject({ outcome: 'changed' });
    await change({ ...anna, active: false });
    expect(await change(anna)).toMatchObject({ outcome: 'returned' });
  });
});

describe('somebody who was away', () => {
  it('on leave is kept out, and back as they were', async () => {
    const { employeeId: id } = await change(anna);
    const entered = await enter(pool, id, 'session');
    const { seq } = await auditHead(pool);
    expect(await change({ ...anna, active: false, absent: true })).toMatchObject({ outcome: 'ended', sessionsEnded: 1 });
    expect(await recordsSince(pool, seq)).toContainEqual(
      { kind: 'employee.ended', facts: { employeeId: id, reason: 'absent', afterMs: expect.any(Number) } });
    expect(await change(anna)).toMatchObject({ outcome: 'returned' });
    expect(await wasVerified(pool, entered.senderId, id, 90)).toBe(true);
  });

  it('who left and was hired again is a stranger: what was proved before is no proof any more', async () => {
    const { employeeId: id } = await change(anna);
    const entered = await enter(pool, id, 'session');
    await change({ ...anna, active: false });
    await change(anna);
    expect(await wasVerified(pool, entered.senderId, id, 90)).toBe(false);
    const again = await enter(pool, id, 'session');
    expect(await wasVerified(pool, again.senderId, id, 90)).toBe(true);
  });

  it('whose leave turned into an end is a stranger, too', async () => {
    const { employeeId: id } = await change(anna);
    const entered = await enter(pool, id, 'session');
    await change({ ...anna, active: false, absent: true });
    await change({ ...anna, active: false });
    await change(anna);
    expect(await wasVerified(pool, entered.senderId, id, 90)).toBe(false);
  });

  it('who left and comes back by way of a leave is a stranger, too', async () => {
    const { employeeId: id } = await change(anna);
    const entered = await enter(pool, id, 'session');
    await change({ ...anna, active: false });
    await change({ ...anna, active: false, absent: true });
    await change(anna);
    expect(await wasVerified(pool, entered.senderId, id, 90)).toBe(false);
  });

  it('is not brought back by a leave that follows the word of an operator', async () => {
    const { employeeId: id } = await change(anna);
    await auditedTransaction(pool, (tx, note) => endEmployee(tx, note, id, 'op'));
    await change({ ...anna, active: false, absent: true });
    expect(await change(anna)).toMatchObject({ outcome: 'changed' });
    expect(await directoryState(pool)).toMatchObject([{ active: false }]);
    await change({ ...anna, active: false });
    expect(await change(anna)).toMatchObject({ outcome: 'returned' });
  });

  it('on leave is ended by an operator like anybody', async () => {
    const { employeeId: id } = await change(anna);
    await change({ ...anna, active: false, absent: true });
    expect(await auditedTransaction(pool, (tx, note) => endEmployee(tx, note, id, 'op'))).toBe(1);
    expect(await change(anna)).toMatchObject({ outcome: 'changed' });
    expect(await directoryState(pool)).toMatchObject([{ active: false }]);
  });
});

describe('somebody who moves to another department', () => {
  it('proves anew who they are, and keeps the code that is on its way', async () => {
    const { employeeId: id } = await change({ ...anna, department: 'sales' });
    const entered = await enter(pool, id, 'session');
    const code = await enter(pool, id, 'code');
    expect(await change({ ...anna, department: 'legal' })).toMatchObject({ outcome: 'changed', sessionsEnded: 1 });
    expect(await isOpen(entered)).toBe(false);
    expect((await pool.query('SELECT employee_id FROM challenges WHERE id = $1', [code.challengeId])).rows)
      .toEqual([{ employee_id: id }]);
  });

  it('proves anew who they are also when no department was told for a while', async () => {
    const { employeeId: id } = await change({ ...anna, department: 'sales' });
    const entered = await enter(pool, id, 'session');
    await change(anna);
    expect(await isOpen(entered)).toBe(true);
    await change({ ...anna, department: 'legal' });
    expect(await isOpen(entered)).toBe(false);
  });

  it('is nobody whose department was not known before, or is not told any more', async () => {
    const { employeeId: id } = await change(anna);
    const entered = await enter(pool, id, 'session');
    await change({ ...anna, department: 'sales' });
    await change(anna);
    expect(await isOpen(entered)).toBe(true);
    expect(id).toBe(await employeeId(pool, 'E-1'));
  });
});
