// What can go wrong outside of us, by kind. Expected outcomes are returned, never thrown;
// a fault says whether to retry.

export const faultKinds = {
  unavailable: { retry: true, about: 'a dependency is down, slow or answers 5xx: try again with back-off' },
  throttled: { retry: true, about: 'a provider asks to slow down: try again after its delay' },
  refused: { retry: false, about: 'a provider refuses this request for good: a retry would be refused too' },
  misconfigured: { retry: true, about: 'our credentials or settings are wrong: tried again while an operator acts' },
  sealed: { retry: true, about: 'a key is missing or does not fit: closed until the keyring is right' },
} as const;

export type FaultKind = keyof typeof faultKinds;

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
