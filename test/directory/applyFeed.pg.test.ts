// An import is all or nothing, and twice is once.
import fc from 'fast-check';
import { auditHead } from '../../src/audit/verifyAudit';
import { createPool } from '../../src/db/pool';
import { applyFeed } from '../../src/directory/applyFeed';
import type { ImportProgress } from '../../src/directory/applyFeed';
import type { FeedItem } from '../../src/directory/directoryFeed';
import { useDirectory } from './directoryWorld';
import { anna, ben, cleo, directoryState, employeeId, everything, feedOf, people, recordsSince } from './people';

const world = useDirectory();

describe('an import', () => {
  it('of many leaves Postgres knowing how many they are, so that nobody is looked up by reading all', async () => {
    await world.apply(people(1_500));
    const { rows: [known] } = await world.owner.query<{ people: number }>(
      `SELECT reltuples::int AS people FROM pg_class WHERE oid = 'employees'::regclass`);
    expect(known!.people).toBe(1_500);
  });

  it('under the name of a source that an identity provider pushes is refused: its people would all be missing', async () => {
    await world.owner.query(`INSERT INTO scim_sources (source) VALUES ('entra')`);
    expect(await applyFeed(world.pool, feedOf([anna], { source: 'entra' }))).toMatchObject({
      outcome: 'refused', problems: [{ where: 'the source', why: expect.stringContaining('by SCIM') }] });
    expect(await directoryState(world.pool)).toEqual([]);
  });

  it('adds, changes, leaves alone and deactivates, and says how many', async () => {
    const { seq } = await auditHead(world.pool);
    const none = { source: 'hr', added: 0, changed: 0, reactivated: 0, deactivated: 0, unchanged: 0 };
    expect(await world.apply([anna, ben, cleo])).toMatchObject({
      outcome: 'applied', people: 3, added: 3, changed: 0, reactivated: 0, deactivated: 0, unchanged: 0,
      activeBefore: 0, problems: [], notices: [] });
    expect(await world.apply([{ ...anna, givenName: 'Ann' }, ben])).toMatchObject({
      outcome: 'applied', people: 2, added: 0, changed: 1, deactivated: 1, unchanged: 1, activeBefore: 3 });
    expect(await directoryState(world.pool)).toMatchObject([
      { identifier: 'E-1', given_name: 'Ann', active: true, phones: [{ e164: '+12025550123' }] },
      { identifier: 'E-2', active: true }, { identifier: 'E-3', given_name: 'Cleo', active: false }]);
    expect(await recordsSince(world.pool, seq)).toEqual([
      { kind: 'directory.imported', facts: { ...none, added: 3 } },
      { kind: 'employee.ended',
        facts: { employeeId: await employeeId(world.pool, 'E-3'), reason: 'missing', afterMs: expect.any(Number) } },
      { kind: 'directory.imported', facts: { ...none, changed: 1, deactivated: 1, unchanged: 1 } }]);
  });

  it('writes nothing that is as before', async () => {
    const versions = 'SELECT array_agg(v ORDER BY v) AS versions FROM (SELECT xmin::text AS v FROM employees UNION ALL '
      + 'SELECT xmin::text FROM employee_phones UNION ALL SELECT xmin::text FROM employee_emails) AS rows';
    await world.apply([anna, ben]);
    const { rows: before } = await world.pool.query(versions);
    expect(await world.apply([ben, anna])).toMatchObject({ outcome: 'applied', unchanged: 2, changed: 0 });
    expect((await world.pool.query(versions)).rows).toEqual(before);
  });

  it('keeps the time at which a contact came, while anything else changes', async () => {
    const times = async () => (await world.pool.query<{ contact: string; at: Date }>(
      `SELECT e164 AS contact, changed_at AS at FROM employee_phones
       UNION ALL SELECT address, changed_at FROM employee_emails ORDER BY 1`)).rows;
    await world.apply([anna]);
    const [number, address] = await times();
    const second = '+12025550199';
    await world.apply([{ ...anna, givenName: 'Ann', mobiles: [second, '+12025550123'] }]);
    const [kept, added, keptAddress] = await times();
    expect([kept, keptAddress]).toEqual([number, address]);
    expect(added).toMatchObject({ contact: second });
    expect(added!.at.getTime()).toBeGreaterThan(number!.at.getTime());
    await world.apply([{ ...anna, mobiles: [] }]);
    await world.apply([anna]);
    const [back] = await times();
    expect(back!.at.getTime()).toBeGreaterThan(added!.at.getTime());
  });

  it('takes a contact that stands twice once', async () => {
    const [number, address] = ['+12025550123', 'a@acme.example'];
    await world.apply([{ id: 'E-1', mobiles: [number, number], addresses: [address, address] }]);
    expect(await directoryState(world.pool)).toMatchObject([
      { phones: [{ e164: number, is_primary: true }], emails: [{ address, is_primary: true }] }]);
  });

  it('leaves those of other sources alone', async () => {
    await applyFeed(world.pool, feedOf([ben], { source: 'subsidiary' }));
    expect(await world.apply([anna])).toMatchObject({ added: 1, deactivated: 0, activeBefore: 0 });
    expect(await directoryState(world.pool)).toMatchObject([{ source: 'hr' }, { source: 'subsidiary', active: true }]);
  });

  it('ends nobody by absence when the feed does not hold everybody', async () => {
    await world.apply([anna, ben]);
    const report = await applyFeed(world.pool, feedOf([{ ...anna, active: false }], { complete: false }));
    expect(report).toMatchObject({ deactivated: 1, unchanged: 0 });
    expect(await directoryState(world.pool)).toMatchObject([{ active: false }, { active: true }]);
  });

  it('tells how far it is', async () => {
    const told: ImportProgress[] = [];
    await world.apply(people(2_500), { onProgress: (progress) => told.push(progress) });
    expect(told).toEqual([
      { step: 'reading', people: 1_000 }, { step: 'reading', people: 2_000 }, { step: 'reading', people: 2_500 },
      { step: 'comparing', people: 2_500 }, { step: 'writing', people: 2_500 }]);
  });

  const person = fc.record({
    id: fc.constantFrom('E-1', 'E-2', 'E-3', 'E-4'),
    givenName: fc.constantFrom('', 'Ann', 'Änne'),
    preferredLanguage: fc.constantFrom(null, 'de'),
    active: fc.boolean(),
    mobiles: fc.uniqueArray(fc.constantFrom('+12025550101', '+12025550102', '+12025550103'), { maxLength: 3 }),
    addresses: fc.uniqueArray(fc.constantFrom('a@acme.example', 'b@acme.example'), { maxLength: 2 }),
  });
  const delivery = fc.uniqueArray(person, { selector: ({ id }) => id, maxLength: 4 });

  it('applied twice, or in another order, is applied once', async () => {
    await fc.assert(fc.asyncProperty(delivery, delivery, async (former, latter) => {
      await world.owner.query('DELETE FROM employees');
      await world.apply(former, { force: true });
      await world.apply(latter, { force: true });
      const once = await everything(world.pool);
      const again = await world.apply([...latter].reverse(), { force: true });
      expect(again).toMatchObject({ added: 0, changed: 0, reactivated: 0, deactivated: 0, unchanged: latter.length });
      expect(await directoryState(world.pool)).toEqual(once.state);
      const { rows } = await world.pool.query('SELECT external_id FROM employees WHERE active ORDER BY 1');
      const active = latter.filter((one) => one.active).map(({ id }) => id);
      expect(rows.map(({ external_id: id }) => id)).toEqual(active.sort());
    }), { numRuns: 60 });
  });
});

describe('nothing is applied', () => {
  const throwing = (before: () => unknown) => async function* (): AsyncGenerator<FeedItem> {
    await before();
    yield* [];
  };

  it('when one line has a problem', async () => {
    await world.apply([anna]);
    const before = await everything(world.pool);
    const problem = { where: 'line 9', column: 'mobile', why: 'is not a valid telephone number' };
    const report = await applyFeed(world.pool, feedOf([ben, cleo], { more: async function* () { yield { problem }; } }));
    expect(report).toMatchObject({
      outcome: 'refused', problems: [problem], problemCount: 1, people: 2, added: 0, deactivated: 0 });
    expect(await everything(world.pool)).toEqual(before);
  });

  it('when a person stands there twice; both lines are named', async () => {
    const before = await everything(world.pool);
    const report = await world.apply([anna, ben, { ...cleo, id: 'E-1' }, { ...ben, active: false }, anna]);
    expect(report).toMatchObject({ outcome: 'refused', problemCount: 3, problems: [
      { where: 'line 4', column: 'employee_id', why: 'is the same as on line 2' },
      { where: 'line 5', column: 'employee_id', why: 'is the same as on line 3' },
      { where: 'line 6', column: 'employee_id', why: 'is the same as on line 2' }] });
    expect(await everything(world.pool)).toEqual(before);
  });

  it('when nobody could find a person by the employee number', async () => {
    for (const employeeNumber of ['', 'a b', 'anna@acme.example', '__proto__']) {
      const report = await world.apply([{ id: 'E-1', employeeNumber }]);
      expect(report).toMatchObject({ outcome: 'refused', problems: [{ where: 'line 2' }] });
    }
  });

  it('when it is a dry run', async () => {
    await world.apply([anna, ben, cleo]);
    const before = await everything(world.pool);
    const report = await world.apply([{ ...anna, givenName: 'Ann' }, ben, { id: 'E-4' }], { dryRun: true });
    expect(report).toMatchObject({ outcome: 'dryRun', added: 1, changed: 1, deactivated: 1, unchanged: 1 });
    expect(await everything(world.pool)).toEqual(before);
  });

  it('when the feed breaks in the middle', async () => {
    const before = await everything(world.pool);
    const broken = feedOf(people(3_000), { more: throwing(() => { throw new Error('connection lost'); }) });
    await expect(applyFeed(world.pool, broken)).rejects.toThrow('connection lost');
    expect(await everything(world.pool)).toEqual(before);
    expect(await world.apply([anna])).toMatchObject({ outcome: 'applied' });
  });

  it.each([
    ['while it reads', 'reading'], ['while it writes', 'writing'],
  ])('when the import is killed %s', async (_when, step) => {
    await world.apply([anna]);
    const before = await everything(world.pool);
    const doomed = createPool(world.database.url, { max: 1, application_name: 'doomed' });
    const kill = () => world.owner.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'doomed'`);
    let killed: Promise<unknown> | undefined;
    const feed = feedOf(people(3_000), step === 'reading' ? { more: throwing(kill) } : {});
    const onProgress = (progress: ImportProgress) => {
      if (progress.step === 'writing') killed = kill();
    };
    await expect(applyFeed(doomed, feed, { force: true, onProgress })).rejects.toThrow();
    await killed;
    await doomed.end();
    expect(await everything(world.pool)).toEqual(before);
  });

  it('when it cannot be recorded', async () => {
    const before = await everything(world.pool);
    await world.owner.query('REVOKE EXECUTE ON FUNCTION audit_append_all(text[], jsonb[]) FROM doorman_app');
    await expect(world.apply([anna])).rejects.toMatchObject({ code: '42501' });
    await world.owner.query('GRANT EXECUTE ON FUNCTION audit_append_all(text[], jsonb[]) TO doorman_app');
    expect(await everything(world.pool)).toEqual(before);
  });

  it('while another import of the same source is under way', async () => {
    let inside: unknown;
    const outer = feedOf([anna], { more: throwing(async () => { inside = await world.apply([ben]); }) });
    expect(await applyFeed(world.pool, outer)).toMatchObject({ outcome: 'applied', added: 1 });
    expect(inside).toMatchObject({ outcome: 'busy', people: 0 });
    expect(await directoryState(world.pool)).toMatchObject([{ identifier: 'E-1' }]);
  });

  it('of a report with a fault on every line, but its first thousand', async () => {
    const report = await world.apply([...people(1_500), ...people(1_500)]);
    expect(report).toMatchObject({ outcome: 'refused', problemCount: 1_500, people: 3_000 });
    expect(report.problems).toHaveLength(1_000);
  });
});
