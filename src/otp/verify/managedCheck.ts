// Whether a guess is the code that Twilio made. Asked only after the guess is charged, and never for a decoy. Every
// doubt is wrong: no answer in time, a verification that is over, an approval that another message had.
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '../../db/pool';
import { Fault } from '../../domain/faults';
import { findVerification, noteApproval, noteOver, wasMailed } from './verifications';
import type { CheckVerdict, TwilioVerify } from './twilioVerify';

export interface ProviderGuess {
  readonly challengeId: string;
  readonly messageId: string;
  readonly code: string;
  /** Whether it is the code that we would have made: that went out where Verify does not go. */
  readonly isOurs: boolean;
  /** Whether it could open anything: nobody is asked about a decoy, or what a spent budget pays for. */
  readonly mayOpen: boolean;
}

export interface ManagedCheckDeps {
  readonly pool: Pool;
  /** With a deadline below the reply's quantum: a slow answer must not tell that there was somebody to ask for. */
  readonly service: TwilioVerify;
  /**
   * How long a check takes, in ms, whosever code it is and whatever Twilio does. A reply leaves on a quantum after its
   * message came, but who writes while a former reply is on its way decides how much of that is left: then a question
   * to Twilio could be told from none by a reply that comes a quantum later (A35). 0 where replies have no quantum.
   */
  readonly takesMs: number;
  readonly wait?: (ms: number) => Promise<unknown>;
  /** Hears that a charged guess was not compared. */
  alert(what: 'codeUnchecked'): void;
}

// Two requests for one number at once: a moment later there is one.
const closeTriesMax = 3;
const closeWaitMs = 100;

/** Whether a charged guess is right. Safe to repeat by message. Never throws Fault. */
export function createManagedCheck({ pool, service, alert, takesMs, wait = delay }: ManagedCheckDeps) {
  async function compare({ challengeId, messageId, code, isOurs, mayOpen }: ProviderGuess): Promise<boolean> {
    if (!mayOpen) return false;
    if (isOurs && await wasMailed(pool, challengeId)) return true;
    const verification = await findVerification(pool, challengeId);
    if (verification === undefined) return false;
    const { sid, approvedBy, isOver } = verification;
    if (approvedBy !== null || isOver) return approvedBy === messageId;
    const verdict = await ask(service, sid, code);
    if (verdict === 'approved') return noteApproval(pool, sid, messageId);
    if (verdict === 'over') await noteOver(pool, sid);
    if (verdict === 'unanswered') alert('codeUnchecked');
    return false;
  }

  return async (guess: ProviderGuess): Promise<boolean> => {
    const compared = compare(guess);
    if (takesMs === 0) return compared;
    const over = wait(takesMs).then(() => false);
    const isRight = await Promise.race([compared, over]);
    await over;
    return isRight;
  };
}

async function ask(service: TwilioVerify, sid: string, guess: string): Promise<CheckVerdict | 'unanswered'> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await service.check(sid, guess);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (error.code !== '60212' || tries === closeTriesMax) return 'unanswered';
      await delay(closeWaitMs);
    }
  }
}
