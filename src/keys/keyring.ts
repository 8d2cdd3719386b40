// Every key of the installation, by purpose and id. One key is active in each purpose; the others still open what they sealed.
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
const purposeSchema = z.object({ active: z.string(), keys: z.record(z.string().regex(/^[a-z0-9-]{1,32}$/), z.string()) }).strict();
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

/** Reads a keyring from JSON. Throws one sentence: not JSON, a purpose or the active key missing, a short or repeated key. */
export function parseKeyring(json: string): Keyring {
  const file = readFile(json);
  const all = Object.values(file).flatMap(({ keys }) => Object.values(keys));
  if (new Set(all).size < all.length) throw new Error('the same key stands in it twice: make each with `doorman keys new`');
  return Object.fromEntries(keyPurposes.map((purpose) => [purpose, purposeKeys(purpose, file[purpose])])) as Keyring;
}

/** A fresh keyring file with one random key a purpose, each with the id `k1`. */
export function newKeyring(): KeyringFile {
  const fresh = () => ({ active: 'k1', keys: { k1: randomKey() } });
  return { payload: fresh(), storage: fresh(), code: fresh(), lookup: fresh(), subject: fresh() };
}

/** The same keyring file with a new active key in `purpose`; the former keys stay, to open what they sealed. */
export function rotateKey(file: KeyringFile, purpose: KeyPurpose): { file: KeyringFile; keyId: string } {
  const numbers = Object.keys(file[purpose].keys).map((id) => Number(/^k(\d+)$/.exec(id)?.[1] ?? 0));
  const keyId = `k${Math.max(...numbers) + 1}`;
  const rotated = { active: keyId, keys: { ...file[purpose].keys, [keyId]: randomKey() } };
  return { file: { ...file, [purpose]: rotated }, keyId };
}

function readFile(json: string): KeyringFile {
  if (json.trim() === '') throw new Error('is missing; make one with `doorman keys new`');
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch {
    throw new Error('is not JSON; make one with `doorman keys new`');
  }
  const parsed = keyringSchema.safeParse(content);
  if (!parsed.success) throw new Error(`is not a keyring: ${parsed.error.issues.map((i) => i.path.join('.')).join(', ')}; make one with \`doorman keys new\``);
  return parsed.data;
}

function purposeKeys(purpose: KeyPurpose, { active, keys }: KeyringFile[KeyPurpose]): PurposeKeys {
  const decoded = new Map(Object.entries(keys).map(([id, text]) => [id, decodeKey(purpose, id, text)]));
  if (!decoded.has(active)) throw new Error(`the active ${purpose} key ${JSON.stringify(active)} is not in it`);
  return {
    activeId: active,
    key(id) {
      const key = decoded.get(id);
      if (key === undefined) throw new UnknownKey(id);
      return key;
    },
  };
}

function decodeKey(purpose: KeyPurpose, id: string, text: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length !== keyBytes) throw new Error(`the ${purpose} key ${id} has ${key.length * 8} bits, not 256`);
  if (new Set(key).size < 8) throw new Error(`the ${purpose} key ${id} is not random`);
  return key;
}

function randomKey(): string {
  return randomBytes(keyBytes).toString('base64');
}
