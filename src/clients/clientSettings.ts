// Which applications call Doorman, and what each may do. Their secrets are not here: `doorman client new` makes them.
import { z } from 'zod';

/** What a client may be let in for. */
export const scopes = ['contact-centre', 'verifications'] as const;
export type Scope = (typeof scopes)[number];

/** What a profile may say of an employee. */
export const profileFields = [
  'given_name', 'family_name', 'email', 'mobile', 'employee_number', 'language', 'department'] as const;

const contactCentre = z.strictObject({
  /** What `/getprofile` says of an employee, beside the identifier. */
  profile: z.array(z.enum(profileFields)).default(['given_name', 'language']),
  /** How long a customer's JWT lasts, in seconds. */
  lifetimeSeconds: z.number().int().min(60).max(900).default(900),
});

const verifications = z.strictObject({
  /** ISO 3166 codes of the countries that this client's codes go to, within `DOORMAN_COUNTRIES`. */
  countries: z.array(z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166 code such as DE')).min(1),
  /** Codes that may be sent for this client. */
  perDay: z.number().int().min(1).max(1_000_000).default(1_000),
  /** The contract of before: the caller gets the code in the answer. Whoever holds its secret can pass for anybody. */
  returnsCode: z.boolean().default(false),
});

const client = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be lower-case letters, digits and hyphens, 31 at most'),
  contactCentre: contactCentre.optional(),
  verifications: verifications.optional(),
});
export type Client = z.infer<typeof client>;

const document = z.strictObject({ clients: z.array(client).max(100) });

/** The document of `DOORMAN_CLIENTS`. */
export const clientSettings = document.superRefine(({ clients }, context) => {
  const names = clients.map(({ name }) => name);
  names.forEach((name, index) => {
    if (names.indexOf(name) !== index) {
      context.addIssue({ code: 'custom', path: ['clients', index, 'name'], message: 'stands there twice' });
    }
  });
});
export type ClientSettings = z.infer<typeof clientSettings>;

/** What production refuses besides. */
export function insecureClients(_settings: ClientSettings): string[] {
  return [];
}
