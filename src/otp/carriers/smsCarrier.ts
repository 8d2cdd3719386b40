// Carries a code by SMS over Twilio's Messages API, and notices to employees. Keeps nothing and logs nothing: the code
// is in what it sends.
import type { NoticeTextRequest } from '../../texts/keys';
import type { Texts } from '../../texts/render';
import type { Twilio } from '../../twilio/client';
import { sendMessage } from '../../twilio/sendMessage';
import type { SendResult } from '../../twilio/sendMessage';
import type { CodeCarrier } from './codeCarrier';

export interface SmsCarrierOptions {
  readonly twilio: Twilio;
  /** A messaging service brings fraud protection and a pool of senders; a number of our own does without. */
  readonly from: { readonly messagingServiceSid: string } | { readonly sender: string };
  readonly texts: Pick<Texts, 'render'>;
  /** Where Twilio reports what becomes of an SMS, by the receipt id of a code. Nothing is reported without. */
  statusCallback?(receiptId?: string): string;
}

// An SMS that waits longer in a network than this is worth less than the doubt that it causes.
const validitySecondsMax = 300;

const e164 = /^\+[1-9]\d{6,14}$/;

export function createSmsCarrier(options: SmsCarrierOptions): CodeCarrier {
  const { texts } = options;
  return {
    method: 'sms',
    async carry({ to, code, language, requestedBy, minutesLeft, receiptId }) {
      const params = { code, minutes: minutesLeft, last4: requestedBy };
      const body = texts.render({ key: 'smsCode', params }, language);
      return sendSms(options, { to, body, receiptId, validityPeriod: Math.min(minutesLeft * 60, validitySecondsMax) });
    },
  };
}

export interface SmsNotice {
  /** E.164, from the directory. */
  readonly to: string;
  readonly language: string;
  readonly text: Extract<NoticeTextRequest, { readonly key: `sms${string}` }>;
}

/** Tells an employee something that nobody asked for. May be repeated. Throws Fault. */
export function createSmsNotices(options: SmsCarrierOptions) {
  return ({ to, language, text }: SmsNotice): Promise<SendResult> =>
    sendSms(options, { to, body: options.texts.render(text, language) });
}

async function sendSms(
  { twilio, from, statusCallback }: SmsCarrierOptions,
  { receiptId, ...sms }: { to: string; body: string; receiptId?: string; validityPeriod?: number },
): Promise<SendResult> {
  // `whatsapp:+…` would put the code into a chat (R21). The directory holds no such contact; none gets past here.
  if (!e164.test(sms.to)) return { outcome: 'undeliverable', code: 'no number' };
  return sendMessage(twilio, {
    ...sms,
    ...('sender' in from ? { from: from.sender } : { messagingServiceSid: from.messagingServiceSid }),
    riskCheck: 'enable',
    ...(statusCallback === undefined ? {} : { statusCallback: statusCallback(receiptId) }),
  });
}
