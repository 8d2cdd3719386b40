// Numbers that are written in several ways and are one telephone.
import fc from 'fast-check';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { readPhone, spellingsOf, takesSms } from '../../src/directory/phoneNumber';
import { anyNumber } from './numbers';

describe('the spellings of a number', () => {
  it.each([
    ['+525512345678', '+5215512345678'], ['+5491123456789', '+541123456789'], ['+5493511234567', '+543511234567'],
    ['+5511987654321', '+551187654321'], ['+5531987654321', '+553187654321'],
  ])('of %s are itself and %s, whichever of them is asked for', (one, other) => {
    expect(spellingsOf(one)).toEqual([one, other]);
    expect(spellingsOf(other)).toEqual([other, one]);
  });

  it.each([
    ['of a fixed line in Brazil', '+551132345678'], ['of a newer mobile number in Brazil', '+5511951234567'],
    ['of a freephone number in Argentina', '+548001234567'], ['of what is no number in Mexico', '+521155123456'],
    ['of a number in Germany', '+4915228817386'], ['of one in the United States', '+12025550123'],
  ])('%s are itself alone', (_which, number) => {
    expect(spellingsOf(number)).toEqual([number]);
  });

  it('are the same for each of them, and two at most', () => {
    fc.assert(fc.property(anyNumber, (number) => {
      const spellings = spellingsOf(number);
      expect(spellings[0]).toBe(number);
      expect(spellings.length).toBeLessThanOrEqual(2);
      expect(new Set(spellings).size).toBe(spellings.length);
      for (const spelling of spellings) expect(spellingsOf(spelling).sort()).toEqual([...spellings].sort());
    }), { numRuns: 2_000 });
  });

  it('are of one country', () => {
    fc.assert(fc.property(anyNumber, (number) => {
      const callingCodes = spellingsOf(number).map((one) => parsePhoneNumberFromString(one)?.countryCallingCode);
      expect(new Set(callingCodes).size).toBe(1);
    }), { numRuns: 500 });
  });
});

describe('a number as a former plan has it', () => {
  it.each([
    ['+52 1 55 1234 5678', undefined, '+525512345678'], ['00521 55 1234 5678', undefined, '+525512345678'],
    ['+55 (11) 8765-4321', undefined, '+5511987654321'], ['(31) 8765-4321', 'BR', '+5531987654321'],
    ['+54 9 11 2345-6789', undefined, '+5491123456789'], ['011 15-2345-6789', 'AR', '+5491123456789'],
    ['+54 11 15 2345 6789', undefined, '+5491123456789'],
  ] as const)('%s is read as it is written now', (written, defaultCountry, e164) => {
    expect(readPhone(written, { defaultCountry })).toEqual({ e164 });
  });

  it.each([
    '+52 1 15 1234 5678', '+52 1 900 123 4567', '+55 (20) 8765-4321', '+55 (11) 8765-432', '+54 9 15 1234', '+1 123 456 7890',
    '+49 00 515 2813672', '+44 00 7911 123456',
  ])('%s is refused, because no plan has it', (written) => {
    expect(readPhone(written)).toMatchObject({ why: expect.any(String) });
  });

  it('is never read as a number of another line', () => {
    fc.assert(fc.property(anyNumber, (number) => {
      const reading = readPhone(number);
      // Without a trunk prefix that stands where none belongs, as in +49 0….
      const plain = parsePhoneNumberFromString(number)?.number ?? number;
      if ('e164' in reading) expect(spellingsOf(plain)).toContain(reading.e164);
    }), { numRuns: 2_000 });
  });
});

it('takes SMS in each spelling, or in none', () => {
  fc.assert(fc.property(anyNumber, (number) => {
    const answers = spellingsOf(number).map(takesSms);
    expect(new Set(answers).size).toBe(1);
  }), { numRuns: 1_000 });
});
