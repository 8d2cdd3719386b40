// doorman directory import, doorman employee end | reopen | confirm-contact
import type { Command } from 'commander';
import { auditedTransaction } from '../audit/auditedTransaction';
import { loadConfig, loadImportConfig } from '../config';
import { applyFeed } from '../directory/applyFeed';
import type { ImportProgress } from '../directory/applyFeed';
import { createCsvFeed } from '../directory/csv/csvFeed';
import { findEndable, isDirectoryEmpty } from '../directory/employees';
import { reportLines } from '../directory/delivery/importReport';
import { endEmployee } from '../directory/leavers';
import { canonicalIdentifier } from '../domain/identifiers';
import { changeNotices } from '../wiring/changeNotices';
import { notFound, operator } from './operator';
import { print, progress, refuse } from './output';
import { sourceArgument } from './people/sourceArgument';
import { syncCommands } from './sync';
import { withDatabase } from './withDatabase';

interface ImportOptions {
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly ifEmpty?: boolean;
  readonly source?: string;
  readonly partial?: boolean;
  readonly country?: string;
}

/** How often progress is told: every so many people. */
const progressEvery = 10_000;

export function directoryCommands(program: Command): void {
  const directory = program.command('directory').description('who works here');
  directory.command('import')
    .argument('<file.csv>', 'employee_id, given_name, family_name, email, mobile, language, active')
    .description('brings the directory up to date from a file; applies nothing when the file has a problem')
    .option('--if-empty', 'do nothing when somebody is in the directory already')
    .option('--dry-run', 'compare and report, write nothing')
    .option('--force', 'deactivate however many are missing from the file')
    .option('--partial', 'the file does not hold everybody: nobody leaves by being missing')
    .option('--source <name>', 'name of the source', sourceArgument, 'csv')
    .option('--country <code>', 'country of numbers without a country code, like DE')
    .action(importCsv);
  syncCommands(directory);
  const employee = program.command('employee').description('one employee');
  employee.command('reopen').argument('<identifier>', 'employee ID or work e-mail address')
    .description('lets others try for this employee again, after NOT ME or too many wrong codes: two operators')
    .action(reopen);
  employee.command('confirm-contact').argument('<identifier>', 'employee ID or work e-mail address')
    .description('codes go to this employee\'s new contacts at once, after HR has vouched for them: two operators')
    .action(confirmContact);
  employee.command('end').argument('<identifier>', 'employee ID or work e-mail address')
    .description('somebody has left: ends sessions, disowns codes, and holds until HR lists them as back')
    .option('--source <name>', 'of which source, where people of several have it')
    .action(endOne);
}

async function endOne(identifier: string, { source }: { source?: string }, command: Command): Promise<void> {
  const canonical = canonicalIdentifier(identifier);
  const found = canonical === undefined ? [] : await withDatabase((pool) =>
    auditedTransaction(pool, async (tx, note) => {
      const people = await findEndable(tx, canonical, source);
      if (people.length === 1) await endEmployee(tx, note, people[0]!.id, operator());
      return people;
    }));
  const sources = [...new Set(found.map((one) => one.source))];
  if (found.length === 1) return print(command, { ended: 1 }, ['Ended: sessions are over, codes open nothing.']);
  refuse();
  if (found.length === 0) return print(command, { ended: 0 }, ['No active employee has this identifier.']);
  const sentence = `${found.length} people have it, of ${sources.join(', ')}. ${whichOne(sources)}`;
  print(command, { ended: 0, sources }, [sentence]);
}

const whichOne = (sources: readonly string[]): string => (sources.length > 1
  ? 'Say with --source whose list has the one who left.'
  : 'Give the work e-mail address, or the employee ID, that is of the one who left alone.');

const reopenings = {
  asked: 'Noted. Another operator has to give the same command within the hour.',
  askedAlready: 'You have asked already: another operator has to give this command.',
  reopened: 'Reopened: what was counted before is forgiven.',
} as const;

async function reopen(identifier: string, _options: unknown, command: Command): Promise<void> {
  const canonical = canonicalIdentifier(identifier);
  if (canonical === undefined) return notFound(command, 'This is neither an employee ID nor an e-mail address.');
  const { wireOperator } = await import('./operatorWiring.js');
  const wired = wireOperator(loadConfig());
  const outcome = await wired.reopenPools(canonical, operator()).finally(wired.close);
  if (outcome === undefined) return notFound(command, 'Nobody has this identifier, or two have.');
  if (outcome === 'askedAlready') refuse();
  print(command, { outcome }, [reopenings[outcome]]);
}

const confirmations = {
  asked: 'Noted. Another operator has to give the same command within the hour.',
  askedAlready: 'You have asked already: another operator has to give this command.',
  confirmed: 'Confirmed: codes go to the new contacts from now on.',
  none: 'No contact of this employee is held back.',
} as const;

async function confirmContact(identifier: string, _options: unknown, command: Command): Promise<void> {
  const canonical = canonicalIdentifier(identifier);
  if (canonical === undefined) return notFound(command, 'This is neither an employee ID nor an e-mail address.');
  const { wireOperator } = await import('./operatorWiring.js');
  const wired = wireOperator(loadConfig());
  const outcome = await wired.confirmContacts(canonical, operator()).finally(wired.close);
  if (outcome === undefined) return notFound(command, 'Nobody has this identifier, or two have.');
  if (outcome === 'askedAlready' || outcome === 'none') refuse();
  print(command, { outcome }, [confirmations[outcome]]);
}

async function importCsv(file: string, options: ImportOptions, command: Command): Promise<void> {
  if (options.ifEmpty === true && !await withDatabase(isDirectoryEmpty)) {
    return print(command, { outcome: 'notEmpty' }, ['Somebody is in the directory already: nothing was imported.']);
  }
  const config = loadImportConfig();
  const feed = createCsvFeed(file, {
    countries: config.countries,
    complete: options.partial !== true,
    ...(options.source === undefined ? {} : { source: options.source }),
    ...(options.country === undefined ? {} : { defaultCountry: options.country }),
  });
  const report = await withDatabase((pool) => applyFeed(pool, feed, {
    dryRun: options.dryRun === true, force: options.force === true, onProgress: tellEvery(progressEvery),
    notices: changeNotices(config),
  }));
  print(command, report, reportLines(report));
  if (report.outcome !== 'applied' && report.outcome !== 'dryRun') refuse();
}

function tellEvery(every: number): (step: ImportProgress) => void {
  let told = 0;
  return ({ step, people }) => {
    if (step === 'reading' && people < told + every) return;
    told = people;
    progress(`${step}: ${people.toLocaleString('en')} people`);
  };
}
