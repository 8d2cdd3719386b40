// One line of a directory CSV as a person, or what is wrong with it, column by column. No sentence repeats a value.
import { z } from 'zod';
import { dropInvisible } from '../../domain/characters';
import { canonicalIdentifier, isEmailIdentifier } from '../../domain/identifiers';
import { csvColumns } from './csvHeader';
import type { CsvColumn } from './csvHeader';
import type { EmployeeRecord } from '../directoryFeed';
import { readPhone } from '../phoneNumber';
import type { PhoneRules } from '../phoneNumber';

export type CsvRow =
  | { readonly record: EmployeeRecord }
  | { readonly faults: readonly { column: CsvColumn; why: string }[] };

/** A reader of lines whose cells stand where `places` says. */
export function createRowReader(places: ReadonlyMap<CsvColumn, number>, phones: PhoneRules = {}) {
  const schema = rowSchema(phones);
  return (cells: readonly string[]): CsvRow => {
    const row = Object.fromEntries(csvColumns.map((column) => [column, cells[places.get(column) ?? -1]?.trim() ?? '']));
    const read = schema.safeParse(row);
    if (read.success) return { record: toRecord(read.data) };
    return { faults: read.error.issues.map(({ path, message }) => ({ column: path[0] as CsvColumn, why: message })) };
  };
}

type Row = z.infer<ReturnType<typeof rowSchema>>;

/** The employee ID is the source's key too: in canonical form, so that e123 and E123 stay one person. */
function toRecord({ employee_id: id, given_name, family_name, email, mobile, language, active }: Row): EmployeeRecord {
  return {
    externalId: id.canonical,
    employeeNumber: id.written,
    givenName: given_name,
    familyName: family_name,
    preferredLanguage: language,
    active,
    phones: mobile === null ? [] : [{ ...mobile, type: 'mobile', primary: true }],
    emails: email === null ? [] : [{ address: email, type: 'work', primary: true }],
  };
}

// A cell that says more than this is no name, number or address.
const cellLengthMax = 300;

/** A cell, read by `read`; what it refuses is told by a sentence of ours: zod's own quote values. */
function cell<T>(read: (text: string) => { value: T } | { why: string }) {
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
  });
}

type Reading<T> = { value: T } | { why: string };

function readEmployeeId(text: string): Reading<{ canonical: string; written: string }> {
  if (text === '') return { why: 'is empty' };
  const canonical = canonicalIdentifier(text);
  if (canonical === undefined || isEmailIdentifier(canonical)) {
    return { why: 'is not an employee ID: 3 to 32 letters A to Z, digits and hyphens' };
  }
  return { value: { canonical, written: dropInvisible(text).normalize('NFKC') } };
}

// Control characters, line ends, and the marks that turn the direction of what follows them in a sentence.
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

function readName(text: string): Reading<string> {
  if (unprintable.test(text)) return { why: 'holds a character that cannot be printed' };
  return { value: text.normalize('NFC') };
}

const asciiOnly = /^[\x21-\x7e]+$/;

function readEmail(text: string): Reading<string | null> {
  if (text === '') return { value: null };
  // Folding other letters to ASCII is right for what somebody types, not for where HR sends people's mail (A41).
  const address = asciiOnly.test(text) ? canonicalIdentifier(text) : undefined;
  if (address === undefined || !isEmailIdentifier(address)) return { why: 'is not one plain e-mail address' };
  return { value: address };
}

function readMobile(text: string, phones: PhoneRules): Reading<{ e164: string; raw: string } | null> {
  if (text === '') return { value: null };
  const phone = readPhone(text, phones);
  return 'why' in phone ? phone : { value: { e164: phone.e164, raw: text } };
}

// Words of four to eight letters are reserved in BCP 47: "english" is well-formed and names no language.
const languageTag = /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*$/;

function readLanguage(text: string): Reading<string | null> {
  if (text === '') return { value: null };
  const tag = text.replaceAll('_', '-');
  const canonical = languageTag.test(tag) ? canonicalLanguage(tag) : undefined;
  return canonical === undefined ? { why: 'is not a language tag like "de" or "pt-BR"' } : { value: canonical };
}

function canonicalLanguage(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}

const activeWords: ReadonlyMap<string, boolean> = new Map([
  ['', true], ['true', true], ['yes', true], ['y', true], ['1', true], ['active', true],
  ['false', false], ['no', false], ['n', false], ['0', false], ['inactive', false], ['left', false],
  ['terminated', false],
]);

function readActive(text: string): Reading<boolean> {
  const value = activeWords.get(text.toLowerCase());
  return value === undefined ? { why: 'is none of true, false, yes, no, 1, 0, active, inactive, left' } : { value };
}
