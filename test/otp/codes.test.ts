import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { newKeyring, parseKeyring, rotateKey, UnknownKey } from '../../src/keys/keyring';
import { deriveCode, sameCode } from '../../src/otp/codes';

const file = newKeyring();
const keys = parseKeyring(JSON.stringify(file)).code;
const otherKeys = parseKeyring(JSON.stringify(newKeyring())).code;
const fixed = { activeId: 'k1', key: () => Buffer.alloc(32, 'test key ') };
const input = { keyId: 'k1', challengeId: randomUUID(), purpose: 'verify-sender', digits: 6 };

describe('a code', () => {
  it('has as many digits as asked for, leading zeros included', () => {
    fc.assert(fc.property(fc.uuid(), fc.integer({ min: 6, max: 10 }), (challengeId, digits) => {
      expect(deriveCode(keys, { ...input, challengeId, digits })).toMatch(new RegExp(`^[0-9]{${digits}}$`));
    }), { numRuns: 1_000 });
  });

  it('is the same each time it is derived, so that a resend carries it too', () => {
    expect(deriveCode(keys, input)).toBe(deriveCode(keys, { ...input }));
  });

  it('stays the same when a key is added, and is another under the new key', () => {
    const rotated = parseKeyring(JSON.stringify(rotateKey(file, 'code').file)).code;
    const input8 = { ...input, digits: 8 };
    expect(rotated.activeId).toBe('k2');
    expect(deriveCode(rotated, input8)).toBe(deriveCode(keys, input8));
    expect(deriveCode(rotated, { ...input8, keyId: 'k2' })).not.toBe(deriveCode(keys, input8));
  });

  it('is refused when its key is not in the ring', () => {
    expect(() => deriveCode(keys, { ...input, keyId: 'k9' })).toThrow(UnknownKey);
  });

  it.each([0, 5, 11, 6.5, Number.NaN, Number.POSITIVE_INFINITY])('is refused with %p digits', (digits) => {
    expect(() => deriveCode(keys, { ...input, digits })).toThrow(RangeError);
  });

  it('is known: a change of the derivation would void the codes on their way', () => {
    const challengeId = '3f0c1b58-7a52-4d0e-9a6c-6d2f64a1f6c2';
    const codes = [6, 8, 10].map((digits) => deriveCode(fixed, { ...input, challengeId, digits }));
    expect(codes).toEqual(['576592', '13854401', '2981426518']);
  });

  it('A31 is spread evenly over every digit position', () => {
    const samples = 100_000;
    const counts = Array.from({ length: 6 }, () => new Array<number>(10).fill(0));
    for (let i = 0; i < samples; i += 1) {
      const code = deriveCode(fixed, { ...input, challengeId: `challenge-${i}` });
      for (let position = 0; position < 6; position += 1) counts[position]![Number(code[position])]! += 1;
    }
    const expected = samples / 10;
    const worst = Math.max(...counts.map((row) => row.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)));
    // 9 degrees of freedom, p = .001 (R02). The key is fixed, so that the test is too; `byte % 10` would give over 30.
    expect(worst).toBeLessThan(27.88);
  });

  it('A26 A31 of one challenge says nothing about those of other purposes, lengths, challenges and keys', () => {
    const samples = 20_000;
    const others = {
      purpose: (challengeId: string) => deriveCode(keys, { ...input, challengeId, purpose: 'step-up' }),
      digits: (challengeId: string) => deriveCode(keys, { ...input, challengeId, digits: 8 }).slice(0, 6),
      challenge: (challengeId: string) => deriveCode(keys, { ...input, challengeId: `${challengeId}x` }),
      key: (challengeId: string) => deriveCode(otherKeys, { ...input, challengeId }),
    };
    const agreeing = { purpose: 0, digits: 0, challenge: 0, key: 0 };
    for (let i = 0; i < samples; i += 1) {
      const code = deriveCode(keys, { ...input, challengeId: `c${i}` });
      for (const name of Object.keys(others) as (keyof typeof others)[]) {
        const other = others[name](`c${i}`);
        for (let p = 0; p < 6; p += 1) if (other[p] === code[p]) agreeing[name] += 1;
      }
    }
    // Independent digits agree in a tenth of places: 12,000 of 120,000, give or take 104; six of those is never.
    for (const count of Object.values(agreeing)) expect(Math.abs(count - 12_000)).toBeLessThan(624);
  });

  it('keeps the parts of its input apart', () => {
    const left = deriveCode(keys, { ...input, digits: 10, challengeId: 'a', purpose: 'bc' });
    expect(deriveCode(keys, { ...input, digits: 10, challengeId: 'ab', purpose: 'c' })).not.toBe(left);
    expect(deriveCode(keys, { ...input, digits: 10, challengeId: 'a","b', purpose: 'c' })).not.toBe(left);
  });
});

describe('a guess', () => {
  it('is right only when it is the code, digit by digit', () => {
    fc.assert(fc.property(fc.stringMatching(/^[0-9]{6,10}$/), fc.stringMatching(/^[0-9]{0,10}$/), (code, guess) => {
      expect(sameCode(code, code)).toBe(true);
      expect(sameCode(guess, code)).toBe(guess === code);
    }), { numRuns: 2_000 });
  });

  it.each([
    ['', ''], ['012345', '12345'], ['123456', '1234567'], ['１２３４５６', '123456'], ['123456 ', '123456'],
  ])('%j is not %j', (guess, code) => {
    expect(sameCode(guess, code)).toBe(false);
  });
});
