// Says who is speaking, signed, to one audience (R33): with every message, to contact centres and to token endpoints.
// What cannot be signed is not said; nothing in it names a person.
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import type { Pool } from '../db/pool';
import type { Assurance, Method } from '../domain/messages';
import type { Keyring } from '../keys/keyring';
import { readStatement } from '../verifier/reading';
import { StatementRefused } from '../verifier/refusal';
import { createActiveKey, findPublicKey } from './signingKeys';
import type { KeyTimes } from './signingKeys';
import { subjectOf } from './subject';
import type { SubjectOf } from './subject';
import { keyTimes } from './times';

/** What kind of token it is: none is ever taken for another (RFC 8725 §3.11). */
export type StatementType = 'doorman-statement+jwt' | 'customer-auth+jwt' | 'JWT';

/** A verified employee in an open session. */
export interface Speaker extends SubjectOf {
  readonly sessionId: string;
  readonly method: Method;
  readonly assurance: Assurance;
  readonly verifiedAt: Date;
}

export interface Stated {
  /** As the audience knows them: what `subjectOf` makes. */
  readonly subject: string;
  readonly sessionId: string;
  readonly jti: string;
  readonly verifiedAt: Date;
  readonly assurance: Assurance;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export interface Statements {
  /** With a message: two minutes, one audience. `messageId` becomes the `jti`. */
  state(speaker: Speaker, to: { readonly audience: string; readonly messageId: string }): Promise<string>;
  /** For a contact centre, that shows it again: 15 minutes at most. `issuedAt` in s since 1970, `expiresIn` in s. */
  customer(speaker: Speaker, to: { readonly audience: string; readonly lifetimeSeconds: number }):
  Promise<{ readonly jwt: string; readonly issuedAt: number; readonly expiresIn: number }>;
  /**
   * For one token endpoint, once: RFC 7523 or the subject token of RFC 8693, two minutes. `subject` is the account at
   * that service, where the endpoint wants it there; further claims replace none of ours.
   */
  assertion(speaker: Speaker, to: {
    readonly audience: string; readonly subject?: string; readonly claims?: Readonly<Record<string, string>>;
  }): Promise<string>;
  /** One of our own, of this type and for this audience; undefined for whatever is wrong with it. */
  verify(jwt: string, expected: { readonly typ: StatementType; readonly audience: string }): Promise<Stated | undefined>;
  /** As `sub` says it. */
  subjectOf(audience: string, employee: SubjectOf): string;
}

export interface StatementsDeps {
  readonly pool: Pool;
  readonly keyring: Pick<Keyring, 'storage' | 'subject'>;
  /** DOORMAN_PUBLIC_URL. */
  readonly issuer: string;
  readonly times?: KeyTimes;
}

// A message is relayed within it, or signed anew (R33).
const statementSeconds = 120;
/** What `customer` may be told to last at most. `stayMs` is made from it. */
export const customerSecondsMax = 900;

/** RFC 8176. A code is an OTP whichever way it came, and by telephone it came on another channel. */
const amrOf: Readonly<Record<Method, readonly string[]>> = {
  sms: ['otp', 'sms'], call: ['otp', 'tel'], email: ['otp'],
};

interface Said {
  readonly typ: StatementType;
  readonly audience: string;
  readonly jti: string;
  readonly seconds: number;
  readonly subject?: string | undefined;
  readonly claims?: Readonly<Record<string, string>> | undefined;
}

export function createStatements({ pool, keyring, issuer, times = keyTimes }: StatementsDeps): Statements {
  const activeKey = createActiveKey({ pool, storageKeys: keyring.storage, times });
  const subject = (audience: string, employee: SubjectOf) => subjectOf(keyring.subject, audience, employee);
  const sign = async (speaker: Speaker, said: Said): Promise<{ jwt: string; issuedAt: number }> => {
    const { kid, key, now } = await activeKey();
    const jwt = await new SignJWT({
      ...said.claims,
      ...claimsOf(speaker, said, now),
      iss: issuer,
      sub: said.subject ?? subject(said.audience, speaker),
    }).setProtectedHeader({ alg: 'ES256', kid, typ: said.typ }).sign(key);
    return { jwt, issuedAt: now };
  };
  return {
    subjectOf: subject,
    async state(speaker, { audience, messageId }) {
      const said = { typ: 'doorman-statement+jwt', audience, jti: messageId, seconds: statementSeconds } as const;
      return (await sign(speaker, said)).jwt;
    },
    async customer(speaker, { audience, lifetimeSeconds: seconds }) {
      if (!Number.isInteger(seconds) || seconds < 1 || seconds > customerSecondsMax) {
        throw new RangeError(`a customer's statement lasts 1 to ${customerSecondsMax} s`);
      }
      const said = { typ: 'customer-auth+jwt', audience, jti: randomUUID(), seconds } as const;
      return { ...await sign(speaker, said), expiresIn: seconds };
    },
    async assertion(speaker, to) {
      const said = { ...to, typ: 'JWT', jti: randomUUID(), seconds: statementSeconds } as const;
      return (await sign(speaker, said)).jwt;
    },
    verify: (jwt, expected) => verifyOwn(pool, issuer, jwt, expected),
  };
}

function claimsOf({ sessionId, method, assurance, verifiedAt }: Speaker, { audience, jti, seconds }: Said, now: number) {
  return {
    aud: audience, sid: sessionId, jti,
    iat: now, nbf: now, exp: now + seconds,
    auth_time: Math.floor(verifiedAt.getTime() / 1_000),
    amr: [...amrOf[method]],
    acr: `urn:doorman:assurance:${assurance}`,
  } satisfies JWTPayload;
}

/** By the database's clock alone: it signed by the same one (R35). */
async function verifyOwn(
  pool: Pool, issuer: string, jwt: string, { typ, audience }: { typ: StatementType; audience: string },
): Promise<Stated | undefined> {
  const lifetimeMaxSeconds = typ === 'customer-auth+jwt' ? customerSecondsMax : statementSeconds;
  const expected = { typ, issuer, audience, lifetimeMaxSeconds, skewSeconds: 0, now: Date.now() };
  try {
    const { subject, sessionId, messageId, authenticatedAt, assurance, issuedAt, expiresAt } = await readStatement(
      jwt, expected, async (kid) => {
        const found = await findPublicKey(pool, kid);
        if (found === undefined) throw new StatementRefused('unknownKey');
        expected.now = found.now;
        return found.key;
      });
    return { subject, sessionId, jti: messageId, verifiedAt: authenticatedAt, assurance, issuedAt, expiresAt };
  } catch (error) {
    if (error instanceof StatementRefused) return undefined;
    throw error;
  }
}
