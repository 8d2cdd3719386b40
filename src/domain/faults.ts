// What can go wrong outside of us, by kind. Expected outcomes are returned, never thrown;
// a fault says whether to retry.

export const faultKinds = {
  unavailable: { retry: true, about: 'a dependency is down, slow or answers 5xx: try again with back-off' },
  throttled: { retry: true, about: 'a provider asks to slow down, or our own pace does: try again after its delay' },
  refused: { retry: false, about: 'a provider refuses this request for good: a retry would be refused too' },
  misconfigured: { retry: true, about: 'our credentials or settings are wrong: tried again while an operator acts' },
  sealed: { retry: true, about: 'a key is missing or does not fit: closed until the keyring is right' },
} as const;

export type FaultKind = keyof typeof faultKinds;

/**
 * Why a provider will not deliver something, where what comes next depends on it: another method (`nextMethod`), never
 * to this recipient (`permanent`) or not in this way (`consent`), a security event (`fraud`), kept until the person
 * writes (`window`), or only not while trying out (`development`).
 */
export const refusals = ['nextMethod', 'permanent', 'consent', 'fraud', 'window', 'development'] as const;
export type Refusal = (typeof refusals)[number];

/**
 * A fault of a dependency, safe to log and to keep in a history: it never carries the provider's words, which may
 * repeat numbers, texts and credentials. `dependency` and `code` are ours or a provider's stable error number.
 */
export class Fault extends Error {
  constructor(
    readonly kind: FaultKind,
    readonly dependency: string,
    readonly code: string,
    /** How long the provider asks to wait, in ms; undefined when it does not say. */
    readonly retryAfterMs?: number,
  ) {
    super(`${dependency} ${kind}: ${code}`);
    this.name = 'Fault';
  }
}

/** The code of a fault by which the speaker's own token is refused, and nothing of ours: nothing was done. */
export const speakerRefused = 'speaker refused';

// A longer wait is no wait: nobody who writes in a chat is still there. Also keeps a nonsensical number out of timers.
const waitMaxMs = 60 * 60 * 1_000;

/**
 * Milliseconds from `now` that a Retry-After header (RFC 9110, §10.2.3) asks for, at most an hour; undefined for none
 * or an unreadable one.
 */
export function retryAfterMs(header: unknown, now: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  const text = header.trim();
  // Date.parse reads far more than HTTP dates, "-1" for one.
  const ms = /^\d{1,10}$/.test(text) ? Number(text) * 1_000
    : /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) - now
      : NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), waitMaxMs);
}
