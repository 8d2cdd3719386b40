// Reads one statement and believes nothing before all of it is checked: form, header, key, signature, claims, times.
import { compactVerify } from 'jose';
import { StatementRefused } from './refusal';
import type { RefusalReason } from './refusal';

/** What is known of the person who speaks. Nothing in it names them. */
export interface Statement {
  /** Opaque, the same in all statements about this person to this audience; another one after they were hired anew. */
  readonly subject: string;
  /** The verified period that this was said in. */
  readonly sessionId: string;
  /** `jti`: the message that it belongs to. */
  readonly messageId: string;
  /** When they proved who they are. */
  readonly authenticatedAt: Date;
  /** RFC 8176: how they proved it. */
  readonly methods: readonly string[];
  readonly assurance: 'low' | 'standard' | 'high';
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export interface Expected {
  readonly typ: string;
  readonly issuer: string;
  readonly audience: string;
  readonly lifetimeMaxSeconds: number;
  readonly skewSeconds: number;
  /** By the verifier's clock, in ms. */
  readonly now: number;
}

/** `CryptoKey` of the runtime, as jose takes it. */
export type PublicKey = Parameters<typeof compactVerify>[1];

// A statement has some 700 characters; what is longer is not looked at.
const charactersMax = 4_096;
const part = /^[A-Za-z0-9_-]+$/;
/** RFC 7638 with SHA-256: nothing else is looked for, in a map or in a database (A58). */
export const thumbprint = /^[A-Za-z0-9_-]{43}$/;
const headerNames: ReadonlySet<string> = new Set(['alg', 'kid', 'typ']);
const acrPrefix = 'urn:doorman:assurance:';
const levels = ['low', 'standard', 'high'] as const;

/** The statement; throws StatementRefused for whatever is wrong with it. `findKey` throws for a key that there is not. */
export async function readStatement(
  jwt: string, expected: Expected, findKey: (kid: string) => Promise<PublicKey>,
): Promise<Statement> {
  const parts = partsOf(jwt);
  const key = await findKey(checkedKid(objectIn(parts[0]), expected.typ));
  // jose takes the algorithm from this list, and the header has to agree.
  await compactVerify(jwt, key, { algorithms: ['ES256'] }).catch(() => refuse('signature'));
  return readClaims(objectIn(parts[1]), expected);
}

function partsOf(jwt: string): readonly [string, string, string] {
  if (typeof jwt !== 'string' || jwt.length > charactersMax) return refuse('malformed');
  const [header, payload, signature, ...rest] = jwt.split('.');
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
    return refuse('malformed');
  }
  // The last character of a part can have bits that mean nothing: two spellings of one token would be two to a store.
  const isCanonical = (text: string) =>
    part.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text;
  return [header, payload, signature].every(isCanonical) ? [header, payload, signature] : refuse('malformed');
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return refuse('malformed');
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? value as Readonly<Record<string, unknown>> // cast: an object's properties may be anything
    : refuse('malformed');
}

function checkedKid(header: Readonly<Record<string, unknown>>, typ: string): string {
  if (!Object.keys(header).every((name) => headerNames.has(name))) return refuse('header');
  if (header.alg !== 'ES256') return refuse('algorithm');
  if (header.typ !== typ) return refuse('type');
  const { kid } = header;
  return typeof kid === 'string' && thumbprint.test(kid) ? kid : refuse('kid');
}

function readClaims(claims: Readonly<Record<string, unknown>>, expected: Expected): Statement {
  if (claims.iss !== expected.issuer) refuse('issuer');
  // One text: a list, even of one, would be somebody else's token as well.
  if (claims.aud !== expected.audience) refuse('audience');
  const [issued, notBefore, expires, authenticated] =
    ([claims.iat, claims.nbf, claims.exp, claims.auth_time] as const).map(seconds) as [number, number, number, number];
  if (expires <= issued || notBefore < issued || authenticated > issued) refuse('claims');
  if (expires - issued > expected.lifetimeMaxSeconds) refuse('lifetime');
  const { now, skewSeconds } = expected;
  if (Math.max(issued, notBefore) * 1_000 > now + skewSeconds * 1_000) refuse('notYet');
  if (expires * 1_000 <= now - skewSeconds * 1_000) refuse('expired');
  const { amr } = claims;
  return {
    subject: word(claims.sub),
    sessionId: word(claims.sid),
    messageId: word(claims.jti),
    authenticatedAt: new Date(authenticated * 1_000),
    methods: Array.isArray(amr) && amr.length > 0 ? amr.map(word) : refuse('claims'),
    assurance: levels.find((level) => claims.acr === acrPrefix + level) ?? refuse('claims'),
    issuedAt: new Date(issued * 1_000),
    expiresAt: new Date(expires * 1_000),
  };
}

/** Whole seconds that a Date can hold: 1e308 is whole, too (A61). */
function seconds(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) > 0 && Number(value) < 1e11 ? Number(value) : refuse('claims');
}

function word(value: unknown): string {
  return typeof value === 'string' && value.length > 0 && value.length <= 256 ? value : refuse('claims');
}

function refuse(reason: RefusalReason): never {
  throw new StatementRefused(reason);
}
