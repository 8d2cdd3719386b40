// Seals small data with AES-256-GCM and hashes values for look-up. Keeps nothing, and no error repeats what was sealed.
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { PurposeKeys } from './keyring';

const version = 1;
// 96 random bits: a key may seal 2^32 values (NIST SP 800-38D, §8.3). At 100 values a second that is 16 months, so
// keys are rotated each year (R62).
const ivBytes = 12;
const tagBytes = 16;

/**
 * Seals `plain` under the active key. `context` (table and row, say) must be given again to open it, so that a sealed
 * value cannot be moved to another row. Layout: version, length of key id, key id, iv, ciphertext, tag.
 */
export function seal(keys: PurposeKeys, plain: string | Uint8Array, context: string): Buffer {
  const header = sealedHeader(keys);
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', keys.key(keys.activeId), iv, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.concat([header, Buffer.from(context)]));
  return Buffer.concat([header, iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** With what everything begins that is sealed under the active key, and nothing else does. */
export function sealedHeader({ activeId }: PurposeKeys): Buffer {
  const id = Buffer.from(activeId);
  return Buffer.concat([Buffer.from([version, id.length]), id]);
}

/** Opens what `seal` made. Throws UnknownKey, or Unsealable when data, key or context do not fit. */
export function open(keys: PurposeKeys, sealed: Uint8Array, context: string): Buffer {
  const data = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length);
  const key = keys.key(sealedKeyId(data));
  const headerBytes = headerBytesOf(data);
  const iv = data.subarray(headerBytes, headerBytes + ivBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.concat([data.subarray(0, headerBytes), Buffer.from(context)]));
  decipher.setAuthTag(data.subarray(data.length - tagBytes));
  const first = decipher.update(data.subarray(headerBytes + ivBytes, data.length - tagBytes));
  try {
    return Buffer.concat([first, decipher.final()]);
  } catch {
    throw new Unsealable('was changed, or belongs elsewhere');
  }
}

/** The id of the key that sealed this. Throws Unsealable when it is no sealed value at all. */
export function sealedKeyId(sealed: Uint8Array): string {
  if (sealed[0] !== version || sealed.length < headerBytesOf(sealed) + ivBytes + tagBytes) {
    throw new Unsealable('is not a sealed value');
  }
  return Buffer.from(sealed.subarray(2, headerBytesOf(sealed))).toString('latin1');
}

function headerBytesOf(sealed: Uint8Array): number {
  return 2 + (sealed[1] ?? 0);
}

/** Sealed data that cannot be opened: changed on its way, moved to another place, or never sealed. */
export class Unsealable extends Error {
  constructor(why: string) {
    super(`this ${why}`);
    this.name = 'Unsealable';
  }
}

/**
 * The keyed hash under which `value` is found and counted. `kind` keeps an address and an identifier of the same
 * spelling apart. Under the active key: rotating the lookup key means hashing all rows anew.
 */
export function lookupHash(
  keys: PurposeKeys,
  kind: 'address' | 'identity' | 'identityKey' | 'destination' | 'partnerEvent' | 'partnerSubject' | 'restKey'
  | 'restRequest',
  value: string,
): Buffer {
  return createHmac('sha256', keys.key(keys.activeId)).update(`${kind}\0${value}`).digest();
}
