// SMS over Twilio's Messages API. Keeps nothing and logs nothing: a code may be in what it sends.
import type { Twilio } from '../../twilio/client';
import { sendMessage } from '../../twilio/sendMessage';
import { isTelephone, noTelephone } from './smsSender';
import type { SendSms } from './smsSender';

export interface TwilioSmsOptions {
  readonly twilio: Twilio;
  /** A messaging service brings fraud protection and a pool of senders; a number of our own does without. */
  readonly from: { readonly messagingServiceSid: string } | { readonly sender: string };
  /** Where Twilio reports what becomes of an SMS, by the receipt id of a code. Nothing is reported without. */
  statusCallback?(receiptId?: string): string;
}

export function createTwilioSms({ twilio, from, statusCallback }: TwilioSmsOptions): SendSms {
  return async ({ to, text, receiptId, validitySeconds }) => {
    if (!isTelephone(to)) return noTelephone;
    return sendMessage(twilio, {
      to,
      body: text,
      ...(validitySeconds === undefined ? {} : { validityPeriod: validitySeconds }),
      ...('sender' in from ? { from: from.sender } : { messagingServiceSid: from.messagingServiceSid }),
      riskCheck: 'enable',
      ...(statusCallback === undefined ? {} : { statusCallback: statusCallback(receiptId) }),
    });
  };
}
