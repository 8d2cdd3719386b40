// A partner's document as an event of ours, field by field, as the partner's configuration maps them. What is needed
// and cannot be read makes the event unreadable; a contact that cannot be used is left out, as in every feed, so that
// one bad number keeps nobody out.
import type { EmployeeRecord } from '../directory/directoryFeed';
import type { PhoneRules } from '../directory/phoneNumber';
import {
  readDepartment, readEmail, readEmployeeId, readLanguage, readMobile, readName,
} from '../directory/reading/values';
import type { Reading } from '../directory/reading/values';
import { valueAt } from './jsonPointer';
import type { ForwardMapping, PersonMapping } from './partnerSettings';
import type { Json } from './strictJson';

/** Fields of ours, by which a partner and HR are told what could not be read. */
export type FieldName = keyof PersonMapping | keyof ForwardMapping;

export interface PersonEvent {
  readonly outcome: 'event';
  readonly kind: 'hire' | 'change' | 'leave' | 'rehire';
  readonly externalId: string;
  readonly version: bigint;
  /** The whole person; a leave needs none. */
  readonly record?: EmployeeRecord;
  /** Fields that are left out because they cannot be used. */
  readonly without: readonly FieldName[];
}

export interface Unreadable {
  readonly outcome: 'unreadable';
  readonly field: FieldName;
}

export type PersonReading = PersonEvent | Unreadable | { readonly outcome: 'ignored' };

/** Reads an event for the directory. `now` bounds versions that are times. */
export function readPersonEvent(mapping: PersonMapping, document: Json, phones: PhoneRules, now: Date): PersonReading {
  return orUnreadable<PersonReading>(() => {
    const kind = wordAt(mapping.kind, document, 'kind');
    if (kind === 'ignore') return { outcome: 'ignored' };
    const externalId = keyAt(document, mapping.externalId, 'externalId');
    const version = versionAt(mapping, document, now);
    const event = { outcome: 'event', kind, externalId, version } as const;
    if (kind === 'leave') return { ...event, without: [] };
    return { ...event, ...readRecord(mapping, document, externalId, phones) };
  });
}

/** The partner's id of an event where the document holds it. */
export function readEventId(pointer: string | undefined, document: Json): string | undefined | Unreadable {
  return pointer === undefined ? undefined : orUnreadable(() => keyAt(document, pointer, 'id'));
}

/** Of whom an event to be forwarded is; empty where the partner does not say. */
export function readSubject({ subject }: ForwardMapping, document: Json): string | Unreadable {
  return subject === undefined ? '' : orUnreadable(() => keyAt(document, subject, 'subject'));
}

class UnreadableField extends Error {
  constructor(readonly field: FieldName) {
    super(field);
  }
}

function orUnreadable<T>(read: () => T): T | Unreadable {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableField) return { outcome: 'unreadable', field: error.field };
    throw error;
  }
}

// A value that says more than this is no name, number or address.
const lengthMax = 300;

/** A text, or a number as it is written; empty for nothing. */
function textAt(document: Json, pointer: string | undefined, field: FieldName): string {
  const value = pointer === undefined ? null : valueAt(document, pointer) ?? null;
  if (value === null) return '';
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'string' || value.length > lengthMax) throw new UnreadableField(field);
  return value.trim();
}

const keyForm = /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u;

/** A key of the partner's: any one line that can be printed. */
function keyAt(document: Json, pointer: string, field: FieldName): string {
  const key = textAt(document, pointer, field).normalize('NFC');
  if (!keyForm.test(key)) throw new UnreadableField(field);
  return key;
}

/** What a word of the partner's means to us. Words that nobody has told us mean nothing. */
function wordAt<Word>({ at, values }: Words<Word>, document: Json, field: FieldName): Word {
  const value = valueAt(document, at);
  // Some say it by a flag.
  const word = typeof value === 'boolean' ? String(value) : textAt(document, at, field);
  const meant = Object.hasOwn(values, word) ? values[word] : undefined;
  if (meant === undefined) throw new UnreadableField(field);
  return meant;
}

interface Words<Word> {
  readonly at: string;
  readonly values: Readonly<Record<string, Word>>;
}

function versionAt({ version: { at, as } }: PersonMapping, document: Json, now: Date): bigint {
  const text = textAt(document, at, 'version');
  const version = as === 'integer' ? integerOf(text) : microsecondsOf(text, now);
  if (version === undefined) throw new UnreadableField('version');
  return version;
}

const integerOf = (text: string): bigint | undefined => /^\d{1,18}$/.test(text) ? BigInt(text) : undefined;

const timeForm = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;
// A clock may be wrong. A time of next year would make everything that comes until then, a leave too, stale.
const futureMaxMs = 300_000;

function microsecondsOf(text: string, now: Date): bigint | undefined {
  const [, seconds, fraction = '', zone] = timeForm.exec(text) ?? [];
  const ms = Date.parse(`${seconds}${zone}`);
  if (!(ms >= 0 && ms <= now.getTime() + futureMaxMs)) return undefined;
  return BigInt(ms) * 1_000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'));
}

function readRecord(
  mapping: PersonMapping, document: Json, externalId: string, phones: PhoneRules,
): { record: EmployeeRecord; without: FieldName[] } {
  const without: FieldName[] = [];
  const text = (field: TextField) => textAt(document, mapping[field], field);
  const needed = <T>(field: TextField, read: (text: string) => Reading<T>): T => {
    const reading = read(text(field));
    if ('why' in reading) throw new UnreadableField(field);
    return reading.value;
  };
  /** Null, and named, where it cannot be used. */
  const usable = <T>(field: TextField, read: (text: string) => Reading<T | null>): T | null => {
    const reading = readOrWhy(() => read(text(field)));
    if ('value' in reading) return reading.value;
    without.push(field);
    return null;
  };
  const mobile = usable('mobile', (one) => readMobile(one, phones));
  const email = usable('email', readEmail);
  const employment = mapping.employment === undefined ? 'active' : wordAt(mapping.employment, document, 'employment');
  const record: EmployeeRecord = {
    externalId,
    employeeNumber: needed('employeeNumber', readEmployeeId).written,
    givenName: needed('givenName', readName),
    familyName: needed('familyName', readName),
    preferredLanguage: usable('language', readLanguage),
    department: needed('department', readDepartment),
    active: employment === 'active',
    ...employment === 'absent' ? { absent: true } : {},
    phones: mobile === null ? [] : [{ ...mobile, type: 'mobile', primary: true }],
    emails: email === null ? [] : [{ address: email, type: 'work', primary: true }],
  };
  return { record, without };
}

type TextField = 'employeeNumber' | 'givenName' | 'familyName' | 'email' | 'mobile' | 'language' | 'department';

/** What is no text at all cannot be used either. */
function readOrWhy<T>(read: () => Reading<T>): Reading<T> {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadableField) return { why: 'is no text' };
    throw error;
  }
}
