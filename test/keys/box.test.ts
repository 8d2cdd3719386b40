import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { lookupHash, open, seal, sealedKeyId, Unsealable } from '../../src/keys/box';
import { newKeyring, parseKeyring, rotateKey, UnknownKey } from '../../src/keys/keyring';

const file = newKeyring();
const keys = parseKeyring(JSON.stringify(file)).storage;
const rotated = parseKeyring(JSON.stringify(rotateKey(file, 'storage').file)).storage;
const strange = parseKeyring(JSON.stringify(newKeyring())).storage;

describe('a sealed value', () => {
  it('opens to what was sealed, of any bytes and length, from any view of memory', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 5_000 }), fc.string(), (plain, context) => {
      const sealed = seal(keys, plain, context);
      const framed = Buffer.concat([randomBytes(7), sealed, randomBytes(3)]);
      const view = new Uint8Array(framed.buffer, framed.byteOffset + 7, sealed.length);
      expect(open(keys, sealed, context)).toEqual(Buffer.from(plain));
      expect(open(keys, view, context)).toEqual(Buffer.from(plain));
    }), { numRuns: 300 });
  });

  it('opens after a rotation, and new values are sealed under the new key', () => {
    const sealed = seal(keys, 'before', 'c');
    expect(open(rotated, sealed, 'c').toString()).toBe('before');
    expect(sealedKeyId(sealed)).toBe('k1');
    expect(sealedKeyId(seal(rotated, 'after', 'c'))).toBe('k2');
    expect(() => open(keys, seal(rotated, 'after', 'c'), 'c')).toThrow(UnknownKey);
  });

  it('does not open when any byte was changed, removed or added', () => {
    const sealed = seal(keys, 'the text of a message', 'inbox:1');
    for (let at = 0; at < sealed.length; at += 1) {
      for (const flip of [1, 0x80, 0xff]) {
        const changed = Buffer.from(sealed);
        changed[at]! ^= flip;
        expect(() => open(keys, changed, 'inbox:1')).toThrow(/^(this was changed|this is not a sealed|the keyring has no)/);
      }
      expect(() => open(keys, sealed.subarray(0, at), 'inbox:1')).toThrow();
    }
    expect(() => open(keys, Buffer.concat([sealed, Buffer.alloc(1)]), 'inbox:1')).toThrow(Unsealable);
  });

  it('does not open elsewhere, nor under another key of the same id', () => {
    const sealed = seal(keys, 'text', 'inbox:1');
    expect(() => open(keys, sealed, 'inbox:2')).toThrow(Unsealable);
    expect(() => open(strange, sealed, 'inbox:1')).toThrow(Unsealable);
  });

  it('does not let its context flow into the id of its key', () => {
    const alike = { activeId: 'k', key: () => Buffer.alloc(32, 'test key ') };
    const sealed = seal({ ...alike, activeId: 'k1' }, 'text', '23');
    expect(() => open(alike, sealed, '123')).toThrow(Unsealable);
  });

  it('never looks alike twice and holds nothing of the text', () => {
    const text = 'What is the status of purchase order 4500000001?';
    const [first, second] = [seal(keys, text, 'c'), seal(keys, text, 'c')];
    expect(first.equals(second)).toBe(false);
    for (const sealed of [first, second]) {
      for (let at = 0; at + 6 <= text.length; at += 1) expect(sealed.includes(text.slice(at, at + 6))).toBe(false);
    }
  });

  it.each([
    ['nothing', Buffer.alloc(0)], ['zeros', Buffer.alloc(64)],
    ['text', Buffer.from('plain text that was never sealed at all')],
    ['a header alone', Buffer.from([1, 2, 0x6b, 0x31])],
    ['an id that is too long', Buffer.concat([Buffer.from([1, 255]), Buffer.alloc(100)])],
  ])('is not what %s is', (_, data) => {
    expect(() => open(keys, data, 'c')).toThrow(Unsealable);
  });

  it('says nothing of what it holds when it does not open', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 30, maxLength: 200 }), (noise) => {
      try {
        open(keys, Buffer.concat([Buffer.from([1, 2]), Buffer.from('k1'), noise]), 'c');
      } catch (error) {
        expect((error as Error).message).toBe('this was changed, or belongs elsewhere');
      }
    }));
  });
});

describe('a hash for look-up', () => {
  const { lookup } = parseKeyring(JSON.stringify(file));
  const other = parseKeyring(JSON.stringify(newKeyring())).lookup;

  it('is the same for the same value, and differs by kind, value and key', () => {
    const hash = lookupHash(lookup, 'identity', '144133');
    expect(hash).toHaveLength(32);
    expect(lookupHash(lookup, 'identity', '144133').equals(hash)).toBe(true);
    expect(lookupHash(lookup, 'address', '144133').equals(hash)).toBe(false);
    expect(lookupHash(lookup, 'identity', '144134').equals(hash)).toBe(false);
    expect(lookupHash(other, 'identity', '144133').equals(hash)).toBe(false);
  });
});
