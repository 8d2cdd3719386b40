// Why a source could not be read to the end. What was read of it until then is not applied.

/**
 * `unreachable`: it does not answer, or asks to wait; worth another try. `refused`: it does not let us in.
 * `untrustworthy`: what it says contradicts itself, or comes from elsewhere. `misconfigured`: ours to mend. `lost`: it
 * does not keep what the reading was to go on with; worth another try from the beginning.
 */
export type FeedFaultKind = 'unreachable' | 'refused' | 'untrustworthy' | 'misconfigured' | 'lost';

/** The message says what to do, and repeats nothing that the source said. */
export class FeedFault extends Error {
  constructor(readonly kind: FeedFaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FeedFault';
  }
}
