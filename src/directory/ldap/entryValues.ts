// The values of an LDAP entry. An attribute is a set in no order, may be spelled in any case, and need not be text.
import type { Entry } from 'ldapts';

export interface EntryValues {
  /** Texts without the spaces around them, in a fixed order, each once; whatever is no text is remarked on. */
  all(name: string): string[];
  /** Whether it has a value that is no such text. */
  isUnreadable(name: string): boolean;
  /** The only one; without it, or with several, undefined and a remark. */
  one(name: string): string | undefined;
  /** The only one, 16 bytes, as Active Directory shows it. */
  guid(name: string): string | undefined;
}

// A value that says more than this is no name, number or address.
const lengthMax = 300;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Remarks name the attribute, once each. */
export function createValues(entry: Entry, remark: (column: string, why: string) => void): EntryValues {
  // A map: an attribute may be called anything (A40). What ldapts does with `__proto__` is no property of its own.
  const values = new Map(Object.entries(entry).map(([name, value]) => [name.toLowerCase(), [value].flat()]));
  const raw = (name: string) => values.get(name.toLowerCase()) ?? [];
  const all = (name: string): string[] => {
    const texts = raw(name).map(textOf);
    if (texts.includes(undefined)) remark(name, `holds what is not UTF-8 text, or longer than ${lengthMax} characters`);
    return [...new Set(texts)].filter((text) => text !== undefined && text !== '').sort() as string[]; // cast: filtered
  };
  const single = <T>(name: string, found: readonly T[]): T | undefined => {
    if (found.length === 0) remark(name, 'is empty; the entry is left out');
    if (found.length > 1) remark(name, 'has several values; the entry is left out');
    return found.length === 1 ? found[0] : undefined;
  };
  return {
    all,
    isUnreadable: (name) => raw(name).map(textOf).includes(undefined),
    one: (name) => single(name, all(name)),
    guid(name) {
      const value = single(name, raw(name));
      const guid = value === undefined ? undefined : guidText(Buffer.from(value));
      if (value !== undefined && guid === undefined) remark(name, 'is no GUID of 16 bytes; the entry is left out');
      return guid;
    },
  };
}

function textOf(value: string | Buffer): string | undefined {
  try {
    // When one value of an attribute is not UTF-8, ldapts gives all of them as bytes.
    const text = (typeof value === 'string' ? value : utf8.decode(value)).trim();
    return text.length > lengthMax ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The first three parts of a GUID are stored with their last byte first. */
export function guidText(bytes: Buffer): string | undefined {
  if (bytes.length !== 16) return undefined;
  const ordered = Buffer.from(bytes);
  for (const [from, to] of [[0, 4], [4, 6], [6, 8]]) ordered.subarray(from, to).reverse();
  return ordered.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
