// What an operator sets to read SAP SuccessFactors Employee Central. No sentence repeats a value.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { EmployeeEmail, EmployeePhone } from '../directoryFeed';
import { isTimeZone } from './dates';

/** What cannot be seen has no place in a header, a form or an assertion. */
const line = z.string().regex(/^[^\p{Cc}\p{Zl}\p{Zp}]{1,200}$/u, 'must be one line of at most 200 characters');
const codes = z.array(line);

/** As an operator writes them. */
export const successFactorsSettings = z.strictObject({
  /** Root of the OData service, like `https://api4.successfactors.com/odata/v2`. */
  url: z.string(),
  /** `/oauth/token` of the same host unless told. */
  tokenUrl: z.string().optional(),
  companyId: line,
  /** The API user whose permissions decide who can be read. */
  user: line,
  userIs: z.enum(['username', 'userId']).default('username'),
  /** The API key of the registered OAuth client. */
  clientId: line.optional(),
  /** PEM. The certificate is the one that is registered for the client, the key is its own. */
  privateKey: z.string().optional(),
  certificate: z.string().optional(),
  audience: line.default('www.successfactors.com'),
  issuer: line.default('www.successfactors.com'),
  /** Signs in by password, which SAP ends: for a sandbox of old. */
  legacyBasic: z.boolean().default(false),
  /** The last day, by UTC, on which it does. */
  acceptLegacyBasicUntil: z.iso.date('must be a day such as 2027-06-30').optional(),
  password: z.string().min(1, 'is empty').optional(),
  /** Which of SuccessFactors' keys people know as their employee ID. */
  employeeId: z.enum(['personIdExternal', 'userId', 'empId']).default('personIdExternal'),
  /** Employment statuses (`emplStatus`, external codes) that work here, and those that are on leave. */
  activeStatuses: codes.min(1, 'names none: nobody would be let in').default(['A', 'U', 'P']),
  absentStatuses: codes.default([]),
  /** What the tenant's letters of types mean; others are `other`. */
  phoneTypes: z.record(z.string(), z.enum(['mobile', 'work', 'home', 'other']))
    .default({ B: 'work', H: 'home', C: 'mobile', P: 'mobile' }),
  emailTypes: z.record(z.string(), z.enum(['work', 'private', 'other'])).default({ B: 'work', P: 'private' }),
  /** In which a day of work begins and ends. */
  timeZone: z.string().refine(isTimeZone, 'is not a time zone like "Europe/Berlin"').default('UTC'),
  pageSize: z.int().min(1, 'must be from 1 to 1000').max(1_000, 'must be from 1 to 1000').default(200),
  /** Whether the tenant has `User.defaultLocale` and lets the API user read it. */
  language: z.boolean().default(true),
  /** Without TLS, for development. */
  allowInsecure: z.boolean().default(false),
});

export type SuccessFactorsSettings = z.output<typeof successFactorsSettings>;

export interface SettledSettings extends Pick<SuccessFactorsSettings,
  'companyId' | 'user' | 'employeeId' | 'timeZone' | 'pageSize' | 'language' | 'allowInsecure'
  | 'acceptLegacyBasicUntil'> {
  /** Ends with a slash. */
  readonly url: URL;
  readonly tokenUrl: string;
  readonly signIn: Password | Assertion;
  readonly activeStatuses: ReadonlySet<string>;
  readonly absentStatuses: ReadonlySet<string>;
  // Maps: a letter that comes from the source may be called `__proto__` (A40).
  readonly phoneTypes: ReadonlyMap<string, EmployeePhone['type']>;
  readonly emailTypes: ReadonlyMap<string, EmployeeEmail['type']>;
}

/** The settings as they are worked with. Throws one sentence with all that makes no sense in them. */
export function settle(settings: SuccessFactorsSettings): SettledSettings {
  const wrong: string[] = [];
  const refuse: Refuse = (setting, why) => { wrong.push(`${setting} ${why}`); };
  const url = address(settings.url, settings.allowInsecure);
  if (typeof url === 'string') refuse('url', url);
  const tokenUrl = address(settings.tokenUrl ?? defaultTokenUrl(url), settings.allowInsecure);
  if (typeof tokenUrl === 'string' && settings.tokenUrl !== undefined) refuse('tokenUrl', tokenUrl);
  const { activeStatuses, absentStatuses } = settings;
  if (absentStatuses.some((status) => activeStatuses.includes(status))) {
    refuse('absentStatuses', 'names a status that is in activeStatuses as well');
  }
  if (settings.acceptLegacyBasicUntil !== undefined && !settings.legacyBasic) {
    refuse('acceptLegacyBasicUntil', 'is for legacyBasic only');
  }
  const signIn = settings.legacyBasic ? byPassword(settings, refuse) : byAssertion(settings, refuse);
  if (wrong.length > 0 || typeof url === 'string' || typeof tokenUrl === 'string' || signIn === undefined) {
    throw new Error(wrong.join('; '));
  }
  // With a slash at the end: what is beside the service's folder does not begin like it.
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/`;
  return {
    ...settings,
    url,
    tokenUrl: tokenUrl.href,
    signIn,
    activeStatuses: new Set(activeStatuses),
    absentStatuses: new Set(absentStatuses),
    phoneTypes: new Map(Object.entries(settings.phoneTypes)),
    emailTypes: new Map(Object.entries(settings.emailTypes)),
  };
}

/** An address that a token may be sent to, or what is wrong with it. */
function address(text: string, allowInsecure: boolean): URL | string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return 'is not a URL';
  if (url.protocol !== 'https:' && !(allowInsecure && url.protocol === 'http:')) return 'must be an https URL';
  if (url.username + url.password !== '') return 'must hold no credentials';
  if (url.search + url.hash !== '') return 'must end with its path: no "?" and no "#"';
  return url;
}

const defaultTokenUrl = (url: URL | string): string => (typeof url === 'string' ? '' : `${url.origin}/oauth/token`);

/** Whether the last day is over on which it may sign in by password. */
export function isLegacyOver({ acceptLegacyBasicUntil: last }: LegacyTime, now: number): boolean {
  return last !== undefined && new Date(now).toISOString().slice(0, 10) > last;
}

type LegacyTime = Pick<SuccessFactorsSettings, 'acceptLegacyBasicUntil'>;
type Refuse = (setting: keyof SuccessFactorsSettings, why: string) => void;
export type Password = { readonly by: 'password'; readonly password: string };
export type Assertion = Record<'clientId' | 'privateKey' | 'certificate' | 'audience' | 'issuer', string>
  & { readonly by: 'assertion'; readonly userIs: SuccessFactorsSettings['userIs'] };

function byPassword({ user, companyId, password }: SuccessFactorsSettings, refuse: Refuse): Password | undefined {
  if (password === undefined) refuse('password', 'is missing, and legacyBasic signs in by it');
  // `user@company:password`, read from the last "@" to the first ":".
  if (user.includes(':')) refuse('user', 'must hold no ":" where legacyBasic signs in');
  if (/[:@]/.test(companyId)) refuse('companyId', 'must hold no ":" and no "@" where legacyBasic signs in');
  return password === undefined ? undefined : { by: 'password', password };
}

function byAssertion(settings: SuccessFactorsSettings, refuse: Refuse): Assertion | undefined {
  const { clientId, privateKey, certificate, audience, issuer, userIs, password } = settings;
  if (password !== undefined) refuse('password', 'is for legacyBasic only');
  if (clientId === undefined) refuse('clientId', 'is missing: the API key of the OAuth client');
  const key = privateKey === undefined ? 'is missing' : rsaKey(privateKey);
  if (typeof key === 'string') refuse('privateKey', key);
  const wrong = certificateFault(certificate, key);
  if (wrong !== undefined) refuse('certificate', wrong);
  if (clientId === undefined || privateKey === undefined || certificate === undefined) return undefined;
  return { by: 'assertion', clientId, privateKey, certificate, audience, issuer, userIs };
}

function rsaKey(pem: string): KeyObject | string {
  try {
    const key = createPrivateKey(pem);
    const bits = key.asymmetricKeyType === 'rsa' ? key.asymmetricKeyDetails?.modulusLength ?? 0 : 0;
    return bits >= 2_048 ? key : 'must be an RSA key of at least 2048 bits';
  } catch {
    return 'is not a private key in PEM without a passphrase';
  }
}

function certificateFault(pem: string | undefined, key: KeyObject | string): string | undefined {
  if (pem === undefined) return 'is missing: the one that is registered for the OAuth client';
  try {
    const certificate = new X509Certificate(pem);
    return typeof key === 'string' || certificate.checkPrivateKey(key) ? undefined : 'is of another private key';
  } catch {
    return 'is not a certificate in PEM';
  }
}
