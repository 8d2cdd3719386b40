// A person as an identity provider says them by SCIM, and as the directory takes them. What stands here is the
// allow-list: neither passwords nor roles, certificates, addresses and titles are ever stored (R46).
import { isPhoneCountry } from '../phoneNumber';
import type { Countries } from '../phoneNumber';
import type { EmployeeEmail, EmployeePhone, EmployeeRecord } from '../directoryFeed';
import { readDepartment, readEmail, readEmployeeId, readLanguage, readMobile, readName } from '../reading/values';

export interface ScimContact {
  readonly value: string;
  /** In lower case; the provider's own words are allowed. */
  readonly type?: string | undefined;
  readonly primary?: boolean | undefined;
}

export interface ScimUser {
  readonly userName: string;
  readonly externalId?: string | undefined;
  readonly displayName?: string | undefined;
  readonly name?: ScimName | undefined;
  readonly preferredLanguage?: string | undefined;
  readonly locale?: string | undefined;
  /** Undefined when nothing is said of it: what was said last stands. */
  readonly active?: boolean | undefined;
  readonly emails: readonly ScimContact[];
  readonly phoneNumbers: readonly ScimContact[];
  readonly employeeNumber?: string | undefined;
  readonly department?: string | undefined;
  readonly manager?: string | undefined;
}

export interface ScimName {
  readonly formatted?: string | undefined;
  readonly givenName?: string | undefined;
  readonly familyName?: string | undefined;
}

export interface StoredUser extends ScimUser {
  readonly id: string;
  readonly active: boolean;
  readonly created: Date;
  readonly lastModified: Date;
}

/** An identity provider that has shown its token, and how its people are read. */
export interface ScimSource {
  readonly source: string;
  /** Where the employee ID stands when the enterprise extension has none. */
  readonly employeeNumberFrom: 'userName' | 'externalId' | null;
  readonly defaultCountry: string | null;
}

/** The person's employee ID; undefined when none can be used: nobody is looked up by anything else. */
export function employeeIdOf(
  user: ScimUser, { employeeNumberFrom }: ScimSource,
): { readonly canonical: string; readonly written: string } | undefined {
  // One that stands there and cannot be used is a mistake, which another attribute does not put right.
  const text = user.employeeNumber ?? (employeeNumberFrom === null ? undefined : user[employeeNumberFrom]);
  const reading = readEmployeeId(text?.trim() ?? '');
  return 'value' in reading ? reading.value : undefined;
}

/** The person for the directory, without what of their names and contacts cannot be used. */
export function recordOf(
  user: ScimUser & { readonly active: boolean }, source: ScimSource,
  { key, employeeNumber, countries }: { key: string; employeeNumber: string; countries: Countries },
): EmployeeRecord {
  const { name, department, active } = user;
  return {
    externalId: key,
    employeeNumber,
    givenName: valueOr('', readName(name?.givenName ?? '')),
    familyName: valueOr('', readName(name?.familyName ?? '')),
    preferredLanguage: valueOr(null, readLanguage(user.preferredLanguage ?? user.locale ?? '')),
    active,
    department: valueOr(null, readDepartment(department ?? '')),
    phones: phonesOf(user, source, countries),
    emails: emailsOf(user),
  };
}

function valueOr<T>(otherwise: T, reading: { readonly value: T } | { readonly why: string }): T {
  return 'value' in reading ? reading.value : otherwise;
}

const phoneTypes: ReadonlyMap<string, EmployeePhone['type']> = new Map(
  (['mobile', 'work', 'home'] as const).map((type) => [type, type]));
/** Nobody reads a code there. */
const machines: ReadonlySet<string> = new Set(['fax', 'pager']);

function phonesOf(
  { phoneNumbers }: ScimUser, { defaultCountry }: ScimSource, countries: Countries,
): EmployeePhone[] {
  const rules = {
    countries, ...(defaultCountry !== null && isPhoneCountry(defaultCountry) ? { defaultCountry } : {}) };
  const people = phoneNumbers.filter(({ type = '' }) => !machines.has(type));
  return people.flatMap(({ value, type = '', primary = false }) => {
    // RFC 3966 is how SCIM would have numbers written.
    const phone = valueOr(null, readMobile(value.trim().replace(/^tel:/i, ''), rules));
    return phone === null ? [] : [{ ...phone, type: phoneTypes.get(type) ?? 'other', primary }];
  });
}

const emailTypes: ReadonlyMap<string, EmployeeEmail['type']> = new Map([['work', 'work'], ['home', 'private']]);

function emailsOf({ emails }: ScimUser): EmployeeEmail[] {
  return emails.flatMap(({ value, type = '', primary = false }) => {
    const address = valueOr(null, readEmail(value.trim()));
    return address === null ? [] : [{ address, type: emailTypes.get(type) ?? 'other', primary }];
  });
}
