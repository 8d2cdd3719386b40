// The only reader of process.env: one schema, every problem at once, a frozen result passed on in slices.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { readCountries } from './directory/phoneNumber';
import type { Countries } from './directory/phoneNumber';
import { sameNumberRules } from './domain/messages';
import { defaultPolicy, policyProblems } from './domain/policy';
import type { Policy } from './domain/policy';
import { parseKeyring } from './keys/keyring';
import type { Keyring } from './keys/keyring';
import { isMailAddress } from './mail/mailAddress';
import { readSmtpUrl } from './mail/smtpUrl';
import { usesTls } from './temporal/connection';

/** What a setting is for, in the words of docs/configuration.md, which is generated from this table. */
interface Setting {
  readonly about: string;
  readonly fallback?: string;
  /** `both` profiles need it, only `production` does, or it is `optional`. */
  readonly needed: 'both' | 'production' | 'optional';
  readonly secret?: true;
}

/** Every environment variable, in the order of the documentation. Each is also read from the file named by NAME_FILE. */
export const settings = {
  DOORMAN_PROFILE: { about: '`production` or `development`. Development allows http endpoints, the simulator and a reply quantum of 0.', fallback: 'production', needed: 'optional' },
  DOORMAN_PUBLIC_URL: { about: 'The literal origin that is configured at Twilio, e.g. `https://doorman.example.com`. Signatures are checked over it.', needed: 'both' },
  DOORMAN_PORT: { about: 'Port of the public routes.', fallback: '3000', needed: 'optional' },
  DOORMAN_INTERNAL_PORT: { about: 'Port of health and metrics. Never public. The worker takes the next one.', fallback: '3001', needed: 'optional' },
  DOORMAN_ORGANISATION: { about: 'Name of the company in texts.', needed: 'both' },
  DOORMAN_LANGUAGE: { about: 'Language of texts before the sender is verified.', fallback: 'en', needed: 'optional' },
  DOORMAN_COUNTRIES: { about: 'Countries that codes go to, as ISO 3166 codes: `DE, FR`. Numbers of others are refused at import and get no code. Development takes every country without it.', needed: 'production' },
  DOORMAN_SAME_NUMBER: { about: 'Whether a code may go to the very number that the chat comes from: `allow`, `preferOther` (another one of the employee\'s where there is one) or `refuse` (never; nor to whom WhatsApp shows by a name only).', fallback: 'preferOther', needed: 'optional' },
  DOORMAN_KEYRING: { about: 'All keys as JSON, made by `doorman keys new`.', needed: 'both', secret: true },
  DOORMAN_POLICY: { about: 'JSON of policy numbers that differ from the defaults (below).', fallback: '{}', needed: 'optional' },
  DATABASE_URL: { about: 'Postgres >= 15, as the application\'s user: a member of role `doorman_app`, not the owner of the tables.', needed: 'both', secret: true },
  DATABASE_OWNER_URL: { about: 'Postgres as the owner of the tables. Read by `doorman migrate` only.', needed: 'optional', secret: true },
  TEMPORAL_ADDRESS: { about: 'Temporal frontend, `host:port`. The SDK\'s own `TEMPORAL_*` variables for TLS and API keys apply.', needed: 'both' },
  TEMPORAL_NAMESPACE: { about: 'Temporal namespace.', fallback: 'default', needed: 'optional' },
  TEMPORAL_API_KEY: { about: 'API key for Temporal.', needed: 'optional', secret: true },
  TEMPORAL_TLS: { about: '`true` to connect with TLS.', fallback: 'false', needed: 'optional' },
  TEMPORAL_TLS_CLIENT_CERT_PATH: { about: 'Client certificate (PEM file) for mTLS.', needed: 'optional' },
  TEMPORAL_TLS_CLIENT_KEY_PATH: { about: 'Client key (PEM file) for mTLS.', needed: 'optional' },
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: { about: 'Private CA (PEM file) of the Temporal server.', needed: 'optional' },
  TEMPORAL_TLS_SERVER_NAME: { about: 'Server name to expect in the certificate.', needed: 'optional' },
  DOORMAN_BUILD_ID: { about: 'Build id of the worker: the commit that it was built from.', fallback: 'development', needed: 'optional' },
  DOORMAN_LOG_LEVEL: { about: '`debug`, `info`, `warn` or `error`.', fallback: 'info', needed: 'optional' },
  TWILIO_ACCOUNT_SID: { about: 'Account that owns the WhatsApp sender, `AC…`.', needed: 'both' },
  TWILIO_AUTH_TOKEN: { about: 'Auth token of that account: checks signatures, nothing else.', needed: 'both', secret: true },
  TWILIO_AUTH_TOKEN_NEXT: { about: 'The second auth token during a rotation.', needed: 'optional', secret: true },
  TWILIO_API_KEY_SID: { about: 'Restricted API key, `SK…`, that may create, read and list messages: a reply that needs a second try is looked for first.', needed: 'both' },
  TWILIO_API_KEY_SECRET: { about: 'Its secret.', needed: 'both', secret: true },
  TWILIO_WHATSAPP_SENDER: { about: 'Our WhatsApp sender, `whatsapp:+…`.', needed: 'both' },
  TWILIO_SMS_SENDER: { about: 'Number that codes come from, `+…`. This or a messaging service is needed.', needed: 'optional' },
  TWILIO_MESSAGING_SERVICE_SID: { about: 'Messaging service that codes come from, `MG…`; preferred.', needed: 'optional' },
  TWILIO_API_URL: { about: 'Development only: all Twilio products at this origin (the simulator).', needed: 'optional' },
  DOORMAN_SMTP_URL: { about: 'Mail server that notices go out by, `smtp://user:password@host` (STARTTLS) or `smtps://…`; user and password percent-encoded. No mail is sent without.', needed: 'optional', secret: true },
  DOORMAN_MAIL_FROM: { about: 'Address that mail comes from, such as `doorman@example.com`. Needed with a mail server.', needed: 'optional' },
  DOORMAN_SMTP_CA: { about: 'Private CA (PEM file) of the mail server.', needed: 'optional' },
  ASSISTANT_URL: { about: 'Where verified messages go.', needed: 'both' },
  ASSISTANT_SECRET: { about: 'Standard Webhooks secret, `whsec_…`, that signs them.', needed: 'both', secret: true },
  DOORMAN_OPERATOR: { about: 'Who runs a command, as the audit will name them; else the login name of the system\'s user, which in a container is everybody\'s.', needed: 'optional' },
  DOORMAN_CODEC_PORT: { about: 'Port of the codec server, on the loopback only.', fallback: '8081', needed: 'optional' },
  DOORMAN_CODEC_TOKEN: { about: 'What the Temporal UI must show to have payloads decoded. `doorman codec` does not start without.', needed: 'optional', secret: true },
  DOORMAN_CODEC_ORIGIN: { about: 'The exact origin of the Temporal UI.', fallback: 'http://127.0.0.1:8233', needed: 'optional' },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
export type Environment = Readonly<Record<string, string | undefined>>;

/** A start is refused for all of these reasons at once. */
export class Misconfiguration extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`Doorman cannot start with this configuration:\n${problems.map((p) => `  - ${p}`).join('\n')}`);
    this.name = 'Misconfiguration';
  }
}

const port = z.coerce.number().int().min(0).max(65_535);
const origin = z.url({ protocol: /^https?$/ }).refine((url) => URL.canParse(url) && new URL(url).origin === url, 'must be an origin: no path, no trailing slash');
const sid = (prefix: string) => z.string().regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `must look like ${prefix} and 32 hex digits`);
const e164 = /^\+[1-9]\d{6,14}$/;
/** 256 bits: design §5, R62. */
const keyBytesMin = 32;

/** The bytes of a Standard Webhooks secret; undefined when it is none. */
function assistantKey(secret: string): Buffer | undefined {
  const text = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1] ?? '';
  const key = Buffer.from(text, 'base64');
  return text !== '' && key.toString('base64') === text ? key : undefined;
}

const schema = z.object({
  DOORMAN_PROFILE: z.enum(['production', 'development']),
  DOORMAN_PUBLIC_URL: origin,
  DOORMAN_PORT: port,
  DOORMAN_INTERNAL_PORT: port,
  DOORMAN_ORGANISATION: z.string().trim().min(1).max(60),
  DOORMAN_LANGUAGE: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/, 'must be a language tag such as en'),
  DOORMAN_SAME_NUMBER: z.enum(sameNumberRules),
  DOORMAN_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']),
  DOORMAN_BUILD_ID: z.string().min(1).max(128),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  DATABASE_OWNER_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  TEMPORAL_ADDRESS: z.string().regex(/^[^\s/]+:\d+$/, 'must be host:port'),
  TEMPORAL_NAMESPACE: z.string().min(1),
  TEMPORAL_API_KEY: z.string().min(1).optional(),
  TEMPORAL_TLS: z.stringbool(),
  TEMPORAL_TLS_CLIENT_CERT_PATH: z.string().optional(),
  TEMPORAL_TLS_CLIENT_KEY_PATH: z.string().optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: z.string().optional(),
  TEMPORAL_TLS_SERVER_NAME: z.string().optional(),
  TWILIO_ACCOUNT_SID: sid('AC'),
  TWILIO_AUTH_TOKEN: z.string().min(32, 'must have at least 32 characters'),
  TWILIO_AUTH_TOKEN_NEXT: z.string().min(32, 'must have at least 32 characters').optional(),
  TWILIO_API_KEY_SID: sid('SK'),
  TWILIO_API_KEY_SECRET: z.string().min(32, 'must have at least 32 characters'),
  TWILIO_WHATSAPP_SENDER: z.string().regex(/^whatsapp:\+[1-9]\d{6,14}$/, 'must be whatsapp:+ and the number'),
  TWILIO_SMS_SENDER: z.string().regex(e164, 'must be a number such as +14155550100').optional(),
  TWILIO_MESSAGING_SERVICE_SID: sid('MG').optional(),
  TWILIO_API_URL: origin.optional(),
  DOORMAN_SMTP_URL: z.string().refine((url) => readSmtpUrl(url) !== undefined, 'must be smtp:// or smtps://, with both of user and password or none, percent-encoded, and nothing after the port').optional(),
  DOORMAN_MAIL_FROM: z.string().refine(isMailAddress, 'must be an address in lower case such as doorman@example.com, without a name').optional(),
  DOORMAN_SMTP_CA: z.string().optional(),
  ASSISTANT_URL: z.url({ protocol: /^https?$/ }),
  ASSISTANT_SECRET: z.string().refine((secret) => (assistantKey(secret)?.length ?? 0) >= keyBytesMin, 'must be whsec_ and at least 32 random bytes as base64'),
  DOORMAN_OPERATOR: z.string().optional(),
  DOORMAN_CODEC_PORT: port,
  DOORMAN_CODEC_TOKEN: z.string().min(32, 'must have at least 32 characters').optional(),
  DOORMAN_CODEC_ORIGIN: origin,
});

const temporalSchema = schema.pick({
  TEMPORAL_ADDRESS: true, TEMPORAL_NAMESPACE: true, TEMPORAL_API_KEY: true, TEMPORAL_TLS: true,
  TEMPORAL_TLS_CLIENT_CERT_PATH: true, TEMPORAL_TLS_CLIENT_KEY_PATH: true, TEMPORAL_TLS_SERVER_CA_CERT_PATH: true,
  TEMPORAL_TLS_SERVER_NAME: true,
});

type Values = z.infer<typeof schema>;
/** What is needed to reach Temporal. */
export type TemporalConfig = Readonly<z.infer<typeof temporalSchema>>;
/** What an import needs beside the database. */
export type ImportConfig = Readonly<{ keyring: Keyring; policy: Policy; countries: Countries }>;
export type Config = Readonly<Values & ImportConfig & { production: boolean }>;

/**
 * Reads and checks the whole configuration. Throws one Misconfiguration that names every problem.
 */
export function loadConfig(environment: Environment = process.env): Config {
  const problems: string[] = [];
  const raw = readSettings(environment, problems);
  const parsed = schema.safeParse(raw);
  // A setting whose file cannot be read is not called missing as well.
  const unread = new Set(problems.map((problem) => problem.split(':')[0]));
  if (!parsed.success) {
    problems.push(...parsed.error.issues.filter(({ path: [name] }) => !unread.has(String(name))).map(sentenceOf));
  }
  const { keyring, policy, countries, production } = readParts(raw, problems);
  if (raw.TWILIO_SMS_SENDER === undefined && raw.TWILIO_MESSAGING_SERVICE_SID === undefined) {
    problems.push('TWILIO_MESSAGING_SERVICE_SID or TWILIO_SMS_SENDER: one of the two is needed to send codes');
  }
  if ((raw.DOORMAN_SMTP_URL === undefined) !== (raw.DOORMAN_MAIL_FROM === undefined)) {
    problems.push('DOORMAN_SMTP_URL and DOORMAN_MAIL_FROM: one is nothing without the other');
  }
  problems.push(...certificateProblems(raw));
  if (production) problems.push(...productionProblems(raw));
  if (problems.length > 0 || !parsed.success || keyring === undefined || policy === undefined) throw new Misconfiguration(problems);
  return Object.freeze({ ...parsed.data, keyring, policy, countries, production });
}

/** What `doorman directory import` needs beside the database: the rest may be missing. Throws one Misconfiguration. */
export function loadImportConfig(environment: Environment = process.env): ImportConfig {
  const problems: string[] = [];
  const { keyring, policy, countries } = readParts(readSettings(environment, problems), problems);
  if (problems.length > 0 || keyring === undefined || policy === undefined) throw new Misconfiguration(problems);
  return { keyring, policy, countries };
}

/** What is more than a value: keys, numbers, countries. */
function readParts(raw: Partial<Record<SettingName, string>>, problems: string[]) {
  const production = raw.DOORMAN_PROFILE !== 'development';
  const list = raw.DOORMAN_COUNTRIES;
  const keyring = attempt(() => parseKeyring(raw.DOORMAN_KEYRING ?? ''), 'DOORMAN_KEYRING', problems);
  const policy = attempt(() => readPolicy(raw.DOORMAN_POLICY ?? '{}'), 'DOORMAN_POLICY', problems);
  const countries = list === undefined ? undefined : attempt(() => readCountries(list), 'DOORMAN_COUNTRIES', problems);
  if (policy !== undefined) problems.push(...policyProblems(policy, production));
  if (production && list === undefined) problems.push(`DOORMAN_COUNTRIES: is missing. ${settings.DOORMAN_COUNTRIES.about}`);
  return { keyring, policy, countries, production };
}

/** What `doorman migrate` needs to reach Temporal, without the rest. Throws one Misconfiguration. */
export function loadTemporalConfig(environment: Environment = process.env): TemporalConfig {
  const problems: string[] = [];
  const raw = readSettings(environment, problems);
  const parsed = temporalSchema.safeParse(raw);
  problems.push(...certificateProblems(raw));
  if (!parsed.success) problems.push(...parsed.error.issues.map(sentenceOf));
  if (problems.length > 0 || !parsed.success) throw new Misconfiguration(problems);
  return parsed.data;
}

/** The value of one setting, from the variable or the file named by NAME_FILE; undefined when neither is there. */
export function readSetting(name: SettingName, environment: Environment = process.env): string | undefined {
  const file = environment[`${name}_FILE`];
  if (environment[name] !== undefined && environment[name] !== '') return environment[name];
  if (file !== undefined && file !== '') return readFileSync(file, 'utf8').trim();
  return (settings[name] as Setting).fallback;
}

function readSettings(environment: Environment, problems: string[]): Partial<Record<SettingName, string>> {
  const raw: Partial<Record<SettingName, string>> = {};
  for (const name of Object.keys(settings) as SettingName[]) {
    const value = attempt(() => readSetting(name, environment), name, problems);
    if (value !== undefined) raw[name] = value;
  }
  return raw;
}

function attempt<T>(read: () => T, name: SettingName, problems: string[]): T | undefined {
  try {
    return read();
  } catch (error) {
    problems.push(`${name}: ${(error as Error).message}`);
    return undefined;
  }
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  const name = String(issue.path[0]);
  const missing = issue.code === 'invalid_type' && issue.message.includes('undefined');
  return missing ? `${name}: is missing. ${settings[name as SettingName].about}` : `${name}: ${issue.message}`;
}

function readPolicy(json: string): Policy {
  const text = json.trimStart().startsWith('{') ? json : readFileSync(json, 'utf8');
  const given = JSON.parse(text) as unknown;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new Error('must be a JSON object');
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(defaultPolicy, name));
  if (unknown.length > 0) throw new Error(`knows no ${unknown.join(', ')}; the names are in docs/configuration.md`);
  return Object.freeze({ ...defaultPolicy, ...given });
}

const endpoints = ['DOORMAN_PUBLIC_URL', 'ASSISTANT_URL'] as const;
const tokens = ['TWILIO_AUTH_TOKEN', 'TWILIO_AUTH_TOKEN_NEXT', 'TWILIO_API_KEY_SECRET', 'DOORMAN_CODEC_TOKEN'] as const;
const databases = ['DATABASE_URL', 'DATABASE_OWNER_URL'] as const;
/** Passwords that stand in this repository, or in everybody's. */
const publicPasswords = ['doorman-local', 'postgres-local', 'password', 'postgres', 'doorman'];
// Fewer different ones come up by chance once in 20 million tokens of 32 hex digits, and never among 32 bytes.
const differentSignsMin = 8;
const differentBytesMin = 12;
/** 256 bits take as many signs at least, as base64. */
const codecTokenMin = 43;

function productionProblems(raw: Partial<Record<SettingName, string>>): string[] {
  const problems = endpoints
    .filter((name) => raw[name]?.startsWith('http:'))
    .map((name) => `${name}: production needs https, not http`);
  if (raw.TWILIO_API_URL !== undefined) problems.push('TWILIO_API_URL: is for development only');
  return [...problems, ...openConnections(raw), ...publicSecrets(raw)];
}

const certificates = [
  'TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH', 'TEMPORAL_TLS_SERVER_CA_CERT_PATH', 'DOORMAN_SMTP_CA',
] as const;

function certificateProblems(raw: Partial<Record<SettingName, string>>): string[] {
  const problems: string[] = [];
  for (const name of certificates) {
    const path = raw[name];
    if (path !== undefined) attempt(() => readFileSync(path), name, problems);
  }
  if ((raw.TEMPORAL_TLS_CLIENT_CERT_PATH === undefined) !== (raw.TEMPORAL_TLS_CLIENT_KEY_PATH === undefined)) {
    problems.push('TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH: one is nothing without the other');
  }
  return problems;
}

const isHere = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|)$/.test(host);

/** Connections to other computers that would not be encrypted, or not to whom they are meant for (R52, R55). */
function openConnections(raw: Partial<Record<SettingName, string>>): string[] {
  const temporal = raw.TEMPORAL_ADDRESS?.replace(/:\d+$/, '') ?? '';
  const wanted = schema.shape.TEMPORAL_TLS.safeParse(raw.TEMPORAL_TLS).data === true;
  return [
    ...isHere(temporal) || usesTls({ ...raw, TEMPORAL_TLS: wanted }) ? [] : ['TEMPORAL_TLS: production needs true for a Temporal on another computer'],
    ...databases.filter((name) => isOpenDatabase(raw[name]))
      .map((name) => `${name}: production needs ?sslmode=verify-full for a database on another computer`),
  ];
}

function isOpenDatabase(url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return false;
  const { hostname, searchParams } = new URL(url);
  return !isHere(searchParams.get('host')?.replace(/^\/.*/, '') ?? hostname)
    && searchParams.get('sslmode') !== 'verify-full';
}

/** Secrets that are no secrets: of the compose file, of examples, made by hand. */
function publicSecrets(raw: Partial<Record<SettingName, string>>): string[] {
  const key = assistantKey(raw.ASSISTANT_SECRET ?? '');
  const isPublic = (url: string | undefined) => url !== undefined && URL.canParse(url) && publicPasswords.includes(new URL(url).password);
  return [
    ...tokens.filter((name) => raw[name] !== undefined && new Set(raw[name]).size < differentSignsMin)
      .map((name) => `${name}: is not random, as it is made for trying out`),
    ...key !== undefined && new Set(key).size < differentBytesMin ? ['ASSISTANT_SECRET: is not random, as it is made for trying out'] : [],
    ...[...databases, 'DOORMAN_SMTP_URL' as const].filter((name) => isPublic(raw[name])).map((name) => `${name}: its password is public`),
    ...raw.DOORMAN_CODEC_TOKEN !== undefined && raw.DOORMAN_CODEC_TOKEN.length < codecTokenMin
      ? [`DOORMAN_CODEC_TOKEN: production needs 32 random bytes, as hex or base64: at least ${codecTokenMin} characters`] : [],
  ];
}
