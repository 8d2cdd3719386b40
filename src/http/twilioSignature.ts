// Whether Twilio signed a request: over the URL that is configured at Twilio, never over one that the request names.
// A right signature is not enough, because it does not delimit fields: src/http/twilioMessage.ts checks them.
// The SDK's validator alone is loaded: the whole SDK takes 290 ms and 23 MB.
import { validateRequest } from 'twilio/lib/webhooks/webhooks';
import type { Parameters } from './twilioForm';

// Base64 of exactly 20 bytes in its one canonical spelling: the two bits beyond the last byte are zero (A01, A67).
const signatureForm = /^[A-Za-z0-9+/]{26}[AEIMQUYcgkosw048]=$/;

/** Shorter tokens are a misconfiguration: an empty one would make every request's signature computable (A02). */
const tokenLengthMin = 32;

/** Whether one of the tokens signed these parameters for this URL. Two tokens count during a rotation. */
export type SignatureCheck = (url: string, signature: string | undefined, parameters: Parameters) => boolean;

/** Throws when no token, or one that is too short, is given. */
export function createSignatureCheck(authTokens: readonly string[]): SignatureCheck {
  if (authTokens.length === 0 || authTokens.some((token) => token.length < tokenLengthMin)) {
    throw new Error(`signatures need auth tokens of at least ${tokenLengthMin} characters`);
  }
  return (url, signature, parameters) => isSignature(signature)
    && authTokens.some((token) => validateRequest(token, signature, withoutFragment(url), parameters));
}

/** Whether this can be a signature at all, before anything is computed. */
export function isSignature(signature: string | undefined): signature is string {
  return signature !== undefined && signatureForm.test(signature);
}

// Twilio keeps its connection overrides (#rc=3&…) in the fragment of the configured URL and does not sign them.
function withoutFragment(url: string): string {
  const fragment = url.indexOf('#');
  return fragment === -1 ? url : url.slice(0, fragment);
}
