// Which applications call Doorman, and what each may do. Their secrets are not here: `doorman client new` makes them.
import { z } from 'zod';
import { callerNameRule, isCallerName } from '../domain/names/names';

/** What a client may be let in for. */
export const scopes = ['contact-centre', 'verifications'] as const;
export type Scope = (typeof scopes)[number];

/** What a profile may say of an employee. */
const profileFields = [
  'given_name', 'family_name', 'email', 'mobile', 'employee_number', 'language', 'department'] as const;
export type ProfileField = (typeof profileFields)[number];

/** How an answer says when a customer's JWT was issued. */
const issuedAtForms = ['seconds', 'milliseconds', 'iso'] as const;

const contactCentre = z.strictObject({
  /** The audience of the statements that this client's assistant gets with its messages, and of its customers' JWTs. */
  audience: z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be 200 visible characters at most, such as an address'),
  /** What `/getprofile` says of an employee, beside the identifier. */
  profile: z.array(z.enum(profileFields)).refine(isSet, 'names a field twice').default(['given_name', 'language']),
  /** How long a customer's JWT lasts, in seconds. */
  lifetimeSeconds: z.number().int().min(60).max(900).default(900),
  issuedAt: z.enum(issuedAtForms).default('seconds'),
});
export type ContactCentre = z.infer<typeof contactCentre>;

const verifications = z.strictObject({
  /** ISO 3166 codes of the countries that this client's codes go to, within `DOORMAN_COUNTRIES`. */
  countries: z.array(z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166 code such as DE')).min(1),
  /** Codes that may be sent for this client. */
  perDay: z.number().int().min(1).max(1_000_000).default(1_000),
  /** The contract of before: the caller gets the code in the answer. Whoever holds its secret can pass for anybody. */
  returnsCode: z.boolean().default(false),
});

const client = z.strictObject({
  name: z.string().refine(isCallerName, callerNameRule),
  /** At all routes together. */
  requestsPerMinute: z.number().int().min(1).max(60_000).default(300),
  contactCentre: contactCentre.optional(),
  verifications: verifications.optional(),
});
export type Client = z.infer<typeof client>;

const document = z.strictObject({ clients: z.array(client).max(100) });

/** The document of `DOORMAN_CLIENTS`. */
export const clientSettings = document.superRefine(({ clients }, context) => {
  const refuseSecond = (what: readonly (string | undefined)[], path: readonly string[], message: string) => {
    what.forEach((one, index) => {
      if (one === undefined || what.indexOf(one) === index) return;
      context.addIssue({ code: 'custom', path: ['clients', index, ...path], message });
    });
  };
  refuseSecond(clients.map(({ name }) => name), [], 'stands there twice');
  // By one audience two clients would know an employee by the same identifier, and take each other's customers.
  refuseSecond(
    clients.map((one) => one.contactCentre?.audience), ['contactCentre', 'audience'], 'is that of another client');
});

/** What the settings let a client do. */
export function scopesOf({ contactCentre: centre, verifications: codes }: Client): readonly Scope[] {
  return [...centre === undefined ? [] : ['contact-centre' as const],
    ...codes === undefined ? [] : ['verifications' as const]];
}

function isSet(list: readonly string[]): boolean {
  return new Set(list).size === list.length;
}
