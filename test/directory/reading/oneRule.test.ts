// Rules that every way into the directory has in common: who changes how people come, finds nobody moved or renamed.
import { createRowReader } from '../../../src/directory/csv/csvRow';
import { createPersonReader } from '../../../src/directory/reading/person';
import { readDepartment } from '../../../src/directory/reading/values';
import { recordOf } from '../../../src/directory/scim/scimUser';
import { directorySettings } from '../../../src/directory/sync/sources';
import { nameForm } from '../../../src/domain/names/names';
import { syncTable, isShown } from '../../../src/domain/shown';
import { readPersonEvent } from '../../../src/partners/eventReading';
import { partnerSettings } from '../../../src/partners/partnerSettings';
import { directoryPartner, partnersOf, personEvent } from '../../partners/partnerRequests';

/** The department as each way has it; null for none, and for one that cannot be used. */
const departmentBy: Record<string, (written: string) => string | null | undefined> = {
  csv(written) {
    const read = createRowReader(new Map([['employee_id', 0], ['active', 1], ['department', 2]]))(['E-1', 'yes', written]);
    return 'record' in read ? read.record.department : null;
  },
  report: (written) => createPersonReader({}, {})({ employee_id: 'E-1', department: written.trim() }).record?.department,
  scim: (written) => recordOf(
    { userName: 'anna', active: true, emails: [], phoneNumbers: [], department: written },
    { source: 'entra', employeeNumberFrom: null, defaultCountry: null },
    { key: 'k', employeeNumber: 'E-1', countries: undefined }).department,
  partner(written) {
    const [partner] = partnersOf(directoryPartner('plain', 'plain'));
    if (partner?.deliver !== 'directory') throw new Error('it is one');
    const body = JSON.parse(personEvent('hired', 1)) as { worker: object };
    const document = { ...body, worker: { ...body.worker, 'unit/id': written } };
    const read = readPersonEvent(partner.mapping, document as never, {}, new Date()); // cast: JSON of a test
    return read.outcome === 'event' ? read.record?.department : null;
  },
};

test.each([
  ['Sales', 'Sales'], [' 4711 ', '4711'], ['Vertrieb\u00a0Nord', 'Vertrieb\u00a0Nord'], ['Bu\u0308ro', 'Büro'], ['', null], ['  ', null],
  ['a\nb', null], ['a\u0000b', null], ['\u202eselaS', null], ['x'.repeat(300), 'x'.repeat(300)], ['x'.repeat(301), null],
])('the department %j is the same whichever way it comes', (written, meant) => {
  const reading = readDepartment(written);
  expect('value' in reading ? reading.value : null).toBe(meant);
  for (const [way, read] of Object.entries(departmentBy)) expect([way, read(written)]).toEqual([way, meant]);
});

test.each([
  ['a', true], ['hr-2', true], ['a'.repeat(32), true], ['a'.repeat(33), false], ['', false], ['2hr', false], ['HR', false], ['h r', false],
  ['partner:hr', false],
])('%j is a name of a source, or none, whichever way its people come', (name, fits) => {
  const read = directorySettings.safeParse({ sources: [{ name, kind: 'csv', path: '/people.csv' }] });
  const spokenOf = partnerSettings.safeParse({ partners: [directoryPartner('plain', 'plain', { source: name })] });
  expect([nameForm.test(name), read.success, spokenOf.success]).toEqual([fits, fits, fits]);
  // What is shown of a reading without a key is shown of each of them.
  const counts = { people: 1, added: 1, changed: 0, returned: 0, left: 0 };
  expect(isShown(syncTable({ source: name, step: 'applied', ...counts }))).toBe(fits);
});
