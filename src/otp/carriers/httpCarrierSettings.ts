// An SMS provider that is described and not programmed: how it is asked, and what its answers mean.
import { z } from 'zod';
import { tryingOut } from '../../outbound/tryingOut';

const pointer = z.string().regex(/^(\/([^~/]|~[01])*)*$/, 'must be a JSON pointer such as /messages/0/id');
const printable = z.string().regex(/^[\x20-\x7e]{1,8192}$/, 'must be printable ASCII');
const httpUrl = z.url({ protocol: /^https?$/ }).refine((url) => {
  const { username, password } = new URL(url);
  return username + password === '';
}, 'must hold no credentials');

const auth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('basic'), user: printable, password: printable }),
  z.strictObject({ kind: z.literal('bearer'), token: printable }),
  z.strictObject({
    kind: z.literal('oauth'), tokenUrl: httpUrl, clientId: z.string().min(1), clientSecret: z.string().min(1),
    scope: z.string().optional(),
  }),
]);

/** What may stand between braces in a template; whatever else does is a mistake. */
export const placeholders = ['to', 'toDigits', 'text', 'id'] as const;
export type Placeholder = (typeof placeholders)[number];

/** Every text of a template. */
export function textsOf(template: unknown): string[] {
  if (typeof template === 'string') return [template];
  return typeof template === 'object' && template !== null ? Object.values(template).flatMap(textsOf) : [];
}

function templateProblems(template: unknown): string[] {
  const found = textsOf(template).flatMap((text) => [...text.matchAll(/\{([A-Za-z]+)\}/g)].map((match) => match[1]!));
  const known: readonly string[] = placeholders;
  return [
    ...found.some((name) => !known.includes(name)) ? ['may hold {to}, {toDigits}, {text} and {id} alone'] : [],
    ...found.includes('text') ? [] : ['must hold {text}'],
    ...found.includes('to') || found.includes('toDigits') ? [] : ['must hold {to} or {toDigits}'],
  ];
}

const checkTemplate = (template: unknown, context: z.core.$RefinementCtx): void => {
  for (const message of templateProblems(template)) context.addIssue({ code: 'custom', message });
};

const body = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('json'), template: z.record(z.string(), z.json()).superRefine(checkTemplate) }),
  z.strictObject({ type: z.literal('form'), template: z.record(z.string(), z.string()).superRefine(checkTemplate) }),
]);

const refusal = z.strictObject({
  status: z.number().int().min(200).max(599),
  /** Where in the answer stands why; without, the status alone says it. */
  pointer: pointer.optional(),
  equals: z.array(z.union([z.string().regex(/^[\w.-]{1,40}$/), z.number().int()])).min(1).optional(),
}).refine(
  (one) => (one.pointer === undefined) === (one.equals === undefined), 'needs both of pointer and equals, or none');

/** The document of `DOORMAN_SMS_CARRIER`, its files read. */
export const httpCarrierSettings = z.strictObject({
  url: httpUrl,
  method: z.enum(['POST', 'PUT']).default('POST'),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of a header'), printable).default({}),
  auth: auth.optional(),
  body,
  /** Statuses by which the provider takes a message. */
  accepted: z.array(z.number().int().min(200).max(299)).min(1).default([200, 201, 202]),
  /** Where its id of the message stands in the answer. */
  idPointer: pointer.optional(),
  /** Answers that mean that this number can never be reached. */
  refused: z.array(refusal).max(50).default([]),
  // With the wait for a token below the 15 s of a try (workflows/io.ts).
  timeoutMs: z.number().int().min(500).max(10_000).default(10_000),
  /** For a provider without TLS, in development. */
  allowInsecure: z.boolean().default(false),
}).superRefine((settings, context) => {
  const urls = { url: settings.url, ...settings.auth?.kind === 'oauth' ? { tokenUrl: settings.auth.tokenUrl } : {} };
  for (const [name, url] of Object.entries(urls)) {
    if (url.startsWith('https:') || settings.allowInsecure) continue;
    context.addIssue({ code: 'custom', path: [name], message: 'must be https' });
  }
});
export type HttpCarrierSettings = z.infer<typeof httpCarrierSettings>;

/** What production refuses besides. */
export const insecureCarrier = (settings: HttpCarrierSettings): string[] =>
  [settings, settings.auth ?? {}].flatMap(tryingOut);
