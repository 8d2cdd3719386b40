// Why a service that Doorman asks did not give what it was asked for.

/**
 * `unreachable`: it does not answer, or asks to wait; worth another try. `refused`: it does not let us in.
 * `untrustworthy`: what it says contradicts itself, or comes from elsewhere. `misconfigured`: ours to mend.
 */
export type OutboundFaultKind = 'unreachable' | 'refused' | 'untrustworthy' | 'misconfigured';

export interface OutboundFaultOptions extends ErrorOptions {
  readonly code?: string;
  readonly isThrottled?: boolean;
  readonly retryAfterMs?: number | undefined;
}

/** The message says what to do, and repeats nothing that the service said. */
export class OutboundFault<Kind extends string = OutboundFaultKind> extends Error {
  /** A word of a standard's, where what comes next depends on it: `invalid_grant`. */
  readonly code: string | undefined;
  /** It answers, and wants to be asked less. */
  readonly isThrottled: boolean;
  /** How long it asks to wait, in ms; undefined when it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly kind: Kind, message: string,
    { code, isThrottled = false, retryAfterMs, ...options }: OutboundFaultOptions = {},
  ) {
    super(message, options);
    this.name = 'OutboundFault';
    this.code = code;
    this.isThrottled = isThrottled;
    this.retryAfterMs = retryAfterMs;
  }
}
