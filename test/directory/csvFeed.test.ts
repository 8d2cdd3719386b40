import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { createCsvFeed } from '../../src/directory/csvFeed';
import type { CsvOptions } from '../../src/directory/csvFeed';
import type { EmployeeRecord, FeedRemark } from '../../src/directory/directoryFeed';
import { directoryFeedSuite, itemsOf } from '../ports/directoryFeed.suite';
import type { WrittenPerson } from '../ports/directoryFeed.suite';

const header = 'employee_id,given_name,family_name,email,mobile,language,active';
const annaLine = '144133,Anna,Example,anna@acme.example,+12025550123,en,true';
const benLine = '144134,Ben,Example,ben@acme.example,+12025550124,,false';

directoryFeedSuite('CSV', async (people) => {
  let open = 0;
  const bytes = Buffer.from(csvOf(people));
  async function* read(): AsyncGenerator<Buffer> {
    open += 1;
    try {
      for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
    } finally {
      open -= 1;
    }
  }
  return { feed: createCsvFeed(read), isOpen: () => open > 0 };
});

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

function csvOf(people: readonly WrittenPerson[]): string {
  const rows = people.map(({ id, givenName, familyName, email, mobile, language, active }) =>
    [id, givenName, familyName, email, mobile, language, String(active)].map(quoted).join(','));
  return `${[header, ...rows].join('\n')}\n`;
}

interface Read {
  readonly records: readonly EmployeeRecord[];
  readonly places: readonly string[];
  readonly problems: readonly FeedRemark[];
  readonly notices: readonly FeedRemark[];
}

async function read(content: string | Buffer | readonly Buffer[], options: CsvOptions = {}): Promise<Read> {
  const chunks = Array.isArray(content) ? content : [Buffer.from(content as string)];
  const items = await itemsOf(createCsvFeed(async function* () { yield* chunks; }, options));
  return {
    records: items.flatMap((item) => ('record' in item ? [item.record] : [])),
    places: items.flatMap((item) => ('record' in item ? [item.where] : [])),
    problems: items.flatMap((item) => ('problem' in item ? [item.problem] : [])),
    notices: items.flatMap((item) => ('notice' in item ? [item.notice] : [])),
  };
}

/** One person with these cells, the others as Anna's. */
function line(cells: Partial<Record<string, string>>): string {
  const values: Record<string, string> = {
    employee_id: '144133', given_name: 'Anna', family_name: 'Example', email: 'anna@acme.example', mobile: '+12025550123',
    language: 'en', active: 'true', ...cells };
  return `${header}\n${header.split(',').map((column) => quoted(values[column]!)).join(',')}\n`;
}

describe('a CSV file', () => {
  it('is read as in the contract', async () => {
    const { records, places, problems, notices } = await read(`${header}\n${annaLine}\n${benLine}\n`);
    expect({ problems, notices, places }).toEqual({ problems: [], notices: [], places: ['line 2', 'line 3'] });
    expect(records[0]).toEqual({
      externalId: '144133', employeeNumber: '144133', givenName: 'Anna', familyName: 'Example', preferredLanguage: 'en', active: true,
      phones: [{ e164: '+12025550123', raw: '+12025550123', type: 'mobile', primary: true }],
      emails: [{ address: 'anna@acme.example', type: 'work', primary: true }],
    });
    expect(records[1]).toMatchObject({ active: false, preferredLanguage: null });
  });

  it.each([
    ['Windows line ends', `${header}\r\n${annaLine}\r\n${benLine}\r\n`],
    ['old Macintosh line ends', `${header}\r${annaLine}\r${benLine}\r`],
    ['mixed line ends', `${header}\r\n${annaLine}\n${benLine}`],
    ['a byte order mark', `\uFEFF${header}\n${annaLine}\n${benLine}\n`],
    ['semicolons', `${header}\n${annaLine}\n${benLine}\n`.replaceAll(',', ';')],
    ['quoted cells', `${header}\n${annaLine}\n${benLine}\n`.replace(/[^,\n]+/g, '"$&"')],
    ['spaces around cells', `${header}\n${annaLine}\n${benLine}\n`.replaceAll(',', ' ,\t')],
    ['empty lines and rows of nothing', `\n${header}\n\n${annaLine}\n,,,,,,\n${benLine}\n,,,,,,\n\n`],
  ])('may have %s', async (_what, content) => {
    const plain = await read(`${header}\n${annaLine}\n${benLine}\n`);
    const { records, problems, notices } = await read(content);
    expect({ records, problems, notices }).toEqual({ records: plain.records, problems: [], notices: [] });
  });

  it('may come in pieces of any size, through the middle of letters and line ends', async () => {
    const bytes = Buffer.from(`\uFEFF${header}\r\n1441,Zoë 李,☎,z@acme.example,+12025550123,en,true\r\n${benLine}\r\n`);
    const whole = await read([bytes]);
    for (let size = 1; size < 40; size += 1) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
      expect(await read(pieces)).toEqual(whole);
    }
    expect(whole.records[0]).toMatchObject({ givenName: 'Zoë 李' });
    expect(whole.places).toEqual(['line 2', 'line 3']);
  });

  it('says the line on which a person starts, whatever stands before', async () => {
    const { problems } = await read(`${header}\r\n\r\n${annaLine.replace('Anna', '"An\r\nna"')}\r\n\r\n${benLine.replace('+1', '+')}`);
    expect(problems.map(({ where, column }) => [where, column])).toEqual([['line 3', 'given_name'], ['line 6', 'mobile']]);
  });

  it('is read from the disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'csv-'));
    const file = join(folder, 'people.csv');
    writeFileSync(file, `${header}\n${annaLine}\n`);
    expect((await itemsOf(createCsvFeed(file))).filter((item) => 'record' in item)).toHaveLength(1);
    rmSync(folder, { recursive: true });
    expect(await itemsOf(createCsvFeed(file))).toEqual([{ problem: { where: 'the file', why: 'is not there' } }]);
    expect(await itemsOf(createCsvFeed(tmpdir()))).toEqual([{ problem: { where: 'the file', why: 'cannot be read (EISDIR)' } }]);
  });
});

describe('the columns of a CSV file', () => {
  it('may stand in any order', async () => {
    const turned = (text: string) => text.split(',').reverse().join(',');
    const { records } = await read(`${turned(header)}\n${turned(annaLine)}\n`);
    expect(records).toEqual((await read(`${header}\n${annaLine}\n`)).records);
  });

  it('go by the names that personnel systems use', async () => {
    const { records, notices } = await read(
      `Employee ID;First Name;Surname;E-Mail;Mobile_Phone;Locale;STATUS\n${annaLine.replaceAll(',', ';').replace('true', 'left')}\n`);
    expect(records[0]).toMatchObject({ employeeNumber: '144133', familyName: 'Example', active: false });
    expect(notices).toEqual([]);
  });

  it('go by further names that are configured', async () => {
    const content = `${header.replace('mobile', 'Natel / GSM')}\n${annaLine}\n`;
    expect((await read(content)).problems).toMatchObject([{ where: 'line 1', column: 'mobile' }]);
    const { records, problems } = await read(content, { aliases: { mobile: ['natel gsm'] } });
    expect(problems).toEqual([]);
    expect(records[0]!.phones).toHaveLength(1);
  });

  it('are ignored when unknown, with one notice each', async () => {
    const { records, notices } = await read(`salary,${header},"Cost\u001b[2J centre",,__proto__\n9,${annaLine},x,y,z\n${'8,' + benLine + ',x,y,z'}\n`);
    expect(records).toHaveLength(2);
    expect(JSON.stringify(records)).not.toMatch(/salary|__proto__/);
    expect(notices).toEqual([
      { where: 'line 1', why: 'column 1 "salary" is ignored' },
      { where: 'line 1', why: 'column 9 "Cost [2J centre" is ignored' },
      { where: 'line 1', why: 'column 10 is ignored' },
      { where: 'line 1', why: 'column 11 "__proto__" is ignored' },
    ]);
  });

  it.each(['employee_id', 'email', 'mobile', 'active'])('must have %s: a misspelt one would be lost in silence', async (column) => {
    const { records, problems } = await read(`${header.replace(column, 'x')}\n${annaLine}\n`);
    expect(records).toEqual([]);
    expect(problems).toEqual([{ where: 'line 1', column, why: expect.stringContaining('is missing') }]);
  });

  it.each(['given_name', 'family_name', 'language'])('may lack %s, with a notice', async (column) => {
    const { records, notices } = await read(`${header.replace(column, 'x')}\n${annaLine}\n`);
    expect(records).toHaveLength(1);
    expect(notices).toContainEqual({ where: 'line 1', column, why: 'is missing and taken as empty' });
  });

  it('are not guessed when two have the same meaning', async () => {
    const { problems } = await read(`${header},email\n${annaLine},x\n`);
    expect(problems).toEqual([{ where: 'line 1', column: 'email', why: 'stands there several times: columns 4, 8' }]);
    const { records, notices } = await read(`${header},e-mail\n${annaLine},other@acme.example\n`);
    expect(records[0]!.emails).toMatchObject([{ address: 'anna@acme.example' }]);
    expect(notices).toHaveLength(1);
  });

  it('are never quoted when the first line is a person', async () => {
    const { records, problems, notices } = await read(`${annaLine}\n${benLine}\n`);
    expect(records).toEqual([]);
    expect(notices).toEqual([]);
    expect(JSON.stringify(problems)).not.toMatch(/anna|144133|2025550123/i);
  });
});

describe('a person in a CSV file', () => {
  it.each([
    ['144133', '144133'], [' e-77 ', 'E-77'], ['Ｅ１２３', 'E123'], ['00012', '00012'],
  ])('may have the employee ID %p', async (employee_id, externalId) => {
    expect((await read(line({ employee_id }))).records).toMatchObject([{ externalId }]);
  });

  it.each([
    ['employee_id', ''], ['employee_id', 'ab'], ['employee_id', 'A'.repeat(33)], ['employee_id', '__proto__'],
    ['employee_id', 'E 123'], ['employee_id', '1.44E+05'], ['employee_id', 'anna@acme.example'], ['employee_id', "' OR 1=1--"],
    ['email', 'anna'], ['email', 'anna@acme'], ['email', 'a@acme.example,b@acme.example'], ['email', 'ａnna@acme.example'],
    ['email', 'änna@acme.example'], ['email', 'Anna <anna@acme.example>'], ['email', 'anna(x)@acme.example'],
    ['email', `${'a'.repeat(250)}@acme.example`],
    ['mobile', '12'], ['mobile', '0171 2345678'], ['mobile', '+49177'], ['mobile', '+1 202 555 0123 ext. 7'],
    ['mobile', '+1 800 FLOWERS'], ['mobile', '+12025550123 / +12025550124'], ['mobile', '+49 900 1234567'],
    ['mobile', '+49 180 1234567'], ['mobile', '+44 7640 123456'], ['mobile', '+44 5500 123456'], ['mobile', '+41 860 79 123 45 67'],
    ['language', 'english'], ['language', 'e'], ['language', 'en-'], ['language', '*'], ['language', 'en-US.UTF-8'],
    ['active', 'maybe'], ['active', '2'], ['active', '__proto__'], ['active', 'constructor'],
    ['given_name', 'An\u202Ena'], ['family_name', 'Ex\tample'], ['family_name', 'Ex\nample'], ['given_name', 'x'.repeat(301)],
  ])('is refused for %s %p, without repeating it', async (column, value) => {
    const { records, problems } = await read(line({ [column]: value }));
    expect(records).toEqual([]);
    expect(problems).toEqual([{ where: 'line 2', column, why: expect.any(String) }]);
    if (value.length > 3) expect(problems[0]!.why).not.toContain(value);
  });

  it('is refused for each fault at once', async () => {
    const { problems } = await read(line({ employee_id: '', email: 'x', mobile: 'x', language: 'x', active: 'x' }));
    expect(problems.map(({ column }) => column)).toEqual(['employee_id', 'email', 'mobile', 'language', 'active']);
  });

  it('may have no e-mail address, number, language or names', async () => {
    const { records } = await read(line({ given_name: '', family_name: '', email: '', mobile: '', language: '' }));
    expect(records).toMatchObject([{ givenName: '', emails: [], phones: [], preferredLanguage: null }]);
  });

  it.each([
    ['', true], ['true', true], ['TRUE', true], ['Yes', true], ['1', true], ['active', true],
    ['false', false], ['No', false], ['0', false], ['left', false], ['Inactive', false],
  ])('whose active is %p is taken as active: %p', async (active, expected) => {
    expect((await read(line({ active }))).records).toMatchObject([{ active: expected }]);
  });

  it.each([['de', 'de'], ['de_DE', 'de-DE'], ['PT-br', 'pt-BR'], ['zh_hant_TW', 'zh-Hant-TW']])(
    'who speaks %p is written %p', async (language, preferredLanguage) => {
      expect((await read(line({ language }))).records).toMatchObject([{ preferredLanguage }]);
    });

  it.each([
    ['+1 (202) 555-0123', '+12025550123', undefined], ['001 202 555 0123', '+12025550123', undefined],
    ['+49 (0)1522 8817386', '+4915228817386', undefined], ['01522 8817386', '+4915228817386', 'DE'],
    ['0049 1522 8817386', '+4915228817386', 'DE'], ['\u202A+4915228817386\u202C', '+4915228817386', undefined],
    ['＋４９ １５２２ ８８１７３８６', '+4915228817386', undefined], ['+٤٩١٥٢٢٨٨١٧٣٨٦', '+4915228817386', undefined],
    ['+390612345678', '+390612345678', undefined],
  ])('whose number is %p is reached at %p', async (mobile, e164, defaultCountry) => {
    const { records } = await read(line({ mobile }), defaultCountry === undefined ? {} : { defaultCountry });
    expect(records[0]?.phones).toEqual([{ e164, raw: mobile, type: 'mobile', primary: true }]);
  });

  it('is not called at another number because a spreadsheet dropped the plus sign', async () => {
    const { problems } = await read(line({ mobile: '4915123456789' }), { defaultCountry: 'DE' });
    expect(problems).toMatchObject([{ column: 'mobile', why: expect.stringContaining('write it as +') }]);
  });

  it('is refused when the country of national numbers is none', () => {
    for (const defaultCountry of ['de', 'XX', '', 'DEU', '__proto__']) expect(() => createCsvFeed('x', { defaultCountry })).toThrow('DE');
  });
});

describe('a broken CSV file', () => {
  const refusal = async (content: string | Buffer | readonly Buffer[], options: CsvOptions = {}) => {
    const { problems } = await read(content, options);
    return problems.map(({ where, why }) => `${where} ${why}`).at(-1);
  };

  it('is refused when it is empty, or holds nobody', async () => {
    for (const content of ['', '\n\n', '\uFEFF', ' \n']) expect(await refusal(content)).toBe('the file is empty');
    expect(await refusal(`${header}\n`)).toBe('the file holds nobody');
  });

  it('is refused at the line that is not UTF-8', async () => {
    const latin1 = Buffer.from(`${header}\n${annaLine}\n1441,Zo\u00eb,,,,,\n`, 'latin1');
    expect(await refusal([latin1])).toBe('line 3 is not UTF-8');
    expect(await refusal([Buffer.from(`${header}\n`), Buffer.from([0xc3])])).toBe('line 2 is not UTF-8');
    expect(await refusal([Buffer.from(`${header}\r\n${annaLine}\r\n`), latin1.subarray(header.length + 1)])).toBe('line 4 is not UTF-8');
    expect(await refusal([Buffer.from(`\uFEFF${header}\n`, 'utf16le')])).toBe('the file is UTF-16: save it as "CSV UTF-8"');
    expect(await refusal([Buffer.from(`${header}\n`, 'utf16le')])).toBe('line 1 holds a NUL character: this is no text file');
  });

  it('is refused at a NUL character', async () => {
    expect(await refusal(`${header}\n${annaLine}\n${benLine.replace('Ben', 'B\0n')}\n`)).toBe('line 3 holds a NUL character: this is no text file');
  });

  it('is refused at a quotation mark that is never closed', async () => {
    expect(await refusal(`${header}\n\n${annaLine}\n\n${benLine.replace('Ben', '"Ben')}\n${annaLine}\n`))
      .toBe('line 5 opens a quotation mark that is never closed');
    expect(await refusal(`"${header}\n${annaLine}\n`)).toBe('line 1 opens a quotation mark that is never closed');
    const people = Array.from({ length: 5_000 }, () => benLine).join('\n');
    expect(await refusal(`${header}\n${annaLine}\n${benLine.replace('Ben', '"Ben')}\n${people}\n`))
      .toBe('line 3 is far too long; perhaps a quotation mark is never closed');
  });

  it('is refused at a misplaced quotation mark', async () => {
    expect(await refusal(`${header}\n${benLine.replace('Ben', '"Be"n')}\n`)).toBe('line 2 has something after a closing quotation mark');
    expect(await refusal(`${header}\n${benLine.replace('Ben', 'B"e"n')}\n`))
      .toBe('line 2 has a quotation mark inside a cell: quote the cell and double the mark');
  });

  it('is told each line with another number of columns', async () => {
    const { problems } = await read(`${header}\n${annaLine},x\n${benLine}\n144133,Anna\n`);
    expect(problems).toEqual([
      { where: 'line 2', why: 'has 8 columns, the first line has 7' }, { where: 'line 4', why: 'has 2 columns, the first line has 7' }]);
  });

  it('is refused at a cell of 10 MB, quoted or not, without reading it to the end', async () => {
    let taken = 0;
    const giant = (open: string) => createCsvFeed(async function* () {
      yield Buffer.from(`${header}\n${annaLine}\n1441,${open}`);
      for (taken = 0; taken < 160; taken += 1) yield Buffer.alloc(64 * 1024, 'x');
    });
    expect(await itemsOf(giant(''))).toContainEqual({ problem: { where: 'line 3', why: 'is longer than 65536 bytes' } });
    expect(await itemsOf(giant('"'))).toContainEqual({ problem: { where: 'line 3', why: 'is longer than 65536 bytes' } });
    expect(taken).toBeLessThan(5);
  });

  it('is refused beyond 100 MB, without holding it', async () => {
    let taken = 0;
    const block = Buffer.from(`${annaLine}\n`.repeat(16_000));
    const endless = createCsvFeed(async function* () {
      yield Buffer.from(`${header}\n`);
      for (;;) {
        taken += block.length;
        yield block;
      }
    }, { limits: { fileBytes: 3_000_000 } });
    const items = await itemsOf(endless);
    expect(items.at(-1)).toEqual({ problem: { where: 'the file', why: 'is larger than 3 MB' } });
    expect(taken).toBeLessThan(5_000_000);
    expect(await refusal([Buffer.from(`${header}\n`), Buffer.alloc(100_000_000)])).toBe('the file is larger than 100 MB');
  });

  it('never breaks the reader, and never gives a person who is not whole', async () => {
    const cell = fc.oneof(
      fc.constantFrom('', '"', '""', ',', ';', '\r', '\n', '\0', '__proto__', 'true', '144133', '+12025550123', 'a@b.example', 'de'),
      fc.string({ unit: 'binary', maxLength: 8 }));
    const content = fc.array(fc.array(cell, { maxLength: 9 }).map((cells) => cells.join(',')), { maxLength: 6 })
      .map((lines) => `${header}\n${lines.join('\n')}`);
    await fc.assert(fc.asyncProperty(content, async (text) => {
      const { records, problems } = await read(text);
      for (const record of records) {
        expect(record.externalId).toMatch(/^[A-Z0-9-]{3,32}$/);
        for (const { e164 } of record.phones) expect(e164).toMatch(/^\+[1-9]\d{6,14}$/);
        for (const { address } of record.emails) expect(address).toMatch(/^[!-~]+@[a-z0-9.-]+$/);
      }
      for (const { where, why } of problems) expect(`${where} ${why}`).toMatch(/^(line \d+|the file) [ -~…]{1,100}$/);
    }), { numRuns: 1_000 });
  });
});
