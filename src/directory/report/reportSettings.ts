// How a report is asked for and read: settings of a source of the kind `report`.
import { z } from 'zod';
import { csvColumns } from '../csv/csvHeader';
import { phoneCountry } from '../reading/countries';
import { personFields } from '../reading/person';

const address = z.string().refine(isAddress, 'must be the URL of a report, without user name, password and fragment');
/** Keys of JSON from the outermost on, with dots between them. */
const path = z.string().min(1).max(200);
const words = z.array(z.string().max(100)).min(1);
// What a header cannot hold would be refused by a sentence that repeats it.
const sendable = z.string().trim().regex(/^[\x21-\x7e]{1,16384}$/, 'must be printable ASCII without spaces');

const auth = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('clientCredentials'), tokenUrl: address, clientId: z.string().trim().min(1),
    clientSecret: z.string().trim().min(1), scope: z.string().min(1).optional(), audience: z.string().min(1).optional(),
  }),
  z.strictObject({
    kind: z.literal('basic'), user: z.string().regex(/^[^:]+$/, 'must hold no colon'),
    password: z.string().trim().min(1),
  }),
  z.strictObject({ kind: z.literal('bearer'), token: sendable }),
]);

const fields = z.partialRecord(z.enum(personFields), path)
  .refine(({ employee_id: id }) => id !== undefined, 'must say which field is the employee_id');

export const reportSettings = z.strictObject({
  kind: z.literal('report'),
  url: address,
  format: z.enum(['json', 'csv']),
  auth,
  /** JSON: where the rows are; empty for a document that is the list itself. */
  rows: z.string().max(200).optional(),
  fields,
  /** JSON: where the URL of the next page is. */
  next: path.optional(),
  country: phoneCountry.optional(),
  activeValues: words.optional(),
  absentValues: words.optional(),
  /** Whether the report holds everybody, so that who is missing has left. */
  complete: z.boolean().default(true),
  /** Development only: addresses without TLS. */
  allowInsecure: z.boolean().default(false),
}).superRefine((settings, context) => {
  const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
  const { auth: how } = settings;
  const addresses = { url: settings.url, ...how.kind === 'clientCredentials' && { auth: how.tokenUrl } };
  for (const [key, url] of Object.entries(addresses)) {
    if (!settings.allowInsecure && /^http:/i.test(url)) refuse(key, 'must be an https URL');
  }
  if (settings.format === 'json') return;
  for (const key of ['rows', 'next'] as const) if (settings[key] !== undefined) refuse(key, 'is only for JSON');
  for (const key of Object.keys(settings.fields)) {
    if (!csvColumns.some((column) => column === key)) refuse('fields', `must not name ${key}: it is only for JSON`);
  }
});

export type ReportSettings = z.infer<typeof reportSettings>;

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + hash === '';
}
