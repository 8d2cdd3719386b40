// What is configured of each partner: how its requests are signed, where our fields stand in them, what becomes of
// them. No message repeats a value.
import { z } from 'zod';
import { isPhoneCountry } from '../directory/phoneNumber';
import { callerNameRule, isCallerName, nameForm, nameRule } from '../domain/names/names';
import { address, isOpen } from '../outbound/settingForms';
import { isRandom, tryingOut } from '../outbound/tryingOut';
import { pointerForm } from './jsonPointer';
import { contents, encodings } from './signature';

/** Whether somebody works here: `absent` is on leave, `inactive` out for another reason. */
const employments = ['active', 'absent', 'inactive'] as const;
/** What an event can say of a person; `ignore` for kinds that the directory does not care for. */
const kinds = ['hire', 'change', 'leave', 'rehire', 'ignore'] as const;

const headerName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'must be the name of a header').toLowerCase();
const pointer = z.string().max(300).regex(pointerForm, 'must be a JSON pointer such as /worker/id');
const text = z.string().min(1).max(1_000);

const unsigned = 'what is not signed proves nothing';

const signature = z.strictObject({
  header: headerName,
  encoding: z.enum(encodings, `must be one of ${encodings.join(', ')}`),
  prefix: z.string().max(32).regex(/^[\x21-\x7e]*$/, 'must be printable and without spaces').default(''),
  several: z.boolean().default(false),
  content: z.enum(contents, `must be one of ${contents.join(', ')}`).default('body'),
  timestampHeader: headerName.optional(),
  idHeader: headerName.optional(),
  legacySha1: z.strictObject({ until: z.iso.date('must be a day such as 2027-06-30') }).optional(),
}).superRefine(({ content, timestampHeader, idHeader, header }, context) => {
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  const needs = { timestampHeader: content.includes('timestamp'), idHeader: content.includes('id.') };
  if (needs.timestampHeader !== (timestampHeader !== undefined)) {
    refuse('timestampHeader', `stands there if, and only if, content names the timestamp: ${unsigned}`);
  }
  if (needs.idHeader !== (idHeader !== undefined)) {
    refuse('idHeader', `stands there if, and only if, content names the id: ${unsigned}`);
  }
  const names = [header, timestampHeader, idHeader].filter((name) => name !== undefined);
  if (new Set(names).size < names.length) refuse('header', 'is named twice');
});

/** Headers that no partner's request hands on: of the connection, of who asks, of what was already checked. */
const keptHeaders: ReadonlySet<string> = new Set([
  'authorization', 'connection', 'content-encoding', 'content-length', 'cookie', 'expect', 'forwarded', 'host',
  'idempotency-key', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'set-cookie', 'te',
  'trailer', 'transfer-encoding', 'upgrade', 'webhook-id', 'webhook-signature', 'webhook-timestamp',
]);

const forward = z.strictObject({
  url: address,
  auth: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('basic'), user: text.regex(/^[^:]+$/, 'must hold no colon'), password: text,
    }),
    z.strictObject({
      kind: z.literal('oauth'), tokenUrl: address, clientId: text, clientSecret: text, scope: text.optional(),
    }),
  ]),
  headers: z.array(headerName.refine((name) => !keptHeaders.has(name), 'is never handed on')).max(16).default([]),
  timeoutMs: z.number().int().min(1_000).max(15_000).default(10_000),
  allowInsecure: z.boolean().default(false),
}).superRefine(({ url, auth, allowInsecure }, context) => {
  const isInsecure = isOpen(url) || (auth.kind === 'oauth' && isOpen(auth.tokenUrl));
  if (isInsecure && !allowInsecure) {
    context.addIssue({ code: 'custom', path: ['url'], message: 'must be https, here and where tokens come from' });
  }
});

/** Where our fields stand; a field that is not named is empty. */
const personMapping = z.strictObject({
  id: pointer.optional(),
  kind: z.strictObject({
    at: pointer, values: z.record(z.string(), z.enum(kinds, `must be one of ${kinds.join(', ')}`)),
  }),
  externalId: pointer,
  version: z.strictObject({ at: pointer, as: z.enum(['integer', 'time'], 'must be integer or time') }),
  employeeNumber: pointer,
  givenName: pointer.optional(),
  familyName: pointer.optional(),
  email: pointer.optional(),
  mobile: pointer.optional(),
  language: pointer.optional(),
  department: pointer.optional(),
  /** Without it, whoever has not left is active. */
  employment: z.strictObject({
    at: pointer, values: z.record(z.string(), z.enum(employments, `must be one of ${employments.join(', ')}`)),
  }).optional(),
});
export type PersonMapping = z.infer<typeof personMapping>;

/** Of whom an event is: its events are forwarded in order. Without it all events of the partner are. */
const forwardMapping = z.strictObject({ id: pointer.optional(), subject: pointer.optional() });
export type ForwardMapping = z.infer<typeof forwardMapping>;

const common = {
  name: z.string().refine(isCallerName, callerNameRule),
  /** How the key is written: the text itself is the key, or it is the text's bytes. */
  secretForm: z.enum(['text', 'base64', 'hex'], 'must be text, base64 or hex').default('text'),
  secret: text,
  secretNext: text.optional(),
  signature,
};
const partner = z.discriminatedUnion('deliver', [
  z.strictObject({
    ...common, deliver: z.literal('directory'), mapping: personMapping,
    /** Whose people it speaks of, where they came into the directory otherwise; else they are its own. */
    source: z.string().regex(nameForm, nameRule).optional(),
    /** Of numbers that are written without one. */
    country: z.string().refine(isPhoneCountry, 'must be an ISO 3166 code such as DE').optional(),
  }),
  z.strictObject({ ...common, deliver: z.literal('forward'), mapping: forwardMapping.default({}), forward }),
]);
export type Partner = z.infer<typeof partner>;
export type ForwardSettings = z.infer<typeof forward>;

const document = z.strictObject({ partners: z.array(partner).max(100) });

/** The document of `DOORMAN_PARTNERS`, its files read. */
export const partnerSettings = document.superRefine(({ partners }, context) => {
  const refuse = (index: number, path: string, message: string) =>
    context.addIssue({ code: 'custom', path: ['partners', index, path], message });
  const names = new Set<string>();
  const keys = new Set<string>();
  const sources = new Set<string>();
  partners.forEach((one, index) => {
    const source = one.deliver === 'directory' ? one.source : undefined;
    if (source !== undefined && sources.has(source)) refuse(index, 'source', 'is another partner\'s already');
    if (source !== undefined) sources.add(source);
    if (names.has(one.name)) refuse(index, 'name', 'stands there twice');
    names.add(one.name);
    for (const place of ['secret', 'secretNext'] as const) {
      const secret = one[place];
      if (secret === undefined) continue;
      const key = decodeSecret(secret, one.secretForm);
      const why = key === undefined ? `is not ${one.secretForm}` : weakness(key, secret, one.secretForm);
      if (why !== undefined) refuse(index, place, why);
      const same = key?.toString('hex') ?? secret;
      if (keys.has(same)) refuse(index, place, 'is the key of another one: each partner has its own (R42)');
      keys.add(same);
    }
    if (one.deliver === 'forward') refuseOwnHeaders(one, (message) => refuse(index, 'forward', message));
  });
});
export type PartnerSettings = z.infer<typeof partnerSettings>;

function refuseOwnHeaders(
  { signature: rules, forward: { headers } }: Partner & { deliver: 'forward' }, refuse: (message: string) => void,
): void {
  const own = [rules.header, rules.timestampHeader, rules.idHeader];
  if (headers.some((name) => own.includes(name))) refuse('hands on no header of the signature');
}

/** What production refuses besides. */
export function insecurePartners({ partners }: PartnerSettings): string[] {
  return partners.flatMap((one) => [one, ...one.deliver === 'forward' ? [one.forward, one.forward.auth] : []]
    .flatMap(tryingOut).map((sentence) => `partner ${one.name}: ${sentence}`));
}

/** The keys that sign a partner's requests now. Of settings that were checked. */
export function keysOf(
  { secret, secretNext, secretForm }: Pick<Partner, 'secret' | 'secretNext' | 'secretForm'>,
): Buffer[] {
  return [secret, secretNext].filter((one) => one !== undefined).map((one) => decodeSecret(one, secretForm)!);
}

/** Undefined when it is not written so. `whsec_` is how Standard Webhooks marks what is base64. */
function decodeSecret(secret: string, form: Partner['secretForm']): Buffer | undefined {
  if (form === 'text') return Buffer.from(secret);
  const plain = form === 'base64' ? secret.replace(/^whsec_/, '') : secret.toLowerCase();
  const key = Buffer.from(plain, form);
  return key.toString(form) === plain ? key : undefined;
}

const keyBits = 256;

function weakness(key: Buffer, secret: string, form: Partner['secretForm']): string | undefined {
  // Text that was drawn by chance has four bits a digit of hex, and six a letter of base64.
  const bits = form === 'text' ? secret.length * (/^[0-9a-fA-F]*$/.test(secret) ? 4 : 6) : key.length * 8;
  if (bits < keyBits) return `must have ${keyBits} bits: 32 random bytes`;
  return isRandom(key) ? undefined : 'is not random';
}
