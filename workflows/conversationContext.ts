// What the steps of a conversation share: its state, its one clock, its words and what operators see of it.
import {
  ActivityFailure, CancellationScope, isCancellation, setCurrentDetails, sleep, upsertSearchAttributes,
} from '@temporalio/workflow';
import type { ReplyOutcome } from '../activities/chat';
import { textKey } from '../src/domain/messages';
import { deadlineSummary, stateTable } from '../src/domain/shown';
import type { Outcome, Stage } from '../src/domain/verification';
import type { TextRequest } from '../src/texts/keys';
import type { CodeMissed, ConversationStatus } from './contract';
import { searchAttributes } from './contract';
import type { ConversationState } from './conversationState';
import { decide, notice, reply } from './io';
import type { Order } from './steps/step';

type Entry = Partial<Pick<ConversationState,
  'challengeId' | 'method' | 'session' | 'outcome' | 'asked' | 'wrongGuesses' | 'codeDelivery' | 'noticeGiven'>>;

/** What is forgotten when a conversation begins again. */
const beginning: Entry = {
  challengeId: null, method: null, session: null, asked: false, codeDelivery: 'none', noticeGiven: false,
};

export class Conversation {
  readonly orders: Order[] = [];
  /** Codes that did not arrive. Not carried over: a run does not continue as new while one waits. */
  readonly missed: CodeMissed[] = [];
  /** Says whether it takes news of a turn at once. */
  heedNow?: (messageId: string) => boolean;
  private clock: { readonly at: number; readonly scope: CancellationScope } | undefined;
  private due = false;
  private ended = false;
  private sending = 0;
  private turn: CancellationScope | undefined;
  private inHand: string | undefined;

  constructor(readonly state: ConversationState) {}

  /** Starts the clock and shows the state: at the start of every run, since neither is carried over. */
  begin(): void {
    this.armClock();
    this.showDetails();
  }

  hasWork(): boolean {
    const { queue, overflow, news } = this.state;
    return queue.length > 0 || overflow.length > 0 || news !== undefined || this.orders.length > 0
      || this.missed.length > 0 || this.isDue();
  }

  /**
   * Takes the next message, in order of arrival. One that comes after the end begins a new conversation in the same
   * run. It stays in hand until the step is done with it: a cancelled workflow settles it with the others.
   */
  async takeMessage(step: (messageId: string) => Promise<void>): Promise<void> {
    this.inHand = this.state.queue.shift();
    if (this.inHand === undefined) return;
    if (this.ended) this.restart('open');
    await step(this.inHand);
    this.inHand = undefined;
  }

  /** The next message of whose turn there is news. */
  takeNews(): string | undefined {
    const [messageId, ...later] = this.state.news ?? [];
    if (later.length > 0) this.state.news = later;
    else delete this.state.news;
    return messageId;
  }

  isDue(): boolean {
    return this.due && Date.now() >= this.state.deadline;
  }

  /** Nobody waits for anything any more. */
  isOver(): boolean {
    const { queue, overflow } = this.state;
    return this.ended && queue.length === 0 && overflow.length === 0 && this.orders.length === 0;
  }

  /** A code that is on its way belongs to this run: its activity would be lost with it. */
  mayContinueAsNew(): boolean {
    return this.sending === 0 && this.orders.length === 0 && this.missed.length === 0;
  }

  /** Enters a stage: one batched upsert, one deadline. `deadline` in ms since 1970. */
  enter(stage: Stage, deadline: number, entry: Entry = {}): void {
    this.ended = false;
    this.become(stage, deadline, entry);
    this.armClock();
  }

  /** Back to asking who is there. What is held stays held: it is answered after all if they prove it in time. */
  restart(outcome: Outcome): void {
    this.enter('identify', Date.now() + this.state.policy.identifyIdleMs, { ...beginning, outcome });
  }

  /** Nobody waits for anything: the workflow completes, unless a message came meanwhile. */
  end(outcome: Outcome): void {
    this.stopClock();
    this.ended = true;
    this.become('identify', Date.now(), { ...beginning, outcome });
  }

  private become(stage: Stage, deadline: number, entry: Entry): void {
    const { state } = this;
    Object.assign(state, entry, { stage, deadline });
    upsertSearchAttributes([
      { key: searchAttributes.stage, value: stage },
      { key: searchAttributes.outcome, value: state.outcome },
      { key: searchAttributes.method, value: state.method },
      { key: searchAttributes.attempts, value: state.wrongGuesses },
      { key: searchAttributes.lockedUntil, value: stage === 'locked' ? new Date(deadline) : null },
      { key: searchAttributes.sessionUntil, value: state.session === null ? null : new Date(state.session.endsAt) },
    ]);
    this.showDetails();
  }

  /** Extends the stage without telling anybody: a clock that runs is left alone and looks again when it fires. */
  extend(deadline: number): void {
    this.state.deadline = deadline;
    this.armClock();
  }

  /** Answers a message, on the quantum while the sender is not verified; nothing further if that fails for good. */
  async answer(messageId: string, text: TextRequest): Promise<void> {
    const { senderId, policy, session } = this.state;
    const verified = session === null
      ? { quantum: { messageId, ms: policy.replyQuantumMs } } : { sessionId: session.id };
    // A held message is answered twice: it is asked who writes, and later given its answer.
    await this.say(() => reply({ key: textKey(messageId, text.key), senderId, text, ...verified }));
  }

  /** Says something that answers no message. `sessionId` speaks the employee's language. */
  async notify(text: TextRequest, about: string, sessionId?: string): Promise<void> {
    const key = textKey(about, text.key);
    const { senderId } = this.state;
    await this.say(() => notice({ key, senderId, text, ...(sessionId === undefined ? {} : { sessionId }) }));
  }

  /** A reply that can never be delivered is no reason to stop: the outbox row tells the operator. */
  async say(send: () => Promise<ReplyOutcome>): Promise<ReplyOutcome['outcome']> {
    try {
      return (await send()).outcome;
    } catch (error) {
      if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
      return 'undeliverable';
    }
  }

  /** Settles messages that get no answer of their own. */
  async drop(messageIds: readonly string[], reason: string): Promise<void> {
    const { senderId } = this.state;
    if (messageIds.length > 0) await decide.discard({ senderId, messageIds: [...messageIds], reason });
  }

  async discardHeld(reason: string): Promise<void> {
    delete this.state.heldLost;
    await this.drop(this.state.held.splice(0).map(({ messageId }) => messageId), reason);
  }

  /** Keeps a message for after verification, within bounds; beyond them the oldest go (§4 of the design). */
  async hold(messageId: string, bytes: number): Promise<void> {
    const { held, policy } = this.state;
    held.push({ messageId, at: Date.now(), bytes });
    const overflow = [];
    const bytesHeld = () => held.reduce((sum, one) => sum + one.bytes, 0);
    while (held.length > policy.heldMessagesMax || bytesHeld() > policy.heldBytesMax) {
      overflow.push(held.shift()!.messageId);
    }
    if (overflow.length > 0) this.state.heldLost = true;
    await this.drop(overflow, 'overflow');
  }

  /** Ends at once, for whoever cancelled the workflow: the session is over, what waits is settled unread. */
  async shutDown(): Promise<Outcome> {
    const { state } = this;
    this.stopClock();
    if (state.session !== null) await decide.endSession({ sessionId: state.session.id, reason: 'operator' });
    if (state.challengeId !== null) await decide.endChallenge({ challengeId: state.challengeId, reason: 'cancelled' });
    // Again for what came meanwhile; after the last look there is no await before the end.
    for (let left = this.takeAll(); left.length > 0; left = this.takeAll()) await this.drop(left, 'cancelled');
    return 'ended';
  }

  /** Every message that is not settled, the one in hand first. A settled one is not changed by being dropped. */
  private takeAll(): string[] {
    const { queue, overflow, held } = this.state;
    const inHand = this.inHand === undefined ? [] : [this.inHand];
    this.inHand = undefined;
    return [...inHand, ...held.splice(0).map(({ messageId }) => messageId), ...queue.splice(0), ...overflow.splice(0)];
  }

  /**
   * The held messages go before whatever else waits, in their order; those that are too old are destroyed. Says whether
   * one was lost, by age or by its bounds.
   */
  async releaseHeld(): Promise<boolean> {
    const { state } = this;
    const oldest = Date.now() - state.policy.heldAgeMs;
    const held = state.held.splice(0);
    state.queue.unshift(...held.filter(({ at }) => at >= oldest).map(({ messageId }) => messageId));
    const expired = held.filter(({ at }) => at < oldest).map(({ messageId }) => messageId);
    const isLost = expired.length > 0 || state.heldLost === true;
    delete state.heldLost;
    await this.drop(expired, 'expired');
    return isLost;
  }

  /**
   * Lets a code travel beside the conversation. Never cancelled: before each try the activity looks whether the code
   * still counts, and ends by itself when it does not.
   */
  sendCode(send: () => Promise<{ readonly outcome: string }>): void {
    const { challengeId } = this.state;
    this.sending += 1;
    this.state.codeDelivery = 'sending';
    const settle = (delivery: ConversationState['codeDelivery']) => {
      this.sending -= 1;
      if (this.state.challengeId === challengeId) this.state.codeDelivery = delivery;
      this.showDetails();
    };
    // A decoy is shown as handed over: the Temporal UI does not tell the real from the unknown either.
    void send().then(
      ({ outcome }) => settle(outcome === 'undeliverable' ? 'failed' : 'handedOver'), () => settle('failed'));
  }

  showDelivery(delivery: ConversationState['codeDelivery']): void {
    this.state.codeDelivery = delivery;
    this.showDetails();
  }

  /**
   * Runs what an operator's order need not wait for, a turn of the assistant or its replies; 'interrupted' when one
   * came. The cancellation of the whole workflow is none: it goes through.
   */
  async runTurn<T>(turn: () => Promise<T>): Promise<T | 'interrupted'> {
    if (this.isEndOrdered()) return 'interrupted';
    const scope = (this.turn = new CancellationScope());
    try {
      const result = await scope.run(turn);
      // It may end before it hears that it was cancelled.
      return this.isEndOrdered() ? 'interrupted' : result;
    } catch (error) {
      if (isCancellation(error) && this.turn === undefined) return 'interrupted';
      throw error;
    } finally {
      this.turn = undefined;
    }
  }

  private isEndOrdered(): boolean {
    return this.orders.some(({ kind }) => kind === 'endSession');
  }

  interruptTurn(): void {
    const { turn } = this;
    this.turn = undefined;
    turn?.cancel();
  }

  stopClock(): void {
    this.clock?.scope.cancel();
    this.clock = undefined;
  }

  status(): ConversationStatus {
    const { stage, outcome, deadline, queue, held, wrongGuesses, codeDelivery } = this.state;
    return {
      stage, outcome, wrongGuesses, codeDelivery,
      deadline: new Date(deadline).toISOString(), waitingMessages: queue.length, heldMessages: held.length,
    };
  }

  /** What the Temporal UI shows beside the history; free, and gone with the run. */
  showDetails(): void {
    setCurrentDetails(stateTable(this.status()));
  }

  /**
   * One timer. A later deadline leaves it be: when it fires too early it is set again for the rest. So a verification
   * costs two timers and a session one each half hour, instead of one a message.
   */
  private armClock(): void {
    const { deadline, stage } = this.state;
    if (this.clock !== undefined && this.clock.at <= deadline) return;
    this.stopClock();
    this.due = false;
    const scope = new CancellationScope();
    const clock = (this.clock = { at: deadline, scope });
    const fired = () => {
      if (this.clock !== clock) return;
      this.clock = undefined;
      this.due = true;
      if (Date.now() < this.state.deadline) this.armClock();
    };
    const summary = deadlineSummary(stage);
    void scope.run(() => sleep(Math.max(1, deadline - Date.now()), { summary })).then(fired, () => undefined);
  }
}
