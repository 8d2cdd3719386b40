// POST /webhooks/twilio/status/:receiptId: what became of a send of ours. Without an id it is counted only: nobody
// waits for the receipt of a notice.
import type { RequestHandler } from 'express';
import { isUuid } from '../domain/identifiers';
import type { Receipt, ReceiptNote } from '../outbox/receipts';
import { Problem } from './problem';
import { signedParameters } from './twilioGuards';
import type { TwilioIdentity } from './twilioMessage';
import { messageSidForm } from './twilioParameters';

export interface StatusDeps {
  readonly twilio: Pick<TwilioIdentity, 'accountSid'>;
  /** Notes what became of a send. Rejects when that is not certain: then the provider tells it again. */
  noteReceipt(note: ReceiptNote): Promise<void>;
  countStatus?(status: MessageStatus | 'other'): void;
}

/** As Twilio names them; anything else counts as `other`, so that a metric has few values. */
const messageStatuses = [
  'queued', 'accepted', 'sending', 'sent', 'delivered', 'read', 'failed', 'undelivered', 'canceled',
] as const;
export type MessageStatus = (typeof messageStatuses)[number];

export const statusPath = '/webhooks/twilio/status';

/** The path of one send's receipts: its id stands in the path, since our routes refuse a query (A08). */
export const receiptPath = (receiptId: string): string => `${statusPath}/${receiptId}`;

/** What a status says of a send: `accepted` nothing new; what is withdrawn arrives as little as what failed. */
function receiptOf(status: MessageStatus | undefined): Receipt | undefined {
  if (status === 'canceled') return 'failed';
  return status === 'accepted' ? undefined : status;
}

export function twilioStatus({ twilio, noteReceipt, countStatus }: StatusDeps): RequestHandler {
  return async (request, response) => {
    const { AccountSid, MessageSid, MessageStatus, ErrorCode } = signedParameters(response);
    if (AccountSid !== twilio.accountSid) throw new Problem('not-genuine', 'account');
    if (MessageSid === undefined || !messageSidForm.test(MessageSid)) throw new Problem('not-genuine', 'messageId');
    if (MessageStatus === undefined) throw new Problem('not-genuine', 'missing');
    const status = messageStatuses.find((known) => known === MessageStatus);
    const receipt = receiptOf(status);
    const { receiptId } = request.params;
    if (typeof receiptId === 'string' && receipt !== undefined) {
      const fault = /^\d{5}$/.test(ErrorCode ?? '') ? { fault: ErrorCode! } : {};
      await noteReceipt({ receiptId, providerId: MessageSid, receipt, ...fault }).catch((error: unknown) => {
        throw new Problem('unavailable', 'notStored', { headers: { 'Retry-After': '5' }, cause: error });
      });
    }
    countStatus?.(status ?? 'other');
    response.status(204).end();
  };
}

/** Lets on what can be a receipt id; anything else is no route of ours. */
export const isReceiptId: RequestHandler = (request, _response, next) => {
  const { receiptId } = request.params;
  if (typeof receiptId !== 'string' || !isUuid(receiptId)) throw new Problem('not-found');
  next();
};
