import { createCsvFeed } from '../../../src/directory/csv/csvFeed';
import { fileOf, read } from './csvFiles';

describe('a person in a CSV file', () => {
  it.each([
    ['144133', '144133'], [' e-77 ', 'E-77'], ['Ｅ１２３', 'E123'], ['00012', '00012'],
  ])('may have the employee ID %p', async (employee_id, externalId) => {
    expect((await read(fileOf({ employee_id }))).records).toMatchObject([{ externalId }]);
  });

  it.each([
    ['employee_id', ''], ['employee_id', 'ab'], ['employee_id', 'A'.repeat(33)], ['employee_id', '__proto__'],
    ['employee_id', 'E 123'], ['employee_id', '1.44E+05'], ['employee_id', 'anna@acme.example'],
    ['employee_id', "' OR 1=1--"], ['email', 'anna'], ['email', 'anna@acme'],
    ['email', 'a@acme.example,b@acme.example'], ['email', 'ａnna@acme.example'], ['email', 'änna@acme.example'],
    ['email', 'Anna <anna@acme.example>'], ['email', 'anna(x)@acme.example'],
    ['email', `${'a'.repeat(250)}@acme.example`],
    ['mobile', '12'], ['mobile', '0171 2345678'], ['mobile', '+49177'], ['mobile', '+1 202 555 0123 ext. 7'],
    ['mobile', '+1 800 FLOWERS'], ['mobile', '+12025550123 / +12025550124'], ['mobile', '+49 900 1234567'],
    ['mobile', '+49 180 1234567'], ['mobile', '+44 7640 123456'], ['mobile', '+44 5500 123456'],
    ['mobile', '+41 860 79 123 45 67'],
    ['language', 'english'], ['language', 'e'], ['language', 'en-'], ['language', '*'], ['language', 'en-US.UTF-8'],
    ['active', 'maybe'], ['active', '2'], ['active', '__proto__'], ['active', 'constructor'],
    ['given_name', 'An\u202Ena'], ['family_name', 'Ex\tample'], ['family_name', 'Ex\nample'],
    ['given_name', 'x'.repeat(301)],
  ])('is refused for %s %p, without repeating it', async (column, value) => {
    const { records, problems } = await read(fileOf({ [column]: value }));
    expect(records).toEqual([]);
    expect(problems).toEqual([{ where: 'line 2', column, why: expect.any(String) }]);
    if (value.length > 3) expect(problems[0]!.why).not.toContain(value);
  });

  it('is refused for each fault at once', async () => {
    const { problems } = await read(fileOf({ employee_id: '', email: 'x', mobile: 'x', language: 'x', active: 'x' }));
    expect(problems.map(({ column }) => column)).toEqual(['employee_id', 'email', 'mobile', 'language', 'active']);
  });

  it('may have no e-mail address, number, language or names', async () => {
    const { records } = await read(fileOf({ given_name: '', family_name: '', email: '', mobile: '', language: '' }));
    expect(records).toMatchObject([{ givenName: '', emails: [], phones: [], preferredLanguage: null }]);
  });

  it.each([
    ['', true], ['true', true], ['TRUE', true], ['Yes', true], ['1', true], ['active', true],
    ['false', false], ['No', false], ['0', false], ['left', false], ['Inactive', false],
  ])('whose active is %p is taken as active: %p', async (active, expected) => {
    expect((await read(fileOf({ active }))).records).toMatchObject([{ active: expected }]);
  });

  it.each([['de', 'de'], ['de_DE', 'de-DE'], ['PT-br', 'pt-BR'], ['zh_hant_TW', 'zh-Hant-TW']])(
    'who speaks %p is written %p', async (language, preferredLanguage) => {
      expect((await read(fileOf({ language }))).records).toMatchObject([{ preferredLanguage }]);
    });

  it.each([
    ['+1 (202) 555-0123', '+12025550123', undefined], ['001 202 555 0123', '+12025550123', undefined],
    ['+49 (0)1522 8817386', '+4915228817386', undefined], ['01522 8817386', '+4915228817386', 'DE'],
    ['0049 1522 8817386', '+4915228817386', 'DE'], ['\u202A+4915228817386\u202C', '+4915228817386', undefined],
    ['＋４９ １５２２ ８８１７３８６', '+4915228817386', undefined], ['+٤٩١٥٢٢٨٨١٧٣٨٦', '+4915228817386', undefined],
    ['+390612345678', '+390612345678', undefined],
  ])('whose number is %p is reached at %p', async (mobile, e164, defaultCountry) => {
    const { records } = await read(fileOf({ mobile }), defaultCountry === undefined ? {} : { defaultCountry });
    expect(records[0]?.phones).toEqual([{ e164, raw: mobile, type: 'mobile', primary: true }]);
  });

  it.each([
    ['+33612345678', 'DE'], ['+881612345678', 'DE'], ['06 12 34 56 78', 'FR'],
  ])('is refused for the number %s of a country that codes do not go to', async (mobile, defaultCountry) => {
    const { records, problems } = await read(
      fileOf({ mobile }), { countries: new Set(['DE', 'US']), defaultCountry });
    expect(records).toEqual([]);
    expect(problems).toEqual([{
      where: 'line 2', column: 'mobile', why: 'is in a country that codes do not go to (DOORMAN_COUNTRIES)' }]);
    const listed = await read(fileOf({ mobile: '+1 202 555 0123' }), { countries: new Set(['DE', 'US']) });
    expect(listed.problems).toEqual([]);
  });

  it('is not called at another number because a spreadsheet dropped the plus sign', async () => {
    const { problems } = await read(fileOf({ mobile: '4915123456789' }), { defaultCountry: 'DE' });
    expect(problems).toMatchObject([{ column: 'mobile', why: expect.stringContaining('write it as +') }]);
  });

  it('is refused when the country of national numbers is none', () => {
    for (const defaultCountry of ['de', 'XX', '', 'DEU', '__proto__']) {
      expect(() => createCsvFeed('x', { defaultCountry })).toThrow('DE');
    }
  });
});
