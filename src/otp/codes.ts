// Derives the one-time code of a challenge, and compares. A code is never stored, logged or returned by an activity:
// it exists where it is sent or checked, and is derived again wherever it is needed (decision 5, R14, R15).
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { PurposeKeys } from '../keys/keyring';

export interface CodeInput {
  /** The key that the challenge names, so that a rotation changes no code that is on its way. */
  readonly keyId: string;
  readonly challengeId: string;
  /** What the code is for: a code for one purpose is worth nothing for another (R05). */
  readonly purpose: string;
  readonly digits: number;
}

// R01, as in the policy's bounds; a shorter code is a bug in the caller and is not derived.
const digitsMin = 6;
const digitsMax = 10;

// The largest multiple of 10 that a byte can reach: taking bytes above it would make 0 to 5 more frequent (R02).
const byteLimit = 250;

/** The code, with leading zeros. Throws UnknownKey when the ring has lost the key, RangeError for a bad length. */
export function deriveCode(keys: PurposeKeys, { keyId, challengeId, purpose, digits }: CodeInput): string {
  if (!Number.isInteger(digits) || digits < digitsMin || digits > digitsMax) {
    throw new RangeError(`a code has ${digitsMin} to ${digitsMax} digits`);
  }
  const key = keys.key(keyId);
  let code = '';
  for (let block = 0; code.length < digits; block += 1) {
    // JSON keeps the parts apart: no two inputs share a text. The number of digits is one of them, so that the code of
    // 6 digits is not the beginning of that of 8.
    const derivation = JSON.stringify(['code', challengeId, purpose, digits, block]);
    const bytes = createHmac('sha256', key).update(derivation).digest();
    for (const byte of bytes) if (byte < byteLimit && code.length < digits) code += String(byte % 10);
  }
  return code;
}

/** Whether a guess is the code, in a time that does not tell how much of it is right. Nothing equals an empty code. */
export function sameCode(guess: string, code: string): boolean {
  const same = timingSafeEqual(digestOf(guess), digestOf(code));
  return same && code !== '';
}

// Equal lengths for timingSafeEqual, which throws otherwise.
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
