import type { Entry } from 'ldapts';
import { createEntryReader } from '../../../src/directory/ldap/entry';
import { guidText } from '../../../src/directory/ldap/entryValues';
import { ldapSettings } from '../../../src/directory/ldap/ldapSettings';
import type { PhoneRules } from '../../../src/directory/phoneNumber';

const now = new Date('2026-11-26T12:00:00Z');

function read(attributes: Omit<Entry, 'dn'>, more = {}, phones: PhoneRules = {}, isActiveDirectory = false) {
  const settings = ldapSettings.parse({
    url: 'ldaps://dc1.acme.example', bindDn: 'doorman@acme.example', password: 'secret', base: 'dc=acme,dc=example',
    filter: '(objectClass=user)', key: 'entryUUID', ...more });
  const { items } = createEntryReader(settings, phones)({
    dn: 'cn=Anna', entryUUID: 'abcd', employeeNumber: '144133', ...attributes }, 'entry 1', { now, isActiveDirectory });
  return {
    record: items.flatMap((item) => ('record' in item ? [item.record] : []))[0],
    where: items.map((item) => ('record' in item ? item.where : 'notice' in item && item.notice.where)),
    remarks: items.flatMap((item) => ('notice' in item ? [`${item.notice.column} ${item.notice.why}`] : [])),
  };
}

describe('an entry', () => {
  it.each([
    ['512', true], ['514', false], ['66050', false], ['66048', true], ['2', false], ['0', true], ['-2147483646', false],
    ['-2147483648', true],
  ])('with userAccountControl %s is somebody who works here: %s', (userAccountControl, active) => {
    expect(read({ userAccountControl })).toMatchObject({ record: { active }, remarks: [] });
  });

  it.each([
    ['no number', 'yes'], ['a broken number', '5.12'], ['more than a number', '512)(uid=*'],
    ['two numbers', ['512', '514']],
    ['bytes', Buffer.from([0xff])],
  ])('whose account control is %s is kept out', (_, userAccountControl) => {
    const { record, remarks } = read({ userAccountControl });
    expect(record!.active).toBe(false);
    expect(remarks).toEqual(['userAccountControl is not one number: the person is kept out']);
  });

  it('of Active Directory is kept out where the user may not see whether the account is disabled', () => {
    const { record, remarks } = read({}, {}, {}, true);
    expect(record!.active).toBe(false);
    expect(remarks).toEqual(['userAccountControl may not be read by this user: the person is kept out']);
    expect(read({ userAccountControl: '512' }, {}, {}, true)).toMatchObject({ record: { active: true }, remarks: [] });
    expect(read({}).record!.active).toBe(true);
  });

  // Tenths of microseconds since 1601: a Windows file time.
  const fileTime = (when: string) => String((BigInt(Date.parse(when)) + 11_644_473_600_000n) * 10_000n);
  it.each([
    ['0', true], ['9223372036854775807', true], ['1', false],
    [fileTime('2026-11-26T12:00:01Z'), true], [fileTime('2026-11-26T12:00:00Z'), false],
  ])('whose account expires at %s works here: %s', (accountExpires, active) => {
    expect(read({ accountExpires }).record!.active).toBe(active);
  });

  it.each([
    [{ active: ['A', 'U'] }, 'a', { active: true }], [{ active: ['A', 'U'] }, 'T', { active: false }],
    [{ active: ['A', 'U'] }, [], { active: false }], [{ active: ['A', 'U'] }, ['A', 'T'], { active: false }],
    [{ active: ['A'], absent: ['L'] }, 'l', { active: false, absent: true }],
    [{ inactive: ['true'] }, 'TRUE', { active: false }], [{ inactive: ['true'] }, [], { active: true }],
    [{ inactive: ['true'] }, ['false', 'true'], { active: false }],
    [{ inactive: ['true'], absent: ['L'] }, Buffer.from([0xff]), { active: false }],
    [{ active: ['A'] }, Buffer.from([0xff]), { active: false }],
  ])('is judged by the operator\'s own attribute: %j', (words, said, expected) => {
    expect(read({ st: said }, { status: { attribute: 'st', ...words } }).record).toMatchObject(expected);
  });

  it('is never let in by the operator\'s attribute when the account is disabled', () => {
    const status = { attribute: 'st', active: ['A'] };
    expect(read({ st: 'A', userAccountControl: '514' }, { status }).record!.active).toBe(false);
  });

  it.each([
    ['de', 'de'], ['de_AT', 'de-AT'], ['en-GB, de;q=0.8', 'en-GB'], ['fr;q=0.9,en', 'fr'],
  ])('speaks the first language of %s', (preferredLanguage, tag) => {
    expect(read({ preferredLanguage }).record!.preferredLanguage).toBe(tag);
  });

  it('loses what cannot be used of it, and is delivered without', () => {
    const { record, remarks } = read({
      preferredLanguage: 'english', givenName: 'A\u202enna', sn: 'x'.repeat(301), mail: ['a@b@c', 'anna@acme.example'],
      mobile: 'call me', telephoneNumber: '+49 6227 7-1 ext. 3' });
    expect(record).toMatchObject({ givenName: '', familyName: '', preferredLanguage: null, phones: [],
      emails: [{ address: 'anna@acme.example', primary: true }] });
    expect(remarks.map((remark) => remark.split(' ')[0]).sort())
      .toEqual(['givenName', 'mail', 'mobile', 'preferredLanguage', 'sn', 'telephoneNumber']);
    expect(remarks.join()).not.toMatch(/english|a@b|6227|xxx|call/);
  });

  it('is kept from the database where a text holds what that cannot', () => {
    const { record, remarks } = read({
      department: 'Sales\0', givenName: '\0', mail: 'a\0@acme.example', mobile: '+1\0' });
    expect([record!.department, record!.givenName, record!.emails, record!.phones]).toEqual([null, '', [], []]);
    expect(remarks).toHaveLength(4);
    expect(read({ employeeNumber: '1441\u000033' }).record).toBeUndefined();
  });

  it('has numbers of the source\'s own country', () => {
    expect(read({ mobile: '01522 8817386' }, {}, { defaultCountry: 'DE' }).record!.phones)
      .toMatchObject([{ e164: '+4915228817386' }]);
  });

  it('is known by one text or one GUID, and is nobody otherwise', () => {
    for (const entryUUID of [[], ['a', 'b'], Buffer.from([0xff]), 'a\0b', 'a\nb']) {
      expect(read({ entryUUID }).record).toBeUndefined();
    }
    const bytes = [Buffer.alloc(15), Buffer.alloc(17), [Buffer.alloc(16), Buffer.alloc(16)]];
    for (const objectGUID of [[], 'short', ...bytes]) {
      expect(read({ objectGUID }, { key: 'objectGUID' }).record).toBeUndefined();
    }
    expect(read({ objectGUID: Buffer.alloc(16) }, { key: 'objectguid' }).record!.externalId)
      .toBe('00000000-0000-0000-0000-000000000000');
  });

  it('is told in a report by a UUID or its place, never by a login name or an employee ID', () => {
    const uuid = 'c0ffee00-0000-4000-8000-00000000abcd';
    expect(read({ entryUUID: uuid, mobile: 'x' }).where).toEqual([uuid, uuid]);
    expect(read({ mobile: 'x' }, { key: 'employeeNumber' }).where).toEqual(['entry 1', 'entry 1']);
  });

  it('reads what an attribute that is not mapped says in no case', () => {
    const attributes = { mobile: null, department: null, telephone: null };
    const { record, remarks } = read({ mobile: '+1 202 555 0123', department: 'Sales' }, { attributes });
    expect([record!.phones, 'department' in record!, remarks]).toEqual([[], false, []]);
  });
});

describe('a GUID', () => {
  it('is written as Active Directory shows it', () => {
    expect(guidText(Buffer.from('33221100554477668899aabbccddeeff', 'hex')))
      .toBe('00112233-4455-6677-8899-aabbccddeeff');
  });
});
