// Turns what an activity throws into the one failure that Temporal sees. Nothing of the original's words gets through:
// a database's detail or a provider's answer may hold numbers, names and texts.
import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { Fault, faultKinds } from '../src/domain/faults';

/** The `type` of every failure that an activity may end with; docs/errors.md lists them. */
export const failureTypes = ['unavailable', 'throttled', 'refused', 'misconfigured', 'sealed', 'bug'] as const;
export type FailureType = (typeof failureTypes)[number];

/** Hears how each run of an activity came out: an outcome of its own, or the type of its failure. */
export type CountOutcome = (activity: string, outcome: string) => void;

/** Runs an activity, translates its faults and counts its outcome. */
export class FailureInterceptor implements ActivityInboundCallsInterceptor {
  constructor(private readonly activity: string, private readonly count: CountOutcome = () => undefined) {}

  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    try {
      const result = await next(input);
      this.count(this.activity, outcomeOf(result));
      return result;
    } catch (error) {
      const failure = failureOf(error);
      this.count(this.activity, failure instanceof ApplicationFailure ? failure.type ?? 'bug' : 'cancelled');
      throw failure;
    }
  }
}

function outcomeOf(result: unknown): string {
  if (typeof result === 'string') return result;
  const { reaction, outcome } = (result ?? {}) as { reaction?: unknown; outcome?: unknown };
  return String(reaction ?? outcome ?? 'done');
}

/** The failure for anything thrown: a cancellation stays one, a Fault keeps its kind, a database error its SQLSTATE. */
export function failureOf(error: unknown): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  if (isAbort(error)) return new CancelledFailure('cancelled');
  const fault = error instanceof Fault ? error : databaseFault(error);
  if (fault === undefined) return bug(error);
  return ApplicationFailure.create({
    type: fault.kind,
    message: fault.message,
    nonRetryable: !faultKinds[fault.kind].retry,
    // Expected noise of the world outside: counted, but no error in the worker's metrics.
    ...(faultKinds[fault.kind].retry ? { category: ApplicationFailureCategory.BENIGN } : {}),
    ...(fault.retryAfterMs === undefined ? {} : { nextRetryDelay: fault.retryAfterMs }),
  });
}

const connectionCodes = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH',
]);
// Classes of SQLSTATE that pass: connection, insufficient resources, operator intervention, lock and statement
// time-outs, serialisation.
const passingStates = /^(08|53|57|55P03|40)/;
// pg reports a lost connection, also one that was lost between two statements, and a pool without a free one by words.
const lostConnection = [
  /^Connection terminated/, /^Client has encountered a connection error/, /^timeout exceeded when trying to connect/,
  /^Query read timeout/,
];

function databaseFault(error: unknown): Fault | undefined {
  const { code, message, name } = (error ?? {}) as { code?: unknown; message?: unknown; name?: unknown };
  if (typeof code === 'string' && (connectionCodes.has(code) || passingStates.test(code))) {
    return new Fault('unavailable', 'dependency', code);
  }
  if (typeof message === 'string' && lostConnection.some((words) => words.test(message))) {
    return new Fault('unavailable', 'database', 'connection');
  }
  // By name and not by class: under a test runner errors cross module realms.
  if (name === 'UnknownKey' || name === 'Unsealable') return new Fault('sealed', 'keyring', String(name));
  return undefined;
}

/**
 * A broken invariant. Retried, because the next deploy may mend it; named by class, SQLSTATE and place,
 * not by its words.
 */
function bug(error: unknown): ApplicationFailure {
  const { name, code, stack } = (error ?? {}) as { name?: string; code?: unknown; stack?: string };
  const place = stack?.split('\n').find((line) => /^\s+at /.test(line))?.trim() ?? '';
  const label = typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code) ? ` ${code}` : '';
  return ApplicationFailure.create({ type: 'bug', message: `${name ?? 'Error'}${label} ${place}`.trim() });
}

function isAbort(error: unknown): boolean {
  return (error as { name?: unknown } | undefined)?.name === 'AbortError';
}
