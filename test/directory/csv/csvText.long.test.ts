import fc from 'fast-check';
import { createCsvFeed } from '../../../src/directory/csv/csvFeed';
import { itemsOf } from '../../ports/directoryFeed.suite';
import { annaLine, benLine, header, read } from './csvFiles';

describe('a broken CSV file', () => {
  const refusal = async (content: string | readonly Buffer[]) => {
    const { problems } = await read(content);
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
    expect(await refusal([Buffer.from(`${header}\r\n${annaLine}\r\n`), latin1.subarray(header.length + 1)]))
      .toBe('line 4 is not UTF-8');
    expect(await refusal([Buffer.from(`\uFEFF${header}\n`, 'utf16le')]))
      .toBe('the file is UTF-16: save it as "CSV UTF-8"');
    expect(await refusal([Buffer.from(`${header}\n`, 'utf16le')]))
      .toBe('line 1 holds a NUL character: this is no text file');
  });

  it('is refused at a NUL character', async () => {
    expect(await refusal(`${header}\n${annaLine}\n${benLine.replace('Ben', 'B\0n')}\n`))
      .toBe('line 3 holds a NUL character: this is no text file');
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
    expect(await refusal(`${header}\n${benLine.replace('Ben', '"Be"n')}\n`))
      .toBe('line 2 has something after a closing quotation mark');
    expect(await refusal(`${header}\n${benLine.replace('Ben', 'B"e"n')}\n`))
      .toBe('line 2 has a quotation mark inside a cell: quote the cell and double the mark');
  });

  it('is told each line with another number of columns', async () => {
    const { problems } = await read(`${header}\n${annaLine},x\n${benLine}\n144133,Anna\n`);
    expect(problems).toEqual([
      { where: 'line 2', why: 'has 8 columns, the first line has 7' },
      { where: 'line 4', why: 'has 2 columns, the first line has 7' }]);
  });

  it('is refused at a cell of 10 MB, quoted or not, without reading it to the end', async () => {
    let taken = 0;
    const giant = (open: string) => createCsvFeed(async function* () {
      yield Buffer.from(`${header}\n${annaLine}\n1441,${open}`);
      for (taken = 0; taken < 160; taken += 1) yield Buffer.alloc(64 * 1024, 'x');
    });
    const problem = { where: 'line 3', why: 'is longer than 65536 bytes' };
    expect(await itemsOf(giant(''))).toContainEqual({ problem });
    expect(await itemsOf(giant('"'))).toContainEqual({ problem });
    expect(taken).toBeLessThan(5);
  });

  it('is refused beyond 100 MB, without holding it', async () => {
    let taken = 0;
    const block = Buffer.from(`${annaLine}\n`.repeat(1_000));
    const endless = createCsvFeed(async function* () {
      yield Buffer.from(`${header}\n`);
      for (;;) {
        taken += block.length;
        yield block;
      }
    }, { limits: { fileBytes: 1_000_000 } });
    const items = await itemsOf(endless);
    expect(items.at(-1)).toEqual({ problem: { where: 'the file', why: 'is larger than 1 MB' } });
    expect(taken).toBeLessThan(1_200_000);
    expect(await refusal([Buffer.from(`${header}\n`), Buffer.alloc(100_000_000)]))
      .toBe('the file is larger than 100 MB');
  });

  it('A40 never breaks the reader, and never gives a person who is not whole', async () => {
    const cell = fc.oneof(
      fc.constantFrom(
        '', '"', '""', ',', ';', '\r', '\n', '\0', '__proto__', 'true', '144133', '+12025550123', 'a@b.example', 'de'),
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
    }), { numRuns: 300 });
  });
});
