// Whoever left is out in the same moment; that many leave at once is asked about first.
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { auditHead } from '../../src/audit/verifyAudit';
import { inTransaction } from '../../src/db/pool';
import { endEmployee } from '../../src/directory/leavers';
import { defaultPolicy } from '../../src/domain/policy';
import { openSession } from '../../src/sessions/sessions';
import { useDirectory } from './directoryWorld';
import { anna, ben, cleo, directoryState, employeeId, enter, everything, people, recordsSince } from './people';

const world = useDirectory();

describe('an import that would deactivate many', () => {
  beforeEach(async () => { await world.apply(people(20)); });

  it('stops and asks beyond a tenth, whether they are missing or listed as gone', async () => {
    const before = await everything(world.pool);
    expect(await world.apply(people(17))).toMatchObject({
      outcome: 'tooMany', deactivated: 3, deactivationsMax: 2, activeBefore: 20 });
    const gone = people(20).map((one, i) => ({ ...one, active: i >= 3 }));
    expect(await world.apply(gone)).toMatchObject({ outcome: 'tooMany', deactivated: 3 });
    expect(await world.apply(gone, { dryRun: true })).toMatchObject({ outcome: 'tooMany' });
    expect(await everything(world.pool)).toEqual(before);
  });

  it('goes on up to a tenth, or when it is forced', async () => {
    expect(await world.apply(people(18))).toMatchObject({ outcome: 'applied', deactivated: 2 });
    expect(await world.apply(people(1), { force: true })).toMatchObject({ outcome: 'applied', deactivated: 17 });
  });

  it('asks at another share when told so, and never about one person', async () => {
    expect(await world.apply(people(10), { deactivationShareMax: 0.5 })).toMatchObject({ outcome: 'applied' });
    expect(await world.apply(people(9), { deactivationShareMax: 0 })).toMatchObject({ outcome: 'applied', deactivated: 1 });
    expect(await world.apply(people(7), { deactivationShareMax: 0 })).toMatchObject({ outcome: 'tooMany' });
    await expect(world.apply(people(7), { deactivationShareMax: 10 })).rejects.toThrow('from 0 to 1');
  });

  it('does not ask again about those who left already', async () => {
    await world.apply(people(18));
    expect(await world.apply(people(17))).toMatchObject({ outcome: 'applied', deactivated: 1, activeBefore: 18 });
  });
});

describe('whoever left', () => {
  it.each([
    ['is listed as gone', [{ ...anna, active: false }, ben], 'left'],
    ['is missing', [ben], 'missing'],
  ])('is out at once when %s: sessions end, codes are void, all is recorded', async (_how, given, reason) => {
    await world.apply([anna, ben]);
    const [annaId, benId] = [await employeeId(world.pool, 'E-1'), await employeeId(world.pool, 'E-2')];
    const annas = [await enter(world.pool, annaId, 'session'), await enter(world.pool, annaId, 'session')];
    const code = await enter(world.pool, annaId, 'code');
    await enter(world.pool, benId, 'session');
    const { seq } = await auditHead(world.pool);
    expect(await world.apply(given)).toMatchObject({ outcome: 'applied', deactivated: 1, sessionsEnded: 2 });
    const { rows: open } = await world.pool.query('SELECT employee_id FROM sessions WHERE ended_at IS NULL');
    expect(open).toEqual([{ employee_id: benId }]);
    const { rows: ended } = await world.pool.query(`SELECT id FROM sessions WHERE end_reason = 'left'`);
    expect(ended.map(({ id }) => id).sort()).toEqual(annas.map(({ sessionId }) => sessionId).sort());
    // Decoys from now on: ended, they would tell whoever waits for the code that somebody left.
    const { rows: live } = await world.pool.query(`SELECT employee_id FROM challenges WHERE state = 'live'`);
    expect(live).toEqual([{ employee_id: null }]);
    const records = await recordsSince(world.pool, seq);
    expect(records.map(({ kind }) => kind)).toEqual(
      ['session.ended', 'session.ended', 'challenge.disowned', 'employee.ended', 'directory.imported']);
    expect(records[0]!.facts).toMatchObject({ employeeId: annaId, reason: 'left' });
    expect(records[3]!.facts).toEqual({ employeeId: annaId, reason, afterMs: expect.any(Number) });
    expect(records[2]!.facts).toEqual({ challengeId: code.challengeId, senderId: code.senderId, reason: 'left' });
  });

  it('gets in again when the feed lists them again, with the data of before or new ones', async () => {
    await world.apply([anna, ben, cleo]);
    await world.apply([anna, { ...ben, active: false }], { force: true });
    const report = await world.apply([anna, ben, { ...cleo, givenName: 'Cléo' }]);
    expect(report).toMatchObject({ reactivated: 2, changed: 0, unchanged: 1 });
    expect(await directoryState(world.pool)).toMatchObject([
      { active: true }, { active: true }, { active: true, given_name: 'Cléo' }]);
  });

  it('keeps the same id over leaving and coming back', async () => {
    await world.apply([anna, ben]);
    const before = await employeeId(world.pool, 'E-1');
    await world.apply([ben]);
    await world.apply([anna, ben]);
    expect(await employeeId(world.pool, 'E-1')).toBe(before);
  });

  it('stays out when ended here, until the feed has listed them as gone and then as back', async () => {
    await world.apply([anna, ben]);
    const annaId = await employeeId(world.pool, 'E-1');
    await enter(world.pool, annaId, 'session');
    const end = () => auditedTransaction(world.pool, (tx, note) => endEmployee(tx, note, annaId, 'tester'));
    expect(await end()).toBe(1);
    expect(await end()).toBe(0);
    expect((await world.pool.query('SELECT 1 FROM sessions WHERE ended_at IS NULL')).rowCount).toBe(0);
    const isActive = async () => (await directoryState(world.pool) as { active: boolean }[])[0]!.active;
    const unchanged = await world.apply([anna, ben]);
    expect(unchanged).toMatchObject({ unchanged: 2, reactivated: 0, noticeCount: 1, notices: [{ where: 'line 2' }] });
    expect(unchanged.notices[0]!.why).toContain('stays out');
    expect(await world.apply([{ ...anna, givenName: 'Ann' }, ben])).toMatchObject({ changed: 1, reactivated: 0 });
    expect(await isActive()).toBe(false);
    expect(await world.apply([ben])).toMatchObject({ deactivated: 0 });
    expect(await world.apply([anna, ben])).toMatchObject({ reactivated: 1, notices: [] });
    expect(await isActive()).toBe(true);
  });

  it.each([
    ['works here', anna, { ...anna, givenName: 'Ann' }],
    ['is on leave', { ...anna, active: false, absent: true }, anna],
    ['goes on leave', anna, { ...anna, active: false, absent: true }],
  ])('stays out when ended here while a list is applied by which she %s', async (_how, before, listed) => {
    await world.apply([before, ben]);
    const annaId = await employeeId(world.pool, 'E-1');
    const applied = await auditedTransaction(world.pool, async (tx, note) => {
      await endEmployee(tx, note, annaId, 'tester');
      const applying = world.apply([listed, ben]);
      // The list has been compared with what was committed before, and wants to write the row.
      await world.untilWaiting(applying);
      return { applying };
    });
    expect(await applied.applying).toMatchObject({ outcome: 'applied' });
    expect(await directoryState(world.pool)).toMatchObject([{ active: false }, { active: true }]);
    await world.apply([anna, ben]);
    expect(await directoryState(world.pool)).toMatchObject([{ active: false }, { active: true }]);
  });

  it('cannot slip in while the import runs', async () => {
    const team = people(12);
    for (let round = 0; round < 6; round += 1) {
      await world.apply(team, { force: true });
      const ids = await Promise.all(team.map(({ id }) => employeeId(world.pool, id)));
      const [, ...entries] = await Promise.all([
        world.apply(team.slice(0, 2), { force: true }),
        ...ids.map((id) => enter(world.pool, id, 'session'))]);
      const { rows } = await world.pool.query<{ id: string }>(
        `SELECT s.id FROM sessions s JOIN employees e ON e.id = s.employee_id
          WHERE s.ended_at IS NULL AND NOT e.active`);
      expect(rows).toEqual([]);
      expect(entries.every(({ opened }) => opened === 'opened' || opened === 'refused')).toBe(true);
    }
  });

  it('does not stop the import by a guess that is being judged, and is refused after it', async () => {
    await world.apply([anna, ben]);
    const annaId = await employeeId(world.pool, 'E-1');
    const { challengeId, senderId, sessionId } = await enter(world.pool, annaId, 'code');
    await inTransaction(world.pool, async (tx) => {
      await tx.query('SELECT 1 FROM challenges WHERE id = $1 FOR UPDATE', [challengeId]);
      expect(await world.apply([ben])).toMatchObject({ outcome: 'applied', deactivated: 1 });
      expect(await openSession(tx, () => undefined, defaultPolicy, {
        sessionId, senderId, employeeId: annaId, challengeId, method: 'sms', assurance: 'standard' })).toBe('refused');
    });
  });
});
