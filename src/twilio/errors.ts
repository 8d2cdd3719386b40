// What Twilio's refusals mean to us. Of an answer or an error only stable numbers get past this file: the SDK's errors
// hold the Basic credentials and the form, and with it numbers, texts and codes, even through JSON.stringify.
import { Fault, retryAfterMs } from '../domain/faults';
import type { FaultKind, Refusal } from '../domain/faults';
import { reachedNobody } from '../outbound/httpFaults';
import { actionOf, classOf, errorClasses, isRefusal } from './errorTable';
import type { Action } from './errorTable';

const dependency = 'twilio';

/** Twilio will not deliver to this recipient, however often it is asked. Gets no further than src/twilio/client.ts. */
export class Undeliverable extends Error {
  constructor(readonly code: string, readonly refusal: Refusal) {
    super(`${dependency} undeliverable: ${code}`);
    this.name = 'Undeliverable';
  }
}

export interface Answer {
  readonly statusCode: number;
  readonly body: unknown;
  readonly headers?: unknown;
}

/** What an answer outside 200 to 299 comes to. */
export function refusalOf({ statusCode, body, headers }: Answer, now: number): Fault | Undeliverable {
  const number = errorNumber(body);
  const code = number === undefined ? `http ${statusCode}` : String(number);
  const found = number === undefined ? undefined : classOf(number);
  if (found !== undefined && isRefusal(found)) return new Undeliverable(code, found);
  const action = number === undefined ? undefined : actionOf(number);
  const asked = retryAfterMs((headers as Record<string, unknown> | undefined)?.['retry-after'], now);
  const least = action?.waitAtLeastMs;
  const waitMs = least === undefined ? asked : Math.max(asked ?? 0, least);
  return new Fault(action?.fault ?? kindOfStatus(statusCode), dependency, code, waitMs);
}

function kindOfStatus(status: number): FaultKind {
  if (status === 429) return 'throttled';
  if (status >= 500 || status === 408) return 'unavailable';
  // A redirect comes from something that is not Twilio; 401, 403 and 404 are about the account and its key.
  if (status < 400 || [401, 403, 404].includes(status)) return 'misconfigured';
  return 'refused';
}

/** Whom a refusal concerns beside whoever asked; what the account has no right to is our setting, number or not. */
export function alertOf(error: Fault | Undeliverable): Action['alert'] {
  const action = actionOf(Number(error.code));
  // Of one resource it says that it is not there: whoever asks for what may be gone knows.
  if (error.code === '20404') return undefined;
  if (action !== undefined || error instanceof Undeliverable) return action?.alert;
  return error.kind === 'misconfigured' ? errorClasses.configuration.alert : undefined;
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

/** Whether it is open if the request was carried out: nobody answered, or nothing that can be read. */
export function mayBeDone({ kind, code }: Fault): boolean {
  return kind === 'unavailable' && !/^(http )?\d+$/.test(code) && !reachedNobody(code);
}

/** A success that is none: not the JSON that Twilio sends. */
export function unreadable(): Fault {
  return new Fault('unavailable', dependency, 'unreadable answer');
}
