// Between SCIM's representation of a user and ours. SCIMMY checks what comes against the schema; what it does not know
// is dropped, what is of the wrong kind is refused.
import { z } from 'zod';
import type { ScimContact, ScimUser, StoredUser } from '../../directory/scim/scimUser';
import { isPlain } from './scimBody';
import type { Plain } from './scimBody';
import { ScimFault, refusalOf } from './scimFault';
import type { AttributeChoice } from './scimQuery';
import { UserSchema, attributeNames, bareName, coreUrn, enterpriseUrn, isKnownName } from './scimSchema';

/** A whole user, as POST and PUT bring it. */
export function readUser(body: unknown): ScimUser {
  if (!isPlain(body)) throw new ScimFault('invalidSyntax');
  const named = Object.entries(body).flatMap(([name, value]): [string, unknown][] => {
    const isCore = name.toLowerCase() === coreUrn.toLowerCase();
    return isCore && isPlain(value) ? Object.entries(value) : [[bareName(name), value]];
  });
  // Names of others do not even get there.
  const given = Object.fromEntries(named.flatMap(([name, value]) =>
    (value === null || !isKnownName(name) ? [] : [[name, withOurKinds(name, value)]])));
  return userOf(checked(() => new UserSchema(given, 'in')));
}

/** Runs SCIMMY. Its errors repeat values: only what kind they are, and of which attribute, is kept. */
export function checked<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw faultOf(error);
  }
}

export function faultOf(error: unknown): unknown {
  if (error instanceof ScimFault || !(error instanceof Error)) return error;
  const { name, scimType } = error as { name?: string; scimType?: unknown }; // cast: of a SCIMError
  // SCIMMY throws TypeErrors for values of the wrong kind.
  if (name !== 'SCIMError' && !(error instanceof TypeError)) return error;
  const named = [...error.message.matchAll(/'([A-Za-z]{1,30})'/g)].map(([, word]) => word!);
  const attribute = named.find((word) => attributeNames.has(word));
  return new ScimFault(refusalOf(scimType), { attribute, cause: error });
}

/** A value of an attribute as this schema has it: providers write truths as words, and a manager as a bare id. */
export function withOurKinds(attribute: string, value: unknown): unknown {
  const name = attribute.toLowerCase();
  if (name === 'active') return truthOf(value);
  if (name === 'emails' || name === 'phonenumbers') return Array.isArray(value) ? value.map(contactOf) : value;
  const enterprise = enterpriseUrn.toLowerCase();
  if (name === `${enterprise}:manager`) return managerOf(value);
  if (name !== enterprise || !isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) =>
    [key, key.toLowerCase() === 'manager' ? managerOf(inner) : inner]));
}

export function truthOf(value: unknown): unknown {
  const word = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
  return word === 'true' ? true : word === 'false' ? false : value;
}

const managerOf = (value: unknown): unknown => (typeof value === 'string' ? { value } : value);

export function contactOf(value: unknown): unknown {
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => {
    const name = key.toLowerCase();
    if (name === 'primary') return [key, truthOf(inner)];
    return [key, name === 'type' && typeof inner === 'string' ? inner.trim().toLowerCase() : inner];
  }));
}

// Longer than any name, number or address; and more contacts than anybody has.
const lengthMax = 512;
const contactsMax = 50;

const word = z.string().max(lengthMax).trim();
/** Who sends nothing between quotation marks takes the value away. */
const optional = word.transform((text) => text || undefined).optional();
const contacts = z.array(z.object({ value: optional, type: optional, primary: z.boolean().optional() }))
  .max(contactsMax).optional();

type GivenContact = NonNullable<z.infer<typeof contacts>>[number];

const shape = z.object({
  userName: word.min(1),
  externalId: optional,
  displayName: optional,
  // What has lost its last part is none, as it would be the next time that it is read.
  name: z.object({ formatted: optional, givenName: optional, familyName: optional })
    .transform((name) => withValues(name) === undefined ? undefined : name).optional(),
  preferredLanguage: optional,
  locale: optional,
  active: z.boolean().optional(),
  emails: contacts,
  phoneNumbers: contacts,
  [enterpriseUrn]: z.object({
    employeeNumber: optional, department: optional, manager: z.object({ value: optional }).optional() }).optional(),
});

/** What SCIMMY has checked, as ours. */
export function userOf(given: object): ScimUser {
  // Its objects have traps and getters: as JSON, they are data.
  const read = shape.safeParse(JSON.parse(JSON.stringify(given)));
  if (!read.success) {
    const attribute = read.error.issues[0]?.path.find((part) => attributeNames.has(String(part)));
    throw new ScimFault('invalidValue', { attribute: attribute === undefined ? undefined : String(attribute) });
  }
  const { [enterpriseUrn]: enterprise, emails = [], phoneNumbers = [], ...rest } = read.data;
  return {
    ...rest,
    emails: tidyContacts(emails),
    phoneNumbers: tidyContacts(phoneNumbers),
    employeeNumber: enterprise?.employeeNumber,
    department: enterprise?.department,
    manager: enterprise?.manager?.value,
  };
}

/** Each once, however often it was added; at most one is the main one: who was last said to be. */
function tidyContacts(given: readonly GivenContact[]): ScimContact[] {
  const byKey = new Map<string, ScimContact>();
  let main: string | undefined;
  for (const { value, type, primary } of given) {
    if (value === undefined) continue;
    const key = JSON.stringify([type, value.toLowerCase()]);
    if (primary === true) main = key;
    byKey.set(key, { value, type, primary: primary ?? byKey.get(key)?.primary });
  }
  return [...byKey].map(([key, contact]) =>
    (contact.primary === true && key !== main ? { ...contact, primary: false } : contact));
}

/** A stored user as SCIMMY's, for an answer or to be patched. */
export function representationOf(user: StoredUser, base: string, choice?: AttributeChoice) {
  const { id, userName, externalId, displayName, name, preferredLanguage, locale, active } = user;
  const { employeeNumber, department, manager, created, lastModified } = user;
  const enterprise = withValues({
    employeeNumber, department, manager: manager === undefined ? undefined : { value: manager } });
  return new UserSchema({
    schemas: [coreUrn, ...enterprise === undefined ? [] : [enterpriseUrn]],
    id, userName, externalId, displayName, preferredLanguage, locale, active,
    name: name && withValues(name),
    emails: listOf(user.emails),
    phoneNumbers: listOf(user.phoneNumbers),
    ...enterprise === undefined ? {} : { [enterpriseUrn]: enterprise },
    meta: { created, lastModified },
  }, 'out', `${base}/Users`, choice);
}

function withValues(complex: Plain | object): Plain | undefined {
  const known = Object.entries(complex).filter(([, value]) => value !== undefined);
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

const listOf = (list: readonly ScimContact[]) => (list.length === 0 ? undefined : list.map((one) => withValues(one)));
