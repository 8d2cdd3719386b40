// One line of a directory CSV as a person, or what is wrong with it, column by column. No sentence repeats a value.
import { z } from 'zod';
import { csvColumns } from './csvHeader';
import type { CsvColumn } from './csvHeader';
import type { EmployeeRecord } from '../directoryFeed';
import type { PhoneRules } from '../phoneNumber';
import { readDepartment, readEmail, readEmployeeId, readLanguage, readMobile, readName } from '../reading/values';
import type { Reading } from '../reading/values';

export type CsvRow =
  | { readonly record: EmployeeRecord }
  | { readonly faults: readonly { column: CsvColumn; why: string }[] };

/** A reader of lines whose cells stand where `places` says. */
export function createRowReader(places: ReadonlyMap<CsvColumn, number>, phones: PhoneRules = {}) {
  const schema = rowSchema(phones);
  return (cells: readonly string[]): CsvRow => {
    const read = schema.safeParse(valuesOf(places, cells));
    if (read.success) return { record: toRecord(read.data) };
    return { faults: read.error.issues.map(({ path, message }) => ({ column: path[0] as CsvColumn, why: message })) };
  };
}

/** The cells by their columns; empty where there is none. */
export function valuesOf(
  places: ReadonlyMap<CsvColumn, number>, cells: readonly string[],
): Record<CsvColumn, string> {
  const values = csvColumns.map((column) => [column, cells[places.get(column) ?? -1]?.trim() ?? '']);
  return Object.fromEntries(values) as Record<CsvColumn, string>; // cast: of each column, right above
}

type Row = z.infer<ReturnType<typeof rowSchema>>;

/** The employee ID is the source's key too: in canonical form, so that e123 and E123 stay one person. */
function toRecord(row: Row): EmployeeRecord {
  const { employee_id: id, given_name, family_name, email, mobile, language, active, department } = row;
  return {
    externalId: id.canonical,
    employeeNumber: id.written,
    givenName: given_name,
    familyName: family_name,
    preferredLanguage: language,
    ...active,
    department,
    phones: mobile === null ? [] : [{ ...mobile, type: 'mobile', primary: true }],
    emails: email === null ? [] : [{ address: email, type: 'work', primary: true }],
  };
}

// A cell that says more than this is no name, number or address.
const cellLengthMax = 300;

/** A cell, read by `read`; what it refuses is told by a sentence of ours: zod's own quote values. */
function cell<T>(read: (text: string) => Reading<T>) {
  return z.string().transform((text, context): T => {
    const reading = text.length > cellLengthMax ? { why: `is longer than ${cellLengthMax} characters` } : read(text);
    if ('value' in reading) return reading.value;
    context.addIssue({ code: 'custom', message: reading.why });
    return z.NEVER;
  });
}

function rowSchema(phones: PhoneRules) {
  return z.object({
    employee_id: cell(readEmployeeId),
    given_name: cell(readName),
    family_name: cell(readName),
    email: cell(readEmail),
    mobile: cell((text) => readMobile(text, phones)),
    language: cell(readLanguage),
    active: cell(readActive),
    department: cell(readDepartment),
  });
}

const [here, onLeave, gone] = [{ active: true }, { active: false, absent: true }, { active: false }];

const activeWords: ReadonlyMap<string, Pick<EmployeeRecord, 'active' | 'absent'>> = new Map([
  ...['', 'true', 'yes', 'y', '1', 'active'].map((word) => [word, here] as const),
  ...['on leave', 'leave', 'absent'].map((word) => [word, onLeave] as const),
  ...['false', 'no', 'n', '0', 'inactive', 'left', 'terminated'].map((word) => [word, gone] as const),
]);

export function readActive(text: string): Reading<Pick<EmployeeRecord, 'active' | 'absent'>> {
  const value = activeWords.get(text.toLowerCase());
  if (value !== undefined) return { value };
  return { why: 'is none of true, false, yes, no, 1, 0, active, inactive, left, on leave' };
}
