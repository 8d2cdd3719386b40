// CSV files as text, and what the feed makes of them.
import { createCsvFeed } from '../../../src/directory/csv/csvFeed';
import type { CsvOptions } from '../../../src/directory/csv/csvFeed';
import type { EmployeeRecord, FeedRemark } from '../../../src/directory/directoryFeed';
import { itemsOf } from '../../ports/directoryFeed.suite';
import type { WrittenPerson } from '../../ports/directoryFeed.suite';

export const header = 'employee_id,given_name,family_name,email,mobile,language,active';
export const annaLine = '144133,Anna,Example,anna@acme.example,+12025550123,en,true';
export const benLine = '144134,Ben,Example,ben@acme.example,+12025550124,,false';

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

export function csvOf(people: readonly WrittenPerson[]): string {
  const rows = people.map(({ id, givenName, familyName, email, mobile, language, active }) =>
    [id, givenName, familyName, email, mobile, language, String(active)].map(quoted).join(','));
  return `${[header, ...rows].join('\n')}\n`;
}

export interface ReadCsv {
  readonly records: readonly EmployeeRecord[];
  readonly places: readonly string[];
  readonly problems: readonly FeedRemark[];
  readonly notices: readonly FeedRemark[];
}

/** All that the feed says of a file, given whole or in pieces. */
export async function read(
  content: string | readonly Buffer[], options: CsvOptions = {},
): Promise<ReadCsv> {
  const chunks = typeof content === 'string' ? [Buffer.from(content)] : content;
  const items = await itemsOf(createCsvFeed(async function* () { yield* chunks; }, options));
  return {
    records: items.flatMap((item) => ('record' in item ? [item.record] : [])),
    places: items.flatMap((item) => ('record' in item ? [item.where] : [])),
    problems: items.flatMap((item) => ('problem' in item ? [item.problem] : [])),
    notices: items.flatMap((item) => ('notice' in item ? [item.notice] : [])),
  };
}

/** A file of one person with these cells, the others as Anna's. */
export function fileOf(cells: Partial<Record<string, string>>): string {
  const values: Record<string, string> = {
    employee_id: '144133', given_name: 'Anna', family_name: 'Example', email: 'anna@acme.example',
    mobile: '+12025550123', language: 'en', active: 'true', ...cells };
  return `${header}\n${header.split(',').map((column) => quoted(values[column]!)).join(',')}\n`;
}
