// One person of a live system, which nobody can send back: read without what cannot be used, and remarked on. Who
// cannot be used at all is left out; a status that says nothing lets nobody in.
import { csvColumns } from '../csv/csvHeader';
import type { CsvColumn } from '../csv/csvHeader';
import { readActive } from '../csv/csvRow';
import type { EmployeeRecord, FeedItem } from '../directoryFeed';
import type { PhoneRules } from '../phoneNumber';
import { readDepartment, readEmail, readEmployeeId, readLanguage, readMobile, readName } from './values';
import type { Reading } from './values';

/** What a source may tell of a person: as a CSV file, and its own key of the person. */
export const personFields = [...csvColumns, 'external_id'] as const;
export type PersonField = CsvColumn | 'external_id';

/** What the source says, as text, trimmed; empty for nothing. Undefined for what it is not asked for. */
export type PersonValues = Readonly<Partial<Record<PersonField, string>>>;

export interface PersonReading {
  /** Undefined for somebody who is left out. */
  readonly record?: EmployeeRecord;
  readonly remarks: readonly { readonly column: PersonField; readonly why: string }[];
}

export interface StatusWords {
  /** Words for who works here; every other one is for who does not. The usual words when not given. */
  readonly activeValues?: readonly string[] | undefined;
  /** Words for who is on leave. */
  readonly absentValues?: readonly string[] | undefined;
}

/** Notices, and the person unless left out. */
export function* personItems({ record, remarks }: PersonReading, where: string): Generator<FeedItem, void> {
  yield* remarks.map((remark) => ({ notice: { where, ...remark } }));
  if (record !== undefined) yield { record, where };
}

const valueLengthMax = 300;
const tooLong = { why: `is longer than ${valueLengthMax} characters` };

/** A reader of people. Without a status everybody whom the source lists works here. */
export function createPersonReader(phones: PhoneRules, words: StatusWords): (values: PersonValues) => PersonReading {
  const readStatus = statusReader(words);
  return (values) => {
    const remarks: { column: PersonField; why: string }[] = [];
    const read = <T, U>(column: PersonField, reader: (text: string) => Reading<T>, otherwise: U, what = ''): T | U => {
      const text = values[column] ?? '';
      const reading = text.length > valueLengthMax ? tooLong : reader(text);
      if ('value' in reading) return reading.value;
      remarks.push({ column, why: reading.why + what });
      return otherwise;
    };
    const id = read('employee_id', readEmployeeId, undefined, leftOut);
    const key = values.external_id === undefined ? id?.canonical : read('external_id', readKey, undefined, leftOut);
    if (id === undefined || key === undefined) return { remarks };
    const mobile = read('mobile', (text) => readMobile(text, phones), null);
    const email = read('email', readEmail, null);
    const record: EmployeeRecord = {
      externalId: key,
      employeeNumber: id.written,
      givenName: read('given_name', readName, ''),
      familyName: read('family_name', readName, ''),
      preferredLanguage: read('language', readLanguage, null),
      ...values.active === undefined ? { active: true } : read('active', readStatus, { active: false }, keptOut),
      ...values.department === undefined ? {} : { department: read('department', readDepartment, null) },
      phones: mobile === null ? [] : [{ ...mobile, type: 'mobile', primary: true }],
      emails: email === null ? [] : [{ address: email, type: 'work', primary: true }],
    };
    return { record, remarks };
  };
}

const leftOut = ': the person is left out';
const keptOut = ': taken as not working here';

type Status = Pick<EmployeeRecord, 'active' | 'absent'>;

function statusReader({ activeValues, absentValues = [] }: StatusWords): (text: string) => Reading<Status> {
  const folded = (words: readonly string[]) => new Set(words.map((word) => word.trim().toLowerCase()));
  const [active, absent] = [activeValues && folded(activeValues), folded(absentValues)];
  return (text) => {
    const word = text.toLowerCase();
    if (active?.has(word)) return { value: { active: true } };
    if (absent.has(word)) return { value: { active: false, absent: true } };
    if (word === '') return { why: 'is empty' };
    if (active !== undefined) return { value: { active: false } };
    return readActive(word);
  };
}

// A key is compared, never shown: anything that can be printed will do.
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,200}$/u;

function readKey(text: string): Reading<string> {
  if (text === '') return { why: 'is empty' };
  return printable.test(text) ? { value: text } : { why: 'is no key: 1 to 200 characters that can be printed' };
}
