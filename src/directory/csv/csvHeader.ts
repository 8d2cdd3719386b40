// The first line of a directory CSV: which column is which. Refuses a file without those that decide who may enter.
import { dropInvisible } from '../../domain/characters';
import type { FeedRemark } from '../directoryFeed';

const usualColumns = [
  'employee_id', 'given_name', 'family_name', 'email', 'mobile', 'language', 'active',
] as const;
/** Without a department nothing is missing. */
export const csvColumns = [...usualColumns, 'department'] as const;
export type CsvColumn = (typeof csvColumns)[number];

/** Further names of a column, beside the built-in ones. */
export type CsvAliases = Partial<Record<CsvColumn, readonly string[]>>;

/** The name that a column has, and no other. */
export type CsvNames = Partial<Record<CsvColumn, string>>;

// A misspelt one of these would be ignored as an unknown column, and everybody's contact be lost or a leaver stay in.
const neededColumns: readonly CsvColumn[] = ['employee_id', 'email', 'mobile', 'active'];

// Written as headerName makes them. An alias only counts where no column has the name itself.
const builtInAliases: Record<CsvColumn, readonly string[]> = {
  employee_id: ['employeeid', 'employee_number', 'employee_no', 'employee_nr', 'emp_id', 'staff_id', 'personnel_number',
    'personnel_no', 'worker_id', 'personalnummer'],
  given_name: ['givenname', 'first_name', 'firstname', 'forename', 'vorname'],
  family_name: ['familyname', 'last_name', 'lastname', 'surname', 'nachname'],
  email: ['e_mail', 'mail', 'email_address', 'e_mail_address', 'work_email', 'business_email'],
  mobile: ['mobile_phone', 'mobile_number', 'mobile_no', 'mobilephone', 'cell', 'cell_phone', 'cellphone', 'mobil',
    'mobiltelefon'],
  language: ['preferred_language', 'lang', 'locale', 'sprache'],
  active: ['is_active', 'status', 'employment_status', 'aktiv'],
  department: ['abteilung'],
};

export interface CsvHeader {
  /** Number of columns that each line has. */
  readonly width: number;
  /** Where each known column stands, from 0. */
  readonly places: ReadonlyMap<CsvColumn, number>;
  readonly notices: readonly FeedRemark[];
}

/** The delimiter under which the first line names more known columns. */
export function detectDelimiter(firstLine: string, aliases: CsvAliases, given: CsvNames = {}): ',' | ';' {
  const names = new Set(Object.values(given).map(headerName));
  const isKnown = (name: string) => names.has(name) || columnNamed(name, aliases) !== undefined;
  const known = (delimiter: string) => firstLine.split(delimiter).filter((cell) => isKnown(headerName(cell))).length;
  return known(';') > known(',') ? ';' : ',';
}

/** Reads the cells of the first line. A file without header holds a person here, so a problem quotes nothing. */
export function readHeader(
  cells: readonly string[], where: string, aliases: CsvAliases, given: CsvNames = {},
): CsvHeader | { readonly problems: FeedRemark[] } {
  const names = cells.map(headerName);
  const places = new Map<CsvColumn, number>();
  const problems: FeedRemark[] = [];
  for (const column of csvColumns) {
    const own = headerName(given[column] ?? column);
    const exact = indexesOf(names, (name) => name === own);
    const others = given[column] === undefined && exact.length === 0;
    const found = others ? indexesOf(names, (name) => columnNamed(name, aliases) === column) : exact;
    if (found.length === 1) places.set(column, found[0]!);
    if (found.length > 1) {
      problems.push({ where, column, why: `stands there several times: columns ${listed(found)}` });
    }
    if (found.length === 0 && neededColumns.includes(column)) {
      problems.push({ where, column, why: `is missing: the first line must name ${usualColumns.join(', ')}` });
    }
  }
  if (problems.length > 0) return { problems };
  return { width: cells.length, places, notices: headerNotices(cells, where, places) };
}

function headerNotices(cells: readonly string[], where: string, places: ReadonlyMap<CsvColumn, number>): FeedRemark[] {
  const used = new Set(places.values());
  const ignored = cells.flatMap((cell, place) => (used.has(place) ? [] : [
    { where, why: `column ${place + 1}${shownName(cell)} is ignored` }]));
  const absent = usualColumns.filter((column) => !places.has(column))
    .map((column) => ({ where, column, why: 'is missing and taken as empty' }));
  return [...ignored, ...absent];
}

/** Lower case, words joined by one underscore: "Employee ID", "employee-id" and "EMPLOYEE_ID" are one name. */
function headerName(cell: string): string {
  const plain = dropInvisible(cell.slice(0, nameLengthMax)).normalize('NFKC').toLowerCase();
  return plain.replace(/[^\p{L}\p{N}]+/gu, '_').replace(/^_|_$/g, '');
}

const nameLengthMax = 100;

/** Quoted and without control characters, which would act on the terminal that shows it. */
function shownName(cell: string): string {
  const name = dropInvisible(cell.slice(0, nameLengthMax)).replace(/[\p{C}\p{Z}]+/gu, ' ').trim();
  return name === '' ? '' : ` ${JSON.stringify(name)}`;
}

function columnNamed(name: string, aliases: CsvAliases): CsvColumn | undefined {
  return csvColumns.find((column) => name === column || builtInAliases[column].includes(name)
    || aliases[column]?.some((alias) => headerName(alias) === name));
}

function indexesOf(names: readonly string[], isIt: (name: string) => boolean): number[] {
  return names.flatMap((name, place) => (isIt(name) ? [place] : []));
}

function listed(places: readonly number[]): string {
  return places.map((place) => place + 1).join(', ');
}
