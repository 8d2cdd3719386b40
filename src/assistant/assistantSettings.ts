// Which kind of assistant verified messages go to, and how it is asked. No message repeats a value.
import { z } from 'zod';
import { nameForm } from '../domain/names/names';
import { address, baseAddress, isOpen, webhookSecret } from '../outbound/settingForms';

const secretText = z.string().min(16, 'must have at least 16 characters').max(4_096)
  .regex(/^[\x21-\x7e]+$/, 'must be printable and without spaces');
/** Part of an address of Google's. */
const segment = z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/, 'must be letters, digits, dots, colons and hyphens');

/** How long a turn may take, from the connection to the last byte (R63). */
export const timeoutMsDefault = 30_000;

const common = {
  /** Below the 90 s of a try (workflows/io.ts). */
  timeoutMs: z.number().int().min(1_000).max(80_000).default(timeoutMsDefault),
  /** The service whose token of the speaker's goes along. */
  onBehalf: z.string().regex(nameForm, 'must be the name of a service').optional(),
  /** Whom statements of who speaks are made for. */
  audience: z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be printable and without spaces').optional(),
  allowInsecure: z.boolean().default(false),
};

const serviceAccount = z.object({
  client_email: z.string().min(3).max(320),
  private_key: z.string().regex(/^-----BEGIN PRIVATE KEY-----/, 'must be a PKCS #8 key in PEM'),
  private_key_id: z.string().max(200).optional(),
  token_uri: address.default('https://oauth2.googleapis.com/token'),
});

/** As Google gives it: the file itself, or what is in it. */
const accountFile = z.preprocess((given) => {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given) as unknown;
  } catch {
    return undefined;
  }
}, serviceAccount);

/** The longest quiet that leaves time to answer in. */
const quietMsMax = 10_000;

const kinds = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('webhook'), url: address, secret: webhookSecret, ...common }),
  z.strictObject({
    kind: z.literal('stream'), url: address, secret: webhookSecret, ...common,
    /** Between two parts of an answer. */
    partGapMs: z.number().int().min(100).max(60_000).default(10_000),
  }),
  z.strictObject({
    kind: z.literal('rasa'), url: baseAddress, token: secretText.optional(), jwtSecret: secretText.optional(),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('directLine'), url: baseAddress.default('https://directline.botframework.com'),
    secret: secretText.optional(), tokenUrl: address.optional(),
    quietMs: z.number().int().min(100).max(quietMsMax).default(1_500),
    pollMs: z.number().int().min(50).max(5_000).default(500),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('dialogflowCx'), project: segment, location: segment, agent: segment,
    environment: segment.optional(), serviceAccount: accountFile, url: baseAddress.optional(), ...common,
  }),
], 'must be webhook, stream, rasa, directLine or dialogflowCx');
export type AssistantSettings = z.output<typeof kinds>;

/** The document of `DOORMAN_ASSISTANT`, its files read. */
export const assistantSettings = kinds.superRefine((settings, context) => {
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  const needsTls = !settings.allowInsecure;
  if (needsTls && addressesOf(settings).some(isOpen)) refuse('url', 'must be https, here and where tokens come from');
  if (settings.kind === 'rasa' && settings.token !== undefined && settings.jwtSecret !== undefined) {
    refuse('token', 'is one way, jwtSecret the other: Rasa checks one');
  }
  if (settings.kind === 'directLine' && (settings.secret === undefined) === (settings.tokenUrl === undefined)) {
    refuse('secret', 'or tokenUrl has to be there, and not both');
  }
});

function addressesOf(settings: AssistantSettings): string[] {
  switch (settings.kind) {
    case 'directLine': return [settings.url, settings.tokenUrl].filter((one) => one !== undefined);
    case 'dialogflowCx': return [settings.url, settings.serviceAccount.token_uri].filter((one) => one !== undefined);
    default: return [settings.url];
  }
}
