// A CSV file as a directory feed: everybody who works here, one line a person. Says on which line what is wrong.
import { createReadStream } from 'node:fs';
import { Readable, pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { detectDelimiter, readHeader } from './csvHeader';
import type { CsvAliases, CsvColumn, CsvNames } from './csvHeader';
import { createRowReader, valuesOf } from './csvRow';
import { UnreadableCsv, countOf, readText } from './csvText';
import type { CsvLimits } from './csvText';
import type { DirectoryFeed, FeedItem, FeedRemark } from '../directoryFeed';
import { paged } from '../reading/pages';
import { personItems } from '../reading/person';
import type { PersonReading } from '../reading/person';
import { isPhoneCountry } from '../phoneNumber';
import type { Countries, PhoneRules } from '../phoneNumber';

export interface CsvOptions {
  /** Name of the source, `csv` unless told. Changing it makes every person a new one. */
  readonly source?: string;
  /** Whether the file holds everybody, so that who is missing has left. It does unless told. */
  readonly complete?: boolean;
  /** Country of numbers without a country code, like `DE`. Without it they are refused. */
  readonly defaultCountry?: string | undefined;
  /** Countries that codes go to: a number of another one is refused. Every one when not given. */
  readonly countries?: Countries;
  readonly aliases?: CsvAliases;
  /** Of columns that are not called as usual; nothing else is taken for them. */
  readonly names?: CsvNames;
  readonly limits?: Partial<CsvLimits>;
  /** Of a live system: reads a person without what cannot be used. What it remarks keeps nobody else out. */
  readonly readPerson?: (values: Readonly<Record<CsvColumn, string>>) => PersonReading;
}

// 100 MB are about a million people. A line is seven short cells and some to ignore: a longer one is a broken file.
export const defaultLimits: CsvLimits = { fileBytes: 100_000_000, lineBytes: 64 * 1024 };

/**
 * A feed over a file, or over bytes that `input` opens anew for each reading.
 * Throws when the options make no sense; a file that is not there is a problem of the feed.
 */
export function createCsvFeed(
  input: string | (() => AsyncIterable<Uint8Array>), options: CsvOptions = {},
): DirectoryFeed {
  const { source = 'csv', complete = true, defaultCountry, countries, aliases = {}, names = {}, readPerson } = options;
  if (defaultCountry !== undefined && !isPhoneCountry(defaultCountry)) {
    throw new Error('the country of national numbers must be two capital letters, like DE');
  }
  const open = typeof input === 'string' ? () => createReadStream(input) : input;
  const limits = { ...defaultLimits, ...options.limits };
  const reading = { aliases, names, limits, phones: { defaultCountry, countries }, readPerson };
  return { source, complete, hasDeltas: false, read: () => paged(readCsv(open, reading)) };
}

interface ReadOptions {
  readonly aliases: CsvAliases;
  readonly names: CsvNames;
  readonly limits: CsvLimits;
  readonly phones: PhoneRules;
  readonly readPerson: CsvOptions['readPerson'];
}

async function* readCsv(open: () => AsyncIterable<Uint8Array>, options: ReadOptions): AsyncGenerator<FeedItem, void> {
  try {
    const blocks = readText(open(), options.limits);
    const first = await blocks.next();
    const firstLine = first.done === true ? undefined : first.value.split('\n').find((line) => line.trim() !== '');
    if (first.done === true || firstLine === undefined) {
      await blocks.return();
      yield { problem: { where: 'the file', why: 'is empty' } };
      return;
    }
    const delimiter = detectDelimiter(firstLine, options.aliases, options.names);
    yield* readRows(parseRows(chained(first.value, blocks), delimiter, options.limits.lineBytes), options);
  } catch (error) {
    yield { problem: remarkOf(error) };
  }
}

/** What the parser gives with `info`. */
interface ParsedRow {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

interface Row {
  readonly cells: readonly string[];
  readonly where: string;
}

async function* readRows(
  rows: AsyncGenerator<Row, void>, { aliases, names, phones, readPerson }: ReadOptions,
): AsyncGenerator<FeedItem, void> {
  const first = await rows.next();
  if (first.done === true) return yield { problem: { where: 'the file', why: 'is empty' } };
  const header = readHeader(first.value.cells, first.value.where, aliases, names);
  if ('problems' in header) {
    await rows.return();
    return yield* header.problems.map((problem) => ({ problem }));
  }
  yield* header.notices.map((notice) => ({ notice }));
  const readRow = createRowReader(header.places, phones);
  let people = 0;
  for await (const { cells, where } of rows) {
    people += 1;
    if (cells.length !== header.width) {
      yield { problem: { where, why: `has ${cells.length} columns, the first line has ${header.width}` } };
      continue;
    }
    if (readPerson !== undefined) {
      yield* personItems(readPerson(valuesOf(header.places, cells)), where);
      continue;
    }
    const row = readRow(cells);
    if ('record' in row) yield { record: row.record, where };
    else yield* row.faults.map(({ column, why }) => ({ problem: { where, column, why } }));
  }
  if (people === 0) yield { problem: { where: 'the file', why: 'holds nobody' } };
}

// The parser's own sentences quote what they found.
const parserFaults: ReadonlyMap<string, string> = new Map([
  ['CSV_QUOTE_NOT_CLOSED', 'opens a quotation mark that is never closed'],
  ['CSV_INVALID_CLOSING_QUOTE', 'has something after a closing quotation mark'],
  ['INVALID_OPENING_QUOTE', 'has a quotation mark inside a cell: quote the cell and double the mark'],
  ['CSV_MAX_RECORD_SIZE', 'is far too long; perhaps a quotation mark is never closed'],
]);

/**
 * Rows of cells with the line on which each starts. Throws UnreadableCsv at the first fault: after a misplaced
 * quotation mark nothing is where it seems to be. Cells come as lists, not objects: a column may be called `__proto__`
 * (A40).
 */
async function* parseRows(
  text: AsyncGenerator<string, void>, delimiter: string, rowLengthMax: number,
): AsyncGenerator<Row, void> {
  const last = { line: 0, empty: 0 };
  const parser = parse({
    delimiter,
    info: true,
    trim: true,
    record_delimiter: '\n',
    skip_empty_lines: true,
    // Spreadsheets write rows of nothing below the last person.
    skip_records_with_empty_values: true,
    relax_column_count: true,
    max_record_size: rowLengthMax,
    // Called in the order of parsing, while the rows below are read later.
    on_record: (row: unknown, { lines, empty_lines }) => {
      Object.assign(last, { line: lines, empty: empty_lines });
      return row as string[];
    },
  });
  // The error arrives where the rows are read; this callback only keeps it from being thrown a second time.
  pipeline(Readable.from(text), parser, () => undefined);
  try {
    for await (const { record: cells, info } of parser as AsyncIterable<ParsedRow>) {
      // The parser says where a row ends; a quoted cell may hold line ends.
      const heightLess1 = cells.reduce((sum, cell) => sum + countOf(cell, '\n'), 0);
      yield { cells, where: `line ${info.lines - heightLess1}` };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = last.line + 1 + parser.info.empty_lines - last.empty;
    throw new UnreadableCsv({ where: `line ${line}`, why: parserFaults.get(error.code) ?? 'is not CSV' });
  } finally {
    // Streams close when they get to it; whoever stops reading may delete the file right after.
    parser.destroy();
    await text.return();
  }
}

async function* chained(first: string, rest: AsyncIterable<string>): AsyncGenerator<string, void> {
  yield first;
  yield* rest;
}

function remarkOf(error: unknown): FeedRemark {
  if (error instanceof UnreadableCsv) return error.remark;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) throw error;
  return { where: 'the file', why: code === 'ENOENT' ? 'is not there' : `cannot be read (${code})` };
}
