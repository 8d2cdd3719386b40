// Whoever left is out in the same moment; that many leave at once is asked about first.
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { auditHead, verifyAudit } from '../../src/audit/verifyAudit';
import { createPool, inTransaction } from '../../src/db/pool';
import type { Pool } from '../../src/db/pool';
import { applyFeed } from '../../src/directory/applyFeed';
import type { ApplyOptions } from '../../src/directory/applyFeed';
import { endEmployee } from '../../src/directory/leavers';
import { defaultPolicy } from '../../src/domain/policy';
import { openSession } from '../../src/sessions/sessions';
import { createTestDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { anna, ben, cleo, directoryState, employeeId, enter, everything, feedOf, people, recordsSince } from './people';
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
  await owner.query('DELETE FROM sessions; DELETE FROM challenges; DELETE FROM employees');
});

afterEach(async () => {
  expect(await verifyAudit(pool)).toMatchObject({ outcome: 'intact' });
});

const apply = (given: readonly Person[], options?: ApplyOptions) => applyFeed(pool, feedOf(given), options);

describe('an import that would deactivate many', () => {
  beforeEach(async () => { await apply(people(20)); });

  it('stops and asks beyond a tenth, whether they are missing or listed as gone', async () => {
    const before = await everything(pool);
    expect(await apply(people(17))).toMatchObject({
      outcome: 'tooMany', deactivated: 3, deactivationsMax: 2, activeBefore: 20 });
    const gone = people(20).map((one, i) => ({ ...one, active: i >= 3 }));
    expect(await apply(gone)).toMatchObject({ outcome: 'tooMany', deactivated: 3 });
    expect(await apply(gone, { dryRun: true })).toMatchObject({ outcome: 'tooMany' });
    expect(await everything(pool)).toEqual(before);
  });

  it('goes on up to a tenth, or when it is forced', async () => {
    expect(await apply(people(18))).toMatchObject({ outcome: 'applied', deactivated: 2 });
    expect(await apply(people(1), { force: true })).toMatchObject({ outcome: 'applied', deactivated: 17 });
  });

  it('asks at another share when told so, and never about one person', async () => {
    expect(await apply(people(10), { deactivationShareMax: 0.5 })).toMatchObject({ outcome: 'applied' });
    expect(await apply(people(9), { deactivationShareMax: 0 })).toMatchObject({ outcome: 'applied', deactivated: 1 });
    expect(await apply(people(7), { deactivationShareMax: 0 })).toMatchObject({ outcome: 'tooMany' });
    await expect(apply(people(7), { deactivationShareMax: 10 })).rejects.toThrow('from 0 to 1');
  });

  it('does not ask again about those who left already', async () => {
    await apply(people(18));
    expect(await apply(people(17))).toMatchObject({ outcome: 'applied', deactivated: 1, activeBefore: 18 });
  });
});

describe('whoever left', () => {
  it.each([
    ['is listed as gone', [{ ...anna, active: false }, ben], 'left'],
    ['is missing', [ben], 'missing'],
  ])('is out at once when %s: sessions end, codes are void, all is recorded', async (_how, given, reason) => {
    await apply([anna, ben]);
    const [annaId, benId] = [await employeeId(pool, 'E-1'), await employeeId(pool, 'E-2')];
    const annas = [await enter(pool, annaId, 'session'), await enter(pool, annaId, 'session')];
    const code = await enter(pool, annaId, 'code');
    await enter(pool, benId, 'session');
    const { seq } = await auditHead(pool);
    expect(await apply(given)).toMatchObject({ outcome: 'applied', deactivated: 1, sessionsEnded: 2 });
    const { rows: open } = await pool.query('SELECT employee_id FROM sessions WHERE ended_at IS NULL');
    expect(open).toEqual([{ employee_id: benId }]);
    const { rows: ended } = await pool.query(`SELECT id FROM sessions WHERE end_reason = 'left'`);
    expect(ended.map(({ id }) => id).sort()).toEqual(annas.map(({ sessionId }) => sessionId).sort());
    // Decoys from now on: ended, they would tell whoever waits for the code that somebody left.
    const { rows: live } = await pool.query(`SELECT employee_id FROM challenges WHERE state = 'live'`);
    expect(live).toEqual([{ employee_id: null }]);
    const records = await recordsSince(pool, seq);
    expect(records.map(({ kind }) => kind)).toEqual(
      ['session.ended', 'session.ended', 'challenge.disowned', 'employee.ended', 'directory.imported']);
    expect(records[0]!.facts).toMatchObject({ employeeId: annaId, reason: 'left' });
    expect(records[3]!.facts).toEqual({ employeeId: annaId, reason, afterMs: expect.any(Number) });
    expect(records[2]!.facts).toEqual({ challengeId: code.challengeId, senderId: code.senderId, reason: 'left' });
  });

  it('gets in again when the feed lists them again, with the data of before or new ones', async () => {
    await apply([anna, ben, cleo]);
    await apply([anna, { ...ben, active: false }], { force: true });
    const report = await apply([anna, ben, { ...cleo, givenName: 'Cléo' }]);
    expect(report).toMatchObject({ reactivated: 2, changed: 0, unchanged: 1 });
    expect(await directoryState(pool)).toMatchObject([
      { active: true }, { active: true }, { active: true, given_name: 'Cléo' }]);
  });

  it('keeps the same id over leaving and coming back', async () => {
    await apply([anna, ben]);
    const before = await employeeId(pool, 'E-1');
    await apply([ben]);
    await apply([anna, ben]);
    expect(await employeeId(pool, 'E-1')).toBe(before);
  });

  it('stays out when ended here, until the feed has listed them as gone and then as back', async () => {
    await apply([anna, ben]);
    const annaId = await employeeId(pool, 'E-1');
    await enter(pool, annaId, 'session');
    const end = () => auditedTransaction(pool, (tx, note) => endEmployee(tx, note, annaId, 'tester'));
    expect(await end()).toBe(1);
    expect(await end()).toBe(0);
    expect((await pool.query('SELECT 1 FROM sessions WHERE ended_at IS NULL')).rowCount).toBe(0);
    const isActive = async () => (await directoryState(pool) as { active: boolean }[])[0]!.active;
    const unchanged = await apply([anna, ben]);
    expect(unchanged).toMatchObject({ unchanged: 2, reactivated: 0, noticeCount: 1, notices: [{ where: 'line 2' }] });
    expect(unchanged.notices[0]!.why).toContain('stays out');
    expect(await apply([{ ...anna, givenName: 'Ann' }, ben])).toMatchObject({ changed: 1, reactivated: 0 });
    expect(await isActive()).toBe(false);
    expect(await apply([ben])).toMatchObject({ deactivated: 0 });
    expect(await apply([anna, ben])).toMatchObject({ reactivated: 1, notices: [] });
    expect(await isActive()).toBe(true);
  });

  it('cannot slip in while the import runs', async () => {
    const team = people(12);
    for (let round = 0; round < 6; round += 1) {
      await apply(team, { force: true });
      const ids = await Promise.all(team.map(({ id }) => employeeId(pool, id)));
      const [, ...entries] = await Promise.all([
        applyFeed(pool, feedOf(team.slice(0, 2)), { force: true }),
        ...ids.map((id) => enter(pool, id, 'session'))]);
      const { rows } = await pool.query<{ id: string }>(
        `SELECT s.id FROM sessions s JOIN employees e ON e.id = s.employee_id
          WHERE s.ended_at IS NULL AND NOT e.active`);
      expect(rows).toEqual([]);
      expect(entries.every(({ opened }) => opened === 'opened' || opened === 'refused')).toBe(true);
    }
  });

  it('does not stop the import by a guess that is being judged, and is refused after it', async () => {
    await apply([anna, ben]);
    const annaId = await employeeId(pool, 'E-1');
    const { challengeId, senderId, sessionId } = await enter(pool, annaId, 'code');
    await inTransaction(pool, async (tx) => {
      await tx.query('SELECT 1 FROM challenges WHERE id = $1 FOR UPDATE', [challengeId]);
      expect(await apply([ben])).toMatchObject({ outcome: 'applied', deactivated: 1 });
      expect(await openSession(tx, () => undefined, defaultPolicy, {
        sessionId, senderId, employeeId: annaId, challengeId, method: 'sms', assurance: 'standard' })).toBe('refused');
    });
  });
});
