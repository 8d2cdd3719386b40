// Generated calls of the activities of one sender and one claim, in any order: also in orders that no conversation takes.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Activities } from '../../activities';
import type { Pool } from '../../src/db/pool';
import { store, testKeyring, testPolicy as policy } from '../support/world';
import type { Claimant } from './claims';
import { anyClaim, anyGuess, anyOther, anyWords, kindOf, make, resend, textOf } from './messages';
import type { Message } from './messages';

export type Act =
  | { readonly act: 'identify'; readonly message: Message; readonly asked: boolean }
  | { readonly act: 'confirm' | 'turnAway'; readonly message: Message }
  | { readonly act: 'sendCode'; readonly sends: number }
  | { readonly act: 'endChallenge'; readonly reason: 'expired' | 'cancelled' | 'disputed' }
  | { readonly act: 'chargeResend' | 'unlock' }
  /** A send does not arrive: nobody but an operator hears of it. */
  | { readonly act: 'failOver'; readonly sends: number }
  | { readonly act: 'pass'; readonly seconds: number };

const anyMessage = fc.oneof(anyClaim, anyGuess, anyWords, anyOther);
const mostly = (message: fc.Arbitrary<Message>) => fc.oneof({ weight: 4, arbitrary: message }, { weight: 1, arbitrary: anyMessage });

export const anyAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant('identify' as const), message: mostly(anyClaim), asked: fc.boolean() }) },
  { weight: 9, arbitrary: fc.record({ act: fc.constant('confirm' as const), message: mostly(fc.oneof(anyGuess, resend)) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('turnAway' as const), message: anyMessage }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('sendCode' as const), sends: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({
    act: fc.constant('endChallenge' as const), reason: fc.constantFrom('expired', 'cancelled', 'disputed') }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constantFrom('chargeResend' as const, 'unlock' as const) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('failOver' as const), sends: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 5, arbitrary: fc.record({ act: fc.constant('pass' as const), seconds: fc.constantFrom(1, 31, 61, 121, 301, 3_601, 86_401) }) },
);

const identify = (nth = 0): Act => ({ act: 'identify', message: make.claim(nth), asked: true });
const confirm = (message: Message): Act => ({ act: 'confirm', message });
const guess = confirm(make.guess());
const pass = (seconds: number): Act => ({ act: 'pass', seconds });
const sendCode = (sends = 1): Act => ({ act: 'sendCode', sends });

/** Through every answer that depends on what was counted, whatever chance brings. */
export const paths: readonly (readonly Act[])[] = [
  [identify(), sendCode(), { act: 'failOver', sends: 1 }, sendCode(2), pass(31), confirm(make.say('RESEND')), confirm(make.say('CALL')),
    confirm(make.say('CANCEL')), identify(), pass(61), identify(1), { act: 'failOver', sends: 1 }, { act: 'failOver', sends: 2 }, identify(2)],
  [identify(), sendCode(), guess, guess, confirm(make.say('where is it?')), guess, guess, guess, guess, identify(),
    { act: 'turnAway', message: make.say('hello') }, pass(61), identify(), { act: 'unlock' }, identify(1)],
  [identify(), sendCode(), ...[31, 61, 121].flatMap((seconds, index) =>
    [confirm(make.say('RESEND')), pass(seconds), confirm(make.say('RESEND')), sendCode(index + 2)]), guess],
  [0, 1, 2, 3].flatMap((nth) => [identify(nth), sendCode(), confirm(make.say('CANCEL')), identify(nth), pass(3_601)]),
  [identify(), guess, { act: 'chargeResend' }, pass(301), guess, { act: 'endChallenge', reason: 'expired' },
    { act: 'identify', message: make.guess(8, 7), asked: true }, { act: 'identify', message: make.say('NOT ME'), asked: false }],
  // An operator's order while a way that nobody asked for is being tried.
  [identify(), sendCode(), { act: 'failOver', sends: 1 }, { act: 'chargeResend' }, confirm(make.say('RESEND'))],
  // Twice five wrong ones in a day: the sender is locked until tomorrow.
  [identify(), guess, guess, guess, guess, guess, pass(3_601), identify(), guess, guess, guess, guess, guess,
    pass(3_601), identify(), pass(86_401), identify(), guess],
];

/** One claimant's turn: every call with what it came to, challenges named by their number. */
export class Turn {
  private readonly challenges: string[] = [randomUUID()];
  private senderId: string = randomUUID();

  constructor(
    private readonly pool: Pool, private readonly activities: Activities, private readonly claimant: Claimant,
  ) {}

  async take(act: Exclude<Act, { act: 'pass' }>, codes: ReadonlySet<string>): Promise<string> {
    // undefined, for an activity that says nothing.
    const outcome = await this.run(act, codes) ?? null;
    // How many sends there were is told to the workflow alone, and differs once one of them did not arrive.
    const named = JSON.stringify(outcome, (name, value: unknown) => name === 'sends' ? undefined : value);
    return this.challenges.reduce((text, id, number) => text.replaceAll(id, `challenge ${number}`), named);
  }

  private async run(act: Exclude<Act, { act: 'pass' }>, codes: ReadonlySet<string>): Promise<unknown> {
    const challengeId = this.challenges.at(-1)!;
    switch (act.act) {
      case 'identify': return this.identify(act.message, act.asked, codes);
      case 'confirm': return this.activities.confirm({
        ...await this.write(act.message, codes), challengeId, sessionId: randomUUID(), policy });
      case 'turnAway': return this.activities.turnAway(await this.write(act.message, codes));
      case 'sendCode': return this.activities.sendCode({ challengeId, sends: act.sends });
      case 'endChallenge': return this.activities.endChallenge({ challengeId, reason: act.reason });
      case 'chargeResend': return this.activities.chargeResend({ challengeId, policy, operator: 'tester' });
      case 'failOver':
        await this.activities.failOver({ challengeId, sends: act.sends, policy });
        return 'said to nobody';
      case 'unlock': return this.activities.unlock({ senderId: this.senderId, operator: 'tester' });
    }
  }

  private async identify(message: Message, asked: boolean, codes: ReadonlySet<string>): Promise<unknown> {
    const challengeId = randomUUID();
    const outcome = await this.activities.identify({ ...await this.write(message, codes), challengeId, asked, policy });
    if (outcome.reaction === 'issue') this.challenges.push(challengeId);
    return outcome;
  }

  private async write(message: Message, codes: ReadonlySet<string>) {
    const stored = await store(
      this.pool, testKeyring, this.claimant.person, textOf(message, this.claimant, codes), { kind: kindOf(message) });
    this.senderId = stored.senderId;
    return stored;
  }
}
