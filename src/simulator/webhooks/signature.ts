// Twilio's X-Twilio-Signature, written from its description and not from the SDK, so that agreement of the two means
// something. Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
import { createHash, createHmac } from 'node:crypto';

/** Form parameters in the order of the wire; names may repeat. */
export type Parameters = readonly (readonly [name: string, value: string])[];

/** The signature of a form posted to `url`: the URL, then each name and its values, by name. */
export function signForm(authToken: string, url: string, parameters: Parameters): string {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of parameters) values.set(name, (values.get(name) ?? new Set<string>()).add(value));
  // Both sorts are by UTF-16 code unit: case-sensitive, and a name stands before those that begin with it.
  const names = [...values.keys()].sort();
  const signed = names.flatMap((name) => [...values.get(name)!].sort().map((value) => name + value));
  return sign(authToken, signedUrl(url) + signed.join(''));
}

/** For a JSON body: the URL that Twilio then requests, with the body's hash in its query, and the signature of it. */
export function signJson(authToken: string, url: string, body: string): { url: string; signature: string } {
  const base = signedUrl(url);
  const hash = createHash('sha256').update(body).digest('hex');
  const hashed = `${base}${base.includes('?') ? '&' : '?'}bodySHA256=${hash}`;
  return { url: hashed, signature: sign(authToken, hashed) };
}

/** The URL as it is signed: without fragment and without user and password, otherwise to the letter. */
export function signedUrl(url: string): string {
  const withoutFragment = url.split('#', 1)[0]!;
  return withoutFragment.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?]*@/i, '$1');
}

function sign(authToken: string, text: string): string {
  return createHmac('sha1', authToken).update(text, 'utf8').digest('base64');
}
