// POST /webhooks/twilio/message: a chat message is checked, stored and told to its conversation, then acknowledged.
// Never answers in TwiML with words (decision 8), never waits for anybody longer than the delivery's deadline.
import type { RequestHandler } from 'express';
import type { IncomingMessage } from '../inbox/inbox';
import type { Log } from '../log';
import { Problem } from './problem';
import { signedParameters } from './twilioGuards';
import { readMessage } from './twilioMessage';
import type { TwilioIdentity } from './twilioMessage';

export interface WebhookDeps {
  readonly twilio: TwilioIdentity;
  /** Stores the message and tells its conversation. Rejects only when it is not stored. */
  takeMessage(message: IncomingMessage, doubts: readonly string[]): Promise<WebhookOutcome>;
  /** Counts answers by what became of the message. */
  countMessage?(outcome: WebhookOutcome): void;
  readonly log: Pick<Log, 'warn' | 'error'>;
}

export type WebhookOutcome = 'known' | 'flood' | 'unconfirmed' | 'delivered' | 'later';

export const messagePath = '/webhooks/twilio/message';

export function twilioWebhook({ twilio, takeMessage, countMessage, log }: WebhookDeps): RequestHandler {
  return async (_request, response) => {
    const reading = readMessage(signedParameters(response), twilio);
    if (reading.outcome === 'refused') throw new Problem('not-genuine', reading.reason);
    const { message, doubts } = reading;
    const outcome = await takeMessage(message, doubts).catch((error: unknown) => {
      throw new Problem('unavailable', 'notStored', { headers: { 'Retry-After': '5' }, cause: error });
    });
    // An operator has to look: Twilio has a new parameter, or somebody holds a signature.
    if (outcome === 'unconfirmed') {
      log.warn('message has to be confirmed', { messageId: message.messageId, count: doubts.length });
    }
    countMessage?.(outcome);
    // Without the right type Twilio logs error 12300; without an element, a warning.
    response.status(200).type('text/xml').send('<Response/>');
  };
}
