// Carries a code by a voice call over Twilio's Calls API. The request holds no code: when somebody has answered, Twilio
// asks us what to say, and it is said when the keys were pressed that it asks for (src/otp/voice/codeCalls.ts).
import type { Twilio } from '../../twilio/client';
import { placeCall } from '../../twilio/placeCall';
import type { CodeCarrier } from './codeCarrier';

export interface VoiceCarrierOptions {
  readonly twilio: Twilio;
  /** A number of ours that may call, E.164. */
  readonly sender: string;
  /** Where Twilio asks what to say in the call of a send. */
  callUrl(receiptId: string): string;
  /** Where Twilio reports what becomes of it. */
  statusUrl(receiptId: string): string;
}

/** Rings for so many seconds: most answering machines take longer. */
const ringSeconds = 25;
/** Longer than two readings of the longest code take; a call that somebody forgets to end is ended. */
const callSeconds = 60;
const reported = ['initiated', 'ringing', 'answered', 'completed'];

const e164 = /^\+[1-9]\d{6,14}$/;

export function createVoiceCarrier({ twilio, sender, callUrl, statusUrl }: VoiceCarrierOptions): CodeCarrier {
  return {
    method: 'call',
    async carry({ to, receiptId }) {
      // What is no number could be a client or a SIP address (R19). The directory holds none; none gets past here.
      if (!e164.test(to)) return { outcome: 'undeliverable', code: 'no number' };
      return placeCall(twilio, {
        to, from: sender, url: callUrl(receiptId), method: 'POST',
        timeout: ringSeconds, timeLimit: callSeconds, record: false,
        statusCallback: statusUrl(receiptId), statusCallbackEvent: reported, statusCallbackMethod: 'POST',
      });
    },
  };
}
