// The guard written a second time, as simply as it can be: plain lists, one thing after the other, nothing that fails.
// Takes only numbers from the product. What the real one does is compared with it (guard.pg.test.ts).
import { day, hour, minute, directory, GuardRecords } from './guardRecords';
import type { Challenge, PersonName, PoolName, Sender, SenderName, Session } from './guardRecords';

/** What an activity answers, as far as it is compared. */
export type Outcome = Readonly<Record<string, unknown>> & { readonly reaction: string };

export class GuardModel extends GuardRecords {
  /** Somebody claims to be somebody. `isLateCode`: what they typed is the code of the sender's last challenge. */
  claim(name: SenderName, said: string, challengeId: string, isLateCode = false): Outcome {
    const sender = this.sender(name);
    const lockedForMs = this.lockLeft(sender);
    if (lockedForMs > 0) return { reaction: 'locked', lockedForMs };
    if (isLateCode && this.hasJustExpired(name)) return { reaction: 'ask' };
    const spentUntil = this.spentUntil(sender, said);
    if (spentUntil !== undefined) {
      this.lock(sender, spentUntil);
      this.note('sender.locked');
      return { reaction: 'locked', lockedForMs: spentUntil - this.now };
    }
    const waitMs = this.untilNextCode(sender);
    if (waitMs > 0) return { reaction: 'tooSoon', waitMs };
    this.issue(sender, said, challengeId);
    return { reaction: 'issue', challengeId, method: 'sms', expiresInMs: this.policy.codeLifetimeMs };
  }

  /** A message with a code; `cameAt` is when it came, however late it is looked at. */
  guess(name: SenderName, isCode: boolean, sessionId: string, cameAt = this.now): Outcome {
    const sender = this.sender(name);
    const challenge = this.lastChallenge(name)!;
    const isRefused = challenge.state !== 'live' || challenge.tries >= this.policy.codeTriesMax
      || challenge.expiresAt <= cameAt || challenge.expiresAt + 10 * minute <= this.now
      || this.wrongGuessesToday(sender).length >= this.policy.senderGuessesPerDayMax;
    if (isRefused) {
      const lockedForMs = this.lockLeft(sender);
      return lockedForMs > 0 ? { reaction: 'exhausted', lockedForMs } : { reaction: 'expired' };
    }
    const evaluated = this.charge(challenge);
    // What was never allowed to leave can only be guessed.
    const mayOpen = challenge.person !== undefined && this.sends.some((one) => one.challenge === challenge && one.allowed);
    const isRight = isCode && evaluated && mayOpen;
    this.guesses.at(-1)!.verdict = isRight ? 'right' : 'wrong';
    this.note('challenge.guessed');
    return isRight ? this.open(sender, challenge, sessionId) : this.miss(sender, challenge);
  }

  resend(name: SenderName): Outcome {
    const challenge = this.lastChallenge(name)!;
    if (challenge.state !== 'live' || challenge.expiresAt <= this.now) return { reaction: 'expired' };
    const { codeSendsMax, senderSendsPerDayMax } = this.policy;
    const today = this.sendsToday(challenge.sender).length;
    if (challenge.sends >= codeSendsMax || today >= senderSendsPerDayMax) return { reaction: 'spent' };
    const waitMs = challenge.lastSentAt + this.gap(challenge.sends) - this.now;
    if (waitMs > 0) return { reaction: 'tooSoon', waitMs };
    challenge.sends += 1;
    challenge.lastSentAt = this.now;
    this.chargeSend(challenge);
    this.note('challenge.resent');
    return { reaction: 'resend', sends: challenge.sends };
  }

  /** A code that was charged travels, or is withheld; a repeated send of the same ordinal is none. */
  carry(challengeId: string, ordinal: number): void {
    const challenge = this.challenges.find(({ id }) => id === challengeId)!;
    const isAllowed = this.sends.some((send) => send.challenge === challenge && send.ordinal === ordinal && send.allowed);
    const isOver = challenge.state !== 'live' || challenge.expiresAt <= this.now;
    const leaves = !isOver && isAllowed && challenge.person !== undefined && this.active.has(challenge.person);
    this.outbox.set(`${challengeId}:sms:${ordinal}`, leaves ? 'sent' : 'withheld');
    if (leaves) this.carried.add(challengeId);
  }

  end(name: SenderName, state: 'expired' | 'voided'): void {
    const challenge = this.lastChallenge(name);
    if (challenge?.state !== 'live') return;
    this.endChallenge(challenge, state);
    this.note(state === 'expired' ? 'challenge.expired' : 'challenge.voided');
  }

  /** NOT ME: only from whoever is known as an employee does it do anything. */
  dispute(name: SenderName): void {
    const sender = this.sender(name);
    const own = directory.filter((person) => person.sender === name && this.active.has(person.name));
    const proved = directory.filter((person) => this.wasVerified(sender, person.name));
    for (const person of new Set([...own, ...proved])) {
      // A former proof has no power over the number that is registered.
      const registered = own.includes(person) ? undefined : this.registeredSender(person.name);
      const isSpared = (one: Sender) => one === sender || one === registered;
      for (const challenge of this.challenges) {
        if (challenge.person === person.name && !isSpared(challenge.sender) && challenge.state === 'live') {
          challenge.person = undefined;
          this.note('challenge.disowned');
        }
      }
      const pool = this.pool(person.name, 'stranger');
      if (!pool.isShut) this.note('pool.shut');
      pool.isShut = true;
      this.note('employee.disputed');
      for (const session of this.sessions) {
        if (session.person !== person.name || isSpared(session.sender) || session.endReason === 'disputed') continue;
        if (session.endReason !== undefined) this.note('session.disputed');
        else this.endSession(session, 'disputed');
        session.endReason = 'disputed';
      }
    }
  }

  /** One message of a session: relayed, or LOGOUT or NOT ME. */
  relay(name: SenderName, session: Session, word: 'question' | 'logout' | 'notMe'): Outcome {
    const isOpen = session.endReason === undefined && this.active.has(session.person)
      && this.now < session.endsAt && this.now < session.activeAt + this.policy.sessionIdleMs;
    if (!isOpen) {
      this.waiting += 1;
      return { reaction: 'closed' };
    }
    session.activeAt = this.now;
    if (word === 'logout') this.endSession(session, 'logout');
    if (word === 'notMe') this.dispute(name);
    return word === 'question' ? { reaction: 'relay', replies: 1 } : { reaction: word === 'logout' ? 'end' : 'dispute' };
  }

  /** Ends a session; the first reason stands. */
  endSession(session: Session, wanted: string): string {
    if (session.endReason === undefined) {
      session.endReason = wanted === 'idle' && session.endsAt <= this.now ? 'aged' : wanted;
      this.note('session.ended');
    }
    return session.endReason;
  }

  unlock(name: SenderName): void {
    const sender = this.sender(name);
    if (sender.lockedUntil === undefined) return;
    sender.lockedUntil = undefined;
    sender.countedFrom = this.now;
    this.note('sender.unlocked');
  }

  leave(person: PersonName): void {
    if (!this.active.delete(person)) return;
    this.note('employee.ended');
    for (const session of this.sessions.filter((one) => one.person === person)) this.endSession(session, 'left');
    for (const challenge of this.challenges.filter((one) => one.person === person && one.state === 'live')) {
      challenge.person = undefined;
      this.note('challenge.disowned');
    }
  }

  reopen(identity: string, operator: string): 'asked' | 'askedAlready' | 'reopened' {
    const pools = [this.pool(identity, 'known'), this.pool(identity, 'stranger')];
    const asked = pools[0]!.asked;
    const isFresh = asked !== undefined && asked.at > this.now - hour;
    if (isFresh && asked.by === operator) return 'askedAlready';
    this.note(isFresh ? 'pool.reopened' : 'pool.reopening');
    for (const pool of pools) {
      Object.assign(pool, isFresh
        ? { wrongInARow: 0, isShut: false, countedFrom: this.now, asked: undefined }
        : { asked: { by: operator, at: this.now } });
    }
    return isFresh ? 'reopened' : 'asked';
  }

  hasJustExpired(name: SenderName): boolean {
    const last = this.lastChallenge(name);
    return last?.state === 'expired' && last.endedAt! > this.now - day;
  }

  private issue(sender: Sender, said: string, id: string): void {
    const { policy, now } = this;
    const former = this.challenges.find((one) => one.sender === sender && one.state === 'live');
    if (former !== undefined) {
      this.endChallenge(former, 'voided');
      this.note('challenge.voided');
    }
    const found = directory.find(({ identifiers }) => identifiers.includes(said))?.name;
    const person = found !== undefined && this.active.has(found) ? found : undefined;
    const pool: PoolName = person !== undefined && this.isKnown(sender, person) ? 'known' : 'stranger';
    const digits = pool === 'known' ? policy.codeDigitsKnown : policy.codeDigitsStranger;
    const challenge: Challenge = {
      id, sender, claim: said, identity: found ?? said, person, pool, digits, state: 'live',
      issuedAt: now, lastSentAt: now, expiresAt: now + policy.codeLifetimeMs, sends: 1, tries: 0, endedAt: undefined,
    };
    this.challenges.push(challenge);
    this.note('challenge.issued');
    this.chargeSend(challenge);
  }

  private charge(challenge: Challenge): boolean {
    const { identity, pool, sender } = challenge;
    const evaluated = this.isOpen(identity, pool);
    challenge.tries += 1;
    this.guesses.push({ challenge, sender, at: this.now, ordinal: challenge.tries, evaluated, verdict: undefined });
    if (!evaluated) return false;
    const state = this.pool(identity, pool);
    state.wrongInARow += 1;
    if (state.wrongInARow === this.inARowMax(pool)) this.note('pool.closed');
    const isTripped = this.wrongOfStrangersToday() === this.policy.organisationGuessesPerDayMax;
    if (pool === 'stranger' && isTripped) this.note('breaker.tripped');
    return true;
  }

  private open(sender: Sender, challenge: Challenge, id: string): Outcome {
    const { policy, now } = this;
    this.endChallenge(challenge, 'used');
    this.pool(challenge.identity, challenge.pool).wrongInARow = 0;
    const person = challenge.person!;
    const isOpen = (session: Session) => session.endReason === undefined;
    for (const session of this.sessions.filter((one) => one.sender === sender)) this.endSession(session, 'replaced');
    const others = this.sessions.filter((one) => isOpen(one) && one.person === person);
    const tooMany = others.length - (policy.sessionsPerEmployeeMax - 1);
    for (const session of others.slice(0, Math.max(tooMany, 0))) this.endSession(session, 'tooMany');
    this.sessions.push({
      id, sender, person, challenge, openedAt: now, activeAt: now, endsAt: now + policy.sessionAbsoluteMs,
      endReason: undefined,
    });
    this.note('session.opened');
    return { reaction: 'right', endsInMs: policy.sessionAbsoluteMs, method: 'sms' };
  }

  private miss(sender: Sender, challenge: Challenge): Outcome {
    const spent = this.wrongGuessesToday(sender);
    const leftToday = this.policy.senderGuessesPerDayMax - spent.length;
    const triesLeft = Math.min(this.policy.codeTriesMax - challenge.tries, leftToday);
    if (triesLeft > 0) return { reaction: 'wrong', triesLeft };
    this.endChallenge(challenge, 'exhausted');
    const untilOneIsFree = leftToday > 0 ? 0 : spent.at(-this.policy.senderGuessesPerDayMax)!.at + day - this.now;
    const lockedForMs = Math.max(this.lockOf(this.exhaustedInARow(sender)), untilOneIsFree);
    this.lock(sender, this.now + lockedForMs);
    this.note('challenge.exhausted');
    return { reaction: 'exhausted', lockedForMs };
  }
}
