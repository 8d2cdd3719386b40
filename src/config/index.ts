// The only reader of process.env: one schema, every problem at once, a frozen result passed on in slices.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { readCountries } from '../directory/phoneNumber';
import type { Countries } from '../directory/phoneNumber';
import { productionRefusals } from '../directory/sync/production';
import { directorySettings } from '../directory/sync/sources';
import type { DirectorySettings } from '../directory/sync/sources';
import { identifyingBy, methods, sameNumberRules } from '../domain/messages';
import type { Method } from '../domain/messages';
import { defaultPolicy, policyProblems } from '../domain/policy';
import type { Policy } from '../domain/policy';
import { parseKeyring } from '../keys/keyring';
import type { Keyring } from '../keys/keyring';
import { isMailAddress } from '../mail/mailAddress';
import { readSmtpUrl } from '../mail/smtpUrl';
import { webhookSecret } from '../outbound/settingForms';
import { readDocuments } from './documents';
import type { Documents } from './documents';
import { readJsonSetting } from './jsonSetting';
import { productionProblems } from './production';
import { settings } from './settings';
import type { RawSettings, Setting, SettingName } from './settings';

export { settings };
export type { SettingName };

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
const isSet = (list: readonly string[]): boolean => new Set(list).size === list.length;

const schema = z.object({
  DOORMAN_PROFILE: z.enum(['production', 'development']),
  DOORMAN_PUBLIC_URL: origin,
  DOORMAN_PORT: port,
  DOORMAN_INTERNAL_PORT: port,
  DOORMAN_ORGANISATION: z.string().trim().min(1).max(60),
  DOORMAN_LANGUAGE: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/, 'must be a language tag such as en'),
  DOORMAN_SAME_NUMBER: z.enum(sameNumberRules),
  DOORMAN_CODE_METHODS: z.string().transform((list) => list.split(',').map((word) => word.trim())).pipe(
    z.array(z.enum(methods, 'knows sms, call and email')).min(1).refine(isSet, 'names a way twice')),
  DOORMAN_IDENTIFY_BY: z.enum(identifyingBy),
  DOORMAN_IDENTIFY_ACCOUNT: z.string().optional(),
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
  TWILIO_VOICE_SENDER: z.string().regex(e164, 'must be a number such as +14155550100').optional(),
  TWILIO_MESSAGING_SERVICE_SID: sid('MG').optional(),
  DOORMAN_OTP_PROVIDER: z.enum(['own', 'verifyCustom', 'verifyManaged']),
  TWILIO_VERIFY_SERVICE_SID: sid('VA').optional(),
  DOORMAN_WINDOW_TEMPLATE_SID: sid('HX').optional(),
  TWILIO_API_URL: origin.optional(),
  DOORMAN_SMTP_URL: z.string().refine((url) => readSmtpUrl(url) !== undefined, 'must be smtp:// or smtps://, with both of user and password or none, percent-encoded, and nothing after the port').optional(),
  DOORMAN_MAIL_FROM: z.string().refine(isMailAddress, 'must be an address in lower case such as doorman@example.com, without a name').optional(),
  DOORMAN_SMTP_CA: z.string().optional(),
  ASSISTANT_URL: z.url({ protocol: /^https?$/ }).optional(),
  DOORMAN_ASSISTANT_AUDIENCE: z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 characters without spaces, such as https://assistant.example.com').optional(),
  ASSISTANT_SECRET: webhookSecret.optional(),
  DOORMAN_MEDIA_HOSTS: z.string().regex(/^[a-z0-9.-]+(:\d+)?( *, *[a-z0-9.-]+(:\d+)?)*$/, 'must be host names such as files.example.com, with commas between them').optional(),
  DOORMAN_PRIVATE_HOSTS: z.string().regex(/^[a-zA-Z0-9.:-]+( *, *[a-zA-Z0-9.:-]+)*$/, 'must be host names or addresses, with commas between them').optional(),
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
export type ImportConfig = Readonly<{
  keyring: Keyring; policy: Policy; countries: Countries; directory: DirectorySettings; mailsCodes: boolean;
}>;
export type Config = Readonly<Values & ImportConfig & Documents & {
  production: boolean;
  /** Hosts that may be asked at a private address. */
  privateHosts: ReadonlySet<string> | 'all';
}>;

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
  const { keyring, policy, countries, directory, mailsCodes, production } = readParts(raw, problems);
  const documents = readDocuments(raw, production, problems);
  if (raw.DOORMAN_SMS_CARRIER === undefined && raw.TWILIO_SMS_SENDER === undefined && raw.TWILIO_MESSAGING_SERVICE_SID === undefined) {
    problems.push('TWILIO_MESSAGING_SERVICE_SID or TWILIO_SMS_SENDER: one of the two is needed to send codes, unless there is a DOORMAN_SMS_CARRIER');
  }
  problems.push(...verifyProblems(raw, policy));
  if ((raw.DOORMAN_SMTP_URL === undefined) !== (raw.DOORMAN_MAIL_FROM === undefined)) {
    problems.push('DOORMAN_SMTP_URL and DOORMAN_MAIL_FROM: one is nothing without the other');
  }
  problems.push(...methodProblems(raw, parsed.data?.DOORMAN_CODE_METHODS ?? []));
  problems.push(...identifyProblems(raw, documents.services));
  problems.push(...certificateProblems(raw));
  if (production) problems.push(...productionProblems(raw, schema.shape.TEMPORAL_TLS.safeParse(raw.TEMPORAL_TLS).data === true));
  if (problems.length > 0 || !parsed.success || keyring === undefined || policy === undefined || directory === undefined) throw new Misconfiguration(problems);
  const privateHosts = production ? new Set(hostsOf(parsed.data.DOORMAN_PRIVATE_HOSTS)) : 'all';
  return Object.freeze({
    ...parsed.data, keyring, policy, countries, directory, mailsCodes, ...documents, production, privateHosts,
  });
}

/** What `doorman directory import` needs beside the database: the rest may be missing. Throws one Misconfiguration. */
export function loadImportConfig(environment: Environment = process.env): ImportConfig {
  const problems: string[] = [];
  const { keyring, policy, countries, directory, mailsCodes } = readParts(readSettings(environment, problems), problems);
  if (problems.length > 0 || keyring === undefined || policy === undefined || directory === undefined) {
    throw new Misconfiguration(problems);
  }
  return { keyring, policy, countries, directory, mailsCodes };
}

/** The hosts of a list with commas between them, in lower case. */
function hostsOf(list: string | undefined): string[] {
  return (list ?? '').split(',').map((host) => host.trim().toLowerCase()).filter((host) => host !== '');
}

/** What a way lacks by which codes are to travel. */
function methodProblems(raw: RawSettings, wanted: readonly Method[]): string[] {
  const lacking = [
    // Twilio Verify calls from numbers of its own.
    ...wanted.includes('call') && raw.DOORMAN_OTP_PROVIDER === 'own' && raw.TWILIO_VOICE_SENDER === undefined
      ? ['call needs TWILIO_VOICE_SENDER'] : [],
    ...wanted.includes('email') && raw.DOORMAN_SMTP_URL === undefined ? ['email needs DOORMAN_SMTP_URL'] : [],
  ];
  return lacking.map((what) => `DOORMAN_CODE_METHODS: ${what}`);
}

/** What asking for the work e-mail lacks. */
function identifyProblems(raw: RawSettings, services: Documents['services']): string[] {
  const { DOORMAN_IDENTIFY_BY: by, DOORMAN_IDENTIFY_ACCOUNT: account, DOORMAN_CODE_METHODS: ways = '' } = raw;
  const service = services.find(({ name }) => name === account);
  return [
    ...by === 'workEmail' && !ways.split(',').some((way) => way.trim() === 'email')
      ? ['DOORMAN_IDENTIFY_BY: workEmail needs email among DOORMAN_CODE_METHODS'] : [],
    ...account !== undefined && by !== 'workEmail' ? ['DOORMAN_IDENTIFY_ACCOUNT: is for DOORMAN_IDENTIFY_BY=workEmail'] : [],
    ...account !== undefined && service?.kind !== 'twoEndpoints'
      ? ['DOORMAN_IDENTIFY_ACCOUNT: must be a service of DOORMAN_SERVICES of kind twoEndpoints'] : [],
  ];
}

/** What is more than a value: keys, numbers, countries. */
function readParts(raw: RawSettings, problems: string[]) {
  const production = raw.DOORMAN_PROFILE !== 'development';
  const list = raw.DOORMAN_COUNTRIES;
  const keyring = attempt(() => parseKeyring(raw.DOORMAN_KEYRING ?? ''), 'DOORMAN_KEYRING', problems);
  const policy = attempt(() => readPolicy(raw.DOORMAN_POLICY ?? '{}'), 'DOORMAN_POLICY', problems);
  const countries = list === undefined ? undefined : attempt(() => readCountries(list), 'DOORMAN_COUNTRIES', problems);
  const directory = attempt(
    () => readJsonSetting(raw.DOORMAN_DIRECTORY ?? '{"sources":[]}', directorySettings, ['path']), 'DOORMAN_DIRECTORY', problems);
  if (policy !== undefined) problems.push(...policyProblems(policy, production));
  if (production && directory !== undefined) {
    problems.push(...productionRefusals(directory).map((sentence) => `DOORMAN_DIRECTORY: ${sentence}`));
  }
  if (production && list === undefined) problems.push(`DOORMAN_COUNTRIES: is missing. ${settings.DOORMAN_COUNTRIES.about}`);
  const mailsCodes = (raw.DOORMAN_CODE_METHODS ?? '').split(',').some((way) => way.trim() === 'email');
  return { keyring, policy, countries, directory, mailsCodes, production };
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

/**
 * The value of one setting, from the variable or the file named by NAME_FILE; undefined when neither is there. Throws
 * when they differ.
 */
export function readSetting(name: SettingName, environment: Environment = process.env): string | undefined {
  const given = (variable: string) => (environment[variable] === '' ? undefined : environment[variable]);
  const [value, file] = [given(name), given(`${name}_FILE`)];
  const kept = file === undefined ? undefined : readFileSync(file, 'utf8').trim();
  if (value !== undefined && kept !== undefined && value !== kept) {
    throw new Error(`is not what ${name}_FILE holds: leave one of the two out`);
  }
  return value ?? kept ?? (settings[name] as Setting).fallback;
}

function readSettings(environment: Environment, problems: string[]): RawSettings {
  const raw: RawSettings = {};
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

/** Twilio's own limit of guesses at one code. */
const verifyTriesMax = 5;

function verifyProblems(raw: RawSettings, policy: Policy | undefined): string[] {
  const { DOORMAN_OTP_PROVIDER: provider, TWILIO_VERIFY_SERVICE_SID: service } = raw;
  return [
    ...provider !== 'own' && service === undefined
      ? ['TWILIO_VERIFY_SERVICE_SID: is needed for DOORMAN_OTP_PROVIDER, unless that is own'] : [],
    ...provider === 'verifyManaged' && policy !== undefined && policy.codeTriesMax > verifyTriesMax
      ? [`DOORMAN_POLICY: codeTriesMax is ${verifyTriesMax} at most with verifyManaged: Twilio compares no more`] : [],
  ];
}

const certificates = [
  'TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH', 'TEMPORAL_TLS_SERVER_CA_CERT_PATH', 'DOORMAN_SMTP_CA',
] as const;

function certificateProblems(raw: RawSettings): string[] {
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
