// Secrets that others show us: drawn by chance, told once, kept as their hash (R46). With 256 bits each, a plain hash
// gives none of them away.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const secretBytes = 32;
const form = /^[A-Za-z0-9_-]{43}$/;
/** The hash of nothing that is ever given out. */
const nothing = Buffer.alloc(32);

/** A new one. By its prefix it is known to whoever scans for secrets. */
export function newSecret(prefix: string): string {
  return prefix + randomBytes(secretBytes).toString('base64url');
}

/** By what it is looked up in an index: how long that takes says nothing of the secret. */
export function secretHash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Whether this is the secret of the hash that was found. Where none was, it is not, with the same work. */
export function isSecret(prefix: string, shown: string, found: Buffer | undefined): boolean {
  const isRight = timingSafeEqual(found ?? nothing, secretHash(shown));
  return isRight && shown.startsWith(prefix) && form.test(shown.slice(prefix.length));
}
