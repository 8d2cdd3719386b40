// What Twilio's refusals mean to us. Of an answer or an error only stable numbers get past this file: the SDK's errors
// hold the Basic credentials and the form, and with it numbers, texts and codes, even through JSON.stringify.
import { Fault, retryAfterMs } from '../domain/faults';
import type { FaultKind } from '../domain/faults';

const dependency = 'twilio';

/** Twilio will not deliver to this recipient, however often it is asked. Gets no further than src/twilio/client.ts. */
export class Undeliverable extends Error {
  constructor(readonly code: string) {
    super(`${dependency} undeliverable: ${code}`);
    this.name = 'Undeliverable';
  }
}

type Meaning = FaultKind | 'undeliverable';

/** Twilio's error numbers by what they mean; https://www.twilio.com/docs/api/errors. Others go by the HTTP status. */
const meanings: readonly (readonly [Meaning, readonly number[]])[] = [
  ['unavailable', [20500, 20503, 30008, 63009, 63010, 63012]],
  // Rates and full queues: see slowMs.
  ['throttled', [14107, 20429, 21611, 30001, 30022, 63018, 63038]],
  // No such recipient, or not for messages.
  ['undeliverable', [21211, 21214, 21217, 21265, 21612, 21614, 21635, 30003, 30005, 30006, 60205, 63003, 63024]],
  // Stopped, blocked, or outside the window in which the person may be answered.
  ['undeliverable', [21610, 30004, 63014, 63015, 63016, 63032, 63049]],
  // Fraud protection and countries that are not enabled.
  ['undeliverable', [21215, 21216, 21408, 30450, 30453, 60238, 60410, 60605]],
  // A trial account that does not know the recipient.
  ['undeliverable', [21608]],
  ['refused', [30007, 63005, 63013, 63021]],
  ['misconfigured', [
    20003, 20403, 20404, 21212, 21601, 21602, 21603, 21604, 21605, 21606, 21609, 21617, 21619, 21654, 21655, 21656,
    21701, 21703, 21910, 30002, 30032, 30034, 60200, 60204, 60207, 60217, 60222, 60223, 63001, 63002, 63007, 63008,
    63020, 63027, 63028, 63029, 63030, 63040, 63041, 63042, 63051]],
];
const meaningOf = new Map(meanings.flatMap(([meaning, codes]) => codes.map((code) => [code, meaning] as const)));

// A full queue or a recipient's rate is not over in the second that back-off starts with.
const slowMs = 60_000;
const slow = new Set([14107, 21611, 30001, 30022, 63018, 63038]);

export interface Answer {
  readonly statusCode: number;
  readonly body: unknown;
  readonly headers?: unknown;
}

/** What an answer outside 200 to 299 comes to. */
export function refusalOf({ statusCode, body, headers }: Answer, now: number): Fault | Undeliverable {
  const number = errorNumber(body);
  const code = number === undefined ? `http ${statusCode}` : String(number);
  const meaning = (number === undefined ? undefined : meaningOf.get(number)) ?? meaningOfStatus(statusCode);
  if (meaning === 'undeliverable') return new Undeliverable(code);
  const asked = retryAfterMs((headers as Record<string, unknown> | undefined)?.['retry-after'], now);
  const waitMs = number !== undefined && slow.has(number) ? Math.max(asked ?? 0, slowMs) : asked;
  return new Fault(meaning, dependency, code, waitMs);
}

function meaningOfStatus(status: number): Meaning {
  if (status === 429) return 'throttled';
  if (status >= 500 || status === 408) return 'unavailable';
  // A redirect comes from something that is not Twilio; 401, 403 and 404 are about the account and its key.
  if (status < 400 || [401, 403, 404].includes(status)) return 'misconfigured';
  return 'refused';
}

/** Twilio's error number, only where it is one: it stands in faults, and a proxy may answer anything. */
function errorNumber(body: unknown): number | undefined {
  const code = typeof body === 'object' && body !== null ? (body as { code?: unknown }).code : undefined;
  return typeof code === 'number' && Number.isInteger(code) && code >= 10_000 && code <= 99_999 ? code : undefined;
}

const timedOut = new Set(['ECONNABORTED', 'ERR_CANCELED', 'ETIMEDOUT', 'ESOCKETTIMEDOUT']);

/** What a request without a whole answer comes to. It may have been carried out. */
export function unanswered(error: unknown): Fault {
  const { code } = error as { code?: unknown };
  const known = typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code) ? code : 'no answer';
  return new Fault('unavailable', dependency, timedOut.has(known) ? 'timeout' : known);
}

/** A success that is none: not the JSON that Twilio sends. */
export function unreadable(): Fault {
  return new Fault('unavailable', dependency, 'unreadable answer');
}
