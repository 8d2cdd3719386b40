// Events of a source: the order in which they come, and how often, makes no difference.
import { auditedTransaction } from '../../src/audit/auditedTransaction';
import { applyEvent } from '../../src/directory/changes';
import type { DirectoryEvent } from '../../src/directory/changes';
import { forgiveSubject } from '../../src/directory/delivery/forgive';
import { endEmployee } from '../../src/directory/leavers';
import { wasVerified } from '../../src/otp/challenges';
import { findSpeaker } from '../../src/sessions/sessions';
import { useDirectory } from './directoryWorld';
import { anna, ben, directoryState, employeeId, enter, recordOf } from './people';
import type { Person } from './people';

const world = useDirectory();

describe('events of a source', () => {
  const permutations = <T>(items: readonly T[]): T[][] => items.length <= 1 ? [[...items]]
    : items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
  const hired = { ...anna, givenName: 'Hired' };
  const moved = { ...anna, givenName: 'Moved', mobiles: ['+12025550177'] };
  const back = { ...anna, givenName: 'Back', mobiles: ['+12025550178'] };

  it.each([
    ['hire, change, leave, a change that comes too late, and the leave once more', [
      ['hire', 1, hired], ['change', 2, moved], ['leave', 3], ['change', 4, back], ['leave', 3]], false],
    ['hire, leave, rehire, change and a rehire once more', [
      ['hire', 1, hired], ['leave', 2], ['rehire', 3, back], ['change', 4, moved], ['rehire', 3, back]], true],
    ['hire, leave, rehire, leave and rehire', [
      ['hire', 1, hired], ['leave', 2], ['rehire', 3, back], ['leave', 4], ['rehire', 5, moved]], true],
  ] as [string, [DirectoryEvent['kind'], number, Person?][], boolean][])(
    'A56 %s come to the same end in every order', async (_name, events, active) => {
      const ends = new Set<string>();
      for (const order of permutations(events)) {
        await world.empty();
        for (const [kind, version, person] of order) await world.event(kind, version, person);
        const [state] = await directoryState(world.pool) as { active: boolean; given_name: string; phones: { e164: string }[] }[];
        ends.add(JSON.stringify([state!.active, state!.given_name, state!.phones.map(({ e164 }) => e164)]));
      }
      expect([...ends]).toHaveLength(1);
      expect(JSON.parse([...ends][0]!)[0]).toBe(active);
    });

  it('A68 a second time have no effect', async () => {
    expect(await world.event('hire', 1, anna)).toMatchObject({ outcome: 'applied' });
    expect(await world.event('leave', 2)).toMatchObject({ outcome: 'applied' });
    expect(await world.event('hire', 1, anna)).toMatchObject({ outcome: 'stale', sessionsEnded: 0 });
    expect(await world.event('leave', 2)).toMatchObject({ outcome: 'stale', sessionsEnded: 0 });
  });

  it('let nobody back by a change: a tombstone is lifted by a rehire alone', async () => {
    await world.event('hire', 1, anna);
    await world.event('leave', 2);
    expect(await world.event('change', 3, moved)).toMatchObject({ outcome: 'tombstoned' });
    expect(await world.event('hire', 4, moved)).toMatchObject({ outcome: 'tombstoned' });
    expect(await directoryState(world.pool)).toMatchObject([{ active: false }]);
    expect(await world.event('rehire', 5, back)).toMatchObject({ outcome: 'applied' });
    expect(await directoryState(world.pool)).toMatchObject([{ active: true, given_name: 'Back' }]);
  });

  it('of the same version leave the door closed', async () => {
    await world.event('hire', 1, anna);
    await world.event('leave', 2);
    await world.event('rehire', 2, anna);
    expect(await directoryState(world.pool)).toMatchObject([{ active: false }]);
  });

  it('about nobody who is known are remembered: who left before being hired stays out', async () => {
    expect(await world.event('leave', 5)).toMatchObject({ outcome: 'unknown', sessionsEnded: 0 });
    expect(await world.event('hire', 4, anna)).toMatchObject({ outcome: 'tombstoned' });
    expect(await directoryState(world.pool)).toMatchObject([{ active: false }]);
  });

  it('R45 hold against lists of the source that have the leaver still, however often they are read', async () => {
    await world.apply([anna, ben]);
    await world.event('leave', 2);
    for (const one of [anna, { ...anna, givenName: 'Ann' }, { ...anna, active: false, absent: true }, anna]) {
      const { outcome, notices } = await world.apply([one, ben]);
      expect([outcome, notices.map(({ where, why }) => [where, why.includes('by an event')])])
        .toEqual(['applied', 'active' in one ? [] : [['line 2', true]]]);
      expect(await directoryState(world.pool)).toMatchObject([{ active: false }, { active: true }]);
    }
    expect(await world.apply([anna, ben])).toMatchObject({ outcome: 'applied', unchanged: 2 });
    expect(await world.event('rehire', 3, anna)).toMatchObject({ outcome: 'applied' });
    expect(await world.apply([anna, ben])).toMatchObject({ outcome: 'applied', deactivated: 0, notices: [] });
    expect(await directoryState(world.pool)).toMatchObject([{ active: true, given_name: 'Anna' }, { active: true }]);
  });

  it('R45 hold against a list that brings the leaver for the first time', async () => {
    await world.event('leave', 2);
    expect(await world.apply([anna, ben])).toMatchObject({ outcome: 'applied', added: 2 });
    expect(await directoryState(world.pool)).toMatchObject([{ active: false }, { active: true }]);
    await world.event('rehire', 3, anna);
    expect(await directoryState(world.pool)).toMatchObject([{ active: true }, { active: true }]);
  });

  it('R45 let nobody back whom a list of the source has let go, unless they say that they are hired anew', async () => {
    await world.apply([anna, ben]);
    await world.event('change', 1, moved);
    for (const [version, list] of [[2, [ben]], [4, [{ ...anna, active: false }, ben]]] as const) {
      expect(await world.apply(list)).toMatchObject({ outcome: 'applied', deactivated: 1 });
      expect(await world.event('change', version, hired)).toMatchObject({ outcome: 'tombstoned' });
      expect(await directoryState(world.pool)).toMatchObject([{ active: false, given_name: 'Hired' }, { active: true }]);
      expect(await world.event('rehire', version + 1, back)).toMatchObject({ outcome: 'applied' });
      expect(await directoryState(world.pool)).toMatchObject([{ active: true, given_name: 'Back' }, { active: true }]);
    }
  });

  it.each([
    ['does not work here', { active: false }],
    ['is on leave', { active: false, absent: true }],
  ])('let nobody be back by a list that began to be read before one said that she %s; the next list counts', async (_how, told) => {
    await world.apply([anna, ben]);
    const id = await employeeId(world.pool, anna.id);
    const { senderId } = await enter(world.pool, id, 'session');
    const { rows: [clock] } = await world.pool.query<{ readFrom: Date }>('SELECT clock_timestamp() AS "readFrom"');
    await world.event('change', 1, { ...anna, ...told });
    const late = await world.apply([{ ...anna, givenName: 'Ann' }, ben], clock);
    expect([late.outcome, late.notices.map(({ where, why }) => [where, why.includes('until the next list')])])
      .toEqual(['applied', [['line 2', true]]]);
    expect(await directoryState(world.pool)).toMatchObject([{ active: false }, { active: true }]);
    expect(await world.apply([anna, ben])).toMatchObject({ reactivated: 1, notices: [] });
    expect(await wasVerified(world.pool, senderId, id, 90)).toBe('absent' in told);
  });

  it.each([
    ['an event had told that they do not work here', async () => {
      await world.event('change', 1, { ...anna, active: false });
    }],
    ['an operator has forgiven a leave that was none', async () => {
      await world.event('leave', 1);
      await auditedTransaction(world.pool, (tx, note) => forgiveSubject(tx, note, {
        name: 'hr', externalId: anna.id, reason: 'mistake', versions: false, operator: 'op' }));
    }],
  ])('R45 let nobody back whom a list has let go, also where it had brought them after %s', async (_what, putOut) => {
    await world.apply([anna, ben]);
    await putOut();
    expect(await world.apply([anna, ben])).toMatchObject({ reactivated: 1 });
    expect(await world.apply([ben])).toMatchObject({ deactivated: 1 });
    expect(await world.event('change', 2, moved)).toMatchObject({ outcome: 'tombstoned' });
    expect(await directoryState(world.pool)).toMatchObject([{ active: false }, { active: true }]);
    expect(await world.event('rehire', 3, back)).toMatchObject({ outcome: 'applied' });
    expect(await directoryState(world.pool)).toMatchObject([{ active: true }, { active: true }]);
  });

  it.each([
    ['works here', true], ['is on leave', false],
  ])('A56 a rehire that comes before its leave ends what was open and proved, of who %s', async (_how, active) => {
    await world.event('hire', 1, anna);
    const id = await employeeId(world.pool, anna.id);
    const entered = await enter(world.pool, id, 'session');
    if (!active) await world.event('change', 2, { ...anna, active, absent: true });
    expect(await world.event('rehire', 4, anna)).toMatchObject({ outcome: 'applied', sessionsEnded: active ? 1 : 0 });
    expect(await world.event('leave', 3)).toMatchObject({ outcome: 'unchanged' });
    expect(await directoryState(world.pool)).toMatchObject([{ active: true }]);
    expect(await findSpeaker(world.pool, entered.sessionId)).toBeUndefined();
    expect(await wasVerified(world.pool, entered.senderId, id, 90)).toBe(false);
    const again = await enter(world.pool, id, 'session');
    expect(await world.event('rehire', 4, anna)).toMatchObject({ outcome: 'stale' });
    expect(await findSpeaker(world.pool, again.sessionId)).toBeDefined();
  });

  it('do not lift by a rehire what an operator has ended: the source has to say that they left', async () => {
    await world.event('hire', 1, anna);
    const id = await employeeId(world.pool, anna.id);
    await auditedTransaction(world.pool, (tx, note) => endEmployee(tx, note, id, 'op'));
    await world.event('rehire', 3, anna);
    expect(await directoryState(world.pool)).toMatchObject([{ active: false }]);
    await world.event('leave', 4);
    await world.event('rehire', 5, anna);
    expect(await directoryState(world.pool)).toMatchObject([{ active: true }]);
  });

  it('that are on their way when a list is applied are waited for: the list is not refused because of them', async () => {
    const { applying } = await auditedTransaction(world.pool, async (tx, note) => {
      await applyEvent(tx, note, {
        source: 'hr', kind: 'hire', externalId: anna.id, version: 1n, record: recordOf(anna), heardAt: new Date() });
      const list = world.apply([anna, ben]);
      await world.untilWaiting(list);
      return { applying: list };
    });
    expect(await applying).toMatchObject({ outcome: 'applied', added: 1, unchanged: 1 });
  });

  it('take versions beyond what a number holds exactly', async () => {
    const version = 2n ** 53n;
    await world.event('hire', version, anna);
    expect(await world.event('leave', version + 1n, anna)).toMatchObject({ outcome: 'applied' });
    expect(await world.event('rehire', version + 2n, anna)).toMatchObject({ outcome: 'applied' });
    expect(await directoryState(world.pool)).toMatchObject([{ active: true }]);
  });

  it('are of one person and source each', async () => {
    await world.event('hire', 1, anna);
    await world.change(ben);
    await world.event('leave', 2);
    expect(await directoryState(world.pool)).toMatchObject([{ active: false }, { active: true }]);
  });
});
