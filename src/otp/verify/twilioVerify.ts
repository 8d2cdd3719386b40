// One service of Twilio Verify: begins or repeats a verification, compares a guess, ends it. By the id that Twilio gave
// it, never by a number: whoever else asks for a code to the same number must not be meant (decision 11).
import { Fault } from '../../domain/faults';
import type { Refusal } from '../../domain/faults';
import type { Twilio } from '../../twilio/client';
import { unreadable } from '../../twilio/errors';

/** Exactly these. `auto` would leave it to Twilio, which may take the very chat that is to be proved (R21). */
export type VerifyChannel = 'sms' | 'call';

export interface NewVerification {
  /** E.164. */
  readonly to: string;
  readonly channel: VerifyChannel;
  /** Our code; Twilio makes one without. */
  readonly customCode?: string;
  /** A language that Twilio speaks; it takes the number's country without. */
  readonly locale?: string;
}

export type BeginOutcome =
  | { readonly outcome: 'begun'; readonly sid: string }
  | { readonly outcome: 'undeliverable'; readonly code: string; readonly class: Refusal };

/** `over`: it takes no guess any more, for whichever reason; Twilio does not always tell. */
export type CheckVerdict = 'approved' | 'wrong' | 'over';

export interface TwilioVerify {
  /** Sends a code, or the same one again while its verification is pending. Throws Fault. */
  begin(verification: NewVerification): Promise<BeginOutcome>;
  /** Compares a guess. Not safe to repeat: each is counted, and what was approved is forgotten. Throws Fault. */
  check(sid: string, guess: string): Promise<CheckVerdict>;
  /** Says how it ended; `gone` when there is nothing left to end. Safe to repeat. Throws Fault. */
  end(sid: string, as: 'approved' | 'canceled'): Promise<'ended' | 'gone'>;
}

const sidForm = /^VE[0-9a-fA-F]{32}$/;

export function createTwilioVerify(twilio: Twilio, serviceSid: string): TwilioVerify {
  return {
    async begin(verification) {
      const called = await twilio.call(async (sdk) => {
        const begun = await sdk.verify.v2.services(serviceSid).verifications.create({ ...verification });
        if (!sidForm.test(String(begun.sid))) throw unreadable();
        return begun.sid;
      });
      return called.outcome === 'done' ? { outcome: 'begun', sid: called.value } : called;
    },

    async check(sid, guess) {
      const called = await unlessAbsent(() => twilio.call(async (sdk) => {
        const checked = await sdk.verify.v2.services(serviceSid).verificationChecks
          .create({ verificationSid: sid, code: guess });
        // Right is only what says so in every way; another verification's answer is none.
        if (checked.sid !== sid || (checked.status === 'approved') !== (checked.valid === true)) throw unreadable();
        return checked.status;
      }));
      if (called === 'absent' || called.outcome === 'undeliverable') return 'over';
      if (called.value === 'approved') return 'approved';
      return called.value === 'pending' ? 'wrong' : 'over';
    },

    async end(sid, as) {
      const called = await unlessAbsent(() => twilio.call(async (sdk) => {
        await sdk.verify.v2.services(serviceSid).verifications(sid).update({ status: as });
      }));
      return called === 'absent' || called.outcome === 'undeliverable' ? 'gone' : 'ended';
    },
  };
}

/** Twilio's own number for "no such resource"; a bare 404 comes from something else and stays a fault. */
async function unlessAbsent<T>(ask: () => Promise<T>): Promise<T | 'absent'> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Fault && error.code === '20404') return 'absent';
    throw error;
  }
}
