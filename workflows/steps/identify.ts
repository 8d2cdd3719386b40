// identify: waits for an employee ID or work e-mail in free text; holds what else was said.
import { patched, uuid4 } from '@temporalio/workflow';
import type { IdentifyOutcome } from '../../activities/claim';
import type { PlainTextKey } from '../../src/texts/keys';
import type { Conversation } from '../conversationContext';
import { codeSender, decide } from '../io';
import type { Step } from './step';
import { noOrder } from './step';

export const identifyStep: Step = {
  async onMessage(c, messageId) {
    const { senderId, policy, asked } = c.state;
    const challengeId = uuid4();
    const outcome = await decide.identify({ senderId, messageId, challengeId, asked, policy });
    switch (outcome.reaction) {
      case 'issue': return issued(c, messageId, outcome);
      case 'locked':
        c.enter('locked', Date.now() + outcome.lockedForMs, { outcome: 'locked', noticeGiven: true });
        return c.answer(messageId, { key: 'lockedNotice', params: { minutes: minutes(outcome.lockedForMs) } });
      case 'holdAndAsk':
        await c.hold(messageId, outcome.bytes);
        if (outcome.again === true) return askAnew(c, challengeId);
        return ask(c, messageId, asked ? 'askIdentifierAgain' : 'askIdentifier');
      case 'tooSoon': {
        c.state.asked = true;
        c.extend(Date.now() + policy.identifyIdleMs);
        const seconds = Math.ceil(outcome.waitMs / 1_000);
        return c.answer(messageId, { key: 'codeTooSoon', params: { seconds } });
      }
      case 'dispute':
        // Versioned: conversations from before kept what somebody else may have written.
        if (c.state.held.length > 0 && patched('not-me-drops-held')) await c.discardHeld('cancelled');
        return c.answer(messageId, { key: 'notMe', params: {} });
      case 'cancel': return cancelled(c, messageId);
      case 'ask': return ask(c, messageId, 'askIdentifier');
      case 'askOne': return ask(c, messageId, 'severalIdentifiers');
      case 'textOnly': return ask(c, messageId, 'textOnly');
      case 'flood': return c.answer(messageId, { key: 'flood', params: {} });
      case 'ignore': return;
    }
  },

  async onDeadline(c) {
    // What became of the last code says more than that nobody wrote after it.
    c.end(c.state.outcome === 'open' ? 'abandoned' : c.state.outcome);
  },

  onOrder: noOrder,
};

async function issued(
  c: Conversation, messageId: string,
  { challengeId, method, expiresInMs }: Extract<IdentifyOutcome, { reaction: 'issue' }>,
): Promise<void> {
  c.enter('confirm', Date.now() + expiresInMs, { challengeId, method, wrongGuesses: 0, outcome: 'open' });
  c.state.sends = 1;
  c.sendCode(() => codeSender(expiresInMs).sendCode({ challengeId, sends: 1 }));
  await c.answer(messageId, { key: 'codeSent', params: { minutes: minutes(expiresInMs) } });
}

/** Whoever changes their mind wants nothing done by a later proof that was for something else. */
async function cancelled(c: Conversation, messageId: string): Promise<void> {
  const isHeld = c.state.held.length > 0;
  if (isHeld) await c.discardHeld('cancelled');
  return ask(c, messageId, isHeld ? 'heldDropped' : 'askIdentifier');
}

/** Under an id of its own: of this very message it may have been said before, when it was held as a first one. */
async function askAnew(c: Conversation, id: string): Promise<void> {
  c.state.asked = true;
  c.extend(Date.now() + c.state.policy.identifyIdleMs);
  await c.notify({ key: 'askIdentifier', params: {} }, id);
}

async function ask(c: Conversation, messageId: string, key: PlainTextKey): Promise<void> {
  c.state.asked = true;
  c.extend(Date.now() + c.state.policy.identifyIdleMs);
  await c.answer(messageId, { key, params: {} });
}

/** Whole minutes, rounded up, as people are told: who comes back then does not come too early. */
export function minutes(ms: number): number {
  return Math.max(1, Math.ceil(ms / 60_000));
}
