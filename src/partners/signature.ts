// Whether a request is a partner's: an HMAC over its raw bytes, made as that partner's configuration says and in no
// other way (R42). Nothing in a request chooses key, algorithm, header or form. Never throws.
import { createHmac, timingSafeEqual } from 'node:crypto';

/** What is signed: the body alone, or with what makes a copy of it useless (R43). */
export const contents = ['body', 'timestamp.body', 'id.timestamp.body'] as const;
export type Content = (typeof contents)[number];

/** Hexadecimal digits are of one case: the same signature has one spelling. */
export const encodings = ['base64', 'hexLower', 'hexUpper'] as const;
export type Encoding = (typeof encodings)[number];

export interface SignatureRules {
  /** Names of headers are in lower case. */
  readonly header: string;
  readonly encoding: Encoding;
  /** What stands before the signature, such as `sha256=`. */
  readonly prefix: string;
  /** Whether the header may hold several signatures, parted by one space: a partner that changes its key sends two. */
  readonly several: boolean;
  readonly content: Content;
  readonly timestampHeader?: string | undefined;
  readonly idHeader?: string | undefined;
  /** SHA-1 instead of SHA-256, until this day (UTC) is over: `2027-06-30`. */
  readonly sha1Until?: string | undefined;
  /** The key, and the next one during a rotation. */
  readonly keys: readonly Buffer[];
}

/** Every value of each header, by its name in lower case. */
export type Headers = Readonly<Record<string, readonly string[] | undefined>>;

export type Verdict =
  /** `id` is the partner's own of this event, where it is signed. */
  | { readonly isGenuine: true; readonly id?: string }
  | { readonly isGenuine: false; readonly reason: Doubt };
export type Doubt = 'header' | 'form' | 'signature' | 'time' | 'legacy';

const windowMs = 300_000;
const signaturesMax = 4;
const timestampForm = /^[1-9]\d{9}$/;
// Without a full stop, which parts what is signed.
const idForm = /^[\x21-\x2d\x2f-\x7e]{1,200}$/;

export function checkSignature(rules: SignatureRules, headers: Headers, body: Uint8Array, now: Date): Verdict {
  if (rules.sha1Until !== undefined && isOver(rules.sha1Until, now)) return doubt('legacy');
  const signature = onlyOne(headers, rules.header);
  const timestamp = rules.timestampHeader === undefined ? '' : onlyOne(headers, rules.timestampHeader);
  const id = rules.idHeader === undefined ? '' : onlyOne(headers, rules.idHeader);
  if (signature === undefined || timestamp === undefined || id === undefined) return doubt('header');
  if (rules.timestampHeader !== undefined && !timestampForm.test(timestamp)) return doubt('form');
  if (rules.idHeader !== undefined && !idForm.test(id)) return doubt('form');
  const claimed = claimedDigests(rules, signature);
  if (claimed.length === 0) return doubt('form');
  const start = startOf(rules.content, id, timestamp);
  const digests = rules.keys.map((key) => createHmac(algorithmOf(rules), key).update(start).update(body).digest());
  // Each with each, whatever the first comparison says: how long it takes tells nothing of a digest (A64).
  const isSigned = digests.flatMap((digest) => claimed.map((bytes) => timingSafeEqual(digest, bytes))).includes(true);
  if (!isSigned) return doubt('signature');
  if (timestamp !== '' && Math.abs(Number(timestamp) * 1_000 - now.getTime()) > windowMs) return doubt('time');
  return { isGenuine: true, ...id === '' ? {} : { id } };
}

/** Whether a day is over, everywhere by the same clock. */
export function isOver(day: string, now: Date): boolean {
  return now.getTime() >= Date.parse(`${day}T00:00:00Z`) + 86_400_000;
}

const doubt = (reason: Doubt): Verdict => ({ isGenuine: false, reason });

/** A header that stands twice is none. */
function onlyOne(headers: Headers, name: string): string | undefined {
  const values = headers[name] ?? [];
  return values.length === 1 ? values[0] : undefined;
}

const algorithmOf = ({ sha1Until }: SignatureRules): 'sha1' | 'sha256' => sha1Until === undefined ? 'sha256' : 'sha1';
const digestBytes = { sha1: 20, sha256: 32 } as const;

/** The signatures of a header that have prefix, length and the one spelling. */
function claimedDigests(rules: SignatureRules, header: string): Buffer[] {
  const texts = rules.several ? header.split(' ') : [header];
  if (texts.length > signaturesMax) return [];
  return texts.filter((text) => text.startsWith(rules.prefix))
    .map((text) => decode(text.slice(rules.prefix.length), rules.encoding))
    .filter((bytes) => bytes?.length === digestBytes[algorithmOf(rules)])
    .map((bytes) => bytes!); // the filter before took the others
}

/** Undefined unless the text is just how its bytes are written: no space, padding, letter or bit otherwise (A67). */
function decode(text: string, encoding: Encoding): Buffer | undefined {
  const bytes = Buffer.from(text, encoding === 'base64' ? 'base64' : 'hex');
  return encode(bytes, encoding) === text ? bytes : undefined;
}

function encode(bytes: Buffer, encoding: Encoding): string {
  const text = bytes.toString(encoding === 'base64' ? 'base64' : 'hex');
  return encoding === 'hexUpper' ? text.toUpperCase() : text;
}

function startOf(content: Content, id: string, timestamp: string): string {
  switch (content) {
    case 'body': return '';
    case 'timestamp.body': return `${timestamp}.`;
    case 'id.timestamp.body': return `${id}.${timestamp}.`;
  }
}
