// Which of a person's employments counts today, and whether it lets them in. What is unclear does not.
import { openEnd, readDay } from './dates';
import type { Day } from './dates';
import type { EmploymentRow, JobRow, PersonRow } from './rows';
import type { SettledSettings } from './settings';

export interface EmploymentRules extends Pick<SettledSettings, 'activeStatuses' | 'absentStatuses'> {
  readonly today: Day;
}

/** `out`: not begun, over, or of a status that is not let in. */
export type Standing = 'active' | 'absent' | 'out';

export interface Employed {
  readonly standing: Standing;
  /** Undefined where the person has none. */
  readonly employment?: EmploymentRow;
  readonly job?: JobRow;
}

/** SuccessFactors lists employments in no order: one that is active before one on leave before any other. */
export function chooseEmployment(person: PersonRow, rules: EmploymentRules): Employed {
  const isOver = isTerminated(person, rules.today);
  const all = person.employmentNav.map((employment): Candidate => {
    const job = effective(employment.jobInfoNav, rules.today);
    const standing = isOver ? 'out' : standingOf(employment, job, rules);
    return { employment, standing, start: readDay(employment.startDate) ?? -Infinity, ...job && { job } };
  });
  const [chosen] = all.sort(byPrecedence);
  if (chosen === undefined) return { standing: 'out' };
  const { start: _, ...employed } = chosen;
  return employed;
}

interface Candidate extends Employed {
  readonly employment: EmploymentRow;
  readonly start: Day;
}

const precedence: readonly Standing[] = ['active', 'absent', 'out'];

/**
 * Of several jobs the first one counts, so that a second one moves nobody to another department; of what is over, the
 * last.
 */
function byPrecedence(a: Candidate, b: Candidate): number {
  const rank = precedence.indexOf(a.standing) - precedence.indexOf(b.standing);
  if (rank !== 0) return rank;
  if (a.start !== b.start) return (a.start < b.start) === (a.standing !== 'out') ? -1 : 1;
  return a.employment.userId < b.employment.userId ? -1 : 1;
}

/**
 * Nobody's employment goes on after the last termination, unless another one is counted: the date of a former
 * employment stays after a rehire. The count alone says nothing, because it drops a day early.
 */
function isTerminated({ personEmpTerminationInfoNav: info }: PersonRow, today: Day): boolean {
  if (info === undefined || info.latestTerminationDate === '') return false;
  return hasEnded(info.latestTerminationDate, today) && (info.activeEmploymentsCount ?? 0) <= 0;
}

function standingOf(
  { startDate, endDate, userNav }: EmploymentRow, job: JobRow | undefined, rules: EmploymentRules,
): Standing {
  const start = readDay(startDate);
  if (start === undefined || start > rules.today || hasEnded(endDate, rules.today)) return 'out';
  const status = job?.emplStatusNav?.externalCode ?? '';
  if (rules.absentStatuses.has(status)) return 'absent';
  // `t` is an active user. `e` is one who is still being hired, `f` and `d` are switched off.
  const isUser = userNav === undefined || ['', 't'].includes(userNav.status.toLowerCase());
  return isUser && rules.activeStatuses.has(status) ? 'active' : 'out';
}

/** The last day is a day of work. A date that cannot be read has passed. */
function hasEnded(date: string, today: Day): boolean {
  return (date === '' ? openEnd : readDay(date) ?? -Infinity) < today;
}

type Entry = { readonly startDate: string; readonly seqNumber?: number | undefined };

/**
 * What holds on a day of entries that hold from a day on; the last of several that begin on the same one. Where none
 * has begun, the next one: SuccessFactors shows what holds where its servers stand, and it may be tomorrow there.
 */
export function effective<T extends Entry>(entries: readonly T[], today: Day): T | undefined {
  const dated = entries.map((entry) => ({ entry, start: readDay(entry.startDate) ?? -Infinity }));
  const hasBegun = ({ start }: { start: Day }) => start <= today;
  dated.sort((a, b) => {
    if (hasBegun(a) !== hasBegun(b)) return hasBegun(a) ? -1 : 1;
    if (a.start !== b.start) return (a.start > b.start) === hasBegun(a) ? -1 : 1;
    return (b.entry.seqNumber ?? 0) - (a.entry.seqNumber ?? 0);
  });
  return dated[0]?.entry;
}
