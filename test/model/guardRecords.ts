// What the model of the guard keeps, and what it reads off it: lists in the order in which things happened.
import type { Policy } from '../../src/domain/policy';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

export type SenderName = 'anna' | 'annaPrivate' | 'stranger';
export type PersonName = 'Anna' | 'Dirk';
export type PoolName = 'known' | 'stranger';

/** Whom one can claim to be, and from whose chat that is no claim of a stranger. */
export const directory: readonly { name: PersonName; identifiers: readonly string[]; sender?: SenderName }[] = [
  { name: 'Anna', identifiers: ['144133', 'anna@acme.example'], sender: 'anna' },
  { name: 'Dirk', identifiers: ['144136', 'dirk@acme.example'] },
];

export interface Sender {
  lockedUntil: number | undefined;
  /** An operator forgave what was before. */
  countedFrom: number;
}

export interface Challenge {
  readonly id: string;
  readonly sender: Sender;
  readonly claim: string;
  /** The person, active or not, or what was claimed when nobody has it. */
  readonly identity: string;
  /** Who gets in by it: nobody by a decoy. */
  person: PersonName | undefined;
  readonly pool: PoolName;
  readonly digits: number;
  state: 'live' | 'used' | 'exhausted' | 'expired' | 'voided';
  readonly issuedAt: number;
  readonly expiresAt: number;
  lastSentAt: number;
  sends: number;
  tries: number;
  endedAt: number | undefined;
}

export interface Guess {
  readonly challenge: Challenge;
  readonly sender: Sender;
  readonly at: number;
  readonly ordinal: number;
  readonly evaluated: boolean;
  verdict: 'right' | 'wrong' | undefined;
}

export interface Send {
  readonly challenge: Challenge;
  readonly at: number;
  readonly ordinal: number;
  readonly allowed: boolean;
}

export interface Session {
  readonly id: string;
  readonly sender: Sender;
  readonly person: PersonName;
  readonly challenge: Challenge;
  readonly openedAt: number;
  activeAt: number;
  readonly endsAt: number;
  endReason: string | undefined;
}

export interface PoolState {
  wrongInARow: number;
  isShut: boolean;
  countedFrom: number;
  asked: { readonly by: string; readonly at: number } | undefined;
}

const newSender = (): Sender => ({ lockedUntil: undefined, countedFrom: -Infinity });

export class GuardRecords {
  /** Milliseconds, as the other side's clock shows them. */
  now = 0;
  readonly challenges: Challenge[] = [];
  readonly guesses: Guess[] = [];
  readonly sends: Send[] = [];
  readonly sessions: Session[] = [];
  readonly pools = new Map<string, PoolState>();
  readonly active = new Set<PersonName>(['Anna', 'Dirk']);
  /** Sends of codes by their key; challenges whose code left at least once. */
  readonly outbox = new Map<string, 'sent' | 'withheld'>();
  readonly carried = new Set<string>();
  /** Messages that found their session closed: they wait for a new proof. Every other one is handled. */
  waiting = 0;
  /** How many audit records of each kind there must be. */
  readonly audit = new Map<string, number>();
  private readonly senders: Record<SenderName, Sender> = {
    anna: newSender(), annaPrivate: newSender(), stranger: newSender(),
  };

  constructor(readonly policy: Policy) {}

  sender(name: SenderName): Sender {
    return this.senders[name];
  }

  lastChallenge(name: SenderName): Challenge | undefined {
    return this.challenges.findLast(({ sender }) => sender === this.senders[name]);
  }

  lastSession(name: SenderName): Session | undefined {
    return this.sessions.findLast(({ sender }) => sender === this.senders[name]);
  }

  lockLeft({ lockedUntil }: Sender): number {
    return Math.max((lockedUntil ?? this.now) - this.now, 0);
  }

  pool(identity: string, pool: PoolName): PoolState {
    const key = `${identity} ${pool}`;
    const fresh = { wrongInARow: 0, isShut: false, countedFrom: -Infinity, asked: undefined };
    if (!this.pools.has(key)) this.pools.set(key, fresh);
    return this.pools.get(key)!;
  }

  protected note(kind: string): void {
    this.audit.set(kind, (this.audit.get(kind) ?? 0) + 1);
  }

  protected lock(sender: Sender, until: number): void {
    sender.lockedUntil = Math.max(sender.lockedUntil ?? 0, until);
  }

  protected endChallenge(challenge: Challenge, state: Exclude<Challenge['state'], 'live'>): void {
    challenge.state = state;
    challenge.endedAt = this.now;
  }

  protected wrongGuessesToday(sender: Sender): Guess[] {
    const since = this.since(sender);
    return this.guesses.filter((one) => one.sender === sender && one.verdict !== 'right' && one.at > since);
  }

  protected sendsToday(sender: Sender): Send[] {
    const since = this.since(sender);
    return this.sends.filter(({ challenge, at }) =>
      challenge.sender === sender && challenge.state !== 'used' && at > since);
  }

  protected wrongOfStrangersToday(): number {
    return this.wrongAt(({ pool }) => pool === 'stranger', this.now - day);
  }

  protected isOpen(identity: string, pool: PoolName): boolean {
    const { policy, now } = this;
    const state = this.pool(identity, pool);
    const wrongWithin = (ms: number) => this.wrongAt(
      (challenge) => challenge.identity === identity && challenge.pool === pool, Math.max(now - ms, state.countedFrom));
    if (state.isShut || state.wrongInARow >= this.inARowMax(pool)) return false;
    if (pool === 'known') return wrongWithin(day) < policy.knownGuessesPerDayMax;
    return wrongWithin(day) < policy.strangerGuessesPerDayMax
      && wrongWithin(30 * day) < policy.strangerGuessesPerMonthMax
      && this.wrongOfStrangersToday() < policy.organisationGuessesPerDayMax;
  }

  protected inARowMax(pool: PoolName): number {
    return pool === 'known' ? this.policy.knownGuessesInARowMax : this.policy.strangerGuessesInARowMax;
  }

  protected chargeSend(challenge: Challenge): void {
    const { policy, now } = this;
    const { identity, pool, person } = challenge;
    const wanted = this.sends.filter((send) => send.allowed && send.challenge.state !== 'used');
    const toPerson = wanted.filter((send) => send.challenge.identity === identity && send.challenge.pool === pool);
    // Whoever left gets nothing; what went to their number while they were there counts for it.
    const toNumber = person === undefined ? [] : wanted.filter((send) => this.reached.get(send) === person);
    const within = (sends: readonly Send[], ms: number) => sends.filter(({ at }) => at > now - ms).length;
    const [perHour, perDay] = pool === 'known'
      ? [policy.knownSendsPerHourMax, policy.knownSendsPerDayMax]
      : [policy.strangerSendsPerHourMax, policy.strangerSendsPerDayMax];
    const isOpen = this.isOpen(identity, pool);
    const allowed = isOpen && within(toPerson, hour) < perHour && within(toPerson, day) < perDay
      && within(toNumber, day) < policy.destinationSendsPerDayMax
      && (pool === 'known' || within(toNumber.filter((send) => send.challenge.pool === 'stranger'), day)
        < Math.floor(policy.destinationSendsPerDayMax / 2));
    const send = { challenge, at: now, ordinal: challenge.sends, allowed };
    this.sends.push(send);
    this.reached.set(send, person);
  }

  /** Whose number a send was charged for: a challenge may be nobody's later. */
  private readonly reached = new Map<Send, PersonName | undefined>();

  /** When there is room again for one more code, when there is none today. */
  protected spentUntil(sender: Sender, said: string): number | undefined {
    const { policy } = this;
    const claims = this.challenges.filter((one) =>
      one.sender === sender && one.claim !== said && one.issuedAt > this.since(sender));
    const others = [...new Set(claims.map(({ claim }) => claim))]
      .map((claim) => claims.filter((one) => one.claim === claim))
      .filter((ofOne) => ofOne.every(({ state }) => state !== 'used'))
      .map((ofOne) => ofOne.at(-1)!.issuedAt).sort((a, b) => a - b);
    const times = [
      this.wrongGuessesToday(sender).at(-policy.senderGuessesPerDayMax)?.at,
      others.at(-policy.senderIdentitiesPerDayMax),
      this.sendsToday(sender).at(-policy.senderSendsPerDayMax)?.at,
    ].filter((at) => at !== undefined);
    return times.length === 0 ? undefined : Math.max(...times) + day;
  }

  protected untilNextCode(sender: Sender): number {
    const recent = this.sendsToday(sender).filter(({ at }) => at > this.now - hour);
    return recent.length === 0 ? 0 : recent.at(-1)!.at + this.gap(recent.length) - this.now;
  }

  protected gap(sends: number): number {
    const { codeGap1Ms, codeGap2Ms, codeGap3Ms, codeGap4Ms } = this.policy;
    return [codeGap1Ms, codeGap2Ms, codeGap3Ms][sends - 1] ?? codeGap4Ms;
  }

  protected lockOf(nth: number): number {
    const { lock1Ms, lock2Ms, lock3Ms, lock4Ms, lock5Ms } = this.policy;
    return [lock1Ms, lock2Ms, lock3Ms, lock4Ms][nth - 1] ?? lock5Ms;
  }

  protected exhaustedInARow(sender: Sender): number {
    const own = this.challenges.filter((one) => one.sender === sender);
    return own.slice(own.findLastIndex(({ state }) => state === 'used') + 1)
      .filter(({ state }) => state === 'exhausted').length;
  }

  protected wasVerified(sender: Sender, person: PersonName): boolean {
    return this.sessions.some((one) => one.sender === sender && one.person === person && one.endReason !== 'disputed'
      && one.openedAt > this.now - this.policy.knownSenderDays * day);
  }

  protected isKnown(sender: Sender, person: PersonName): boolean {
    return sender === this.registeredSender(person) || this.wasVerified(sender, person);
  }

  /** Who writes from the person's registered number; undefined when nobody has yet. */
  protected registeredSender(person: PersonName): Sender | undefined {
    const { sender } = directory.find(({ name }) => name === person)!;
    return sender === undefined ? undefined : this.senders[sender];
  }

  private since({ countedFrom }: Sender): number {
    return Math.max(this.now - day, countedFrom);
  }

  private wrongAt(fits: (challenge: Challenge) => boolean, since: number): number {
    return this.guesses.filter(({ challenge, evaluated, verdict, at }) =>
      evaluated && verdict !== 'right' && at > since && fits(challenge)).length;
  }
}
