// What an operator says of one LDAP server. Refused here, before anything is asked of it: whatever would send the
// password in clear, let in an unknown server, or bind as nobody.
import { X509Certificate } from 'node:crypto';
import { FilterParser } from 'ldapts';
import { z } from 'zod';
import { isPhoneCountry } from '../phoneNumber';

// Names only, no OIDs and no options: `__proto__` and `cn;lang-de` are none.
const attribute = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be the name of an attribute');
const words = z.array(z.string().trim().min(1)).min(1);

/** Which attribute says what about a person. `null`: none does. */
const attributeMap = z.strictObject({
  employeeNumber: attribute.default('employeeNumber'),
  givenName: attribute.nullable().default('givenName'),
  familyName: attribute.nullable().default('sn'),
  mail: attribute.nullable().default('mail'),
  mobile: attribute.nullable().default('mobile'),
  /** Asked only of whom no mobile number is usable. */
  telephone: attribute.nullable().default('telephoneNumber'),
  language: attribute.nullable().default('preferredLanguage'),
  department: attribute.nullable().default('department'),
});

/** Who works here, where another attribute than Active Directory's own says so. Upper and lower case are one. */
const status = z.strictObject({
  attribute,
  /** Only these words let in; whoever has no word stays out. */
  active: words.optional(),
  /** These words keep out; whoever has no word is let in. */
  inactive: words.optional(),
  /** On leave: kept out, and back without being hired anew. */
  absent: words.optional(),
}).refine(({ active, inactive }) => (active === undefined) !== (inactive === undefined),
  'needs either "active" or "inactive": the words that let in, or those that keep out');

const seconds = (usual: number, most: number) => z.number().positive().max(most).default(usual);

export const ldapSettings = z.strictObject({
  /** `ldaps://host` or `ldap://host`, with a port where it is not the usual one. */
  url: z.string().refine(isServer, 'must be ldaps:// or ldap:// and a host, and nothing after it'),
  /** On `ldap://`: TLS before anything else is said. */
  startTls: z.boolean().default(false),
  /** PEM: the authorities that may vouch for the server, instead of the public ones. */
  ca: z.string().refine(isCertificates, 'must be certificates in PEM form').optional(),
  /** Lets the password and everybody's data travel in clear. */
  allowInsecure: z.boolean().default(false),
  /** A DN, or `name@domain` with Active Directory. */
  bindDn: z.string().min(1),
  // Without a password a bind succeeds as nobody at many servers (RFC 4513, 5.1.2), and nobody may see few people.
  password: z.string().min(1, 'must not be empty: the server would take that for nobody'),
  base: z.string().min(1),
  scope: z.enum(['sub', 'one']).default('sub'),
  filter: z.string().superRefine((filter, context) => {
    const why = filterFault(filter);
    if (why !== undefined) context.addIssue({ code: 'custom', message: why });
  }),
  /** Names each person for good. `objectGUID` is read as Active Directory shows it, anything else as text. */
  key: attribute.default('objectGUID'),
  attributes: attributeMap.prefault({}),
  status: status.optional(),
  /** Of numbers without a country code, like `DE`. */
  country: z.string().refine(isPhoneCountry, 'must be two capital letters that name a country, like DE').optional(),
  /** How changes are found between full readings; without it every reading is a full one. */
  changes: z.enum(['uSNChanged', 'modifyTimestamp']).optional(),
  // Active Directory gives at most 1,000 entries a page, whatever is asked for.
  pageSize: z.int().min(1).max(1_000).default(500),
  /** Until the server is reached and TLS stands. */
  connectSeconds: seconds(10, 60),
  /** For each answer: one page takes a busy server a few seconds. */
  answerSeconds: seconds(60, 600),
}).superRefine(({ url, startTls, allowInsecure }, context) => {
  const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if (isSecure(url) && startTls) issue('startTls', 'is for ldap:// only: ldaps:// is TLS from the first byte');
  if (!isSecure(url) && !startTls && !allowInsecure) {
    issue('url', 'would send the password in clear: use ldaps://, or "startTls": true');
  }
});

export type LdapSettings = z.infer<typeof ldapSettings>;

export function isSecure(url: string): boolean {
  return /^ldaps:/i.test(url);
}

function isServer(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password, pathname, search, hash } = new URL(url);
  return ['ldap:', 'ldaps:'].includes(protocol) && hostname !== '' && /^\/?$/.test(pathname)
    && [username, password, search, hash].every((part) => part === '');
}

function isCertificates(pem: string): boolean {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return certificates.map((certificate) => new X509Certificate(certificate)).length > 0;
  } catch {
    return false;
  }
}

const count = (text: string, character: string) => text.split(character).length - 1;

/** What is wrong with a filter; the parser's own sentences quote it. */
function filterFault(filter: string): string | undefined {
  // The parser takes an escape for a character, not for a byte: of an umlaut it makes two letters, found nowhere.
  if (/\\[89a-f][0-9a-f]/i.test(filter)) return 'escapes a letter that need not be: write it as it is';
  // It also takes a filter whose end is missing.
  if (count(filter, '(') !== count(filter, ')')) return 'opens and closes not as many parentheses';
  try {
    FilterParser.parseString(filter);
    return undefined;
  } catch {
    return 'is no LDAP filter such as (&(objectCategory=person)(objectClass=user)), without spaces between its parts';
  }
}
