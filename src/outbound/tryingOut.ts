// What is for trying out and no more: secrets that everybody can read or that were made by hand, connections without
// TLS. Production refuses it wherever it stands. No sentence repeats a value.
import { webhookKey } from './settingForms';

/** What stands in this repository (the compose file, the simulator, worked examples), or in everybody's. */
const publicSecrets: ReadonlySet<string> = new Set([
  'for-trying-out-on-this-computer-and-for-nothing-else', 'Ini39o7BPUE0ntfo7g1lWgE1OVW/ojiCUoUwixMtDKI=',
  'doorman-local', 'postgres-local', 'password', 'postgres', 'doorman',
]);

export const isPublic = (secret: string): boolean => publicSecrets.has(secret);

// Fewer different ones come up by chance once in 20 million tokens of 32 hex digits, and more seldom in longer ones.
const differentMin = 8;
// The same of the bytes of a key: once in 20 million of 32 bytes.
const differentBytesMin = 12;

/** Whether a key may have come by chance. */
export const isRandom = (key: Iterable<unknown>, min = differentMin): boolean => new Set(key).size >= min;

/** What is wrong with a secret, for a sentence that begins with its name; undefined when nothing is. */
export function weaknessOf(secret: string): string | undefined {
  if (isPublic(secret)) return 'is public, as it is made for trying out';
  const key = webhookKey(secret);
  const mayBeChance = key === undefined ? isRandom(secret) : isRandom(key, differentBytesMin);
  return mayBeChance ? undefined : 'is not random, as it is made for trying out';
}

/** Members of documents that hold a secret. */
const secrets: ReadonlySet<string> = new Set(['secret', 'secretNext', 'clientSecret', 'token', 'jwtSecret', 'apiKey']);
// 96 bits at the most that text can hold.
const signsMin = 16;

function weaknessOfMember(name: string, value: string): string | undefined {
  // Of somebody else's making, and as short as they like.
  if (name === 'password') return isPublic(value) ? weaknessOf(value) : undefined;
  if (!secrets.has(name)) return undefined;
  return weaknessOf(value) ?? (value.length < signsMin ? `is short: ${signsMin} characters are needed` : undefined);
}

/** What is for trying out among the members of one part of a document: a sentence each. */
export function tryingOut(part: object): string[] {
  return Object.entries(part).flatMap(([name, value]: [string, unknown]) => {
    if (name === 'allowInsecure' && value === true) return ['allowInsecure is for development only'];
    const weakness = typeof value === 'string' ? weaknessOfMember(name, value) : undefined;
    return weakness === undefined ? [] : [`${name} ${weakness}`];
  });
}
