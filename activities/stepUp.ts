// A stronger proof that an assistant asks for: whether it is called for, possible, and what the person is told.
import type { StepUp } from '../src/assistant/stepUp';
import type { Pool, Queryable } from '../src/db/pool';
import type { PurposeKeys } from '../src/keys/keyring';
import type { OpenSession } from '../src/sessions/sessions';
import { forgetAction, readStepUpNote, wasSentBack } from '../src/sessions/stepUps';
import type { StepUpTextRequest, TextRequest } from '../src/texts/keys';
import type { RouteDeps } from './route';

export interface Asked {
  readonly messageId: string;
  readonly senderId: string;
  readonly stepUpAgeMs: number;
}

/**
 * `none`: what is proved is enough. `again`: the session ends, and the message waits for the next. `impossible`: it was
 * sent back before, or nothing here proves more.
 */
export async function judgeStepUp(
  deps: RouteDeps, tx: Queryable, wanted: StepUp | undefined, session: OpenSession | undefined, asked: Asked,
): Promise<'none' | 'again' | 'impossible'> {
  if (wanted === undefined) return 'none';
  // Of a session that is over nobody knows how fresh it is, and the next one is.
  if (session === undefined) return 'again';
  const isFresh = session.verifiedAgoMs <= asked.stepUpAgeMs;
  if (wanted.assurance === undefined || session.assurance !== 'low') return isFresh ? 'none' : 'again';
  if (await wasSentBack(tx, asked.messageId)) return 'impossible';
  return await canProveMore(deps, tx, session.employeeId, asked.senderId) ? 'again' : 'impossible';
}

/** Whether a code can go to another number than the chat's. */
async function canProveMore(
  { methods, findContact }: RouteDeps, tx: Queryable, employeeId: string, senderId: string,
): Promise<boolean> {
  for (const method of methods) {
    if ((await findContact(tx, { employeeId, senderId, method }))?.isOther === true) return true;
  }
  return false;
}

/**
 * What the notice says in full: what the proof is for, which no workflow knows. Of a message that was dropped meanwhile
 * it does not say that it is kept.
 */
export async function stepUpText(
  pool: Pool, storageKeys: PurposeKeys, text: TextRequest, sessionId: string | undefined,
): Promise<TextRequest | StepUpTextRequest> {
  if (text.key !== 'sessionEndedStepUp' || sessionId === undefined) return text;
  const { waits, action } = await readStepUpNote(pool, storageKeys, sessionId);
  if (!waits) return { key: 'sessionEndedOther', params: {} };
  return action === undefined ? text : { key: 'sessionEndedStepUpFor', params: { action } };
}

/** After it was said, or something else in its place. */
export async function forgetSaid(pool: Pool, text: TextRequest, sessionId: string | undefined): Promise<void> {
  if (text.key.startsWith('sessionEnded') && sessionId !== undefined) await forgetAction(pool, sessionId);
}
