// Telephone numbers as HR writes them, read into E.164. Refuses what no code may go to, and what can be read twice.
// And as they are stored: asked again before each code, since lists and numbering plans change.
import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { CountryCode, PhoneNumber } from 'libphonenumber-js/max';
import { dropInvisible, foldDigits } from '../domain/characters';

/** ISO 3166 codes of the countries that codes go to; undefined for every one. */
export type Countries = ReadonlySet<string> | undefined;

export interface PhoneRules {
  /** Of numbers without a country code. */
  readonly defaultCountry?: CountryCode | undefined;
  readonly countries?: Countries;
}

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
const notListed = 'is in a country that codes do not go to (DOORMAN_COUNTRIES)';
const notValid = { why: 'is not a valid telephone number' };

/** Two capital letters that name a country with a numbering plan. */
export function isPhoneCountry(country: string): country is CountryCode {
  return /^[A-Z]{2}$/.test(country) && isSupportedCountry(country);
}

/** Reads a list of countries as `DE, FR` writes it. Throws a sentence that names what is no country. */
export function readCountries(list: string): ReadonlySet<string> {
  const codes = list.split(/[\s,]+/).filter((code) => code !== '');
  const unknown = codes.filter((code) => !isPhoneCountry(code));
  if (unknown.length > 0) throw new Error(`knows no ${unknown.join(', ')}: write codes such as DE, FR, US`);
  if (codes.length === 0) throw new Error('names no country: write codes such as DE, FR, US');
  return new Set(codes);
}

/**
 * Reads one number: +… or 00… international, or national in `defaultCountry`. The answer never repeats it.
 * The country's type MOBILE is not demanded: North American numbers do not tell.
 */
export function readPhone(raw: string, { defaultCountry, countries }: PhoneRules = {}): PhoneReading {
  const text = foldDigits(dropInvisible(raw).normalize('NFKC')).trim().replace(/^00/, '+');
  if (!written.test(text)) return { why: 'is not one telephone number without extension' };
  if (text.startsWith('+')) return checked(asWrittenNow(parse(text)), countries);
  if (defaultCountry === undefined) {
    return { why: 'is a national number: write it as +…, or name the country of such numbers' };
  }
  // A spreadsheet drops the plus sign, and "4915…" is a valid number in Germany as well: a code would go elsewhere.
  const national = asWrittenNow(parse(text, defaultCountry));
  const international = asWrittenNow(parse(`+${text}`));
  if (national?.isValid() && international?.isValid() && international.number !== national.number) {
    return { why: 'can be read as a national and as an international number: write it as +…' };
  }
  return checked(national, countries);
}

function parse(text: string, country?: CountryCode): PhoneNumber | undefined {
  return parsePhoneNumberFromString(text, { extract: false, ...(country && { defaultCountry: country }) });
}

/** Lists are older than plans: "+52 1 55…", and eight digits in Brazil, still mean somebody's mobile telephone. */
function asWrittenNow(phone: PhoneNumber | undefined): PhoneNumber | undefined {
  if (phone === undefined || phone.isValid() || phone.ext !== undefined) return phone;
  // As it is spelled: reading drops a zero that stands where none belongs, and a second one makes no number.
  const [, ...others] = spellingsOf(phone.number);
  return others.flatMap((spelling) => {
    const other = parse(spelling);
    return other?.isValid() && other.number === spelling ? [other] : [];
  })[0] ?? phone;
}

function checked(phone: PhoneNumber | undefined, countries: Countries): PhoneReading {
  if (phone === undefined || !phone.isValid() || phone.ext !== undefined) return notValid;
  const refused = refusalOf(phone, countries);
  return refused === undefined ? { e164: phone.number } : { why: refused };
}

function refusalOf(phone: PhoneNumber, countries: Countries): string | undefined {
  const isListed = countries === undefined || (phone.country !== undefined && countries.has(phone.country));
  return refusedTypes.get(phone.getType() ?? '') ?? (isListed ? undefined : notListed);
}

/**
 * The country by which sends to a stored number are counted, its calling code where it is nobody's; undefined when no
 * code may go there. Validity was asked at import: a plan that has grown since must not lock people out.
 */
export function countryOf(e164: string, countries: Countries): string | undefined {
  const phone = parse(e164);
  if (phone === undefined || refusalOf(phone, countries) !== undefined) return undefined;
  return phone.country ?? `+${phone.countryCallingCode}`;
}

/**
 * How WhatsApp still spells mobile numbers of countries that have changed theirs, beside how they are written now. The
 * function `phone_line` of the database reduces all of a line to one: whatever changes here changes there.
 */
const spellings: readonly (readonly [RegExp, string])[] = [
  // Mexico, with and without the 1 of former mobile numbers.
  [/^\+521([2-9]\d{9})$/, '+52$1'], [/^\+52([2-9]\d{9})$/, '+521$1'],
  // Argentina, with and without the 9 of mobile numbers: of a line whose area is 11, 2.. or 3...
  [/^\+549((?:11|[23]\d)\d{8})$/, '+54$1'], [/^\+54((?:11|[23]\d)\d{8})$/, '+549$1'],
  // Brazil, with and without the ninth digit; one that begins 2 to 5 is a fixed line, and another one.
  [/^\+55([1-9][1-9])9([6-9]\d{7})$/, '+55$1$2'],
  [/^\+55(?<area>[1-9][1-9])(?<line>[6-9]\d{7})$/, '+55$<area>9$<line>'],
];

/** The number, and any other spelling of the same line. */
export function spellingsOf(e164: string): string[] {
  return [e164, ...spellings.filter(([form]) => form.test(e164)).map(([form, other]) => e164.replace(form, other))];
}

/**
 * Whether a text can be sent there: where fixed lines have numbers of their own, none is sent to them. A number that is
 * a mobile one in another spelling is none of those.
 */
export function takesSms(e164: string): boolean {
  return spellingsOf(e164).some((spelling) => parse(spelling)?.getType() !== 'FIXED_LINE');
}
