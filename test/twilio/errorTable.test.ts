// What Twilio's error numbers mean: against the table of the reference, row by row, and for every number alike.
import { refusals } from '../../src/domain/faults';
import { createTwilio } from '../../src/twilio/client';
import {
  actionOf, classOf, classOfCode, errorClasses, errorNumbers, isRefusal, passedOverCodes, passes, slowsAll,
} from '../../src/twilio/errorTable';
import type { ErrorClass } from '../../src/twilio/errorTable';
import { refusalOf, Undeliverable } from '../../src/twilio/errors';
import { Fault } from '../../src/domain/faults';
import { leaks } from '../ports/leaks';

/** The error policy of the reference, transcribed from there and not from the code. */
const reference: readonly (readonly [ErrorClass, string])[] = [
  ['retry', '20429 20500 20503 63009 63010 63012 30008'],
  ['slow', '63018 21611 30001 14107 30022 63038'],
  ['nextMethod', '30003 30410 30036'],
  ['permanent', '21211 21214 21217 21612 21614 60205 30005 30006 63003 63024'],
  ['consent', '21610 30004 63014 63032 63049'],
  ['fraud', '21408 21215 21216 30450 30453 60410 60605 60238'],
  ['window', '63016'],
  ['configuration', '20003 20403 20404 21212 21601 21602 21603 21604 21605 21606 21617 21619 21654 21655 21656 21703 '
    + '63001 63002 63007 63008 63027 63028 63029 63030 63040 63041 63042 60200 60204 60207 60217 60222 60223 30032 30034'],
  ['account', '30002 63020 63051'],
  ['content', '30007 63005 63013 63021'],
  ['development', '21608 63015'],
];
const rows = reference.flatMap(([name, numbers]) => numbers.split(' ').map((number) => [Number(number), name] as const));

/** What we added, each for a reason of its own: Verify's limits, and refusals that are close kin of one of a row, of calls too. */
const added: readonly (readonly [number, ErrorClass])[] = [
  [60202, 'nextMethod'], [60203, 'nextMethod'], [60212, 'retry'], [21265, 'permanent'], [21635, 'permanent'],
  [21210, 'configuration'], [21219, 'development'], [21609, 'configuration'], [21701, 'configuration'], [21910, 'configuration'],
];

const now = Date.parse('2026-11-26T08:00:00Z');
const words = 'code 48392017 to +4915112345678 with SK0b secret';
const answer = (statusCode: number, code: unknown, headers: object = {}) =>
  refusalOf({ statusCode, body: { code, message: words, details: { words } }, headers }, now);

test.each(rows)('%i is of the class %s, as the reference has it', (number, name) => {
  expect(classOf(number)).toBe(name);
  expect(classOfCode(String(number))).toBe(name);
});

test('every number has one class, and none has come in beside the reference but those that are named here', () => {
  const all = Object.values(errorNumbers).flat();
  expect(new Set(all).size).toBe(all.length);
  expect([...all].sort()).toEqual([...rows, ...added].map(([number]) => number).sort());
  expect(added.map(([number]) => classOf(number))).toEqual(added.map(([, name]) => name));
});

describe('what a class does', () => {
  it('is a fault that is tried again, or none: then the caller goes on with something else', () => {
    const names = Object.keys(errorClasses) as ErrorClass[]; // cast: Object.keys forgets what keys there are
    expect(names.filter((name) => isRefusal(name)).sort()).toEqual([...refusals].sort());
    expect(names.filter((name) => !('fault' in errorClasses[name])).sort()).toEqual([...refusals].sort());
  });

  it.each([
    ['retry', { fault: 'unavailable', nextMethod: false }],
    ['slow', { fault: 'throttled', waitAtLeastMs: 60_000, nextMethod: false }],
    ['nextMethod', { nextMethod: true }],
    ['permanent', { nextMethod: true, passedOver: true }],
    ['consent', { nextMethod: true, passedOver: true }],
    ['fraud', { nextMethod: true, alert: { what: 'fraudRefused', inARow: 1 } }],
    ['window', { nextMethod: false, parks: true }],
    ['configuration', { fault: 'misconfigured', alert: { what: 'providerRefuses', inARow: 5 } }],
    ['account', { fault: 'misconfigured', alert: { what: 'providerRefuses', inARow: 5 } }],
    ['content', { fault: 'refused' }],
    ['development', { nextMethod: true }],
  ] as const)('%s', (name, action) => {
    expect(errorClasses[name]).toMatchObject(action);
  });

  it('is a contact that comes last by this way for permanent refusals and withheld consent, and for nothing else', () => {
    const numbers = [...errorNumbers.permanent, ...errorNumbers.consent].map(String);
    expect(passedOverCodes().sort()).toEqual(numbers.sort());
  });

  it('is worth another try by the same way for what passes alone', () => {
    const passing = Object.values(errorNumbers).flat().filter((number) => passes(String(number)));
    expect(passing.sort()).toEqual([...errorNumbers.retry, ...errorNumbers.slow].sort());
    for (const code of ['busy', 'no-answer', '', '29999']) expect(passes(code)).toBe(false);
  });

  it('differs for numbers that say more: one try more, a day of patience, a rate instead of an outage', () => {
    expect(actionOf(30008)).toMatchObject({ fault: 'unavailable', retriesMax: 1 });
    expect(actionOf(63038)).toMatchObject({ fault: 'throttled', waitAtLeastMs: 86_400_000, alert: { what: 'providerRefuses', inARow: 1 } });
    expect(actionOf(20429)).toMatchObject({ fault: 'throttled' });
    expect(actionOf(29999)).toBeUndefined();
  });

  it('says of the rate of the channel and of the account alone that everybody\'s texts slow down', () => {
    const slowing = Object.values(errorNumbers).flat().filter((number) => slowsAll(String(number)));
    expect(slowing).toEqual([20429, 63018]);
    expect([slowsAll('http 429'), slowsAll('http 503'), slowsAll('')]).toEqual([true, false, false]);
  });
});

describe('an answer of Twilio', () => {
  it.each([...rows, ...added])('with %i (%s) comes to what its class says, and shows nothing else', (number, name) => {
    for (const status of [400, 403, 404, 429, 500]) {
      const refusal = answer(status, number);
      expect(leaks(refusal, ['48392017', '+4915112345678', 'SK0b', words])).toEqual([]);
      if (isRefusal(name)) {
        expect(refusal).toBeInstanceOf(Undeliverable);
        expect(refusal).toMatchObject({ code: String(number), refusal: name });
      } else {
        expect(refusal).toBeInstanceOf(Fault);
        expect(refusal).toMatchObject({ code: String(number), kind: actionOf(number)!.fault });
      }
    }
  });

  it.each([
    [400, 'refused'], [409, 'refused'], [422, 'refused'], [401, 'misconfigured'], [403, 'misconfigured'],
    [404, 'misconfigured'], [302, 'misconfigured'], [408, 'unavailable'], [429, 'throttled'], [500, 'unavailable'],
    [502, 'unavailable'], [503, 'unavailable'], [504, 'unavailable'],
  ])('of status %i with a number that nobody knows is %s', (status, kind) => {
    expect(answer(status, 29_999)).toMatchObject({ kind, code: '29999' });
    expect(answer(status, undefined)).toMatchObject({ kind, code: `http ${status}` });
  });

  it('says how long to wait, in seconds or as a date, and at most an hour', () => {
    expect(answer(429, 20_429, { 'retry-after': '7' })).toMatchObject({ retryAfterMs: 7_000 });
    expect(answer(503, 20_503, { 'retry-after': 'Thu, 26 Nov 2026 08:01:30 GMT' })).toMatchObject({ retryAfterMs: 90_000 });
    expect(answer(503, undefined, { 'retry-after': 'Thu, 26 Nov 2026 07:00:00 GMT' })).toMatchObject({ retryAfterMs: 0 });
    expect(answer(429, 20_429, { 'retry-after': '999999' })).toMatchObject({ retryAfterMs: 3_600_000 });
    expect((answer(429, 20_429, { 'retry-after': 'soon' }) as Fault).retryAfterMs).toBeUndefined();
    expect((answer(429, 20_429) as Fault).retryAfterMs).toBeUndefined();
  });

  it.each(errorNumbers.slow)('of a rate or a full queue (%i) waits for a minute at least, and for longer when asked to', (number) => {
    const least = number === 63_038 ? 86_400_000 : 60_000;
    expect(answer(429, number)).toMatchObject({ retryAfterMs: least });
    expect(answer(429, number, { 'retry-after': '1' })).toMatchObject({ retryAfterMs: least });
    expect(answer(429, number, { 'retry-after': '1800' })).toMatchObject({ retryAfterMs: Math.max(least, 1_800_000) });
  });
});

test('a status callback that comes later is classified by the same table', () => {
  expect(classOfCode('63016')).toBe('window');
  expect(classOfCode('30006')).toBe('permanent');
  for (const none of [undefined, null, '', '0', '63016 ', '6301', 'http 404', 'timeout', '29999', '+63016']) {
    expect(classOfCode(none)).toBeUndefined();
  }
});

describe('who is told of refusals', () => {
  /** A client whose requests end with these numbers, one after the other; 0 is a success. */
  async function told(...numbers: number[]): Promise<string[]> {
    const alerts: string[] = [];
    const twilio = createTwilio({ accountSid: 'AC0', apiKeySid: `SK${'0'.repeat(32)}`, apiKeySecret: 's', alert: (what) => alerts.push(what) });
    for (const number of numbers) {
      const call = twilio.call(async () => {
        if (number !== 0) throw answer(number === 503 ? 503 : number === 401 ? 401 : 400, number > 999 ? number : undefined);
      });
      await call.catch(() => undefined);
    }
    return alerts;
  }

  it.each([
    ['an account that is refused five times in a row, once', [20003, 21606, 30002, 401, 63007, 20003, 20003], ['providerRefuses']],
    ['nobody, when something was taken in between', [20003, 20003, 20003, 20003, 0, 20003, 20003], []],
    ['nobody, when a recipient was refused in between: the account is well', [20003, 20003, 20003, 20003, 21211, 20003], []],
    ['an account that is refused five times, also while Twilio is down between', [20003, 20003, 503, 20003, 503, 20003, 20003], ['providerRefuses']],
    ['nobody, of what is not there any more', Array<number>(9).fill(20404), []],
    ['nobody, of refused words and dead numbers', [30007, 30007, 30007, 30007, 30007, 21211, 21610], []],
    ['security, of each send that fraud protection stops', [30450, 21408], ['fraudRefused', 'fraudRefused']],
    ['an operator, when the cap of the day is reached', [63038], ['providerRefuses']],
  ])('%s', async (_, numbers, alerts) => {
    expect(await told(...numbers)).toEqual(alerts);
  });
});
