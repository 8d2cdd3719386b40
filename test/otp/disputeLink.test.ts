// The link of a NOT ME is ours, whole, in time and in one spelling, or it is nothing.
import { createHmac, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { lookupHash } from '../../src/keys/box';
import { addKey, activateKey, newKeyring, parseKeyring } from '../../src/keys/keyring';
import { disputeToken, readDisputeToken } from '../../src/otp/disputeLink';

const file = newKeyring();
const keys = parseKeyring(JSON.stringify(file)).lookup;
const now = new Date('2026-11-26T12:00:00.000Z');
const link = { sessionId: randomUUID(), expiresAt: new Date(now.getTime() + 1) };
const token = disputeToken(keys, link);
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

describe('a token', () => {
  it('says which session it is for and until when, whatever those are', () => {
    const inTime = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(fc.property(fc.uuid(), inTime, (sessionId, expiresAt) => {
      const read = readDisputeToken(keys, disputeToken(keys, { sessionId, expiresAt }), new Date(expiresAt.getTime() - 1));
      expect(read).toEqual({ sessionId: sessionId.toLowerCase(), expiresAt });
    }), { numRuns: 1_000 });
  });

  it('can stand in an address as it is, and holds ids only', () => {
    expect(token).toMatch(/^[A-Za-z0-9_-]{70,120}$/);
    expect(Buffer.from(token, 'base64url').subarray(2, -38).toString('hex')).toContain(link.sessionId.replaceAll('-', ''));
  });

  it('counts to the last millisecond and no longer', () => {
    expect(readDisputeToken(keys, token, now)).toEqual(link);
    expect(readDisputeToken(keys, token, link.expiresAt)).toBeUndefined();
  });

  it('outlives the activation of another key, but not the loss of its own', () => {
    const added = addKey(file, 'lookup');
    const rotated = parseKeyring(JSON.stringify(activateKey(added.file, 'lookup', added.keyId))).lookup;
    expect(readDisputeToken(rotated, token, now)).toEqual(link);
    const fresh = disputeToken(rotated, link);
    expect(fresh).not.toBe(token);
    expect(readDisputeToken(rotated, fresh, now)).toEqual(link);
    expect(readDisputeToken(keys, fresh, now)).toBeUndefined();
  });

  it('is not made for what is no session', () => {
    expect(() => disputeToken(keys, { ...link, sessionId: 'x' })).toThrow(RangeError);
    expect(() => disputeToken(keys, { ...link, expiresAt: new Date(Number.NaN) })).toThrow(RangeError);
  });

  it('is known: a change of its making would void the links on their way', () => {
    const fixed = { activeId: 'k1', key: () => Buffer.alloc(32, 'test key ') };
    const made = disputeToken(fixed, { sessionId: '3f0c1b58-7a52-4d0e-9a6c-6d2f64a1f6c2', expiresAt: now });
    expect(made).toBe('AQJrMT8MG1h6Uk0OmmxtL2Sh9sIBohe6EgBdMAH00Pd-tLEIXM6cGI0T1c8t4RTw91GYk0KHSeguog');
  });
});

describe('refused is', () => {
  const refuses = (text: string) => expect(readDisputeToken(keys, text, now)).toBeUndefined();

  it('a token with any one sign changed, for each of its signs', () => {
    for (let at = 0; at < token.length; at += 1) {
      for (const sign of alphabet) if (sign !== token[at]) refuses(token.slice(0, at) + sign + token.slice(at + 1));
    }
  });

  it('a token with any bytes changed, cut off or put in', () => {
    const bytes = Buffer.from(token, 'base64url');
    fc.assert(fc.property(fc.nat(bytes.length), fc.nat(3), fc.uint8Array({ maxLength: 3 }), (at, cut, put) => {
      const altered = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]);
      fc.pre(!altered.equals(bytes));
      refuses(altered.toString('base64url'));
    }), { numRuns: 5_000 });
  });

  it('any other spelling of the same bytes', () => {
    const standard = Buffer.from(token, 'base64url').toString('base64');
    for (const text of [`${token}=`, `${token}==`, ` ${token}`, `${token}\n`, `${token.slice(0, 9)} ${token.slice(9)}`, `${token}.`, `${token}A`]) refuses(text);
    if (standard !== token) refuses(standard);
  });

  it('any other text, of any length', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: 'binary' })), refuses), { numRuns: 2_000 });
    for (const text of ['', 'AA', 'AQ', token + token, 'A'.repeat(100_000), '__proto__']) refuses(text);
  });

  it('what other keys signed, or the same key for something else', () => {
    refuses(disputeToken(parseKeyring(JSON.stringify(newKeyring())).lookup, link));
    const body = Buffer.from(token, 'base64url').subarray(0, -32);
    const unlabelled = createHmac('sha256', keys.key(keys.activeId)).update(body).digest();
    refuses(Buffer.concat([body, unlabelled]).toString('base64url'));
    const hash = lookupHash(keys, 'identity', body.toString('latin1'));
    refuses(Buffer.concat([body, hash]).toString('base64url'));
  });
});
