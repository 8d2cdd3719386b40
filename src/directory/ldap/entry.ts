// One LDAP entry as a person, or why it cannot be one. Remarks name attributes and keys, never values; a DN is a name.
import type { Entry } from 'ldapts';
import { isUuid } from '../../domain/identifiers';
import type { EmployeeRecord, FeedItem } from '../directoryFeed';
import type { PhoneRules } from '../phoneNumber';
import { readDepartment, readEmail, readEmployeeId, readLanguage, readMobile, readName } from '../reading/values';
import type { Reading } from '../reading/values';
import { accountAttributes, accountState } from './account';
import type { Judgement } from './account';
import { createValues } from './entryValues';
import type { EntryValues } from './entryValues';
import type { LdapSettings } from './ldapSettings';

export interface EntryReading {
  /** The source's key of the person; undefined when the entry has none that can be used. */
  readonly key: string | undefined;
  readonly where: string;
  /** The person if there is one, and what is to be remarked. */
  readonly items: readonly FeedItem[];
}

/** What has to be asked of the server for each entry. */
export function attributesAsked({ key, attributes, status }: LdapSettings): string[] {
  return [key, ...Object.values(attributes).filter((name) => name !== null), ...accountAttributes,
    ...(status === undefined ? [] : [status.attribute])];
}

/** What of that is bytes. */
export function binaryAttributes({ key }: LdapSettings): string[] {
  return isGuid(key) ? [key, 'objectGUID'] : [];
}

/** A UUID may stand in a report; any other key may be a login name or the employee ID. */
const saysNothing = (key: string) => isUuid(key.toLowerCase());
const isGuid = (key: string) => key.toLowerCase() === 'objectguid';

/** What is the same for all entries of a reading. */
export type ReadingContext = Omit<Judgement, 'status'>;

/** A reader of entries; `place` is where one stands in the reading. */
export function createEntryReader(settings: LdapSettings, phones: PhoneRules) {
  return (entry: Entry, place: string, context: ReadingContext): EntryReading => {
    const judgement = { ...context, status: settings.status };
    const remarks: { column: string; why: string }[] = [];
    const remark = (column: string, why: string) => { remarks.push({ column, why }); };
    const values = createValues(entry, remark);
    const key = isGuid(settings.key) ? values.guid(settings.key)
      : readOnly(settings.key, values, remark, readName);
    const where = key !== undefined && saysNothing(key) ? key : place;
    const record = key === undefined ? undefined : readPerson(settings, phones, key, values, remark, judgement);
    const notices = remarks.map((one) => ({ notice: { where, ...one } }));
    return { key, where, items: record === undefined ? notices : [{ record, where }, ...notices] };
  };
}

type Remark = (column: string, why: string) => void;

function readPerson(
  { attributes: names }: LdapSettings, phones: PhoneRules, key: string, values: EntryValues, remark: Remark,
  judgement: Judgement,
): EmployeeRecord | undefined {
  /** What of an attribute's values can be used; the rest is remarked on. */
  const usable = <T>(name: string | null, read: (text: string) => Reading<T>): NonNullable<T>[] =>
    (name === null ? [] : values.all(name)).flatMap((text) => {
      const reading = read(text);
      if ('why' in reading) remark(name!, reading.why); // a name that is null has no values
      return 'why' in reading ? [] : reading.value ?? [];
    });
  const id = readOnly(names.employeeNumber, values, remark, readEmployeeId);
  if (id === undefined) return undefined;
  const mobiles = usable(names.mobile, (text) => readMobile(text, phones));
  const numbers = mobiles.length > 0 ? [] : usable(names.telephone, (text) => readMobile(text, phones));
  const [familyName = ''] = usable(names.familyName, readName);
  const [givenName = ''] = usable(names.givenName, readName);
  const [preferredLanguage = null] = usable(names.language, readFirstLanguage);
  return {
    externalId: key,
    employeeNumber: id.written,
    givenName, familyName, preferredLanguage,
    ...accountState(values, judgement, remark),
    ...names.department !== null && { department: usable(names.department, readDepartment).join(', ') || null },
    phones: [...mobiles.map((number, i) => ({ ...number, type: 'mobile' as const, primary: i === 0 })),
      ...numbers.map((number, i) => ({ ...number, type: 'work' as const, primary: i === 0 }))],
    emails: usable(names.mail, readEmail).map((address, i) => ({ address, type: 'work', primary: i === 0 })),
  };
}

/** What an entry cannot be without. */
function readOnly<T>(
  name: string, values: EntryValues, remark: Remark, read: (text: string) => Reading<T>,
): T | undefined {
  const text = values.one(name);
  const reading = text === undefined ? undefined : read(text);
  if (reading === undefined || 'value' in reading) return reading?.value;
  remark(name, `${reading.why}; the entry is left out`);
  return undefined;
}

/** `preferredLanguage` is written as browsers send it: "de, en-GB;q=0.8" (RFC 2798, 2.7). */
function readFirstLanguage(text: string): Reading<string | null> {
  return readLanguage(text.split(/[,;]/)[0]!.trim());
}
