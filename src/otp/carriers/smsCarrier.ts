// Carries a code by SMS, and notices to employees. Keeps nothing and logs nothing: the code is in what it sends.
import type { NoticeTextRequest } from '../../texts/keys';
import type { Texts } from '../../texts/render';
import type { CarryOutcome, CodeCarrier } from './codeCarrier';
import { validityOf } from './smsSender';
import type { SendSms } from './smsSender';

export interface SmsCarrierOptions {
  readonly send: SendSms;
  readonly texts: Pick<Texts, 'render'>;
}

export function createSmsCarrier({ send, texts }: SmsCarrierOptions): CodeCarrier {
  return {
    method: 'sms',
    async carry({ to, code, language, requestedBy, minutesLeft, receiptId }) {
      const params = { code, minutes: minutesLeft, last4: requestedBy };
      const text = texts.render({ key: 'smsCode', params }, language);
      return send({ to, text, receiptId, validitySeconds: validityOf(minutesLeft) });
    },
  };
}

/** A code that an application asked for, to be typed there. */
export interface ApplicationCode {
  readonly to: string;
  readonly code: string;
  readonly language: string;
  readonly minutesLeft: number;
  readonly receiptId: string;
}

export type CarryApplicationCode = (code: ApplicationCode) => Promise<CarryOutcome>;

/** Carries codes of applications: in words of ours, none of theirs. */
export function createApplicationCodes({ send, texts }: SmsCarrierOptions): CarryApplicationCode {
  return ({ to, code, language, minutesLeft, receiptId }) => {
    const text = texts.render({ key: 'smsVerification', params: { code, minutes: minutesLeft } }, language);
    return send({ to, text, receiptId, validitySeconds: validityOf(minutesLeft) });
  };
}

export interface SmsNotice {
  /** E.164, from the directory. */
  readonly to: string;
  readonly language: string;
  readonly text: Extract<NoticeTextRequest, { readonly key: `sms${string}` }>;
}

/** Tells an employee something that nobody asked for. May be repeated. Throws Fault. */
export function createSmsNotices({ send, texts }: SmsCarrierOptions) {
  return ({ to, language, text }: SmsNotice): Promise<CarryOutcome> =>
    send({ to, text: texts.render(text, language) });
}
