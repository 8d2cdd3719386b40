// Which keys a call asks for before it speaks a code: others in each call. A greeting of an answering machine that
// holds the tones of some keys is recorded before anybody knows them (A49).
import type { PurposeKeys } from '../../keys/keyring';
import { deriveCode } from '../codes';

export interface AskingCall {
  readonly challengeId: string;
  /** The key under which the challenge's code is derived: whoever answers the call has it anyway. */
  readonly keyId: string;
  /** The provider's id of the call. */
  readonly callId: string;
}

/** Two digits, the same whenever the same call asks. Throws UnknownKey. */
export function callKeys(keys: PurposeKeys, { challengeId, keyId, callId }: AskingCall): string {
  const derived = deriveCode(keys, { keyId, challengeId: `${challengeId} ${callId}`, purpose: 'call-keys', digits: 6 });
  return derived.slice(0, 2);
}
