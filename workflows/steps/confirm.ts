// confirm: waits for the code; every guess is charged before it is compared, in one local activity a message.
import { patched, uuid4 } from '@temporalio/workflow';
import type { ConfirmOutcome, ResendOutcome } from '../../activities/challenge';
import type { CodeMissed } from '../contract';
import type { Conversation } from '../conversationContext';
import type { Method } from '../../src/domain/messages';
import { codeSender, decide } from '../io';
import { minutes } from './identify';
import type { Order, Step } from './step';

export const confirmStep: Step = {
  async onMessage(c, messageId) {
    const sessionId = uuid4();
    const { challengeId, policy } = c.state;
    const { senderId } = c.state;
    const outcome = await decide.confirm({ senderId, messageId, challengeId: challengeId!, sessionId, policy });
    return react(c, messageId, outcome, sessionId);
  },

  /** A code that ran out says so, whoever was claimed and whatever became of its SMS. */
  async onDeadline(c) {
    await expire(c);
  },

  async onOrder(c, { kind, operator }: Order) {
    if (kind !== 'resendCode') return undefined;
    const { challengeId, policy } = c.state;
    const outcome = await decide.chargeResend({ challengeId: challengeId!, policy, operator });
    if (outcome.reaction === 'resend') resend(c, outcome.sends);
    return outcome.reaction;
  },
};

/**
 * Sends the same code by the next way when one did not arrive. Nothing is said in the chat: who is unknown would not be
 * told it either (decision 7).
 */
export async function failOver(c: Conversation, { challengeId, sends }: CodeMissed): Promise<void> {
  const { stage, policy } = c.state;
  if (stage !== 'confirm' || c.state.challengeId !== challengeId) return;
  // What is told twice is taken once; the database knows whether it was, or whether what was asked for since went
  // nowhere. Versioned: conversations from before took any later send for an answer.
  if (sends < (c.state.sends ?? 1) && !patched('missed-before-another')) return;
  const outcome = await decide.failOver({ challengeId, sends, policy });
  if (outcome.reaction === 'resend' && outcome.sends > (c.state.sends ?? 1)) return resend(c, outcome.sends);
  if (outcome.reaction === 'none' && outcome.why === 'noWay') c.showDelivery('failed');
}

async function react(c: Conversation, messageId: string, outcome: ConfirmOutcome, sessionId: string): Promise<void> {
  switch (outcome.reaction) {
    case 'right': return verified(c, messageId, sessionId, outcome);
    case 'wrong':
      c.state.wrongGuesses += 1;
      c.showDetails();
      return c.answer(messageId, { key: 'wrongCode', params: { triesLeft: outcome.triesLeft } });
    case 'exhausted':
      c.enter('locked', Date.now() + outcome.lockedForMs, {
        outcome: 'locked', wrongGuesses: c.state.wrongGuesses + 1, noticeGiven: false,
      });
      await c.discardHeld('locked');
      return c.answer(messageId, { key: 'locked', params: { minutes: minutes(outcome.lockedForMs) } });
    case 'expired': return expire(c, messageId);
    case 'resend': case 'tooSoon': case 'spent': return answerResend(c, messageId, outcome);
    case 'cancel': case 'dispute': return cancelled(c, messageId, outcome.reaction);
    case 'holdAndHint':
      await c.hold(messageId, outcome.bytes);
      return c.answer(messageId, { key: 'askCode', params: {} });
    case 'hint': return c.answer(messageId, { key: 'askCode', params: {} });
    case 'hintOne': return c.answer(messageId, { key: 'severalCodes', params: {} });
    case 'noMethod': return c.answer(messageId, { key: 'methodUnavailable', params: {} });
    case 'textOnly': return c.answer(messageId, { key: 'textOnly', params: {} });
    case 'flood': return c.answer(messageId, { key: 'flood', params: {} });
    case 'ignore': return;
  }
}

async function verified(
  c: Conversation, messageId: string, sessionId: string,
  { endsInMs, method = c.state.method }: { endsInMs: number; method?: Method | null },
): Promise<void> {
  const now = Date.now();
  const endsAt = now + endsInMs;
  c.enter('session', Math.min(now + c.state.policy.sessionIdleMs, endsAt), {
    outcome: 'verified', session: { id: sessionId, endsAt }, method,
  });
  await c.answer(messageId, { key: 'verified', params: {} });
  const isLost = await c.releaseHeld();
  // Versioned: conversations from before said nothing of it.
  if (isLost && patched('held-lost')) await c.answer(messageId, { key: 'heldLost', params: {} });
}

/** Said in answer to a message, on its quantum, or by itself when nobody wrote. */
async function expire(c: Conversation, messageId?: string): Promise<void> {
  const challengeId = c.state.challengeId!;
  await decide.endChallenge({ challengeId, reason: 'expired' });
  c.restart('expired');
  c.state.asked = true;
  const text = { key: 'codeExpired', params: {} } as const;
  await (messageId === undefined ? c.notify(text, challengeId) : c.answer(messageId, text));
}

async function cancelled(c: Conversation, messageId: string, reaction: 'cancel' | 'dispute'): Promise<void> {
  c.restart(reaction === 'cancel' ? 'cancelled' : 'disputed');
  await c.discardHeld('cancelled');
  await c.answer(messageId, { key: reaction === 'cancel' ? 'cancelled' : 'notMe', params: {} });
}

async function answerResend(
  c: Conversation, messageId: string, outcome: Exclude<ResendOutcome, { reaction: 'expired' }>,
): Promise<void> {
  switch (outcome.reaction) {
    case 'resend':
      resend(c, outcome.sends);
      return c.answer(messageId, { key: resentTexts[outcome.asked ?? 'any'], params: {} });
    case 'tooSoon':
      return c.answer(messageId, { key: 'resendTooSoon', params: { seconds: Math.ceil(outcome.waitMs / 1_000) } });
    case 'spent': return c.answer(messageId, { key: 'resendExhausted', params: {} });
  }
}

/** By what was asked for, never by the way that the code takes: that tells of the person (decision 7). */
const resentTexts = { any: 'codeResent', call: 'codeByCall', email: 'codeByMail' } as const;

function resend(c: Conversation, sends: number): void {
  const { challengeId, deadline } = c.state;
  c.state.sends = sends;
  c.sendCode(() => codeSender(deadline - Date.now()).sendCode({ challengeId: challengeId!, sends }));
}
