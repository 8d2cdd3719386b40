// session: relays everything in order, one message at a time, until the session ends.
import { ActivityFailure, isCancellation, patched } from '@temporalio/workflow';
import type { KeptOutcome, NewsOutcome } from '../../activities/assistant';
import type { ReplyOutcome } from '../../activities/chat';
import { replyKey, textKey } from '../../src/domain/messages';
import type { EndReason } from '../../src/sessions/sessions';
import type { Outcome } from '../../src/domain/verification';
import type { PlainTextKey } from '../../src/texts/keys';
import type { Conversation } from '../conversationContext';
import { decide, relay, relayReply } from '../io';
import { Meanwhile } from './meanwhile';
import type { Order, Step } from './step';

export const sessionStep: Step = {
  async onMessage(c, messageId) {
    const session = c.state.session!;
    const { senderId, policy } = c.state;
    c.extend(Math.min(Date.now() + policy.sessionIdleMs, session.endsAt));
    const { repliesPerTurnMax: repliesMax, knownSenderDays, stepUpAgeMs, pushedTurnMs, stillWorkingAfterMs } = policy;
    const meanwhile = new Meanwhile(c, messageId, (place, isFirst) => sayReply(c, messageId, place, { isFirst }));
    const asked = await c.runTurn(() => turn({
      messageId, senderId, sessionId: session.id, repliesMax, knownSenderDays, stepUpAgeMs, pushedTurnMs,
      stillWorkingAfterMs,
    }));
    const outcome = asked !== 'interrupted' && meanwhile.isSaying
      ? await c.runTurn(() => meanwhile.quiet().then(() => asked)) : asked;
    meanwhile.end();
    // The assistant may have taken it already: it is not given again, to whomever proves to be this sender next.
    if (outcome === 'interrupted') return c.drop([messageId], 'interrupted');
    const final = outcome.reaction === 'unanswered' ? await settleUnanswered(c, messageId) : outcome;
    switch (final.reaction) {
      case 'relay': {
        if (meanwhile.isWithheld) return closed(c);
        const { from: first = 0, replies: to, late = false } = final;
        return deliver(c, messageId, { first, from: Math.max(meanwhile.said, first), to, late });
      }
      case 'end': return finish(c, 'logout', messageId);
      case 'textOnly': return c.answer(messageId, { key: 'textOnly', params: {} });
      case 'dispute': return c.answer(messageId, { key: 'notMe', params: {} });
      case 'unanswered': return meanwhile.isWithheld ? closed(c) : apologise(c, messageId);
      case 'closed': return closed(c, messageId);
      case 'tooLate': return closed(c);
      case 'flood': return c.answer(messageId, { key: 'flood', params: {} });
      case 'ignore': return;
    }
  },

  async onDeadline(c) {
    await finish(c, Date.now() >= c.state.session!.endsAt ? 'aged' : 'idle');
  },

  async onOrder(c, { kind, operator }: Order) {
    if (kind !== 'endSession') return undefined;
    await finish(c, 'operator', undefined, operator);
    return 'ended';
  },
};

/** An assistant that cannot answer is an outcome; whatever else fails is not. */
async function turn(input: Parameters<typeof relay>[0]): Promise<KeptOutcome> {
  try {
    return await relay(input);
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    return { reaction: 'unanswered' };
  }
}

/**
 * Drops a message that got no answer in time. A try that was given up may have kept one in that very moment: whichever
 * of the two settled the message first stands.
 */
async function settleUnanswered(c: Conversation, messageId: string): Promise<KeptOutcome> {
  await c.drop([messageId], 'unanswered');
  // Versioned: conversations from before did not look again.
  if (!patched('answer-kept-at-the-end')) return { reaction: 'unanswered' };
  return decide.keptOutcome({ messageId, senderId: c.state.senderId });
}

/** Behind what was said before it broke off, should nobody have been told of that. */
async function apologise(c: Conversation, messageId: string): Promise<void> {
  // Versioned: conversations from before had nothing to look for.
  if (patched('said-meanwhile')) await heedNews(c, messageId);
  if (c.state.session !== null) await c.answer(messageId, { key: 'assistantUnavailable', params: {} });
}

/**
 * News of a turn that the assistant answers later: what it pushed is sent. Whoever has no session any more hears
 * nothing; a turn of another session is no news in this one.
 */
export async function heedNews(c: Conversation, messageId: string): Promise<void> {
  const { senderId, session } = c.state;
  if (session === null) return;
  const news: NewsOutcome = await decide.readNews({ messageId, senderId, sessionId: session.id });
  switch (news.reaction) {
    case 'relay': return deliver(c, messageId, { ...news, late: true });
    case 'slow': return c.answer(messageId, { key: 'stillWorking', params: {} });
    case 'silent': return c.answer(messageId, { key: 'assistantUnavailable', params: {} });
    case 'nothing': return;
  }
}

/**
 * Places of the replies that are sent now; that of the first of this session, of a turn that took long, comes after the
 * text that says so.
 */
interface Replies {
  readonly first?: number;
  readonly from: number;
  readonly to: number;
  readonly late: boolean;
}

/**
 * Every reply is its own send, after the former one is settled (decision 8) and out. Those that are left when an order
 * ends the session are withheld with it.
 */
async function deliver(c: Conversation, messageId: string, { first = 0, from, to, late }: Replies): Promise<void> {
  for (let place = from; place < to; place += 1) {
    const outcome = await c.runTurn(() => sayReply(c, messageId, place, { isFirst: place === first, late }));
    if (outcome === 'interrupted') return;
    if (outcome === 'withheld') return closed(c);
  }
}

/** The first of a session comes after whatever was said last: what stands before it was said to a former one. */
function sayReply(
  c: Conversation, messageId: string, place: number, { isFirst, late = false }: { isFirst: boolean; late?: boolean },
): Promise<ReplyOutcome['outcome']> {
  const { senderId, session, policy: { replyOrderWaitMs: orderWaitMs } } = c.state;
  const former = !isFirst ? replyKey(messageId, place - 1) : late ? textKey(messageId, 'stillWorking') : undefined;
  const order = { orderWaitMs, ...former === undefined ? {} : { after: former } };
  const key = replyKey(messageId, place);
  return c.say(() => relayReply({ key, senderId, sessionId: session!.id, ...order }));
}

/** The database says that the session is over: somebody or something ended it. The message waits for a new proof. */
async function closed(c: Conversation, messageId?: string): Promise<void> {
  if (messageId !== undefined) c.state.queue.unshift(messageId);
  await finish(c, 'idle');
}

const endings: Partial<Record<EndReason, { text: PlainTextKey; outcome: Outcome }>> = {
  logout: { text: 'sessionEndedByLogout', outcome: 'loggedOut' },
  idle: { text: 'sessionEndedIdle', outcome: 'idle' },
  aged: { text: 'sessionEndedAge', outcome: 'aged' },
  operator: { text: 'sessionEndedByOperator', outcome: 'ended' },
  stepUp: { text: 'sessionEndedStepUp', outcome: 'ended' },
};

async function finish(c: Conversation, wanted: EndReason, messageId?: string, operator?: string): Promise<void> {
  const { id } = c.state.session!;
  const by = operator === undefined ? {} : { operator };
  const reason = await decide.endSession({ sessionId: id, reason: wanted, ...by });
  const { text, outcome } = endings[reason] ?? { text: 'sessionEndedOther' as const, outcome: 'ended' as const };
  c.end(outcome);
  await c.notify({ key: text, params: {} }, messageId ?? id, id);
}
