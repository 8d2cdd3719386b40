// One person's change, at once.
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { auditHead } from '../../src/audit/verifyAudit';
import { applyChange } from '../../src/directory/changes';
import { endEmployee } from '../../src/directory/leavers';
import { wasVerified } from '../../src/otp/challenges';
import { findOpenSession } from '../../src/sessions/sessions';
import { useDirectory } from './directoryWorld';
import { anna, ben, directoryState, employeeId, enter, recordOf, recordsSince } from './people';

const world = useDirectory();

const isOpen = async ({ senderId, sessionId }: { senderId: string; sessionId: string }) =>
  await findOpenSession(world.pool, sessionId, senderId) !== undefined;

describe('one person\'s change', () => {
  it('adds, changes and leaves alone, and is what an import of the same would be', async () => {
    const { employeeId: id, ...added } = await world.change(anna);
    expect(added).toEqual({ outcome: 'added', sessionsEnded: 0, shared: [] });
    expect(await world.change(anna)).toEqual({ employeeId: id, outcome: 'unchanged', sessionsEnded: 0, shared: [] });
    expect(await world.change({ ...anna, givenName: 'Ann' })).toMatchObject({ employeeId: id, outcome: 'changed' });
    const changed = await directoryState(world.pool);
    await world.owner.query('DELETE FROM employees');
    await world.apply([{ ...anna, givenName: 'Ann' }]);
    expect(await directoryState(world.pool)).toEqual(changed);
  });

  it('closes the door behind a leaver before it is answered, and the audit says how long that took', async () => {
    const { employeeId: id } = await world.change(anna);
    const entered = await enter(world.pool, id, 'session');
    const code = await enter(world.pool, id, 'code');
    const { seq } = await auditHead(world.pool);
    expect(await world.change({ ...anna, active: false })).toEqual({ employeeId: id, outcome: 'ended', sessionsEnded: 1, shared: [] });
    expect(await isOpen(entered)).toBe(false);
    const records = await recordsSince(world.pool, seq);
    expect(records.map(({ kind }) => kind).sort()).toEqual(
      ['challenge.disowned', 'employee.changed', 'employee.ended', 'session.ended']);
    expect(records.find(({ kind }) => kind === 'employee.ended')!.facts)
      .toEqual({ employeeId: id, reason: 'left', afterMs: expect.any(Number) });
    expect((await world.pool.query('SELECT employee_id FROM challenges WHERE id = $1', [code.challengeId])).rows)
      .toEqual([{ employee_id: null }]);
  });

  it('leaves people of other sources alone, whatever their keys', async () => {
    await world.change(anna, 'other');
    expect(await world.change({ ...anna, active: false })).toMatchObject({ outcome: 'added' });
    expect(await directoryState(world.pool)).toMatchObject([{ source: 'hr', active: false }, { source: 'other', active: true }]);
  });

  it('is one of several in a transaction', async () => {
    await auditedTransaction(world.pool, async (tx, note) => {
      for (const person of [anna, ben, { ...anna, givenName: 'Ann' }]) {
        await applyChange(tx, note, { source: 'hr', record: recordOf(person), heardAt: new Date() });
      }
    });
    expect(await directoryState(world.pool)).toMatchObject([{ given_name: 'Ann' }, { given_name: 'Ben' }]);
  });

  it('is taken by one at a time, so that 20 at once come to one person', async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => world.change({ ...anna, givenName: `A${i}` })));
    expect(outcomes.filter(({ outcome }) => outcome === 'added')).toHaveLength(1);
    expect(await directoryState(world.pool)).toHaveLength(1);
  });

  it('does not bring back whom an operator has ended, until the source has let them go', async () => {
    const { employeeId: id } = await world.change(anna);
    await auditedTransaction(world.pool, (tx, note) => endEmployee(tx, note, id, 'op'));
    expect(await world.change({ ...anna, givenName: 'Ann' })).toMatchObject({ outcome: 'changed' });
    await world.change({ ...anna, active: false });
    expect(await world.change(anna)).toMatchObject({ outcome: 'returned' });
  });
});

describe('somebody who was away', () => {
  it('on leave is kept out, and back as they were', async () => {
    const { employeeId: id } = await world.change(anna);
    const entered = await enter(world.pool, id, 'session');
    const { seq } = await auditHead(world.pool);
    expect(await world.change({ ...anna, active: false, absent: true })).toMatchObject({ outcome: 'ended', sessionsEnded: 1 });
    expect(await recordsSince(world.pool, seq)).toContainEqual(
      { kind: 'employee.ended', facts: { employeeId: id, reason: 'absent', afterMs: expect.any(Number) } });
    expect(await world.change(anna)).toMatchObject({ outcome: 'returned' });
    expect(await wasVerified(world.pool, entered.senderId, id, 90)).toBe(true);
  });

  it('who left and was hired again is a stranger: what was proved before is no proof any more', async () => {
    const { employeeId: id } = await world.change(anna);
    const entered = await enter(world.pool, id, 'session');
    await world.change({ ...anna, active: false });
    await world.change(anna);
    expect(await wasVerified(world.pool, entered.senderId, id, 90)).toBe(false);
    const again = await enter(world.pool, id, 'session');
    expect(await wasVerified(world.pool, again.senderId, id, 90)).toBe(true);
  });

  it('whose leave turned into an end is a stranger, too', async () => {
    const { employeeId: id } = await world.change(anna);
    const entered = await enter(world.pool, id, 'session');
    await world.change({ ...anna, active: false, absent: true });
    await world.change({ ...anna, active: false });
    await world.change(anna);
    expect(await wasVerified(world.pool, entered.senderId, id, 90)).toBe(false);
  });

  it('who left and comes back by way of a leave is a stranger, too', async () => {
    const { employeeId: id } = await world.change(anna);
    const entered = await enter(world.pool, id, 'session');
    await world.change({ ...anna, active: false });
    await world.change({ ...anna, active: false, absent: true });
    await world.change(anna);
    expect(await wasVerified(world.pool, entered.senderId, id, 90)).toBe(false);
  });

  it('is not brought back by a leave that follows the word of an operator', async () => {
    const { employeeId: id } = await world.change(anna);
    await auditedTransaction(world.pool, (tx, note) => endEmployee(tx, note, id, 'op'));
    await world.change({ ...anna, active: false, absent: true });
    expect(await world.change(anna)).toMatchObject({ outcome: 'changed' });
    expect(await directoryState(world.pool)).toMatchObject([{ active: false }]);
    await world.change({ ...anna, active: false });
    expect(await world.change(anna)).toMatchObject({ outcome: 'returned' });
  });

  it('on leave is ended by an operator like anybody', async () => {
    const { employeeId: id } = await world.change(anna);
    await world.change({ ...anna, active: false, absent: true });
    expect(await auditedTransaction(world.pool, (tx, note) => endEmployee(tx, note, id, 'op'))).toBe(1);
    expect(await world.change(anna)).toMatchObject({ outcome: 'changed' });
    expect(await directoryState(world.pool)).toMatchObject([{ active: false }]);
  });
});

describe('somebody who moves to another department', () => {
  it('proves anew who they are, and keeps the code that is on its way', async () => {
    const { employeeId: id } = await world.change({ ...anna, department: 'sales' });
    const entered = await enter(world.pool, id, 'session');
    const code = await enter(world.pool, id, 'code');
    expect(await world.change({ ...anna, department: 'legal' })).toMatchObject({ outcome: 'changed', sessionsEnded: 1 });
    expect(await isOpen(entered)).toBe(false);
    expect((await world.pool.query('SELECT employee_id FROM challenges WHERE id = $1', [code.challengeId])).rows)
      .toEqual([{ employee_id: id }]);
  });

  it('proves anew who they are also when no department was told for a while', async () => {
    const { employeeId: id } = await world.change({ ...anna, department: 'sales' });
    const entered = await enter(world.pool, id, 'session');
    await world.change(anna);
    expect(await isOpen(entered)).toBe(true);
    await world.change({ ...anna, department: 'legal' });
    expect(await isOpen(entered)).toBe(false);
  });

  it('is nobody whose department was not known before, or is not told any more', async () => {
    const { employeeId: id } = await world.change(anna);
    const entered = await enter(world.pool, id, 'session');
    await world.change({ ...anna, department: 'sales' });
    await world.change(anna);
    expect(await isOpen(entered)).toBe(true);
    expect(id).toBe(await employeeId(world.pool, 'E-1'));
  });
});
