// A signed request, changed in one way or another: the same changes for the same seed.
import { createHmac } from 'node:crypto';
import { keyOf } from './partnerRequests';
import type { SignedRequest } from './partnerRequests';

/** mulberry32: a number from 0 to below 1. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Draw = (below: number) => number;
type Change = (request: SignedRequest, draw: Draw, other: string) => SignedRequest;

const withBody = (request: SignedRequest, body: Buffer): SignedRequest => ({ ...request, body });
const nameOf = ({ headers }: SignedRequest) => headers.at(-1)![0];
const valueOf = ({ headers }: SignedRequest) => headers.at(-1)![1];
/** The signature is the last header of every manner. */
const withSignature = (request: SignedRequest, value: string): SignedRequest =>
  ({ ...request, headers: [...request.headers.slice(0, -1), [nameOf(request), value]] });
const prefixOf = (request: SignedRequest) => /^(?:sha256=|v1,)?/.exec(valueOf(request))![0];
const plainOf = (request: SignedRequest) => valueOf(request).slice(prefixOf(request).length);
const digest = (request: SignedRequest, algorithm: string, key: string) =>
  createHmac(algorithm, keyOf(key)).update(request.body).digest();
const weaker = ({ partner }: SignedRequest) => partner.startsWith('sha1') ? 'md5' : 'sha1';
const at = (text: string, place: number, put: string, cut = 1) => text.slice(0, place) + put + text.slice(place + cut);
const swapCase = (text: string) => text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase();
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const changes: readonly Change[] = [
  function flipABit(request, draw) {
    const body = Buffer.from(request.body);
    const place = draw(body.length);
    body[place] = body[place]! ^ (1 << draw(8));
    return withBody(request, body);
  },
  (request, draw) => withBody(request, request.body.subarray(0, draw(request.body.length))),
  (request, draw) => withBody(request, request.body.subarray(1 + draw(request.body.length))),
  (request, draw) => withBody(request, Buffer.concat([request.body, Buffer.from([draw(256)])])),
  (request) => withBody(request, Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), request.body])),
  (request, draw) => withBody(request, Buffer.from(at(request.body.toString(), draw(request.body.length), ' ', 0))),
  (request) => withBody(request, Buffer.from(JSON.stringify(JSON.parse(request.body.toString()), null, 1))),
  // Of the signature: another sign, another case, a space, a cut.
  (request, draw) => withSignature(request, at(valueOf(request), draw(valueOf(request).length), String.fromCharCode(0x21 + draw(94)))),
  (request, draw) => {
    const value = valueOf(request);
    const place = draw(value.length);
    return withSignature(request, at(value, place, swapCase(value[place]!)));
  },
  (request) => withSignature(request, swapCase(valueOf(request))),
  (request, draw) => withSignature(request, at(valueOf(request), 1 + draw(valueOf(request).length - 1), ' ', 0)),
  (request, draw) => withSignature(request, valueOf(request).slice(0, draw(valueOf(request).length))),
  (request, draw) => withSignature(request, valueOf(request) + alphabet[draw(64)]!),
  // Of base64: without padding, with more of it, of the other alphabet, with bits that nobody reads.
  (request) => withSignature(request, valueOf(request).replace(/=+$/, '')),
  (request) => withSignature(request, `${valueOf(request)}=`),
  (request) => withSignature(request, prefixOf(request) + plainOf(request).replaceAll('+', '-').replaceAll('/', '_')),
  (request, draw) => withSignature(request, valueOf(request).replace(/([A-Za-z0-9+/])(=*)$/, (_, last: string, padding: string) =>
    alphabet[alphabet.indexOf(last) ^ (1 + draw(3))]! + padding)),
  // Another form, algorithm or prefix, with and without a header that names it.
  (request) => withSignature(request, prefixOf(request) + Buffer.from(plainOf(request), 'base64').toString('hex')),
  (request) => withSignature(request, prefixOf(request) + Buffer.from(plainOf(request), 'hex').toString('base64')),
  (request, draw, other) => withSignature(request, ['sha1=', 'sha256=', 'v1,', 'v1a,', ''][draw(5)]!
    + digest(request, ['sha1', 'sha512', 'md5'][draw(3)]!, draw(2) === 0 ? request.partner : other).toString(draw(2) === 0 ? 'hex' : 'base64')),
  (request) => ({ ...request, headers: [
    ['X-Signature-Algorithm', weaker(request)],
    ...withSignature(request, digest(request, weaker(request), request.partner).toString('base64')).headers] }),
  (request, draw) => withSignature(request, ['sha1=', 'sha512=', 'SHA256=', 'sha256:', 'v2,', ' '][draw(6)]!.trim() + plainOf(request)),
  (request) => withSignature(request, prefixOf(request) + valueOf(request)),
  (request) => withSignature(request, `${valueOf(request)},${valueOf(request)}`),
  // Another partner's, by its name and by its key.
  (request, _draw, other) => ({ ...request, partner: other }),
  (request, _draw, other) => withSignature(request, prefixOf(request) + digest(request, 'sha256', other).toString('base64')),
  (request, _draw, other) => withSignature(request, prefixOf(request) + digest(request, 'sha256', other).toString('hex')),
  // Headers that are twice there, elsewhere, or not at all.
  (request, draw) => ({ ...request, headers: [...request.headers, request.headers[draw(request.headers.length)]!] }),
  (request, draw) => ({ ...request, headers: request.headers.filter((_, place) => place !== draw(1) + request.headers.length - 1) }),
  (request, draw) => {
    const gone = draw(request.headers.length);
    return { ...request, headers: request.headers.map(([name, value], place) => [place === gone ? `${name}-2` : name, value]) };
  },
  // Another time or id under the same signature; without any, a header that stands twice.
  (request, draw) => ({ ...request, headers: request.headers.length === 1 ? [...request.headers, ...request.headers]
    : request.headers.map(([name, value], place) => place === request.headers.length - 1 ? [name, value]
      : [name, /^\d+$/.test(value) ? String(Number(value) + 1 + draw(600)) : `${value}${draw(10)}`]) }),
];

/** `count` requests that differ from this one; `other` is a partner with another key and the same form of signature. */
export function* mutationsOf(request: SignedRequest, other: string, count: number, seed: number): Generator<SignedRequest> {
  const random = chance(seed);
  const draw: Draw = (below) => Math.floor(random() * Math.max(below, 1));
  const same = keyOfRequest(request);
  for (let made = 0; made < count;) {
    const changed = changes[draw(changes.length)]!(request, draw, other);
    if (keyOfRequest(changed) === same) continue;
    made += 1;
    yield changed;
  }
}

const keyOfRequest = ({ partner, headers, body }: SignedRequest): string =>
  JSON.stringify([partner, headers, body.toString('latin1')]);
