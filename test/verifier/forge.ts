// Makes tokens of every kind, good and bad, and a key set whose fetches are counted.
import { createHmac, createSign, generateKeyPairSync, sign as signWith } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { createStatementVerifier } from '../../src/verifier/verifier';
import type { StatementVerifier, VerifierOptions } from '../../src/verifier/verifier';

export const issuer = 'https://doorman.acme.example';
export const audience = 'https://assistant.acme.example';
export const messageId = 'SM00000000000000000000000000000001';
/** By the verifier's clock, in s. */
export const at = 1_800_000_000;

export interface TestKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

export async function makeKey(): Promise<TestKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0]); // cast: node's own name
  return { kid, privateKey, publicKey, jwk: { ...jwk, kid, alg: 'ES256', use: 'sig' } };
}

export const goodClaims = {
  iss: issuer, aud: audience, sub: '0b5d4a1e-1111-8111-8111-111111111111', sid: '22222222-2222-4222-8222-222222222222',
  jti: messageId, iat: at, nbf: at, exp: at + 120, auth_time: at - 600, amr: ['otp', 'sms'],
  acr: 'urn:doorman:assurance:standard',
};

export const base64url = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Claims and header as given, undefined ones left out; properly signed with the key unless told. */
export function token(
  key: TestKey, claims: Readonly<Record<string, unknown>> = {}, header: Readonly<Record<string, unknown>> = {},
  signer: (input: string) => Buffer = es256(key.privateKey),
): string {
  const input = `${base64url({ alg: 'ES256', kid: key.kid, typ: 'doorman-statement+jwt', ...header })}.${
    base64url({ ...goodClaims, ...claims })}`;
  return `${input}.${signer(input).toString('base64url')}`;
}

export const es256 = (key: KeyObject) => (input: string): Buffer =>
  signWith('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
/** As ECDSA signatures are written elsewhere: DER. */
export const es256Der = (key: KeyObject) => (input: string): Buffer => createSign('sha256').update(input).sign(key);
export const hs256 = (secret: string | Buffer) => (input: string): Buffer =>
  createHmac('sha256', secret).update(input).digest();

/** A verifier over a key set that a test fills, breaks and counts; its clock stands still until it is moved. */
export function verifierOver(...keys: readonly TestKey[]) {
  const world = {
    keys: [...keys] as readonly { readonly jwk: unknown }[],
    fetches: 0,
    /** What the key set's address answers; throws to be down. */
    answer: (): Response | Promise<Response> => Response.json({ keys: world.keys.map(({ jwk }) => jwk) }),
    seconds: at,
    verifierWith: (options: Partial<VerifierOptions> = {}): StatementVerifier => createStatementVerifier({
      issuer, audience, now: () => new Date(world.seconds * 1_000), elapsed: () => world.seconds * 1_000,
      fetch: async () => { world.fetches += 1; return world.answer(); },
      ...options,
    }),
  };
  return world;
}

/** How it was refused, or that it was not. */
export async function verdict(verifying: Promise<unknown>): Promise<string> {
  try {
    await verifying;
    return 'accepted';
  } catch (error) {
    return String((error as { reason?: unknown }).reason ?? error); // cast: anything may be thrown
  }
}
