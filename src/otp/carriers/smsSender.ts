// Port: what takes an SMS, whatever it says. Twilio, or whoever a configuration describes.
import type { CarryOutcome } from './codeCarrier';

export interface Sms {
  /** E.164. Anything else is `undeliverable`, before anybody is asked. */
  readonly to: string;
  readonly text: string;
  /** What the provider names it by when it reports what became of it: random. Nothing is reported without. */
  readonly receiptId?: string | undefined;
  /** After this it is worth nothing any more. */
  readonly validitySeconds?: number | undefined;
}

/** Hands it over. May be repeated. Throws Fault, which never holds the number or the text. */
export type SendSms = (sms: Sms) => Promise<CarryOutcome>;

const e164 = /^\+[1-9]\d{6,14}$/;

/** `whatsapp:+…` would put the code into a chat (R21). The directory holds no such contact; none gets past here. */
export const isTelephone = (to: string): boolean => e164.test(to);

export const noTelephone: CarryOutcome = { outcome: 'undeliverable', code: 'no number' };

// An SMS that waits longer in a network than this is worth less than the doubt that it causes.
const validitySecondsMax = 300;

/** For how long a network may keep a code that still counts for so long. */
export const validityOf = (minutesLeft: number): number => Math.min(minutesLeft * 60, validitySecondsMax);
