// An import told to people, line by line. As JSON it is the report itself. Neither holds anything of a person.
import type { ImportReport } from '../applyFeed';
import type { FeedRemark } from '../directoryFeed';
import type { SharedCounts } from './shared';

// A terminal's worth; the report itself holds more.
const remarksShown = 50;

/** The report in plain lines: what is wrong, what is worth knowing, what it came to, whether anything was applied. */
export function reportLines(report: ImportReport): string[] {
  return [
    ...remarkLines(report.problems, report.problemCount),
    ...noticeLines(report),
    ...(report.outcome === 'busy' ? [] : [`${count(report.people)} people read from ${report.source}`]),
    ...(report.outcome === 'busy' || report.outcome === 'refused' ? [] : [sumLine(report)]),
    ...contactLines(report),
    outcomeLine(report),
  ];
}

export const noticeLines = ({ notices, noticeCount }: Pick<ImportReport, 'notices' | 'noticeCount'>): string[] =>
  remarkLines(notices, noticeCount).map((line) => `notice: ${line}`);

/** One line for one remark: "line 7, mobile: is not a valid telephone number". */
export function remarkLine({ where, column, why }: FeedRemark): string {
  return column === undefined ? `${where} ${why}` : `${where}, ${column}: ${why}`;
}

/** What several active people have at present; no line when nothing. */
export function sharedLines({ employeeIds, numbers, addresses }: SharedCounts): string[] {
  if (employeeIds + numbers + addresses === 0) return [];
  const parts = [`employee IDs: ${employeeIds}`, `telephone numbers: ${numbers}`, `work addresses: ${addresses}`];
  return [`several active people have the same: ${parts.join(', ')}; nobody is verified by those`];
}

function remarkLines(remarks: readonly FeedRemark[], total: number): string[] {
  const shown = remarks.slice(0, remarksShown).map(remarkLine);
  return total > shown.length ? [...shown, `and ${count(total - shown.length)} more`] : shown;
}

function sumLine({ added, changed, reactivated, deactivated, unchanged, sessionsEnded }: ImportReport): string {
  const parts = { added, changed, 'back again': reactivated, left: deactivated, unchanged };
  const sessions = sessionsEnded === 0 ? '' : `; ${count(sessionsEnded)} sessions ended`;
  return Object.entries(parts).map(([what, people]) => `${count(people)} ${what}`).join(', ') + sessions;
}

function contactLines({ contactsChanged, told, untold }: ImportReport): string[] {
  if (contactsChanged === 0) return [];
  const others = untold === 0 ? '' : `; ${count(untold)} are not told, they are too many for one import`;
  return [`${count(contactsChanged)} people have other contacts: what is new gets no code yet`,
    `${count(told)} former and new contacts are told${others}`];
}

function outcomeLine(report: ImportReport): string {
  const { outcome, source, problemCount, deactivated, activeBefore, deactivationsMax } = report;
  const not = 'Nothing was applied:';
  switch (outcome) {
    case 'applied': return 'Applied.';
    case 'dryRun': return `${not} this was a dry run.`;
    case 'busy': return `${not} another import from ${source} is under way.`;
    case 'refused': return `${not} ${count(problemCount)} ${problemCount === 1 ? 'problem' : 'problems'}.`;
    case 'tooMany': return `${not} ${count(deactivated)} of ${count(activeBefore)} active people would be out, `
      + `more than the ${count(deactivationsMax)} that may leave at once. If they all left, force it.`;
  }
}

/** Groups of three, as in "1,204": the same on every computer. */
function count(number: number): string {
  return number.toLocaleString('en');
}
