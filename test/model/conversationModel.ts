// What a person reads, predicted from the model of the guard: the stages of one conversation, without any engine.
import type { TextKey } from '../../src/texts/keys';
import type { GuardModel, Outcome } from './guardModel';
import type { SenderName, Session } from './guardRecords';

/** One reply: a text in a language, or the assistant's words. */
export type Reply =
  | { readonly key: TextKey; readonly params: Readonly<Record<string, number>>; readonly language: string }
  | { readonly words: string };

/** What somebody writes, by meaning. */
export type Message =
  | { readonly means: 'identifier'; readonly identifier: string }
  | { readonly means: 'code'; readonly isRight: boolean }
  | { readonly means: 'question' | 'resend' | 'cancel' | 'logout' | 'notMe' };

/** A message on its way: its words, and the ids that the other side will give to what comes of it. */
export interface Said {
  readonly message: Message;
  readonly words: string;
}

type Stage = 'identify' | 'confirm' | 'session' | 'locked' | 'none';

const minutes = (ms: number) => Math.max(1, Math.ceil(ms / 60_000));
const seconds = (ms: number) => Math.ceil(ms / 1_000);

export class ConversationModel {
  stage: Stage = 'none';
  readonly replies: Reply[] = [];
  private deadline = 0;
  private asked = false;
  private noticeGiven = false;
  private held: { readonly words: string; readonly at: number }[] = [];
  private session: Session | undefined;
  private ids = 0;

  constructor(private readonly guard: GuardModel, private readonly name: SenderName) {}

  take(said: Said): void {
    if (this.stage === 'none') this.begin();
    switch (this.stage) {
      case 'identify': return this.identify(said);
      case 'confirm': return this.confirm(said);
      case 'session': return this.relay(said);
      case 'locked': return this.turnAway();
      case 'none': throw new Error('a conversation that has just begun is none');
    }
  }

  /** When the next thing happens by itself. */
  next(): number {
    return this.stage === 'none' ? Infinity : this.deadline;
  }

  /** The stage's time is over. */
  due(): void {
    switch (this.stage) {
      case 'confirm': return this.expire();
      case 'session': return this.finish('idle');
      default: this.complete();
    }
  }

  private begin(): void {
    Object.assign(this, { stage: 'identify', asked: false, deadline: this.guard.now + this.guard.policy.identifyIdleMs });
  }

  private complete(): void {
    this.stage = 'none';
    this.held = [];
  }

  private identify({ message, words }: Said): void {
    switch (message.means) {
      case 'identifier': return this.claim(this.guard.claim(this.name, message.identifier, this.newId()));
      case 'code':
        // Nobody ever asked for a code: the driver writes no code then.
        return this.claim(this.guard.claim(this.name, words, this.newId(), message.isRight));
      case 'question':
        this.held.push({ words, at: this.guard.now });
        return this.ask(this.asked ? 'askIdentifierAgain' : 'askIdentifier');
      case 'notMe':
        this.held = [];
        this.guard.dispute(this.name);
        return this.say('notMe');
      case 'cancel': case 'logout': return this.ask(this.held.splice(0).length > 0 ? 'heldDropped' : 'askIdentifier');
      default: return this.ask('askIdentifier');
    }
  }

  private claim(outcome: Outcome): void {
    const { now, policy } = this.guard;
    switch (outcome.reaction) {
      case 'issue':
        Object.assign(this, { stage: 'confirm', deadline: now + policy.codeLifetimeMs });
        return this.say('codeSent', { minutes: minutes(policy.codeLifetimeMs) });
      case 'locked':
        Object.assign(this, { stage: 'locked', noticeGiven: true, deadline: now + Number(outcome.lockedForMs) });
        return this.say('lockedNotice', { minutes: minutes(Number(outcome.lockedForMs)) });
      case 'tooSoon':
        Object.assign(this, { asked: true, deadline: now + policy.identifyIdleMs });
        return this.say('codeTooSoon', { seconds: seconds(Number(outcome.waitMs)) });
      default: return this.ask('askIdentifier');
    }
  }

  private ask(key: TextKey): void {
    Object.assign(this, { asked: true, deadline: this.guard.now + this.guard.policy.identifyIdleMs });
    this.say(key);
  }

  private confirm({ message, words }: Said): void {
    switch (message.means) {
      case 'identifier': return this.say('askCode');
      case 'code': return this.guess(this.guard.guess(this.name, message.isRight, this.newId()));
      case 'question':
        this.held.push({ words, at: this.guard.now });
        return this.say('askCode');
      case 'resend': return this.resend(this.guard.resend(this.name));
      case 'cancel': case 'logout': return this.cancel('cancelled');
      case 'notMe':
        this.cancel('notMe');
        return this.guard.dispute(this.name);
    }
  }

  private guess(outcome: Outcome): void {
    switch (outcome.reaction) {
      case 'right': return this.verified();
      case 'wrong': return this.say('wrongCode', { triesLeft: Number(outcome.triesLeft) });
      case 'exhausted':
        Object.assign(this, { stage: 'locked', held: [], noticeGiven: false });
        this.deadline = this.guard.now + Number(outcome.lockedForMs);
        return this.say('locked', { minutes: minutes(Number(outcome.lockedForMs)) });
      default: return this.expire();
    }
  }

  private verified(): void {
    const { now, policy } = this.guard;
    Object.assign(this, { stage: 'session', session: this.guard.lastSession(this.name) });
    this.deadline = now + policy.sessionIdleMs;
    this.say('verified');
    const held = this.held.splice(0);
    const kept = held.filter(({ at }) => at >= now - policy.heldAgeMs);
    if (kept.length < held.length) this.say('heldLost');
    for (const { words } of kept) this.relay({ message: { means: 'question' }, words });
  }

  private expire(): void {
    this.guard.end(this.name, 'expired');
    this.begin();
    this.asked = true;
    this.say('codeExpired');
  }

  private cancel(key: 'cancelled' | 'notMe'): void {
    this.guard.end(this.name, 'voided');
    this.held = [];
    this.begin();
    this.say(key);
  }

  private resend(outcome: Outcome): void {
    switch (outcome.reaction) {
      case 'resend': return this.say('codeResent');
      case 'tooSoon': return this.say('resendTooSoon', { seconds: seconds(Number(outcome.waitMs)) });
      case 'spent': return this.say('resendExhausted');
      default: return this.expire();
    }
  }

  private relay(said: Said): void {
    const { message: { means }, words } = said;
    const session = this.session!;
    const word = means === 'logout' || means === 'notMe' ? means : 'question';
    const { reaction } = this.guard.relay(this.name, session, word);
    this.deadline = Math.min(this.guard.now + this.guard.policy.sessionIdleMs, session.endsAt);
    switch (reaction) {
      case 'relay': this.replies.push({ words: `echo: ${words}` }); return;
      case 'dispute': return this.say('notMe');
      case 'end': return this.finish('logout');
      default:
        // Whoever they prove to be next gets the answer.
        this.finish('idle');
        return this.take(said);
    }
  }

  private finish(wanted: 'logout' | 'idle'): void {
    const reason = this.guard.endSession(this.session!, wanted);
    const texts: Record<string, TextKey> = {
      logout: 'sessionEndedByLogout', idle: 'sessionEndedIdle', aged: 'sessionEndedAge' };
    this.say(texts[reason] ?? 'sessionEndedOther');
    this.session = undefined;
    this.complete();
  }

  private turnAway(): void {
    if (this.noticeGiven) return;
    this.noticeGiven = true;
    this.say('lockedNotice', { minutes: minutes(this.deadline - this.guard.now) });
  }

  private say(key: TextKey, params: Readonly<Record<string, number>> = {}): void {
    // The employee's language once there is a session: Dirk's is German.
    const language = this.session?.person === 'Dirk' ? 'de' : 'en';
    this.replies.push({ key, params, language });
  }

  private newId(): string {
    this.ids += 1;
    return `${this.name} ${this.ids}`;
  }
}
