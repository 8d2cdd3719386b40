import {
  chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyPurposes, parseKeyring, parseKeyringFile } from '../../src/keys/keyring';
import {
  activateInKeyringFile, addToKeyringFile, createKeyringFile, describeKeyringFile, rotateKeyringFile,
} from '../../src/keys/keyringFile';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'doorman-keys-'));
  path = join(folder, 'keyring.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const mode = (file: string) => statSync(file).mode & 0o777;

describe('a keyring file', () => {
  it('is made for its owner alone, ready to use', () => {
    const described = createKeyringFile(path);
    expect(mode(path)).toBe(0o600);
    expect(parseKeyring(readFileSync(path, 'utf8')).payload.activeId).toBe('k1');
    expect(described).toEqual(keyPurposes.map((purpose) => ({ purpose, active: 'k1', ids: ['k1'] })));
  });

  it('is never overwritten', () => {
    writeFileSync(path, 'anything');
    expect(() => createKeyringFile(path)).toThrow(/never overwritten/);
    expect(readFileSync(path, 'utf8')).toBe('anything');
  });

  it('gets a new active key and keeps the former one', () => {
    createKeyringFile(path);
    const before = parseKeyringFile(readFileSync(path, 'utf8'));
    expect(rotateKeyringFile(path, 'payload')).toEqual({ keyId: 'k2' });
    const after = parseKeyringFile(readFileSync(path, 'utf8'));
    expect(after.payload.active).toBe('k2');
    expect(after.payload.keys.k1).toBe(before.payload.keys.k1);
    expect({ ...after, payload: null }).toEqual({ ...before, payload: null });
    expect(mode(path)).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['keyring.json']);
  });

  it('stays where it is when it is reached through a link', () => {
    createKeyringFile(path);
    const link = join(folder, 'link.json');
    symlinkSync(path, link);
    rotateKeyringFile(link, 'code');
    expect(parseKeyringFile(readFileSync(path, 'utf8')).code.active).toBe('k2');
    expect(readdirSync(folder).sort()).toEqual(['keyring.json', 'link.json']);
  });

  it('is not rotated by two at once, and is left alone by the second', () => {
    createKeyringFile(path);
    const before = readFileSync(path, 'utf8');
    writeFileSync(`${path}.next`, '');
    expect(() => rotateKeyringFile(path, 'payload')).toThrow(/another rotation is under way/);
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(existsSync(`${path}.next`)).toBe(true);
  });

  it('is left as it is when it cannot be read as a keyring', () => {
    writeFileSync(path, '{"payload":1}');
    expect(() => rotateKeyringFile(path, 'payload')).toThrow(/is not a keyring/);
    expect(readFileSync(path, 'utf8')).toBe('{"payload":1}');
    expect(readdirSync(folder)).toEqual(['keyring.json']);
  });

  it('becomes readable by its owner alone when it is rotated', () => {
    createKeyringFile(path);
    chmodSync(path, 0o644);
    rotateKeyringFile(path, 'storage');
    expect(mode(path)).toBe(0o600);
  });

  it('does not rotate the lookup key, under which senders and counters are found', () => {
    createKeyringFile(path);
    expect(() => rotateKeyringFile(path, 'lookup')).toThrow(/found by hashes under it/);
  });

  it('does not rotate the subject key, under which assistants know who writes', () => {
    createKeyringFile(path);
    const before = readFileSync(path, 'utf8');
    expect(() => rotateKeyringFile(path, 'subject')).toThrow(/somebody else to the assistants/);
    expect(() => addToKeyringFile(path, 'subject')).toThrow(/somebody else to the assistants/);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('gets a key that everybody can read before the first one seals with it', () => {
    createKeyringFile(path);
    expect(addToKeyringFile(path, 'storage')).toEqual({ keyId: 'k2' });
    expect(describeKeyringFile(path)[1]).toEqual({ purpose: 'storage', active: 'k1', ids: ['k1', 'k2'] });
    expect(() => activateInKeyringFile(path, 'storage', 'k3')).toThrow(/has no key "k3"/);
    activateInKeyringFile(path, 'storage', 'k2');
    expect(describeKeyringFile(path)[1]).toEqual({ purpose: 'storage', active: 'k2', ids: ['k1', 'k2'] });
  });

  it('is described by purposes and ids, never by keys', () => {
    createKeyringFile(path);
    rotateKeyringFile(path, 'code');
    const described = describeKeyringFile(path);
    expect(described[2]).toEqual({ purpose: 'code', active: 'k2', ids: ['k1', 'k2'] });
    const text = JSON.stringify(described);
    const file = parseKeyringFile(readFileSync(path, 'utf8'));
    const secrets = keyPurposes.flatMap((purpose) => Object.values(file[purpose].keys));
    for (const key of secrets) expect(text).not.toContain(key);
  });
});
