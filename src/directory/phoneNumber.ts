// Telephone numbers as HR writes them, read into E.164. Refuses what no code may go to, and what can be read twice.
import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { CountryCode, PhoneNumber } from 'libphonenumber-js/max';
import { dropInvisible, foldDigits } from '../domain/characters';

export type PhoneReading = { readonly e164: string } | { readonly why: string };

// Numbers that cost whoever calls them (A52), or that no person answers.
const refusedTypes: ReadonlyMap<string, string> = new Map([
  ['PREMIUM_RATE', 'is a premium-rate number'],
  ['SHARED_COST', 'is a shared-cost number'],
  ['PAGER', 'is a pager'],
  ['UAN', 'is a company-wide number, not a person\'s'],
  ['VOICEMAIL', 'is a voicemail box'],
]);

// Telephone books put direction marks around numbers and odd spaces and dashes into them; letters are no digits here.
const written = /^\+?[0-9\s().\/\u2010-\u2015-]+$/;
const notValid = { why: 'is not a valid telephone number' };

/** Two capital letters that name a country with a numbering plan. */
export function isPhoneCountry(country: string): country is CountryCode {
  return /^[A-Z]{2}$/.test(country) && isSupportedCountry(country);
}

/**
 * Reads one number: +… or 00… international, or national in `defaultCountry`. The answer never repeats it.
 * The country's type MOBILE is not demanded: North American numbers do not tell.
 */
export function readPhone(raw: string, defaultCountry?: CountryCode): PhoneReading {
  const text = foldDigits(dropInvisible(raw).normalize('NFKC')).trim().replace(/^00/, '+');
  if (!written.test(text)) return { why: 'is not one telephone number without extension' };
  if (text.startsWith('+')) return checked(parse(text));
  if (defaultCountry === undefined) {
    return { why: 'is a national number: write it as +…, or name the country of such numbers' };
  }
  // A spreadsheet drops the plus sign, and "4915…" is a valid number in Germany as well: a code would go elsewhere.
  const national = parse(text, defaultCountry);
  const international = parse(`+${text}`);
  if (national?.isValid() && international?.isValid() && international.number !== national.number) {
    return { why: 'can be read as a national and as an international number: write it as +…' };
  }
  return checked(national);
}

function parse(text: string, country?: CountryCode): PhoneNumber | undefined {
  return parsePhoneNumberFromString(text, { extract: false, ...(country && { defaultCountry: country }) });
}

function checked(phone: PhoneNumber | undefined): PhoneReading {
  if (phone === undefined || !phone.isValid() || phone.ext !== undefined) return notValid;
  const refused = refusedTypes.get(phone.getType() ?? '');
  return refused === undefined ? { e164: phone.number } : { why: refused };
}
