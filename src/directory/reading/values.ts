// What a source writes about a person, value by value: the same rules for every feed. No sentence repeats a value.
import { dropInvisible } from '../../domain/characters';
import { canonicalIdentifier, isEmailIdentifier } from '../../domain/identifiers';
import { readPhone } from '../phoneNumber';
import type { PhoneRules } from '../phoneNumber';

/** What a value of a source means, or why it is not used: a sentence without the value. */
export type Reading<T> = { readonly value: T } | { readonly why: string };

/** In canonical form, and as it was written without what nobody sees. */
export function readEmployeeId(text: string): Reading<{ canonical: string; written: string }> {
  if (text === '') return { why: 'is empty' };
  const canonical = canonicalIdentifier(text);
  if (canonical === undefined || isEmailIdentifier(canonical)) {
    return { why: 'is not an employee ID: 3 to 32 letters A to Z, digits and hyphens' };
  }
  return { value: { canonical, written: dropInvisible(text).normalize('NFKC') } };
}

// Control characters, half of a pair of code units, line ends, and the marks that turn the direction of what follows
// them in a sentence. No database keeps the first two.
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

export function readName(text: string): Reading<string> {
  if (unprintable.test(text)) return { why: 'holds a character that cannot be printed' };
  return { value: text.normalize('NFC') };
}

const departmentLengthMax = 300;

/** The source's own key of a department, which is compared and never shown; null for none. */
export function readDepartment(text: string): Reading<string | null> {
  const name = readName(text.trim());
  if ('why' in name) return name;
  if (name.value.length > departmentLengthMax) return { why: `is longer than ${departmentLengthMax} characters` };
  return { value: name.value === '' ? null : name.value };
}

const asciiOnly = /^[\x21-\x7e]+$/;

/** Null for none. */
export function readEmail(text: string): Reading<string | null> {
  if (text === '') return { value: null };
  // Folding other letters to ASCII is right for what somebody types, not for where HR sends people's mail (A41).
  const address = asciiOnly.test(text) ? canonicalIdentifier(text) : undefined;
  if (address === undefined || !isEmailIdentifier(address)) return { why: 'is not one plain e-mail address' };
  return { value: address };
}

/** Null for none. */
export function readMobile(text: string, phones: PhoneRules): Reading<{ e164: string; raw: string } | null> {
  if (text === '') return { value: null };
  const phone = readPhone(text, phones);
  return 'why' in phone ? phone : { value: { e164: phone.e164, raw: text } };
}

// Words of four to eight letters are reserved in BCP 47: "english" is well-formed and names no language.
const languageTag = /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*$/;

/** As a BCP 47 tag; null for none. */
export function readLanguage(text: string): Reading<string | null> {
  if (text === '') return { value: null };
  const tag = text.replaceAll('_', '-');
  const canonical = languageTag.test(tag) ? canonicalLanguage(tag) : undefined;
  return canonical === undefined ? { why: 'is not a language tag like "de" or "pt-BR"' } : { value: canonical };
}

function canonicalLanguage(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}
