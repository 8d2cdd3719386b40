// Why a source could not be read to the end. What was read of it until then is not applied.
import { OutboundFault } from '../outbound/outboundFault';
import type { OutboundFaultKind } from '../outbound/outboundFault';

/** `lost`: it does not keep what the reading was to go on with; worth another try from the beginning. */
export type FeedFaultKind = OutboundFaultKind | 'lost';

/** The message says what to do, and repeats nothing that the source said. */
export class FeedFault extends OutboundFault<FeedFaultKind> {
  constructor(kind: FeedFaultKind, message: string, options?: ErrorOptions) {
    super(kind, message, options);
    this.name = 'FeedFault';
  }
}
