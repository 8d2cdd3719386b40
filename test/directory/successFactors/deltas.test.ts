// Who changed since the last reading: by any part of them, by what comes into force, and never one too few.
import { createSuccessFactorsFeed } from '../../../src/directory/successFactors/successFactorsFeed';
import { FakeSuccessFactors } from './fakeSuccessFactors';
import type { Entity } from './oData';
import { pagesOf, recordsOf } from './reading';
import { day, email, employment, moment, person, phone, terminated } from './sfPeople';

let sap: FakeSuccessFactors;
beforeEach(async () => { sap = await new FakeSuccessFactors().start(); });
afterEach(() => sap.close());

const at = (iso: string, more: object = {}) =>
  createSuccessFactorsFeed({ source: 'sf', ...sap.settings(more) }, {}, { now: () => Date.parse(iso) });
const now = '2026-11-26T12:00:00.000Z';
const since = '2026-11-26T11:45:00.000Z';
const during = moment('2026-11-26T11:50:00Z');

async function idsOf(reading: Parameters<typeof pagesOf>[1], iso = now, more: object = {}): Promise<string[]> {
  return (await recordsOf(at(iso, more), reading)).map(({ externalId }) => externalId);
}

describe('a delta', () => {
  const changed: Record<string, Entity> = {
    person: person('E-10', { lastModifiedDateTime: during }),
    name: person('E-11', {
      personalInfoNav: [
        { startDate: day('2021-03-01'), firstName: 'A', lastName: 'B', lastModifiedDateTime: during }] }),
    employment: person('E-12', { employmentNav: [employment({ changed: { employment: during } })] }),
    job: person('E-13', { employmentNav: [employment({ changed: { job: during } })] }),
    user: person('E-14', { employmentNav: [employment(), employment({ userId: 'u2', changed: { user: during } })] }),
    telephone: person('E-15', { phoneNav: [phone('1'), phone('1522 8817386', { changed: during })] }),
    address: person('E-16', { emailNav: [email('a@acme.example', 'B', true, during)] }),
  };

  it.each(Object.entries(changed))('is of whom the %s was changed', async (_, one) => {
    sap.people = [person('E-99'), one, person('E-98')];
    expect(await idsOf({ mode: 'delta', since })).toEqual([one.personIdExternal]);
  });

  const inForce: Record<string, Entity> = {
    'begins to work': person('E-20', { employmentNav: [employment({ start: day('2026-11-26') })] }),
    'has another job': person('E-21', { employmentNav: [employment({ jobStart: day('2026-11-26') })] }),
    'worked for the last day': person('E-22', { employmentNav: [employment({ end: day('2026-11-25') })] }),
    'left': person('E-23', { personEmpTerminationInfoNav: terminated(day('2026-11-25'), 0) }),
  };

  it.each(Object.entries(inForce))('is of who %s without any change', async (_, one) => {
    sap.people = [person('E-99'), one];
    expect(await idsOf({ mode: 'delta', since })).toEqual([one.personIdExternal]);
  });

  it('leaves out what happened before, and what is yet to come', async () => {
    sap.people = [
      person('E-1', { lastModifiedDateTime: moment('2026-11-26T11:30:00Z') }),
      person('E-2', { employmentNav: [employment({ start: day('2026-11-20'), end: day('2027-01-31') })] }),
      person('E-3', { personEmpTerminationInfoNav: terminated(day('2026-12-31'), 1) })];
    expect(await idsOf({ mode: 'delta', since })).toEqual([]);
  });

  it('looks ten minutes further back, because two clocks are never one', async () => {
    sap.people = [person('E-1', { lastModifiedDateTime: moment('2026-11-26T11:35:00Z') })];
    expect(await idsOf({ mode: 'delta', since })).toEqual(['E-1']);
  });

  it('has a leaver out on the morning after the last day, without any change', async () => {
    sap.people = [person('E-1', {
      employmentNav: [employment({ end: day('2026-11-26') })],
      personEmpTerminationInfoNav: terminated(day('2026-11-26'), 0) })];
    const berlin = { timeZone: 'Europe/Berlin' };
    const active = async (iso: string, last: string) =>
      (await recordsOf(at(iso, berlin), { mode: 'delta', since: last })).map((record) => record.active);
    expect(await active('2026-11-26T22:59:00Z', '2026-11-26T22:44:00.000Z')).toEqual([true]);
    expect(await active('2026-11-26T23:01:00Z', '2026-11-26T22:46:00.000Z')).toEqual([false]);
  });

  it('begins where the last reading did, page by page', async () => {
    const earlier = moment('2026-11-26T11:49:00Z');
    sap.people = [1, 2, 3, 4].map((n) => person(`E-${n}00`, { lastModifiedDateTime: earlier }));
    const pages = await pagesOf(at(now, { pageSize: 2 }), { mode: 'delta', since });
    expect(pages.map(({ items, watermark }) => [items.length, watermark])).toEqual([[2, undefined], [2, now]]);
    const [full] = await pagesOf(at(now));
    expect(full!.watermark).toBe(now);
    const [again] = await pagesOf(at('2026-11-26T12:15:00.000Z'), { mode: 'delta', since: now });
    expect(again!.items).toEqual([]);
  });

  it.each([undefined, '', '12345', 'x\' or 1 eq 1', '2026-11-26'])(
    'is of everybody after %j, which is no moment of a reading', async (last) => {
      sap.people = [person('E-1'), person('E-2')];
      expect(await idsOf({ mode: 'delta', ...last !== undefined && { since: last } })).toEqual(['E-1', 'E-2']);
      expect(sap.pagesAsked()[0]!.href).not.toContain('12345');
    });

  it('does not look into the future, when a clock was set back', async () => {
    sap.people = [person('E-1', { lastModifiedDateTime: during })];
    expect(await idsOf({ mode: 'delta', since: '2027-01-01T00:00:00.000Z' })).toEqual(['E-1']);
  });

  it('is of nobody who never was employed', async () => {
    sap.people = [
      person('E-1', { lastModifiedDateTime: during, personEmpTerminationInfoNav: terminated(null, null) }),
      person('E-2', { lastModifiedDateTime: during, personEmpTerminationInfoNav: null })];
    expect(await idsOf({ mode: 'delta', since })).toEqual([]);
  });
});
