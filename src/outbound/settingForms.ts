// Forms of settings that say whom Doorman asks, and by which key both sides know each other. No message repeats a
// value.
import { z } from 'zod';

export const address = z.string().max(2_000).refine(isAddress, 'must be an https URL without credentials and fragment');

/** What paths are put behind, or what stands in an assertion as it is: no query. */
export const baseAddress = address.refine((url) => !/[?#]/.test(url), 'must be an https URL without "?" and "#"');

function isAddress(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, username, password, hash } = new URL(url);
  return ['https:', 'http:'].includes(protocol) && username + password + hash === '';
}

/** Whether what goes there can be read on its way. */
export const isOpen = (url: string): boolean => url.toLowerCase().startsWith('http:');

/** The bytes of a Standard Webhooks secret; undefined when it is none. */
export function webhookKey(secret: string): Buffer | undefined {
  const text = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1] ?? '';
  const key = Buffer.from(text, 'base64');
  return text !== '' && key.toString('base64') === text ? key : undefined;
}

/** 256 bits: design §5, R62. */
const keyBytesMin = 32;

export const webhookSecret = z.string().refine(
  (secret) => (webhookKey(secret)?.length ?? 0) >= keyBytesMin,
  `must be whsec_ and at least ${keyBytesMin} random bytes as base64`);
