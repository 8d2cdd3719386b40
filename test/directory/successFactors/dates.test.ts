// The dates of OData v2, and days in the company's time zone.
import fc from 'fast-check';
import {
  dayIn, dayLiteral, isTimeZone, literal, momentLiteral, openEnd, readDay,
} from '../../../src/directory/successFactors/dates';

const dayMs = 86_400_000;
const dayOf = (iso: string) => Date.parse(`${iso}T00:00:00Z`) / dayMs;

describe('a date of SuccessFactors', () => {
  it.each([
    ['/Date(1388534400000)/', '2014-01-01'],
    ['/Date(1388620799999)/', '2014-01-01'],
    ['/Date(1760889628496+0000)/', '2025-10-19'],
    ['/Date(0)/', '1970-01-01'],
    ['/Date(-1)/', '1969-12-31'],
    ['/Date(-2208988800000)/', '1900-01-01'],
    // A zone tells how many minutes it is ahead: it was the next day there.
    ['/Date(1388530800000+0120)/', '2014-01-01'],
    ['/Date(1388534400000-0060)/', '2013-12-31'],
  ])('%s is %s', (written, iso) => {
    expect(readDay(written)).toBe(dayOf(iso));
  });

  it.each(['/Date(253402214400000)/', '/Date(253402214400000+0000)/', '/Date(253402300799999)/'])(
    '%s has no end', (written) => {
      expect(readDay(written)).toBe(openEnd);
    });

  it.each([
    '', '2014-01-01', '/Date()/', '/Date(x)/', '/Date(1.5)/', '/Date(--1)/', '/Date(1388534400000', 'Date(1)',
    '/Date(1)/ ', '\\/Date(1)\\/', '/Date(1+)/', '/Date(-99999999999999999999)/', '/Date(-9999999999999999)/',
  ])('%j is none', (written) => {
    expect(readDay(written)).toBeUndefined();
  });

  it('is the day that was written, whatever the time of day', () => {
    fc.assert(fc.property(
      fc.integer({ min: dayOf('0001-01-01'), max: dayOf('9999-12-30') }), fc.integer({ min: 0, max: dayMs - 1 }),
      fc.integer({ min: -720, max: 840 }), (day, time, zone) => {
        expect(readDay(`/Date(${day * dayMs + time})/`)).toBe(day);
        const offset = `${zone < 0 ? '-' : '+'}${String(Math.abs(zone)).padStart(4, '0')}`;
        expect(readDay(`/Date(${day * dayMs + time - zone * 60_000}${offset})/`)).toBe(day);
      }));
  });

  it('never makes a fault of what somebody else writes', () => {
    fc.assert(fc.property(fc.string(), fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (text, number) => {
      for (const written of [text, `/Date(${text})/`, `/Date(${number})/`]) {
        const day = readDay(written);
        expect(day === undefined || day === openEnd || Number.isInteger(day)).toBe(true);
      }
    }));
  });
});

describe('a day', () => {
  it('begins in the company\'s time zone', () => {
    const moment = Date.parse('2026-03-31T22:30:00Z');
    expect(dayIn('UTC', moment)).toBe(dayOf('2026-03-31'));
    expect(dayIn('Europe/Berlin', moment)).toBe(dayOf('2026-04-01'));
    expect(dayIn('America/Los_Angeles', moment)).toBe(dayOf('2026-03-31'));
    expect(dayIn('Pacific/Kiritimati', moment)).toBe(dayOf('2026-04-01'));
  });

  it('is the one before until midnight, also when clocks change', () => {
    expect(dayIn('Europe/Berlin', Date.parse('2026-03-28T22:59:59Z'))).toBe(dayOf('2026-03-28'));
    expect(dayIn('Europe/Berlin', Date.parse('2026-03-28T23:00:00Z'))).toBe(dayOf('2026-03-29'));
    expect(dayIn('Europe/Berlin', Date.parse('2026-03-29T21:59:59Z'))).toBe(dayOf('2026-03-29'));
    expect(dayIn('Europe/Berlin', Date.parse('2026-03-29T22:00:00Z'))).toBe(dayOf('2026-03-30'));
  });

  it('is of a zone that exists', () => {
    expect(['UTC', 'Europe/Berlin', 'Asia/Kolkata'].every(isTimeZone)).toBe(true);
    expect(['', 'Berlin', 'Europe/Berlin; DROP', '__proto__'].some(isTimeZone)).toBe(false);
  });
});

describe('a value in a filter', () => {
  it('is written as its type', () => {
    expect(dayLiteral(dayOf('2026-11-26'))).toBe('datetime\'2026-11-26T00:00:00\'');
    expect(momentLiteral(Date.parse('2026-11-26T08:09:10.011Z'))).toBe('datetimeoffset\'2026-11-26T08:09:10.011Z\'');
  });

  it('ends where it ends, whatever it holds', () => {
    expect(literal('', 'x\' or 1 eq 1 or \'')).toBe('\'x\'\' or 1 eq 1 or \'\'\'');
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('\'', 'a', ' ', '(', ')', '\\') }), (value) => {
      const written = literal('', value);
      expect(written.replace(/^'((?:[^']|'')*)'/, '')).toBe('');
      expect(written.slice(1, -1).replaceAll('\'\'', '\'')).toBe(value);
    }));
  });
});
