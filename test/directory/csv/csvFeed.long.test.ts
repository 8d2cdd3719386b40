import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCsvFeed } from '../../../src/directory/csv/csvFeed';
import { directoryFeedSuite, itemsOf } from '../../ports/directoryFeed.suite';
import { annaLine, benLine, csvOf, header, read } from './csvFiles';

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

describe('a CSV file', () => {
  it('is read as in the contract', async () => {
    const { records, places, problems, notices } = await read(`${header}\n${annaLine}\n${benLine}\n`);
    expect({ problems, notices, places }).toEqual({ problems: [], notices: [], places: ['line 2', 'line 3'] });
    expect(records[0]).toEqual({
      externalId: '144133', employeeNumber: '144133', givenName: 'Anna', familyName: 'Example',
      preferredLanguage: 'en', active: true, department: null,
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
      const pieces = Array.from(
        { length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
      expect(await read(pieces)).toEqual(whole);
    }
    expect(whole.records[0]).toMatchObject({ givenName: 'Zoë 李' });
    expect(whole.places).toEqual(['line 2', 'line 3']);
  });

  it('says the line on which a person starts, whatever stands before', async () => {
    const [anna, ben] = [annaLine.replace('Anna', '"An\r\nna"'), benLine.replace('+1', '+')];
    const { problems } = await read(`${header}\r\n\r\n${anna}\r\n\r\n${ben}`);
    expect(problems).toMatchObject([
      { where: 'line 3', column: 'given_name' }, { where: 'line 6', column: 'mobile' }]);
  });

  it('is read from the disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'csv-'));
    const file = join(folder, 'people.csv');
    writeFileSync(file, `${header}\n${annaLine}\n`);
    expect((await itemsOf(createCsvFeed(file))).filter((item) => 'record' in item)).toHaveLength(1);
    rmSync(folder, { recursive: true });
    expect(await itemsOf(createCsvFeed(file))).toEqual([{ problem: { where: 'the file', why: 'is not there' } }]);
    expect(await itemsOf(createCsvFeed(tmpdir()))).toEqual([
      { problem: { where: 'the file', why: 'cannot be read (EISDIR)' } }]);
  });
});

describe('the columns of a CSV file', () => {
  it('may stand in any order', async () => {
    const turned = (text: string) => text.split(',').reverse().join(',');
    const { records } = await read(`${turned(header)}\n${turned(annaLine)}\n`);
    expect(records).toEqual((await read(`${header}\n${annaLine}\n`)).records);
  });

  it('go by the names that personnel systems use', async () => {
    const anna = annaLine.replaceAll(',', ';').replace('true', 'left');
    const { records, notices } = await read(
      `Employee ID;First Name;Surname;E-Mail;Mobile_Phone;Locale;STATUS\n${anna}\n`);
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
    const { records, notices } = await read(
      `salary,${header},"Cost\u001b[2J centre",,__proto__\n9,${annaLine},x,y,z\n8,${benLine},x,y,z\n`);
    expect(records).toHaveLength(2);
    expect(JSON.stringify(records)).not.toMatch(/salary|__proto__/);
    expect(notices).toEqual([
      { where: 'line 1', why: 'column 1 "salary" is ignored' },
      { where: 'line 1', why: 'column 9 "Cost [2J centre" is ignored' },
      { where: 'line 1', why: 'column 10 is ignored' },
      { where: 'line 1', why: 'column 11 "__proto__" is ignored' },
    ]);
  });

  it.each([
    'employee_id', 'email', 'mobile', 'active',
  ])('must have %s: a misspelt one would be lost in silence', async (column) => {
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
