// What only production refuses: connections that anybody can read, and secrets that are none.
import { isPublic, weaknessOf } from '../outbound/tryingOut';
import { usesTls } from '../temporal/connection';
import type { RawSettings } from './settings';

const endpoints = ['DOORMAN_PUBLIC_URL', 'ASSISTANT_URL'] as const;
const secrets = ['TWILIO_AUTH_TOKEN', 'TWILIO_AUTH_TOKEN_NEXT', 'TWILIO_API_KEY_SECRET', 'ASSISTANT_SECRET', 'DOORMAN_CODEC_TOKEN'] as const;
const databases = ['DATABASE_URL', 'DATABASE_OWNER_URL'] as const;
/** 256 bits take as many signs at least, as base64. */
const codecTokenMin = 43;

/** `wantsTls`: whether TEMPORAL_TLS was read as true. */
export function productionProblems(raw: RawSettings, wantsTls: boolean): string[] {
  const problems = endpoints
    .filter((name) => raw[name]?.startsWith('http:'))
    .map((name) => `${name}: production needs https, not http`);
  if (raw.TWILIO_API_URL !== undefined) problems.push('TWILIO_API_URL: is for development only');
  return [...problems, ...openConnections(raw, wantsTls), ...publicSecrets(raw)];
}

const isHere = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|)$/.test(host);

/** Connections to other computers that would not be encrypted, or not to whom they are meant for (R52, R55). */
function openConnections(raw: RawSettings, wantsTls: boolean): string[] {
  const temporal = raw.TEMPORAL_ADDRESS?.replace(/:\d+$/, '') ?? '';
  return [
    ...isHere(temporal) || usesTls({ ...raw, TEMPORAL_TLS: wantsTls }) ? [] : ['TEMPORAL_TLS: production needs true for a Temporal on another computer'],
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
function publicSecrets(raw: RawSettings): string[] {
  return [
    ...secrets.flatMap((name) => {
      const weakness = raw[name] === undefined ? undefined : weaknessOf(raw[name]);
      return weakness === undefined ? [] : [`${name}: ${weakness}`];
    }),
    ...[...databases, 'DOORMAN_SMTP_URL' as const].filter((name) => hasPublicPassword(raw[name])).map((name) => `${name}: its password is public`),
    ...raw.DOORMAN_CODEC_TOKEN !== undefined && raw.DOORMAN_CODEC_TOKEN.length < codecTokenMin
      ? [`DOORMAN_CODEC_TOKEN: production needs 32 random bytes, as hex or base64: at least ${codecTokenMin} characters`] : [],
  ];
}

/** As the clients read them: decoded, and for a database in its query too. */
function hasPublicPassword(url: string | undefined): boolean {
  if (url === undefined || !URL.canParse(url)) return false;
  const { password, searchParams } = new URL(url);
  return [decoded(password), ...searchParams.getAll('password')].some(isPublic);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
