// Somebody as HR's system knows them, and what Doorman said when HR last told of them.
import { readFileSync } from 'node:fs';
import { demoPeopleFile } from '../demo/people';

export const employments = ['here', 'absent', 'left'] as const;
export type Employment = (typeof employments)[number];

/** What HR can do about somebody. */
export const hrActions = ['hire', 'number', 'absent', 'back', 'leave', 'rehire'] as const;
export type HrAction = (typeof hrActions)[number];

/** Of invented people: languages that Doorman speaks. */
export const languages = ['en', 'de', 'es', 'fr'] as const;

export interface Particulars {
  /** The employee ID, and HR's own key too: as in the CSV that brings the demo's people into the directory. */
  readonly id: string;
  readonly givenName: string;
  readonly familyName: string;
  /** Empty for none, as the number. */
  readonly email: string;
  readonly mobile: string;
  readonly language: string;
}

/** How Doorman answered what HR told it. */
export interface HrAnswer {
  readonly action: HrAction;
  /** Whether it counts now: HR's own list has changed only then. */
  readonly isTaken: boolean;
  /** null when no answer came. */
  readonly status: number | null;
  readonly sentence: string;
  readonly answerMs: number;
  readonly at: number;
}

export interface HrPerson extends Particulars {
  readonly employment: Employment;
  /** Hired here, and none of the demo's people. */
  readonly isHired: boolean;
  /** Every number that HR ever had of them, the first one first: each is a telephone of theirs still. */
  readonly numbers: readonly string[];
  /** Of the last event that was sent; 0 before the first. */
  readonly version: number;
  readonly answer: HrAnswer | null;
}

/** The people whom the local stack imports into the directory, as HR knows them from the beginning. */
export function demoStaff(): HrPerson[] {
  // A file of ours, without quotes.
  return readFileSync(demoPeopleFile(), 'utf8').trim().split('\n').slice(1).map((line) => {
    const [id, givenName, familyName, email, mobile, language, active] = line.split(',') as [
      string, string, string, string, string, string, string];
    return {
      id, givenName, familyName, email, mobile, language,
      employment: active === 'true' ? 'here' : 'left', isHired: false,
      numbers: mobile === '' ? [] : [mobile], version: 0, answer: null,
    };
  });
}
