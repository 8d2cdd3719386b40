// One request to a source over HTTPS, and its answer: within limits, from nobody but whom was asked.
// Refuses redirects: what goes with the request must not go to where nobody configured (A73).
import { readBounded } from './body';
import { privateAddress, privateAddressCode } from './egress';
import { isUntrusted, outboundMeaningOf } from './httpFaults';
import { OutboundFault } from './outboundFault';
import type { OutboundFaultKind } from './outboundFault';

export interface AnswerLimits {
  /** From the connection to the last byte, in ms. */
  readonly timeoutMs: number;
  /** Of the body as unpacked. */
  readonly bytesMax: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Asks `who`, a name of ours for sentences. Throws a OutboundFault when there is no whole answer, or a redirect. */
export async function askFor(
  who: string, url: string, request: RequestInit, limits: AnswerLimits, get: typeof fetch = fetch,
): Promise<Answer> {
  const signal = AbortSignal.timeout(limits.timeoutMs);
  let body: Response['body'] = null;
  try {
    const response = await get(url, { ...request, redirect: 'manual', signal });
    const { status, headers } = response;
    ({ body } = response);
    if (status === 0 || (status >= 300 && status < 400)) throw redirected(who);
    const { bytesMax } = limits;
    const tooLarge = () => new OutboundFault('untrustworthy', `${who} answers with more than ${bytesMax} bytes`);
    return { status, headers, body: await readBounded(response, { bytesMax, tooLarge }) };
  } catch (error) {
    // What is left of a body that nobody wants would keep its connection.
    await body?.cancel().catch(() => undefined);
    if (error instanceof OutboundFault) throw error;
    const code = signal.aborted ? 'timeout' : codeOf(error) ?? 'no answer';
    throw unanswered(code, who, 'does not answer to the end');
  }
}

function redirected(who: string): OutboundFault {
  return new OutboundFault('untrustworthy', `${who} redirects elsewhere, which is not followed: configure where it is`);
}

/** The fault of a request that failed on the way by `code`; `otherwise` says how, where nothing else is known. */
export function unanswered(code: string, who: string, otherwise: string): OutboundFault {
  if (code === privateAddressCode) {
    return new OutboundFault('misconfigured', `${who} is at ${privateAddress}`, { code });
  }
  return isUntrusted(code)
    ? new OutboundFault('untrustworthy', `${who} does not show a certificate that is trusted (${code})`)
    : new OutboundFault('unreachable', `${who} ${otherwise} (${code})`);
}

/** The stable name of what went wrong on the way, which fetch wraps once; undefined when it has none. */
export function codeOf(error: unknown): string | undefined {
  // cast: whatever was thrown may have these, or none.
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } };
  const isName = (name: unknown): name is string => typeof name === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(name);
  return [cause?.code, code].find(isName);
}

const whatToDo: Readonly<Record<OutboundFaultKind, string>> = {
  unreachable: '', untrustworthy: '', refused: ': it does not let us in',
  misconfigured: ': look at its address and settings',
};

/** The fault that a status other than 200 is. `detail` is ours, or a stable code of theirs. */
export function faultOfStatus(who: string, answer: Answer, detail?: string): OutboundFault {
  const { kind, ...more } = outboundMeaningOf(answer);
  const said = `${who} answers ${answer.status}${detail === undefined ? '' : ` (${detail})`}`;
  const wait = kind !== 'unreachable' || more.retryAfterMs === undefined ? ''
    : `, and asks to wait ${Math.ceil(more.retryAfterMs / 1_000)} s`;
  return new OutboundFault(kind, said + wait + whatToDo[kind], more);
}

/** The JSON of a 200. Throws a OutboundFault for anything else, such as the page of a sign-in or half an answer. */
export function jsonOf(who: string, { headers, body }: Answer): unknown {
  if (!isJson(headers)) {
    throw new OutboundFault('untrustworthy', `${who} answers with something else than JSON, perhaps a page to sign in`);
  }
  const json = parsed(body);
  if (json === undefined) throw new OutboundFault('untrustworthy', `${who} answers with JSON that cannot be read`);
  return json;
}

export function isJson(headers: Headers): boolean {
  return /^application\/json *(;|$)/i.test(headers.get('content-type') ?? '');
}

/** Undefined for what is no JSON. */
export function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch {
    return undefined;
  }
}
