// One code that an application asked for: sent, then checked by as many guesses as it has, until it is over. All
// counting is Postgres'; here is what has to happen although a process dies. No number, code or guess comes by.
import {
  allHandlersFinished, condition, defineUpdate, isCancellation, setHandler,
} from '@temporalio/workflow';
import { isUuid } from '../src/domain/identifiers';
import { updateNames } from './contract';
import type { CheckStatus, GuessStored, VerificationStart } from './contract';
import { applicationCodes, judge } from './io';

const checkCode = defineUpdate<CheckStatus, [GuessStored]>(updateNames.checkCode);

export async function verification(start: VerificationStart): Promise<string> {
  const { verificationId, expiresInMs, isChecked } = start;
  const send = () => applicationCodes(expiresInMs).sendVerification({ verificationId }).catch(unlessCancelled);
  if (!isChecked) {
    await send();
    return 'sent';
  }
  let ended: CheckStatus | undefined;
  setHandler(checkCode, async ({ guessId }) => {
    const status = await judge.judgeVerification({ verificationId, guessId });
    if (status === 'approved' || (status === 'over' && ended === undefined)) ended = status;
    return status;
  }, {
    validator(guess) {
      if (typeof guess?.guessId !== 'string' || !isUuid(guess.guessId)) throw new Error('a guess needs its id');
    },
  });
  // Not waited for: who has the code from a try whose answer was lost need not wait for the next one.
  const sending = send();
  await condition(() => ended !== undefined, Math.max(expiresInMs, 1));
  // What was stored in time is judged in time: an update that is under way has its turn.
  await condition(allHandlersFinished);
  if (ended === undefined) await judge.expireVerification({ verificationId });
  await sending;
  // Those that came meanwhile are told that it is over.
  await condition(allHandlersFinished);
  return ended ?? 'expired';
}

function unlessCancelled(error: unknown): void {
  if (isCancellation(error)) throw error;
}
