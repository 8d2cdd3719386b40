// Why a service that Doorman asks did not give what it was asked for.

/**
 * `unreachable`: it does not answer, or asks to wait; worth another try. `refused`: it does not let us in.
 * `untrustworthy`: what it says contradicts itself, or comes from elsewhere. `misconfigured`: ours to mend.
 */
export type OutboundFaultKind = 'unreachable' | 'refused' | 'untrustworthy' | 'misconfigured';

/** The message says what to do, and repeats nothing that the service said. */
export class OutboundFault<Kind extends string = OutboundFaultKind> extends Error {
  /** A word of a standard's, where what comes next depends on it: `invalid_grant`. */
  readonly code: string | undefined;

  constructor(readonly kind: Kind, message: string, { code, ...options }: ErrorOptions & { code?: string } = {}) {
    super(message, options);
    this.name = 'OutboundFault';
    this.code = code;
  }
}
