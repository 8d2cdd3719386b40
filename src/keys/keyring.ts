// Every key of the installation, by purpose and id. One key is active in each purpose; the others still open what they
// sealed. Refuses keys that are short, repeated or not random; no error repeats a key.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/** What a key is for. A key serves one purpose only. */
export const keyPurposes = ['payload', 'storage', 'code', 'lookup', 'subject'] as const;
export type KeyPurpose = (typeof keyPurposes)[number];

/** The keys of one purpose. `key` throws UnknownKey for an id that the ring does not hold. */
export interface PurposeKeys {
  readonly activeId: string;
  key(id: string): Buffer;
}
export type Keyring = { readonly [purpose in KeyPurpose]: PurposeKeys };

/** The file's form: key ids to 256-bit keys in base64. */
const keyId = z.string().regex(/^[a-z0-9-]{1,32}$/);
const purposeSchema = z.object({ active: z.string(), keys: z.record(keyId, z.string()) }).strict();
const keyringSchema = z.object({
  payload: purposeSchema, storage: purposeSchema, code: purposeSchema, lookup: purposeSchema, subject: purposeSchema,
}).strict();
export type KeyringFile = z.infer<typeof keyringSchema>;

/** Data was sealed or a code derived with a key that is not in the ring: closed, never guessed (F20). */
export class UnknownKey extends Error {
  constructor(id: string) {
    super(`the keyring has no key ${JSON.stringify(id.slice(0, 32))}`);
    this.name = 'UnknownKey';
  }
}

const keyBytes = 32;

/** Reads a keyring from JSON. Throws one sentence: not JSON, a purpose or the active key missing, a bad key. */
export function parseKeyring(json: string): Keyring {
  const file = parseKeyringFile(json);
  return Object.fromEntries(keyPurposes.map((purpose) => [purpose, purposeKeys(purpose, file[purpose])])) as Keyring;
}

/** Reads the same JSON as data, for those who write it again. Throws as parseKeyring does. */
export function parseKeyringFile(json: string): KeyringFile {
  const file = readShape(json);
  const all = keyPurposes.flatMap((purpose) => {
    const { active, keys } = file[purpose];
    if (!Object.hasOwn(keys, active)) throw new Error(`the active ${purpose} key is not among its keys`);
    return Object.entries(keys).map(([id, text]) => decodeKey(purpose, id, text).toString('hex'));
  });
  if (new Set(all).size < all.length) {
    throw new Error('the same key stands in it twice: make each with `doorman keys new`');
  }
  return file;
}

/** A fresh keyring file with one random key a purpose, each with the id `k1`. */
export function newKeyring(): KeyringFile {
  const fresh = () => ({ active: 'k1', keys: { k1: randomKey() } });
  return { payload: fresh(), storage: fresh(), code: fresh(), lookup: fresh(), subject: fresh() };
}

/** The same keyring file with one more key in `purpose`: it opens, and seals nothing until it is activated. */
export function addKey(file: KeyringFile, purpose: KeyPurpose): { file: KeyringFile; keyId: string } {
  const { active, keys } = file[purpose];
  const numbers = Object.keys(keys).map((id) => Number(/^k(\d{1,6})$/.exec(id)?.[1] ?? 0));
  const keyId = `k${Math.max(...numbers) + 1}`;
  return { file: { ...file, [purpose]: { active, keys: { ...keys, [keyId]: randomKey() } } }, keyId };
}

/** The same keyring file with another of its keys active; the former ones stay, to open what they sealed. */
export function activateKey(file: KeyringFile, purpose: KeyPurpose, keyId: string): KeyringFile {
  const { keys } = file[purpose];
  if (!Object.hasOwn(keys, keyId)) throw new UnknownKey(keyId);
  return { ...file, [purpose]: { active: keyId, keys } };
}

/** Both at once: for who has one process of each kind, or none running. */
export function rotateKey(file: KeyringFile, purpose: KeyPurpose): { file: KeyringFile; keyId: string } {
  const added = addKey(file, purpose);
  return { file: activateKey(added.file, purpose, added.keyId), keyId: added.keyId };
}

function readShape(json: string): KeyringFile {
  if (json.trim() === '') throw new Error('is missing; make one with `doorman keys new`');
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch {
    // The parser's own words would repeat a part of the text.
    throw new Error('is not JSON; make one with `doorman keys new`');
  }
  const parsed = keyringSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  // Two steps of the path at most: below them stand ids, and where id and key were swapped the key itself.
  const places = new Set(parsed.error.issues.map(({ path }) => path.slice(0, 2).join('.') || 'its outermost level'));
  throw new Error(`is not a keyring: see ${[...places].join(', ')}; make one with \`doorman keys new\``);
}

function purposeKeys(purpose: KeyPurpose, { active, keys }: KeyringFile[KeyPurpose]): PurposeKeys {
  const decoded = new Map(Object.entries(keys).map(([id, text]) => [id, decodeKey(purpose, id, text)]));
  return Object.freeze({
    activeId: active,
    key(id: string) {
      const key = decoded.get(id);
      if (key === undefined) throw new UnknownKey(id);
      return key;
    },
  });
}

function decodeKey(purpose: KeyPurpose, id: string, text: string): Buffer {
  const key = Buffer.from(text, 'base64');
  // Node skips what is not base64: a key with a typing error in it would silently become another.
  if (key.toString('base64') !== text) throw new Error(`the ${purpose} key ${id} is not base64`);
  if (key.length !== keyBytes) throw new Error(`the ${purpose} key ${id} has ${key.length * 8} bits, not 256`);
  if (!looksRandom(key)) throw new Error(`the ${purpose} key ${id} is not random: make it with \`doorman keys new\``);
  return key;
}

/** Refuses constants, counters and pass phrases. 32 random bytes fall into one of these once in 10^13 keyrings. */
function looksRandom(key: Buffer): boolean {
  const steps = new Set(key.map((byte, i) => byte - (key[i - 1] ?? 0)).subarray(1));
  const printable = key.every((byte) => byte >= 0x20 && byte < 0x7f);
  return new Set(key).size >= 12 && steps.size >= 12 && !printable;
}

function randomKey(): string {
  return randomBytes(keyBytes).toString('base64');
}
