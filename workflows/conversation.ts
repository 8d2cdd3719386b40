// One sender's conversation: queue -> loop -> stage -> step. Completes when nobody waits for anything (decisions 1, 4).
import {
  CancellationScope, allHandlersFinished, condition, continueAsNew, defineQuery, defineSignal, defineUpdate,
  isCancellation, patched, setHandler, workflowInfo,
} from '@temporalio/workflow';
import type {
  CodeMissed, ConversationStart, ConversationStatus, MessageReceived, OperatorOrder, RepliesReady,
} from './contract';
import { mustBeSigned, queryNames, signalNames, updateNames } from './contract';
import { Conversation } from './conversationContext';
import type { ConversationState } from './conversationState';
import { enqueue, enqueueNews, initialState, upgrade } from './conversationState';
import { confirmStep, failOver } from './steps/confirm';
import { identifyStep } from './steps/identify';
import { lockedStep } from './steps/locked';
import { heedNews, sessionStep } from './steps/session';
import type { Order, Step } from './steps/step';
import type { Stage } from '../src/domain/verification';

const messageReceived = defineSignal<[MessageReceived]>(signalNames.messageReceived);
const codeMissed = defineSignal<[CodeMissed]>(signalNames.codeMissed);
const repliesReady = defineSignal<[RepliesReady]>(signalNames.repliesReady);
const statusQuery = defineQuery<ConversationStatus>(queryNames.status);
const endSession = defineUpdate<string, [OperatorOrder]>(updateNames.endSession);
const unlock = defineUpdate<string, [OperatorOrder]>(updateNames.unlock);
const resendCode = defineUpdate<string, [OperatorOrder]>(updateNames.resendCode);

const steps: Record<Stage, Step> = {
  identify: identifyStep,
  confirm: confirmStep,
  session: sessionStep,
  locked: lockedStep,
};

/** @returns how the conversation came out, for whoever looks at its result. */
export async function conversation(start: ConversationStart, carried?: ConversationState): Promise<string> {
  const c = new Conversation(carried === undefined ? initialState(start, Date.now()) : upgrade(carried));
  handleMessages(c);
  handleNews(c);
  handleOrders(c);
  c.begin();
  try {
    return await run(c, start);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    // Somebody cancelled it in the Temporal UI: the door is closed behind it, and nobody is left waiting in silence.
    return CancellationScope.nonCancellable(() => c.shutDown());
  }
}

async function run(c: Conversation, start: ConversationStart): Promise<string> {
  for (;;) {
    await condition(() => c.hasWork());
    await takeOne(c);
    if (c.isOver()) await c.discardHeld('abandoned');
    if (c.isOver() && await mayLeave(c, () => c.isOver())) return c.state.outcome;
    const suggested = workflowInfo().continueAsNewSuggested;
    if (suggested && c.mayContinueAsNew() && await mayLeave(c, () => c.mayContinueAsNew())) {
      c.stopClock();
      return continueAsNew<typeof conversation>(start, c.state);
    }
  }
}

/**
 * Waits until no handler runs, and says whether the run may end now: not when an order waits for the loop. After this
 * there is no await before the end; a signal that comes later makes the server refuse it and show us the signal.
 */
async function mayLeave(c: Conversation, isStillSo: () => boolean): Promise<boolean> {
  await condition(() => allHandlersFinished() || c.orders.length > 0);
  return c.orders.length === 0 && isStillSo();
}

/** One thing at a time, orders first: nothing interleaves (decision 4). */
async function takeOne(c: Conversation): Promise<void> {
  if (c.state.overflow.length > 0) return c.drop(c.state.overflow.splice(0), 'overflow');
  const order = c.orders.shift();
  if (order !== undefined) return carryOut(c, order);
  // What answers an earlier message goes before the next one is read.
  const news = c.takeNews();
  if (news !== undefined) return heedNews(c, news);
  if (c.state.queue.length > 0) return c.takeMessage((messageId) => steps[c.state.stage].onMessage(c, messageId));
  // After the messages: the code may be among them, and then it has arrived.
  const missed = c.missed.shift();
  if (missed !== undefined) return failOver(c, missed);
  if (c.isDue()) return steps[c.state.stage].onDeadline(c);
}

async function carryOut(c: Conversation, order: Order): Promise<void> {
  order.result = await steps[c.state.stage].onOrder(c, order) ?? 'too late';
}

// Whoever reaches Temporal can signal anything; what is no message id is not taken in.
const isMessageId = (id: unknown): id is string => typeof id === 'string' && /^[\w-]{1,64}$/.test(id);

function handleMessages(c: Conversation): void {
  setHandler(messageReceived, (signal?: Partial<MessageReceived>) => {
    if (isMessageId(signal?.messageId)) enqueue(c.state, signal.messageId);
  });
  setHandler(codeMissed, (missed?: Partial<CodeMissed>) => {
    // Versioned: a worker of before knew no such signal, and did nothing.
    if (!patched('next-way')) return;
    const { challengeId, sends } = missed ?? {};
    if (typeof challengeId === 'string' && Number.isInteger(sends)) c.missed.push({ challengeId, sends: sends! });
  });
  setHandler(statusQuery, () => c.status());
}

function handleNews(c: Conversation): void {
  setHandler(repliesReady, (signal?: Partial<RepliesReady>) => {
    // Versioned: a worker from before took the signal for none, and its history shows nothing that came of it.
    if (!isMessageId(signal?.messageId) || !patched('pushed-replies')) return;
    if (c.heedNow?.(signal.messageId) !== true) enqueueNews(c.state, signal.messageId);
  });
}

/** Orders of operators: refused at once where they make no sense, otherwise taken by the loop like a message. */
function handleOrders(c: Conversation): void {
  const only = (stage: Stage) => (order: OperatorOrder | undefined) => {
    mustBeSigned(order);
    if (c.state.stage !== stage) throw new Error(`the conversation is in stage ${c.state.stage}, not ${stage}`);
  };
  const place = (kind: Order['kind']) => async ({ operator }: OperatorOrder) => {
    const order: Order = { kind, operator };
    c.orders.push(order);
    if (kind === 'endSession') c.interruptTurn();
    await condition(() => order.result !== undefined);
    return order.result!;
  };
  setHandler(endSession, place('endSession'), { validator: only('session') });
  setHandler(unlock, place('unlock'), { validator: only('locked') });
  setHandler(resendCode, place('resendCode'), { validator: only('confirm') });
}
