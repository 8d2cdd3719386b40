// What may happen to the guard, each thing with where the process dies meanwhile; generated, played and compared.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Activities } from '../../activities';
import { expectAlike, expectNoBreach, expectNothingForgotten } from './guardComparison';
import type { Forgiven } from './guardComparison';
import type { GuardModel, Outcome } from './guardModel';
import type { PersonName, SenderName } from './guardRecords';
import { codeOf, wrongCodeFor } from './guardWorld';
import type { GuardWorld } from './guardWorld';

type Deed =
  | { readonly deed: 'claim' | 'enter'; readonly by: SenderName; readonly said: string }
  | { readonly deed: 'lateCode' | 'resend' | 'cancel' | 'notMe' | 'expire' | 'unlock' | 'orderResend'; readonly by: SenderName }
  | { readonly deed: 'miss'; readonly by: SenderName; readonly times: number }
  /** `lateBy`: seconds for which the message waits before anybody looks at it. */
  | { readonly deed: 'hit'; readonly by: SenderName; readonly lateBy: number }
  | { readonly deed: 'relay'; readonly by: SenderName; readonly word: 'question' | 'logout' | 'notMe' }
  | { readonly deed: 'endSession'; readonly by: SenderName; readonly reason: 'operator' | 'idle' }
  | { readonly deed: 'leave' | 'comeBack'; readonly person: PersonName }
  | { readonly deed: 'reopen'; readonly identity: string; readonly operator: 'ann' | 'bob' }
  | { readonly deed: 'pass'; readonly seconds: number };

type DeedOf<Name extends Deed['deed']> = Extract<Deed, { readonly deed: Name }>;

/** Plays one deed on both sides. */
class Step implements fc.AsyncCommand<GuardModel, GuardWorld> {
  constructor(private readonly deed: Deed, private readonly crashes: readonly number[]) {}

  check(model: Readonly<GuardModel>): boolean {
    const { deed } = this;
    switch (deed.deed) {
      case 'hit': case 'resend': case 'cancel': case 'expire': case 'lateCode': case 'orderResend':
        return model.lastChallenge(deed.by) !== undefined;
      case 'miss': return model.lastChallenge(deed.by)?.state === 'live';
      case 'relay': case 'endSession': return model.lastSession(deed.by) !== undefined;
      // A sender is nobody before the first message.
      case 'notMe': case 'unlock': return model.lastChallenge(deed.by) !== undefined;
      default: return true;
    }
  }

  async run(model: GuardModel, real: GuardWorld): Promise<void> {
    const before = await real.rows();
    model.now = real.now();
    const used = model.challenges.filter(({ state }) => state === 'used').length;
    await play(model, real, this.deed, (act) => real.act(this.crashes, act), this.crashes);
    model.now = real.now();
    const after = await expectAlike(model, real);
    await expectNoBreach(model, real);
    const isSuccess = model.challenges.filter(({ state }) => state === 'used').length > used;
    expectNothingForgotten(before, after, forgivenBy(this.deed, isSuccess));
  }

  toString(): string {
    const { deed, ...more } = this.deed;
    const dying = this.crashes.length === 0 ? '' : `, dying at ${this.crashes.join(' and ')}`;
    return `${deed}(${Object.values(more).join(', ')}${dying})`;
  }
}

function forgivenBy({ deed }: Deed, isSuccess: boolean): Forgiven {
  if (deed === 'unlock') return 'sender';
  return deed === 'reopen' || isSuccess ? 'pools' : 'nothing';
}

type Run = (act: (activities: Activities) => Promise<unknown>) => Promise<unknown>;

/** No two runs take the same time: the lengths of waits are compared in the rows, and here that there is one. */
function expectOutcome(found: unknown, expected: Outcome): void {
  const blurred = Object.entries(expected).map(([name, value]) =>
    [name, /Ms$/.test(name) && Number(value) > 0 ? 'some ms' : value] as const);
  expect(found).toEqual(Object.fromEntries(blurred));
}

async function play(
  model: GuardModel, real: GuardWorld, deed: Deed, run: Run, crashes: readonly number[],
): Promise<void> {
  switch (deed.deed) {
    case 'claim': return claim(model, real, run, deed.by, deed.said, false);
    case 'enter':
      await claim(model, real, run, deed.by, deed.said, false);
      if (model.lastChallenge(deed.by) !== undefined) await guess(model, real, run, deed.by, true, 0);
      return;
    case 'lateCode': return claim(model, real, run, deed.by, codeOf(model.lastChallenge(deed.by)!), true);
    case 'miss':
      for (let n = 0; n < deed.times; n += 1) await guess(model, real, run, deed.by, false, 0);
      return;
    case 'hit': return guess(model, real, run, deed.by, true, deed.lateBy);
    case 'resend': case 'cancel': return steer(model, real, run, { deed: deed.deed, by: deed.by });
    case 'notMe': return notMe(model, real, run, deed.by);
    case 'orderResend': return orderResend(model, run, deed.by);
    case 'expire': {
      const { id: challengeId } = model.lastChallenge(deed.by)!;
      model.end(deed.by, 'expired');
      await run(({ endChallenge }) => endChallenge({ challengeId, reason: 'expired' }));
      return;
    }
    case 'unlock': {
      model.unlock(deed.by);
      const senderId = real.senderIds.get(deed.by)!;
      await run(({ unlock }) => unlock({ senderId, operator: 'tester' }));
      return;
    }
    case 'relay': return relay(model, real, run, deed);
    case 'endSession': {
      const session = model.lastSession(deed.by)!;
      const expected = model.endSession(session, deed.reason);
      const { id: sessionId } = session;
      expect(await run(({ endSession }) => endSession({ sessionId, reason: deed.reason }))).toBe(expected);
      return;
    }
    case 'leave': model.leave(deed.person); return real.leave(crashes, deed.person);
    case 'comeBack': model.active.add(deed.person); return real.comeBack(deed.person);
    // An order of the command line: run once, whole or not at all.
    case 'reopen': expect(await real.reopen(deed.identity, deed.operator)).toBe(model.reopen(deed.identity, deed.operator)); return;
    case 'pass': return real.pass(deed.seconds);
  }
}

async function claim(
  model: GuardModel, real: GuardWorld, run: Run, by: SenderName, said: string, isLateCode: boolean,
): Promise<void> {
  const { policy } = model;
  const challengeId = randomUUID();
  const message = await real.write(by, said);
  const expected = model.claim(by, said, challengeId, isLateCode);
  expectOutcome(await run(({ identify }) => identify({ ...message, challengeId, asked: true, policy })), expected);
  if (expected.reaction === 'issue') await carry(model, run, challengeId, 1);
}

async function carry(model: GuardModel, run: Run, challengeId: string, sends: number): Promise<void> {
  model.carry(challengeId, sends);
  expect(await run(({ sendCode }) => sendCode({ challengeId, sends }))).toEqual({ outcome: 'handedOver' });
}

async function guess(
  model: GuardModel, real: GuardWorld, run: Run, by: SenderName, right: boolean, lateBy: number,
): Promise<void> {
  const { policy } = model;
  const challenge = model.lastChallenge(by)!;
  const sessionId = randomUUID();
  const message = await real.write(by, right ? codeOf(challenge) : wrongCodeFor(challenge));
  const cameAt = model.now;
  if (lateBy > 0) await real.pass(lateBy);
  model.now = real.now();
  const expected = model.guess(by, right, sessionId, cameAt);
  expectOutcome(await run(({ confirm }) =>
    confirm({ ...message, challengeId: challenge.id, sessionId, policy })), expected);
}

async function steer(model: GuardModel, real: GuardWorld, run: Run, { deed, by }: { deed: 'resend' | 'cancel'; by: SenderName }): Promise<void> {
  const { policy } = model;
  const { id: challengeId } = model.lastChallenge(by)!;
  const message = await real.write(by, deed);
  const expected = deed === 'resend' ? model.resend(by) : { reaction: 'cancel' };
  if (deed === 'cancel') model.end(by, 'voided');
  expectOutcome(await run(({ confirm }) =>
    confirm({ ...message, challengeId, sessionId: randomUUID(), policy })), expected);
  if (expected.reaction === 'resend') await carry(model, run, challengeId, model.lastChallenge(by)!.sends);
}

async function notMe(model: GuardModel, real: GuardWorld, run: Run, by: SenderName): Promise<void> {
  const { policy } = model;
  const { id: challengeId, state } = model.lastChallenge(by)!;
  const message = await real.write(by, 'not me');
  model.end(by, 'voided');
  model.dispute(by);
  const outcome = await run(({ confirm, identify }) => (state === 'live'
    ? confirm({ ...message, challengeId, sessionId: randomUUID(), policy })
    : identify({ ...message, challengeId: randomUUID(), asked: true, policy })));
  expectOutcome(outcome, { reaction: 'dispute' });
}

async function orderResend(model: GuardModel, run: Run, by: SenderName): Promise<void> {
  const { policy } = model;
  const { id: challengeId } = model.lastChallenge(by)!;
  const expected = model.resend(by);
  expectOutcome(await run(({ chargeResend }) => chargeResend({ challengeId, policy, operator: 'tester' })), expected);
  if (expected.reaction === 'resend') await carry(model, run, challengeId, model.lastChallenge(by)!.sends);
}

async function relay(model: GuardModel, real: GuardWorld, run: Run, { by, word }: DeedOf<'relay'>): Promise<void> {
  const { knownSenderDays, stepUpAgeMs } = model.policy;
  const session = model.lastSession(by)!;
  const message = await real.write(by, { question: 'where is my order?', logout: 'logout', notMe: 'not me' }[word]);
  const expected = model.relay(by, session, word);
  expectOutcome(await run((activities) =>
    activities.relay({ ...message, sessionId: session.id, repliesMax: 5, knownSenderDays, stepUpAgeMs })), expected);
}

const sender = fc.constantFrom<SenderName>('anna', 'annaPrivate', 'stranger');
const person = fc.constantFrom<PersonName>('Anna', 'Dirk');
const identifiers = fc.constantFrom('144133', '144133', '144136', 'anna@acme.example', 'dirk@acme.example', '999999');

// Whole multiples of 70 s. No limit of the policy and no window (an hour, a day, thirty days) is nearer than 20 s above
// one, so that what the test itself takes never decides on which side of a limit something falls.
const whiles = fc.constantFrom(70, 70, 70, 350, 350, 910, 1_890, 3_640, 86_450, 2_592_030);

const deeds: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<Deed>])[] = [
  [4, fc.record({ deed: fc.constant('claim' as const), by: sender, said: identifiers })],
  [3, fc.record({ deed: fc.constant('enter' as const), by: sender, said: identifiers })],
  [9, fc.record({ deed: fc.constant('miss' as const), by: sender, times: fc.integer({ min: 1, max: 4 }) })],
  [2, fc.record({ deed: fc.constant('hit' as const), by: sender, lateBy: fc.constantFrom(0, 0, 0, 350, 910) })],
  [4, fc.record({ deed: fc.constantFrom('resend', 'cancel', 'expire', 'unlock' as const), by: sender })],
  [2, fc.record({ deed: fc.constantFrom('orderResend', 'notMe', 'lateCode' as const), by: sender })],
  [6, fc.record({ deed: fc.constant('relay' as const), by: sender, word: fc.constantFrom('question', 'question', 'logout', 'notMe' as const) })],
  [1, fc.record({ deed: fc.constant('endSession' as const), by: sender, reason: fc.constantFrom('operator', 'idle' as const) })],
  [1, fc.record({ deed: fc.constantFrom('leave', 'comeBack', 'comeBack' as const), person })],
  [1, fc.record({
    deed: fc.constant('reopen' as const), identity: fc.constantFrom('Anna', 'Dirk', '999999'), operator: fc.constantFrom('ann', 'bob' as const) })],
  [5, fc.record({ deed: fc.constant('pass' as const), seconds: whiles })],
];

/** After which statements or calls of a port the process dies; most of the time it lives. */
const crashes = fc.oneof(
  { weight: 1, arbitrary: fc.constant<number[]>([]) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 2 }) });

const step = (deed: fc.Arbitrary<Deed>): fc.Arbitrary<fc.AsyncCommand<GuardModel, GuardWorld>> =>
  fc.tuple(deed, crashes).map(([what, dying]) => new Step(what, dying));

export const steps = fc.commands(
  deeds.flatMap(([weight, deed]) => Array.from({ length: weight }, () => step(deed))), { maxCommands: 60, size: 'max' });
