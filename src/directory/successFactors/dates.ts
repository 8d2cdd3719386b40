// The dates of OData v2, and days as HR counts them: without a time of day, in the company's time zone.

/** Days since 1970-01-01, so that days compare as numbers. */
export type Day = number;

/** Of what has no end: SuccessFactors writes 9999-12-31. */
export const openEnd: Day = Infinity;

const dayMs = 86_400_000;
const lastDay = Date.UTC(9999, 11, 31) / dayMs;

// Milliseconds of UTC, and for an Edm.DateTimeOffset the minutes that its zone is ahead.
const jsonDate = /^\/Date\((-?\d{1,16})([+-]\d{1,4})?\)\/$/;

/** The calendar day that `/Date(…)/` names where it was written; `openEnd` for the last one; undefined for no date. */
export function readDay(text: string): Day | undefined {
  const [, ms, minutes = '0'] = jsonDate.exec(text) ?? [];
  if (ms === undefined) return undefined;
  const day = Math.floor((Number(ms) + Number(minutes) * 60_000) / dayMs);
  if (day >= lastDay) return openEnd;
  return Number.isNaN(new Date(day * dayMs).getTime()) ? undefined : day;
}

/** Which day it is in a time zone of the IANA's list. */
export function dayIn(timeZone: string, ms: number): Day {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone, calendar: 'gregory', numberingSystem: 'latn', year: 'numeric', month: 'numeric', day: 'numeric',
  }).formatToParts(ms);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((one) => one.type === type)!.value);
  return Date.UTC(part('year'), part('month') - 1, part('day')) / dayMs;
}

export function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** A day as a filter writes an Edm.DateTime. */
export function dayLiteral(day: Day): string {
  return literal('datetime', new Date(day * dayMs).toISOString().slice(0, 19));
}

/** A moment as a filter writes an Edm.DateTimeOffset. */
export function momentLiteral(ms: number): string {
  return literal('datetimeoffset', new Date(ms).toISOString());
}

/** A quoted value of a filter: whatever it holds, it ends where it ends. */
export function literal(type: string, value: string): string {
  return `${type}'${value.replaceAll('\'', '\'\'')}'`;
}
