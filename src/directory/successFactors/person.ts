// One row of SuccessFactors as a person of the directory, or why there is none. Nobody keeps the others out.
import type { EmployeeRecord, FeedItem, FeedRemark } from '../directoryFeed';
import type { PhoneRules } from '../phoneNumber';
import { readDepartment, readEmployeeId, readLanguage, readName } from '../reading/values';
import type { Reading } from '../reading/values';
import { readEmails, readPhones } from './contacts';
import { dayIn } from './dates';
import { chooseEmployment, effective } from './employments';
import type { Employed } from './employments';
import { readRow } from './rows';
import type { PersonRow } from './rows';
import type { SettledSettings } from './settings';

/** A reader of rows as they stand today in the company's time zone. */
export function createPersonReader(settings: SettledSettings, phones: PhoneRules, now: number) {
  const today = dayIn(settings.timeZone, now);
  const rules = { ...settings, today };
  /** `place`: where the row stands, for one that has no number. Undefined for what is no row of a person. */
  return (json: unknown, place: string): readonly FeedItem[] | undefined => {
    const row = readRow(json);
    if (row === undefined) return undefined;
    const where = /^\d{1,19}$/.test(row.personId) ? `personId ${row.personId}` : place;
    const employed = chooseEmployment(row, rules);
    const key = readKey(row.personIdExternal);
    const id = employeeId(row, employed, settings.employeeId);
    if ('why' in key) return [leftOut(where, 'personIdExternal', key.why)];
    if ('why' in id) return [leftOut(where, settings.employeeId, id.why)];
    const remarks: Omit<FeedRemark, 'where'>[] = [];
    const or = <T>(column: string, reading: Reading<T>, otherwise: T): T => {
      if ('value' in reading) return reading.value;
      remarks.push({ column, why: `${reading.why}: it is left empty` });
      return otherwise;
    };
    const { firstName = '', lastName = '' } = effective(row.personalInfoNav, today) ?? {};
    const numbers = readPhones(row.phoneNav, settings.phoneTypes, phones);
    const addresses = readEmails(row.emailNav, settings.emailTypes);
    const record: EmployeeRecord = {
      externalId: key.value,
      employeeNumber: id.value.written,
      givenName: or('firstName', readName(firstName), ''),
      familyName: or('lastName', readName(lastName), ''),
      preferredLanguage: or('defaultLocale', readLanguage(employed.employment?.userNav?.defaultLocale ?? ''), null),
      active: employed.standing === 'active',
      ...employed.standing === 'absent' && { absent: true },
      department: or('department', readDepartment(employed.job?.department ?? ''), null),
      phones: numbers.contacts,
      emails: addresses.contacts,
    };
    remarks.push(...numbers.remarks, ...addresses.remarks);
    return [{ record, where }, ...remarks.map((remark) => ({ notice: { where, ...remark } }))];
  };
}

function leftOut(where: string, column: string, why: string): FeedItem {
  return { notice: { where, column, why: `${why}: the person is left out` } };
}

function employeeId(row: PersonRow, { employment }: Employed, by: SettledSettings['employeeId']) {
  const ids = { personIdExternal: row.personIdExternal, userId: employment?.userId, empId: employment?.userNav?.empId };
  return readEmployeeId(ids[by] ?? '');
}

/** The key that all else of a person hangs on: as it is, or not at all. */
function readKey(text: string): Reading<string> {
  const key = readName(text);
  return 'value' in key && key.value === '' ? { why: 'is empty' } : key;
}
