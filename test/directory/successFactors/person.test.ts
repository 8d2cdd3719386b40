// Who is let in on a day, by which employment, and how they are reached.
import { createPersonReader } from '../../../src/directory/successFactors/person';
import { settle, successFactorsSettings } from '../../../src/directory/successFactors/settings';
import { credentials, pem } from './fakeSuccessFactors';
import { pathsOf, shown } from './oData';
import type { Entity } from './oData';
import { noticesIn, recordsIn } from './reading';
import type { Employment } from './sfPeople';
import { day, email, employment, openEnd, person, phone, terminated } from './sfPeople';

const written = {
  url: 'https://api4.example/odata/v2', companyId: 'ACME', user: 'sfapi', clientId: credentials.clientId,
  privateKey: pem('apiClient.key'), certificate: pem('apiClient.cert'),
};
const noon = Date.parse('2026-11-26T12:00:00Z');

interface Circumstances { readonly at?: number; readonly country?: 'DE' | 'US'; readonly [setting: string]: unknown }

function read(row: Entity, { at = noon, country, ...more }: Circumstances = {}) {
  const all = new Set(pathsOf(row));
  const settings = settle(successFactorsSettings.parse({ ...written, ...more }));
  const items = createPersonReader(settings, country === undefined ? {} : { defaultCountry: country }, at)(
    shown(row, all, all), 'page 1, row 1')!;
  return { record: recordsIn(items)[0]!, notices: noticesIn(items) };
}

const employed = (jobs: readonly Employment[], termination: Entity = terminated(null, 1)) =>
  person('E-1', { employmentNav: jobs.map((job) => employment(job)), personEmpTerminationInfoNav: termination });
const isActive = (row: Entity, circumstances?: Circumstances) => read(row, circumstances).record.active;

describe('an employment', () => {
  it.each(['A', 'U', 'P'])('of status %s lets in', (status) => {
    expect(isActive(employed([{ status }]))).toBe(true);
  });

  it.each(['D', 'S', 'F', 'O', 'R', 'T', 'a', '', '__proto__', null])('of status %j does not', (status) => {
    const { record } = read(employed([{ status }]));
    expect([record.active, record.absent]).toEqual([false, undefined]);
  });

  it('is of the statuses that are configured', () => {
    const more = { activeStatuses: ['A', 'D'] };
    expect([isActive(employed([{ status: 'D' }]), more), isActive(employed([{ status: 'U' }]), more)])
      .toEqual([true, false]);
  });

  it('on leave keeps out, and is no end of it', () => {
    const row = employed([{ status: 'U', userStatus: 'f' }]);
    const { record } = read(row, { activeStatuses: ['A'], absentStatuses: ['U'] });
    expect(record).toMatchObject({ active: false, absent: true });
  });

  it.each(['t', 'T'])('of a user %s lets in', (userStatus) => {
    expect(isActive(employed([{ userStatus }]))).toBe(true);
  });

  it.each(['f', 'F', 'e', 'E', 'd', 'x'])('of a user %s, being hired or switched off, does not', (userStatus) => {
    expect(isActive(employed([{ userStatus }]))).toBe(false);
  });

  it.each<[string, Partial<Record<'start' | 'end', string>>, boolean]>([
    ['from its first day', { start: day('2026-11-26') }, true],
    ['not a day before', { start: day('2026-11-27') }, false],
    ['on its last day', { end: day('2026-11-26') }, true],
    ['not a day after', { end: day('2026-11-25') }, false],
    ['without an end', { end: openEnd }, true],
    ['not from a day that cannot be read', { start: 'tomorrow' }, false],
    ['not without a first day', { start: '' }, false],
    ['not until a day that cannot be read', { end: 'never' }, false],
    ['when it began before 1970', { start: day('1961-01-01') }, true],
  ])('lets in %s', (_, dates, expected) => {
    expect(isActive(employed([dates]))).toBe(expected);
  });

  it('ends with the day where the company is', () => {
    const last = employed([{ end: day('2026-11-26') }]);
    const [before, after] = [Date.parse('2026-11-26T22:59:59Z'), Date.parse('2026-11-26T23:00:00Z')];
    expect([before, after].map((at) => isActive(last, { at, timeZone: 'Europe/Berlin' }))).toEqual([true, false]);
    expect([before, after].map((at) => isActive(last, { at, timeZone: 'America/New_York' }))).toEqual([true, true]);
  });

  it('is as its job stands today: neither as it was nor as it will be', () => {
    const [first] = employment({ status: 'S', department: 'D-9', jobStart: day('2021-03-01') }).jobInfoNav as Entity[];
    const [now] = employment({ department: 'D-2', jobStart: day('2026-11-26') }).jobInfoNav as Entity[];
    const [later] = employment({ status: 'T', department: 'D-8', jobStart: day('2026-11-27') }).jobInfoNav as Entity[];
    for (const jobInfoNav of [[first!, now!, later!], [later!, now!, first!]]) {
      const { record } = read(person('E-1', { employmentNav: [{ ...employment(), jobInfoNav }] }));
      expect(record).toMatchObject({ active: true, department: 'D-2' });
    }
  });

  it('is as the last of several changes of a day says', () => {
    const job = (seqNumber: string, status: string): Entity =>
      ({ ...(employment({ status, jobStart: day('2026-11-26') }).jobInfoNav as Entity[])[0]!, seqNumber });
    for (const jobInfoNav of [[job('9', 'A'), job('10', 'S')], [job('10', 'S'), job('9', 'A')]]) {
      expect(isActive(person('E-1', { employmentNav: [{ ...employment(), jobInfoNav }] }))).toBe(false);
    }
  });

  it('stands when SuccessFactors shows tomorrow\'s job already', () => {
    expect(isActive(employed([{ jobStart: day('2026-11-27') }]))).toBe(true);
  });
});

describe('a termination', () => {
  it.each<[string, Entity | null, boolean]>([
    ['the last day is one of work, whatever is counted', terminated(day('2026-11-26'), 0), true],
    ['the day after is none', terminated(day('2026-11-25'), 0), false],
    ['a former one does not count after a rehire', terminated(day('2024-01-31'), 1), true],
    ['a date that cannot be read has passed', terminated('someday', 0), false],
    ['without a count it ends all', terminated(day('2026-11-25'), null), false],
    ['no date ends nothing', terminated(null, 0), true],
    ['nothing ends nothing', null, true],
  ])('%s', (_, termination, expected) => {
    expect(isActive(employed([{}], termination!))).toBe(expected);
  });

  it('is the end for whoever has no employment, or none that goes on', () => {
    expect(isActive(person('E-1', { employmentNav: [] }))).toBe(false);
    expect(isActive(person('E-1', { employmentNav: null }))).toBe(false);
    expect(isActive(employed([{ status: 'T', end: day('2026-11-01') }, { start: day('2027-01-01') }]))).toBe(false);
  });
});

describe('of several employments', () => {
  const inAnyOrder = (jobs: readonly Employment[], circumstances?: Circumstances) =>
    [jobs, [...jobs].reverse()].map((order) => read(employed(order), { employeeId: 'userId', ...circumstances }).record);

  it.each<[string, Employment, string, Circumstances]>([
    ['the active one, after another has ended', { userId: 'u-new', status: 'T', end: day('2023-01-01') }, 'u-old1', {}],
    ['the active one, whatever will begin', { userId: 'u-new', start: day('2027-01-01') }, 'u-old1', {}],
    ['the first of two active ones', { userId: 'u-new', start: day('2025-01-01') }, 'u-old1', {}],
    ['the active one, while another rests', { userId: 'u-new', start: day('2020-01-01'), status: 'D' }, 'u-old1', {}],
    ['the active one, before one on leave', { userId: 'u-new', status: 'U' }, 'u-old1',
      { activeStatuses: ['A'], absentStatuses: ['U'] }],
    ['always the same one of two that began together', { userId: 'u-new' }, 'u-new', {}],
  ])('it is %s', (_, other, expected, circumstances) => {
    const records = inAnyOrder([{ userId: 'u-old1' }, other], circumstances);
    expect(records.map(({ employeeNumber, active }) => [employeeNumber, active]))
      .toEqual([[expected, true], [expected, true]]);
  });

  it('it is the last one, of those that are over', () => {
    const over = [{ userId: 'u-one', status: 'T', end: day('2022-01-01') },
      { userId: 'u-two', status: 'T', start: day('2023-01-01'), end: day('2024-01-01') }];
    expect(inAnyOrder(over).map(({ employeeNumber, active }) => [employeeNumber, active]))
      .toEqual([['u-two', false], ['u-two', false]]);
  });
});

describe('a person', () => {
  it('is known by the key that people know', () => {
    const row = employed([{ userId: 'u-77' }]);
    expect(read(row).record).toMatchObject({ externalId: 'E-1', employeeNumber: 'E-1' });
    expect(read(row, { employeeId: 'userId' }).record).toMatchObject({ externalId: 'E-1', employeeNumber: 'u-77' });
    expect(read(row, { employeeId: 'empId' }).record).toMatchObject({ externalId: 'E-1', employeeNumber: 'emp-u-77' });
    expect(read(person('E-1', { employmentNav: [] }), { employeeId: 'userId' }))
      .toMatchObject({ record: undefined, notices: [{ column: 'userId', why: 'is empty: the person is left out' }] });
  });

  it('has the name and the language of today', () => {
    const name = (start: string, lastName: string): Entity => ({ startDate: day(start), firstName: 'Anna', lastName });
    const row = person('E-1', {
      employmentNav: [employment({ language: 'pt_BR' })],
      personalInfoNav: [name('2026-12-01', 'Later'), name('2020-01-01', 'Former'), name('2024-05-05', 'Now')] });
    expect(read(row).record).toMatchObject({ givenName: 'Anna', familyName: 'Now', preferredLanguage: 'pt-BR' });
  });

  it('is let in without what cannot be read of them, with a notice each', () => {
    const { record, notices } = read(person('E-1', {
      employmentNav: [employment({ language: 'english', department: 'D\u0000canary' })],
      personalInfoNav: [{ startDate: day('2020-01-01'), firstName: 'A\u202ecanary', lastName: '\ud800canary' }] }));
    expect(record).toMatchObject({
      active: true, givenName: '', familyName: '', preferredLanguage: null, department: null });
    expect(notices.map(({ column }) => column)).toEqual(['firstName', 'lastName', 'defaultLocale', 'department']);
    expect(JSON.stringify(notices)).not.toMatch(/canary|english/);
  });
});

describe('a telephone', () => {
  const numbers = (phones: readonly Entity[], circumstances?: Circumstances) =>
    read(person('E-1', { phoneNav: phones }), circumstances);

  it.each<[string, Entity, string]>([
    ['its country code', phone('40612345', { country: '+47' }), '+4740612345'],
    ['a country code without a plus', phone('1522 8817386', { country: '49' }), '+4915228817386'],
    ['a country code with zeros', phone('1522 8817386', { country: '0049' }), '+4915228817386'],
    ['an area code', phone('90 18 20', { area: '30', type: 'B' }), '+4930901820'],
    ['an area code with the zero of calls within the country', phone('901820', { area: '030' }), '+4930901820'],
    ['a number with that zero', phone('01522/8817386'), '+4915228817386'],
    ['a zero that stays, in Italy', phone('698765432', { country: '+39', area: '0' }), '+390698765432'],
    ['the country code of North America', phone('555-0123', { country: '+1', area: '202' }), '+12025550123'],
    ['all of it in the last part', phone('+49 1522 8817386', { area: '30' }), '+4915228817386'],
  ])('is read with %s', (_, row, e164) => {
    const { record, notices } = numbers([row]);
    expect(notices).toEqual([]);
    expect(record.phones.map((one) => one.e164)).toEqual([e164]);
  });

  it('is national without a country code, where there is such a country', () => {
    const row = phone('01522 8817386', { country: null });
    expect(numbers([row], { country: 'DE' }).record.phones).toMatchObject([{ e164: '+4915228817386' }]);
    expect(numbers([row])).toMatchObject({ record: { phones: [] }, notices: [{ column: 'phoneNav' }] });
  });

  it.each([
    phone('1522 8817386', { extension: '12' }), phone('1522 8817386', { country: '10233' }), phone('canary'),
    phone('1522 8817386', { country: 'DE' }), phone('0049 1522 8817386'), phone('900 1234567'),
  ])('that is none leaves the others, and is not repeated', (row) => {
    const { record, notices } = numbers([row, phone('1512 3456789')]);
    expect(record.phones.map(({ e164 }) => e164)).toEqual(['+4915123456789']);
    expect(notices).toHaveLength(1);
    expect(JSON.stringify(notices)).not.toMatch(/canary|1522|8817386|900/);
  });

  it('is of the type that the tenant\'s letters mean', () => {
    const letters = ['B', 'H', 'C', 'P', 'F', null, 'constructor'];
    const rows = letters.map((type, n) => phone(`1522 881738${n}`, { type, primary: n === 2 }));
    const types = (more?: Circumstances) => numbers(rows, more).record.phones.map(({ type }) => type);
    expect(types()).toEqual(['work', 'home', 'mobile', 'mobile', 'other', 'other', 'other']);
    expect(types({ phoneTypes: { F: 'mobile' } }))
      .toEqual(['other', 'other', 'other', 'other', 'mobile', 'other', 'other']);
    expect(numbers(rows).record.phones.map(({ primary }) => primary)).toEqual(letters.map((_, n) => n === 2));
  });

  it('is none when nothing was written', () => {
    expect(numbers([phone(''), phone('  ')])).toMatchObject({ record: { phones: [] }, notices: [] });
    expect(read(person('E-1', { phoneNav: null })).record.phones).toEqual([]);
  });
});

it('an address is of the type that the tenant\'s letters mean', () => {
  const { record, notices } = read(person('E-1', {
    emailNav: [
      email('Anna@Acme.Example'), email('a@home.example', 'P', false), email('b@x.example', null, false), email('')] }));
  expect(record.emails).toEqual([
    { address: 'anna@acme.example', type: 'work', primary: true },
    { address: 'a@home.example', type: 'private', primary: false },
    { address: 'b@x.example', type: 'other', primary: false }]);
  expect(notices).toEqual([]);
});
