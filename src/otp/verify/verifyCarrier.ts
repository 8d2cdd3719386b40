// Carries a code by Twilio Verify: ours as it is (`custom`), or one that Twilio makes and compares (`managed`). The
// words are Twilio's. Accepted is not delivered, and Verify reports nothing of that: there is no receipt.
import type { Pool } from '../../db/pool';
import { Fault } from '../../domain/faults';
import type { CodeCarrier, CodeToCarry } from '../carriers/codeCarrier';
import { inTheWay, noteEnd, noteVerification } from './verifications';
import type { EndingVerification } from './verifications';
import type { TwilioVerify, VerifyChannel } from './twilioVerify';

/** Whose codes Verify carries. */
export type VerifyCodes = 'custom' | 'managed';

export interface VerifyCarrierOptions {
  readonly method: VerifyChannel;
  readonly codes: VerifyCodes;
  readonly service: TwilioVerify;
  readonly pool: Pool;
}

const e164 = /^\+[1-9]\d{6,14}$/;

// https://www.twilio.com/docs/verify/supported-languages. A language that is not among them would become English.
const locales = new Set([
  'af', 'ar', 'ca', 'zh', 'zh-CN', 'zh-HK', 'hr', 'cs', 'da', 'nl', 'en', 'en-GB', 'fi', 'fr', 'de', 'el', 'he', 'hi',
  'hu', 'id', 'it', 'ja', 'ko', 'ms', 'nb', 'pl', 'pt', 'pt-BR', 'ro', 'ru', 'es', 'sv', 'tl', 'th', 'tr', 'uk', 'vi',
]);

export function createVerifyCarrier({ method, codes, service, pool }: VerifyCarrierOptions): CodeCarrier {
  const managed = codes === 'managed';
  return {
    method,
    async carry({ to, code, language, challengeId }: CodeToCarry) {
      // `whatsapp:+…` would put the code into a chat (R21). The directory holds no such contact; none gets past here.
      if (!e164.test(to)) return { outcome: 'undeliverable', code: 'no number' };
      const others = await inTheWay(pool, challengeId);
      // A stranger's request must not take a known sender's code away; whose code is ours loses nothing by it.
      if (managed && others.some(({ goesFirst }) => goesFirst)) {
        return { outcome: 'undeliverable', code: 'busy', class: 'nextMethod' };
      }
      for (const other of others) await endVerification(service, pool, other);
      const begun = await service.begin({
        to, channel: method, ...managed ? {} : { customCode: code }, ...localeOf(language),
      });
      if (begun.outcome === 'undeliverable') return begun;
      const { sid } = begun;
      // Somebody else began one for this number meanwhile: two must not have one code. Tried again, it is in the way.
      if (!await noteVerification(pool, { sid, challengeId, managed })) {
        throw new Fault('unavailable', 'twilio', 'verification shared');
      }
      return { outcome: 'accepted', providerId: sid };
    },
  };
}

/** Tells Twilio how a verification ended, and notes that it knows. Safe to repeat. Throws Fault. */
export async function endVerification(
  service: TwilioVerify, pool: Pool, { sid, used }: EndingVerification,
): Promise<void> {
  const as = used ? 'approved' : 'canceled';
  const ended = await service.end(sid, as);
  await noteEnd(pool, sid, ended === 'gone' ? 'gone' : as);
}

function localeOf(language: string): { locale?: string } {
  const primary = language.split('-', 1)[0]!;
  const locale = [language, primary].find((tag) => locales.has(tag));
  return locale === undefined ? {} : { locale };
}
