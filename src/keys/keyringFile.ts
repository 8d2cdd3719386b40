// Keeps the keyring in a file that only its owner reads. Never overwrites one: losing a key loses what it sealed.
import {
  closeSync, fchownSync, fsyncSync, openSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { activateKey, addKey, keyPurposes, newKeyring, parseKeyringFile, rotateKey } from './keyring';
import type { KeyPurpose, KeyringFile } from './keyring';

const ownerOnly = 0o600;

/** What may be shown of a keyring. */
export interface KeyringDescription {
  readonly purpose: KeyPurpose;
  readonly active: string;
  readonly ids: readonly string[];
}

/** Makes a new keyring at `path`, for its owner alone (0600). Throws when anything is there already. */
export function createKeyringFile(path: string): KeyringDescription[] {
  const file = newKeyring();
  try {
    writeNew(path, file);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    throw new Error(`${path} is there already. A keyring is never overwritten: what its keys sealed would be lost.`);
  }
  return describeKeyring(file);
}

/** Purposes whose key has to stay, and why. */
const fixed: Partial<Record<KeyPurpose, string>> = {
  lookup: 'the lookup key cannot be rotated: senders and counters are found by hashes under it, which nobody can make '
    + 'anew without every address and identifier',
  subject: 'the subject key cannot be rotated: every employee would become somebody else to the assistants, which know '
    + 'them by names made with it',
};

/** Adds a key for `purpose`, which seals nothing until it is activated: when every process has read it. Says its id. */
export function addToKeyringFile(path: string, purpose: KeyPurpose): { keyId: string } {
  return changeFile(path, purpose, (file) => addKey(file, purpose));
}

/** Makes a key that was added before the one that seals. */
export function activateInKeyringFile(path: string, purpose: KeyPurpose, keyId: string): { keyId: string } {
  return changeFile(path, purpose, (file) => ({ file: activateKey(file, purpose, keyId), keyId }));
}

/** Both at once: whoever has not read the new file cannot open what others seal from then on. */
export function rotateKeyringFile(path: string, purpose: KeyPurpose): { keyId: string } {
  return changeFile(path, purpose, (file) => rotateKey(file, purpose));
}

/** A reader sees the old file or the new one. */
function changeFile(
  path: string, purpose: KeyPurpose, change: (file: KeyringFile) => { file: KeyringFile; keyId: string },
): { keyId: string } {
  if (fixed[purpose] !== undefined) throw new Error(fixed[purpose]);
  // A secret store may keep the file behind a link: the link stays, its target is replaced.
  const target = realpathSync(path);
  const next = `${target}.next`;
  // Made before anything is read, it keeps a second rotation out, which would lose the first one's key.
  const descriptor = openNext(next);
  try {
    const { file, keyId } = change(parseKeyringFile(readFileSync(target, 'utf8')));
    keepOwner(descriptor, target);
    write(descriptor, file);
    renameSync(next, target);
    syncFolder(target);
    return { keyId };
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function openNext(next: string): number {
  try {
    return openSync(next, 'wx', ownerOnly);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    throw new Error(`${next} is there: another rotation is under way, or one was interrupted. Remove it if none is.`);
  }
}

/** The purposes, the ids of their keys and which is active; never a key. */
export function describeKeyring(file: KeyringFile): KeyringDescription[] {
  return keyPurposes.map((purpose) => ({
    purpose, active: file[purpose].active, ids: Object.keys(file[purpose].keys),
  }));
}

/** The description of the keyring at `path`. Throws one sentence when it is none. */
export function describeKeyringFile(path: string): KeyringDescription[] {
  return describeKeyring(parseKeyringFile(readFileSync(path, 'utf8')));
}

function writeNew(path: string, file: KeyringFile): void {
  const descriptor = openSync(path, 'wx', ownerOnly);
  try {
    write(descriptor, file);
  } finally {
    closeSync(descriptor);
  }
  syncFolder(path);
}

function write(descriptor: number, file: KeyringFile): void {
  writeSync(descriptor, `${JSON.stringify(file, null, 2)}\n`);
  fsyncSync(descriptor);
}

/** The rotated file belongs to whom the former one belonged: an operator rotates as root, the application reads. */
function keepOwner(descriptor: number, target: string): void {
  const { uid, gid } = statSync(target);
  if (process.getuid?.() === 0) fchownSync(descriptor, uid, gid);
}

// A rename is on the disk only when the folder is. Windows has no such thing and refuses.
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(dirname(path), 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
