// The numbers and addresses of a person, each readable or remarked on. SuccessFactors keeps a number in three parts.
import type { EmployeeEmail, EmployeePhone, FeedRemark } from '../directoryFeed';
import type { PhoneRules } from '../phoneNumber';
import { readEmail, readMobile } from '../reading/values';
import type { Reading } from '../reading/values';
import type { EmailRow, PhoneRow } from './rows';
import type { SettledSettings } from './settings';

/** What can be used, and what is to be said of the rest. */
export interface Contacts<T> {
  readonly contacts: readonly T[];
  readonly remarks: readonly Omit<FeedRemark, 'where'>[];
}

export function readPhones(
  rows: readonly PhoneRow[], types: SettledSettings['phoneTypes'], rules: PhoneRules,
): Contacts<EmployeePhone> {
  return gather('phoneNav', rows.map((row) => {
    const type = types.get(row.phoneTypeNav?.externalCode ?? '') ?? 'other';
    return withMore(readNumber(row, rules), { type, primary: row.isPrimary });
  }));
}

export function readEmails(rows: readonly EmailRow[], types: SettledSettings['emailTypes']): Contacts<EmployeeEmail> {
  return gather('emailNav', rows.map(({ emailAddress, emailTypeNav, isPrimary: primary }) => {
    const read = readEmail(emailAddress);
    const address = 'why' in read ? read : { value: read.value === null ? null : { address: read.value } };
    return withMore(address, { type: types.get(emailTypeNav?.externalCode ?? '') ?? 'other', primary });
  }));
}

/** Country, area and number, the first by its dialling code, which only the picklist has. */
function readNumber(
  { phoneNumber, areaCode, extension, countryCodeNav }: PhoneRow, rules: PhoneRules,
): Reading<{ e164: string; raw: string } | null> {
  if (phoneNumber === '') return { value: null };
  if (extension !== '') return { why: 'has an extension' };
  // Somebody wrote all of it into the last part: what the others say is not to stand before it.
  if (phoneNumber.startsWith('+')) return readMobile(phoneNumber, rules);
  const national = [areaCode, phoneNumber].filter((part) => part !== '').join(' ');
  const written = countryCodeNav?.externalCode ?? '';
  if (written === '') return readMobile(national, rules);
  const [, digits] = /^(?:\+|00)?([1-9]\d{0,3})$/.exec(written.replace(/[\s-]/g, '')) ?? [];
  if (digits === undefined) return { why: 'has a country code that is none' };
  return readMobile(`+${digits} ${national}`, rules);
}

function withMore<T extends object, M extends object>(reading: Reading<T | null>, more: M): Reading<T & M | null> {
  if ('why' in reading) return reading;
  return { value: reading.value && { ...reading.value, ...more } };
}

function gather<T>(column: string, readings: readonly Reading<T | null>[]): Contacts<T> {
  return {
    contacts: readings.flatMap((reading) => ('value' in reading && reading.value !== null ? [reading.value] : [])),
    remarks: readings.flatMap((reading) => ('why' in reading ? [{ column, why: reading.why }] : [])),
  };
}
