import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { keyPurposes, newKeyring, parseKeyring, parseKeyringFile, rotateKey, UnknownKey } from '../../src/keys/keyring';
import type { KeyringFile } from '../../src/keys/keyring';

const json = (file: unknown) => JSON.stringify(file);
const random = () => randomBytes(32).toString('base64');
/** A good keyring with other code keys. */
const withCode = (active: string, keys: object) => json({ ...newKeyring(), code: { active, keys } });
/** A good keyring with one payload key replaced. */
const withKey = (key: unknown, id = 'k1') => json({ ...newKeyring(), payload: { active: id, keys: { [id]: key } } });

describe('a keyring', () => {
  it('has its own 256-bit key for each purpose', () => {
    const keyring = parseKeyring(json(newKeyring()));
    const all = keyPurposes.map((purpose) => keyring[purpose].key(keyring[purpose].activeId));
    expect(all.every((key) => key.length === 32)).toBe(true);
    expect(new Set(all.map((key) => key.toString('hex'))).size).toBe(keyPurposes.length);
  });

  it('keeps every former key through any rotations', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(...keyPurposes), { maxLength: 12 }), (purposes) => {
      let file: KeyringFile = newKeyring();
      for (const purpose of purposes) {
        const former = file;
        const rotated = rotateKey(file, purpose);
        file = rotated.file;
        const [before, after] = [parseKeyring(json(former)), parseKeyring(json(file))];
        expect(after[purpose].activeId).toBe(rotated.keyId);
        expect(Object.keys(former[purpose].keys)).not.toContain(rotated.keyId);
        for (const each of keyPurposes) {
          for (const id of Object.keys(former[each].keys)) expect(after[each].key(id)).toEqual(before[each].key(id));
        }
      }
    }), { numRuns: 50 });
  });

  it('A40 refuses an id that it does not hold, prototype names included', () => {
    const { code } = parseKeyring(json(newKeyring()));
    for (const id of ['k2', '', 'constructor', '__proto__', 'toString']) expect(() => code.key(id)).toThrow(UnknownKey);
  });

  it('shows no key when it is printed', () => {
    const file = newKeyring();
    const printed = inspect(parseKeyring(json(file)), { depth: 10, showHidden: true }) + json(parseKeyring(json(file)));
    for (const purpose of keyPurposes) {
      const key = Buffer.from(file[purpose].keys.k1!, 'base64');
      expect(printed).not.toContain(key.toString('base64'));
      expect(printed).not.toContain(inspect(key).slice(8, 40));
    }
  });

  it.each([
    ['is empty', '', /is missing/], ['is no JSON', '{', /is not JSON/], ['is no object', '[]', /is not a keyring/],
    ['is null', 'null', /is not a keyring/],
    ['lacks a purpose', json({ ...newKeyring(), code: undefined }), /see code/],
    ['has an unknown purpose', json({ ...newKeyring(), more: {} }), /is not a keyring/],
    ['has an active key that is not there', withCode('k2', { k1: random() }), /active code key/],
    ['has an active key by a prototype name', withCode('constructor', { k1: random() }), /active code key/],
    ['has no keys', withCode('k1', {}), /active code key/],
    ['has a short key', withKey(randomBytes(31).toString('base64')), /248 bits/],
    ['has a long key', withKey(randomBytes(33).toString('base64')), /264 bits/],
    ['has an empty key', withKey(''), /0 bits/],
    ['has a key with a typing error', withKey(`${random().slice(0, 43)}!`), /not base64/],
    ['has a key in hexadecimal', withKey(randomBytes(32).toString('hex')), /384 bits/],
    ['has a key without padding', withKey(random().slice(0, 43)), /not base64/],
    ['has a key of zeros', withKey(Buffer.alloc(32).toString('base64')), /not random/],
    ['has a counter for a key', withKey(Buffer.from([...Array(32).keys()]).toString('base64')), /not random/],
    ['has a repeated word for a key', withKey(Buffer.alloc(32, 'secret').toString('base64')), /not random/],
    ['has a pass phrase for a key', withKey(btoa('correct horse battery staple! 12')), /not random/],
    ['has a key that is no text', withKey(7), /see payload.keys/],
    ['has an id with a space', withKey(random(), 'k 1'), /see payload.keys/],
  ])('is refused when it %s', (_, text, why) => {
    expect(() => parseKeyring(text)).toThrow(why);
    expect(() => parseKeyringFile(text)).toThrow(why);
  });

  it('is refused when one key serves twice, however it is spelled', () => {
    const shared = random();
    const twice = { active: 'k1', keys: { k1: shared } };
    expect(() => parseKeyring(json({ ...newKeyring(), code: twice, lookup: twice }))).toThrow(/twice/);
    expect(() => parseKeyring(withCode('k1', { k1: shared, k2: shared }))).toThrow(/twice/);
  });

  it('never repeats a key in its complaint', () => {
    const key = random();
    const broken = [
      withKey(`${key} `), withKey(key.slice(1)), withKey('k1', key), `${withKey(key)}}`, json({ [key]: {} }),
      json({ ...newKeyring(), payload: key }),
      json({ ...newKeyring(), payload: { active: key, keys: { k1: random() } } }),
    ];
    for (const text of broken) {
      let message = '';
      try {
        parseKeyring(text);
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).not.toBe('');
      expect(message).not.toContain(key.slice(1, 12));
    }
  });
});
