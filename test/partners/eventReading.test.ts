// What a partner's document says in our words, and which field could not be read: by name, never by value.
import { readPersonEvent } from '../../src/partners/eventReading';
import type { PersonReading } from '../../src/partners/eventReading';
import type { PersonMapping } from '../../src/partners/partnerSettings';
import { readStrictJson } from '../../src/partners/strictJson';
import { directoryPartner, partnersOf, personEvent } from './partnerRequests';

const now = new Date('2026-11-26T09:00:00Z');
const [partner] = partnersOf(directoryPartner('plain', 'plain'));
const mapping = partner!.mapping as PersonMapping;
const timed: PersonMapping = { ...mapping, version: { at: '/version', as: 'time' } };

function read(text: string, by: PersonMapping = mapping, countries?: ReadonlySet<string>): PersonReading {
  return readPersonEvent(by, readStrictJson(Buffer.from(text))!, { defaultCountry: 'GB', countries }, now);
}

test('a hire carries the whole person, normalised as by every feed', () => {
  expect(read(personEvent('hired', 7, { mail: 'Anna@Acme.example', language: 'de_de', given: ' A\u0301nna ' }))).toEqual({
    outcome: 'event', kind: 'hire', externalId: 'W-1', version: 7n, without: [],
    record: {
      externalId: 'W-1', employeeNumber: 'E1001', givenName: 'Ánna', familyName: 'Example', preferredLanguage: 'de-DE',
      department: 'D1', active: true,
      phones: [{ e164: '+442079460018', raw: '020 7946 0018', type: 'mobile', primary: true }],
      emails: [{ address: 'anna@acme.example', type: 'work', primary: true }],
    },
  });
});

test('a leave needs nothing but the kind, the person and the version', () => {
  const text = JSON.stringify({ type: 'left', version: '8', worker: { key: 4711 } });
  expect(read(text)).toEqual({ outcome: 'event', kind: 'leave', externalId: '4711', version: 8n, without: [] });
});

test('kinds that the directory does not care for are ignored, whatever else they hold', () => {
  expect(read('{"type":"payroll"}')).toEqual({ outcome: 'ignored' });
});

test('a contact or a language that cannot be used is left out, and named', () => {
  const reading = read(personEvent('updated', 1, { phones: [{ value: '12' }], mail: 'a, b', language: 'english' }));
  expect(reading).toMatchObject({
    outcome: 'event', without: ['mobile', 'email', 'language'], record: { phones: [], emails: [], preferredLanguage: null } });
  expect(read(personEvent('updated', 1, { phones: [{ value: {} }] }))).toMatchObject({ outcome: 'event', without: ['mobile'] });
  expect(read(personEvent('updated', 1), mapping, new Set(['DE']))).toMatchObject({ outcome: 'event', without: ['mobile'] });
});

test('what is missing of a person is empty', () => {
  const text = JSON.stringify({ type: 'hired', version: 1, worker: { key: 'W-1', number: 'E1001', mail: null } });
  expect(read(text)).toMatchObject({
    without: [], record: { givenName: '', familyName: '', department: null, preferredLanguage: null, phones: [], emails: [] } });
});

test.each([
  ['kind', 'promoted', 1, {}], ['kind', 'toString', 1, {}], ['kind', '__proto__', 1, {}], ['kind', '', 1, {}],
  ['externalId', 'hired', 1, { key: '' }], ['externalId', 'hired', 1, { key: null }], ['externalId', 'left', 1, { key: {} }],
  ['externalId', 'hired', 1, { key: 'a\u0000b' }], ['externalId', 'hired', 1, { key: 'a\nb' }],
  ['externalId', 'hired', 1, { key: '\ud800' }], ['externalId', 'hired', 1, { key: 'x'.repeat(201) }],
  ['externalId', 'hired', 1, { key: true }], ['externalId', 'hired', 1, { key: 1.5 }], ['externalId', 'hired', 1, { key: 2 ** 53 }],
  ['version', 'hired', -1, {}], ['version', 'hired', 1.5, {}], ['version', 'hired', '1e3', {}], ['version', 'hired', '', {}],
  ['version', 'hired', '1234567890123456789', {}], ['version', 'left', '0x10', {}],
  ['employeeNumber', 'hired', 1, { number: '' }], ['employeeNumber', 'updated', 1, { number: 'a@b.example' }],
  ['employeeNumber', 'rehired', 1, { number: ['E1001'] }],
  ['givenName', 'hired', 1, { given: 'A\u202enna' }], ['givenName', 'hired', 1, { given: 'x'.repeat(301) }],
  ['familyName', 'hired', 1, { family: 'A\u0007' }],
] as const)('an event whose %s is %p, %p or %p cannot be read', (field, type, version, changes) => {
  expect(read(personEvent(type, version, changes))).toEqual({ outcome: 'unreadable', field });
});

test('versions that are times are exact to the microsecond, wherever they were made', () => {
  const version = (time: string) => (read(personEvent('left', time), timed) as { version?: bigint }).version;
  expect(version('2026-11-26T08:00:00Z')).toBe(1_795_680_000_000_000n);
  expect(version('2026-11-26T09:30:00.000001+01:30')).toBe(1_795_680_000_000_001n);
  expect(version('2026-11-26T08:00:00.1234567Z')).toBe(1_795_680_000_123_456n);
});

test.each([
  '2026-11-26', '2026-11-26T08:00:00', '2026-11-26 08:00:00Z', '2026-13-01T00:00:00Z', '1969-12-31T23:59:59Z', '1795680000',
  // Later than now: everything until then would be stale.
  '2026-11-26T09:05:01Z', '2099-01-01T00:00:00Z',
])('%s is no version', (time) => {
  expect(read(personEvent('left', time), timed)).toEqual({ outcome: 'unreadable', field: 'version' });
});

describe('where an event says whether somebody works at present', () => {
  const values = { active: 'active', leave: 'absent', false: 'inactive' } as const;
  const by: PersonMapping = { ...mapping, employment: { at: '/worker/status', values } };
  const told = (status: unknown, type = 'updated') => read(personEvent(type, 1, { status }), by);

  test.each([
    ['active', { active: true }], ['leave', { active: false, absent: true }], [false, { active: false }],
  ])('%p is taken as it is configured', (status, expected) => {
    const { record } = told(status) as { record: object };
    expect({ ...record, ...expected }).toEqual(record);
    expect('absent' in record).toBe('absent' in expected);
  });

  test.each(['suspended', '', null, true, 'toString', {}])('%p, which nobody has told us, is unreadable', (status) => {
    expect(told(status)).toEqual({ outcome: 'unreadable', field: 'employment' });
  });

  test('of a leaver it is not asked', () => {
    expect(told('suspended', 'left')).toMatchObject({ outcome: 'event', kind: 'leave' });
  });
});

test('a document that is no object has no field', () => {
  for (const text of ['null', '[]', '"hired"', '1']) expect(read(text)).toEqual({ outcome: 'unreadable', field: 'kind' });
});
