// Seals small data with AES-256-GCM and hashes values for look-up; both name or fix the key, neither keeps anything.
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { PurposeKeys } from './keyring';

const version = 1;
const ivBytes = 12;
const tagBytes = 16;

/**
 * Seals `plain` under the active key. `context` (table and row, say) must be given again to open it, so that a sealed
 * value cannot be moved to another row. Layout: version, length of key id, key id, iv, ciphertext, tag.
 */
export function seal(keys: PurposeKeys, plain: string | Buffer, context: string): Buffer {
  const id = Buffer.from(keys.activeId);
  const header = Buffer.concat([Buffer.from([version, id.length]), id]);
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', keys.key(keys.activeId), iv);
  cipher.setAAD(Buffer.concat([header, Buffer.from(context)]));
  return Buffer.concat([header, iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what `seal` made. Throws UnknownKey, or an error without content when data, key or context do not match. */
export function open(keys: PurposeKeys, sealed: Buffer, context: string): Buffer {
  const headerBytes = 2 + (sealed[1] ?? 0);
  if (sealed[0] !== version || sealed.length < headerBytes + ivBytes + tagBytes) throw new Error('not a sealed value');
  const id = sealed.subarray(2, headerBytes).toString();
  const iv = sealed.subarray(headerBytes, headerBytes + ivBytes);
  const decipher = createDecipheriv('aes-256-gcm', keys.key(id), iv, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.concat([sealed.subarray(0, headerBytes), Buffer.from(context)]));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(headerBytes + ivBytes, sealed.length - tagBytes)), decipher.final()]);
}

/**
 * The keyed hash under which `value` is found and counted. `kind` keeps an address and an identifier of the same
 * spelling apart. Under the active key: rotating the lookup key means hashing all rows anew.
 */
export function lookupHash(keys: PurposeKeys, kind: 'address' | 'identity', value: string): Buffer {
  return createHmac('sha256', keys.key(keys.activeId)).update(`${kind}\0${value}`).digest();
}
