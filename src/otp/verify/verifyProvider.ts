// Twilio Verify in the place of our own carriers: what a worker sends and asks by, and what the web process tells
// Twilio when a challenge has ended. From rows, so that nobody who dies takes an ending along.
import type { Pool } from '../../db/pool';
import { Fault, faultKinds } from '../../domain/faults';
import type { Log } from '../../log';
import type { Twilio } from '../../twilio/client';
import type { CodeCarrier } from '../carriers/codeCarrier';
import { createManagedCheck } from './managedCheck';
import type { ManagedCheckDeps, ProviderGuess } from './managedCheck';
import { noteEnd, takeEnded } from './verifications';
import type { EndingVerification } from './verifications';
import { createVerifyCarrier, endVerification } from './verifyCarrier';
import type { VerifyCodes } from './verifyCarrier';
import { createTwilioVerify } from './twilioVerify';
import type { TwilioVerify, VerifyChannel } from './twilioVerify';

export interface VerifyOptions {
  readonly pool: Pool;
  readonly twilio: Twilio;
  /** Its deadline is below `checkMs`. */
  readonly checkTwilio: Twilio;
  /** How long a check takes, in ms, for whomever; below the quantum of replies, 0 where there is none. */
  readonly checkMs: number;
  readonly serviceSid: string;
  readonly codes: VerifyCodes;
  readonly alert: ManagedCheckDeps['alert'];
  readonly log: Pick<Log, 'warn'>;
}

export interface VerifyProvider {
  /** Carries codes by one method. E-mail stays ours. */
  carrier(method: VerifyChannel): CodeCarrier;
  /** Compares where Twilio made the code; undefined where we did. */
  readonly checkCode?: (guess: ProviderGuess) => Promise<boolean>;
  /** Tells Twilio of challenges that have ended; says of how many. Never throws Fault. */
  tellEnds(): Promise<number>;
}

// A busy hour's codes in some sweeps. Twilio that hangs holds up a sweep by one of the smaller batches.
const endsMax = 200;
const endsAtOnce = 8;

export function createVerifyProvider({ pool, log, alert, codes, checkMs, ...options }: VerifyOptions): VerifyProvider {
  const service = createTwilioVerify(options.twilio, options.serviceSid);
  const checkService = createTwilioVerify(options.checkTwilio, options.serviceSid);
  return {
    carrier: (method) => createVerifyCarrier({ method, codes, service, pool }),
    ...codes === 'managed'
      ? { checkCode: createManagedCheck({ pool, service: checkService, alert, takesMs: checkMs }) } : {},
    async tellEnds() {
      let told = 0;
      for (let taken = 0, more = true; more && taken < endsMax; taken += endsAtOnce) {
        const ended = await takeEnded(pool, endsAtOnce);
        const results = await Promise.all(ended.map((one) => tellEnd(service, pool, one, log)));
        told += results.filter(Boolean).length;
        more = ended.length === endsAtOnce && results.every(Boolean);
      }
      return told;
    },
  };
}

/** Whether it is settled; otherwise it is tried again in a minute. */
async function tellEnd(
  service: TwilioVerify, pool: Pool, ended: EndingVerification, log: VerifyOptions['log'],
): Promise<boolean> {
  try {
    await endVerification(service, pool, ended);
    return true;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    log.warn('a verification could not be ended', { error });
    if (faultKinds[error.kind].retry) return false;
    await noteEnd(pool, ended.sid, 'gone');
    return true;
  }
}
