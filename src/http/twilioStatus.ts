// POST /webhooks/twilio/status: what became of a message of ours. Counted; nothing acts on it yet.
import type { RequestHandler } from 'express';
import { Problem } from './problem';
import { signedParameters } from './twilioGuards';
import type { TwilioIdentity } from './twilioMessage';
import { messageSidForm } from './twilioParameters';

export interface StatusDeps {
  readonly twilio: Pick<TwilioIdentity, 'accountSid'>;
  countStatus?(status: MessageStatus | 'other'): void;
}

/** As Twilio names them; anything else counts as `other`, so that a metric has few values. */
const messageStatuses = [
  'queued', 'accepted', 'sending', 'sent', 'delivered', 'read', 'failed', 'undelivered', 'canceled',
] as const;
export type MessageStatus = (typeof messageStatuses)[number];

export const statusPath = '/webhooks/twilio/status';

export function twilioStatus({ twilio, countStatus }: StatusDeps): RequestHandler {
  return (_request, response) => {
    const { AccountSid, MessageSid, MessageStatus } = signedParameters(response);
    if (AccountSid !== twilio.accountSid) throw new Problem('not-genuine', 'account');
    if (MessageSid === undefined || !messageSidForm.test(MessageSid)) throw new Problem('not-genuine', 'messageId');
    if (MessageStatus === undefined) throw new Problem('not-genuine', 'missing');
    countStatus?.(messageStatuses.find((status) => status === MessageStatus) ?? 'other');
    response.status(204).end();
  };
}
