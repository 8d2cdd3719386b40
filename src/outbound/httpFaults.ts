// What a status means to whoever asked, and a request that nobody answered: one table for all that Doorman asks by
// HTTP. Looks at no words of an answer, so that no fault repeats any.
import { Fault, retryAfterMs } from '../domain/faults';
import type { FaultKind } from '../domain/faults';
import { privateAddress, privateAddressCode } from './egress';
import { OutboundFault } from './outboundFault';
import type { OutboundFaultKind } from './outboundFault';

interface Meaning {
  readonly fault: FaultKind;
  readonly outbound: OutboundFaultKind;
  /** It is certain that whoever was asked did nothing. */
  readonly didNothing: boolean;
}

const meanings = {
  throttled: { fault: 'throttled', outbound: 'unreachable', didNothing: true },
  failing: { fault: 'unavailable', outbound: 'unreachable', didNothing: false },
  closed: { fault: 'misconfigured', outbound: 'refused', didNothing: true },
  // Whoever configured the address must look.
  elsewhere: { fault: 'misconfigured', outbound: 'misconfigured', didNothing: true },
  // It may have begun with what it refuses.
  rejected: { fault: 'refused', outbound: 'misconfigured', didNothing: false },
} as const satisfies Record<string, Meaning>;

/** `failing`: statuses that pass at whoever is asked, beside those that do so everywhere. */
function meaningOf(status: number, failing: readonly number[] = []): Meaning {
  if (status === 429) return meanings.throttled;
  if (status >= 500 || [408, 425, ...failing].includes(status)) return meanings.failing;
  if (status === 401 || status === 403) return meanings.closed;
  // Node shows where a redirect leads; the specification's own fetch answers 0.
  return status < 200 || (status >= 300 && status < 400) || [404, 405, 410].includes(status)
    ? meanings.elsewhere : meanings.rejected;
}

type Answered = Pick<Response, 'status' | 'headers'>;

/** The fault that an answer is by its status, of a dependency that is asked within an activity. */
export function faultOfAnswer(dependency: string, answer: Answered, failing?: readonly number[]): Fault {
  const { status } = answer;
  const { fault } = meaningOf(status, failing);
  return new Fault(fault, dependency, `http ${status}`, waitOf(answer));
}

/** What an answer is by its status to whoever tells an operator of it in a sentence. */
export function outboundMeaningOf(
  answer: Answered,
): { kind: OutboundFaultKind; isThrottled: boolean; retryAfterMs: number | undefined } {
  const { fault, outbound } = meaningOf(answer.status);
  return { kind: outbound, isThrottled: fault === 'throttled', retryAfterMs: waitOf(answer) };
}

/** An hour at most. */
const waitOf = ({ headers }: Answered): number | undefined => retryAfterMs(headers.get('retry-after'), Date.now());

const kinds: Readonly<Record<OutboundFaultKind, FaultKind>> = {
  unreachable: 'unavailable', refused: 'misconfigured', untrustworthy: 'misconfigured', misconfigured: 'misconfigured',
};

/** The fault of a request that nobody answered, of a dependency that is asked within an activity. */
export function faultOfNoAnswer(dependency: string, code: string): Fault {
  return code === privateAddressCode
    ? new Fault('misconfigured', dependency, privateAddress) : new Fault('unavailable', dependency, code);
}

/**
 * What an activity throws for what was thrown: an OutboundFault without its sentence, because whoever reads a history
 * needs the kind; whatever else, as it is.
 */
export function faultOfThrown(dependency: string, error: unknown, code?: string): unknown {
  if (!(error instanceof OutboundFault)) return error;
  if (error.code === privateAddressCode) return faultOfNoAnswer(dependency, error.code);
  const { kind, isThrottled, retryAfterMs: waitMs } = error as OutboundFault; // cast: `instanceof` knows no kinds
  return new Fault(isThrottled ? 'throttled' : kinds[kind], dependency, code ?? kind, waitMs);
}

// Names that Node and OpenSSL give to what is wrong with a certificate.
const ofTls = /CERT|TLS|SSL|SIGNED|UNABLE_TO/;

/** Whether there was nobody to be trusted, by the code of what went wrong on the way. */
export const isUntrusted = (code: string): boolean => ofTls.test(code);

// Of a connection that there never was: nobody, no way.
const unconnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT',
  privateAddress,
]);

// What OpenSSL itself breaks off with, which may come in the middle of an answer; of a certificate Node speaks.
const ofOpenSsl = /^ERR_SSL_/;

/** Whether a request left for nobody, by the code of what went wrong on the way. */
export const reachedNobody = (code: string): boolean =>
  unconnected.has(code) || (isUntrusted(code) && !ofOpenSsl.test(code));

/** Whether it is certain that a request did nothing: nobody was reached, or it was turned away at the door. */
export function didNothing({ code }: Fault): boolean {
  const [, status] = /^http (\d+)$/.exec(code) ?? [];
  return status === undefined ? reachedNobody(code) : meaningOf(Number(status)).didNothing;
}
