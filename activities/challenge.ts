// Who claims to be whom, and whether the code they type is right. Ids in, outcomes out: never a text, never a code.
import { auditedTransaction } from '../src/audit/auditedTransaction';
import type { Note } from '../src/audit/auditedTransaction';
import type { Pool, Queryable } from '../src/db/pool';
import { soundPolicy } from '../src/domain/policy';
import type { Method } from '../src/domain/messages';
import type { Policy } from '../src/domain/policy';
import { readMessage } from '../src/domain/reading';
import type { Vocabulary } from '../src/domain/reading';
import { stageTable } from '../src/domain/verification';
import { handleMessage, peekMessage } from '../src/inbox/handling';
import type { PurposeKeys } from '../src/keys/keyring';
import { wasBegun } from '../src/outbox/outbox';
import { assuranceOf } from '../src/otp/assurance';
import { chargeGuess, triedMethods } from '../src/otp/budgets';
import { endChallenge, findChallenge, judgeGuess, lockedForMs, unlockSender } from '../src/otp/challenges';
import type { Challenge, Judgement } from '../src/otp/challenges';
import { bindNumber } from '../src/otp/boundNumbers';
import { findLatestThatLeft } from '../src/otp/missedCodes';
import { chargeResend, findLatestAsked } from '../src/otp/resends';
import type { ResendCharge } from '../src/otp/resends';
import type { ProviderGuess } from '../src/otp/verify/managedCheck';
import { openSession } from '../src/sessions/sessions';
import { writerOfSentBack } from '../src/sessions/stepUps';
import { codeKey } from './code';
import { alerting, isLetIn, issueFor, mayClaim } from './claim';
import type { ClaimDeps, IdentifyInput, IdentifyOutcome } from './claim';
import { dispute } from './dispute';
import { chooseRoute, nextRoute, routeBy, sameRoute } from './route';

export interface ChallengeDeps extends ClaimDeps {
  readonly pool: Pool;
  readonly storageKeys: PurposeKeys;
  readonly vocabulary: Vocabulary;
  /**
   * Compares a charged guess where a provider made the code, in the same time for everybody; where it is not there, the
   * code is ours. Repeat-safe by message. Never throws Fault: what was not compared is not right.
   */
  checkCode?(guess: ProviderGuess): Promise<boolean>;
}

export interface ConfirmInput {
  readonly senderId: string;
  readonly messageId: string;
  readonly challengeId: string;
  /** The id that a session gets when the code is right. */
  readonly sessionId: string;
  readonly policy: Policy;
}

export type ResendOutcome =
  /** `asked`: the way that somebody asked for; what is said depends on nothing else. */
  | { readonly reaction: 'resend'; readonly sends: number; readonly asked?: 'call' | 'email' }
  | { readonly reaction: 'tooSoon'; readonly waitMs: number }
  | { readonly reaction: 'spent' }
  | { readonly reaction: 'expired' };

export type ConfirmOutcome =
  | ResendOutcome
  /** `method`: by which the code went that was the last to be sent. */
  | { readonly reaction: 'right'; readonly endsInMs: number; readonly method?: Method }
  | { readonly reaction: 'wrong'; readonly triesLeft: number }
  | { readonly reaction: 'exhausted'; readonly lockedForMs: number }
  | { readonly reaction: 'holdAndHint'; readonly bytes: number }
  | { readonly reaction: 'hint' | 'hintOne' | 'noMethod' | 'cancel' | 'dispute' | 'textOnly' | 'flood' | 'ignore' };

/** `over`: so is the code, or a later send is on its way. `noWay`: there is no other way to this person. */
export type FailOverOutcome =
  | { readonly reaction: 'resend'; readonly sends: number }
  | { readonly reaction: 'none'; readonly why: 'over' | 'noWay' };

export type TurnAwayOutcome = { readonly reaction: 'notice' | 'ignore' };

export function createChallengeActivities(deps: ChallengeDeps) {
  const { pool, storageKeys } = deps;
  return {
    /**
     * Reads a message of the identify stage; for an identifier it issues a challenge, or a decoy that looks the same.
     */
    identify(given: IdentifyInput): Promise<IdentifyOutcome> {
      const input = { ...given, policy: soundPolicy(given.policy) };
      return handleMessage<IdentifyOutcome>(pool, storageKeys, input, async (tx, note, { kind, text }) => {
        const bytes = Buffer.byteLength(text);
        const isSentBack = await writerOfSentBack(tx, input.messageId) !== undefined;
        if (isSentBack) return { reaction: 'holdAndAsk', bytes, again: true };
        const reading = readMessage('identify', kind, text, { vocabulary: deps.vocabulary, asked: input.asked });
        if (reading.input === 'identifier' && !mayClaim(deps, reading.identifier)) return { reaction: 'ask' };
        if (reading.input === 'identifier') return issueFor(deps, tx, note, input, reading.identifier);
        const reaction = stageTable.identify[reading.input];
        if (reaction === 'dispute') await dispute(deps, tx, note, input.senderId, input.policy);
        return reaction === 'holdAndAsk' ? { reaction, bytes } : { reaction };
      }, ({ reaction }) => reaction === 'holdAndAsk');
    },

    /** Reads a message of the confirm stage: a code is charged, then compared; a word steers; the rest is hinted at. */
    async confirm(given: ConfirmInput): Promise<ConfirmOutcome> {
      const input = { ...given, policy: soundPolicy(given.policy) };
      const challenge = await findChallenge(pool, input.challengeId, input.senderId);
      const guess = challenge === undefined ? 'none' : await chargedGuess(deps, input, challenge);
      return handleMessage<ConfirmOutcome>(pool, storageKeys, input, async (tx, note, { kind, text }) => {
        if (challenge === undefined) return { reaction: 'expired' };
        if (guess === 'refused') return refusal(tx, challenge);
        if (guess !== 'none') return judge(deps, tx, note, input, challenge, guess === 'right');
        const context = { vocabulary: deps.vocabulary, digits: lengths(input.policy) };
        const reading = readMessage('confirm', kind, text, context);
        return steer(deps, tx, note, input, challenge, reading.input, text);
      }, ({ reaction }) => reaction === 'holdAndHint');
    },

    /**
     * Settles a message of a locked sender: none is answered, and some do not even call for the notice. NOT ME counts
     * all the same: whoever tries in an employee's name may have had the employee locked.
     */
    turnAway(input: { messageId: string; senderId: string }): Promise<TurnAwayOutcome> {
      return handleMessage<TurnAwayOutcome>(pool, storageKeys, input, async (tx, note, { kind, text }) => {
        const reading = readMessage('locked', kind, text, { vocabulary: deps.vocabulary });
        if (reading.input === 'notMe') await dispute(deps, tx, note, input.senderId, soundPolicy(undefined));
        return { reaction: stageTable.locked[reading.input] };
      });
    },

    /** Ends a challenge that was not used, and says so in the audit. */
    async endChallenge(input: { challengeId: string; reason: 'expired' | 'cancelled' | 'disputed' }): Promise<void> {
      await auditedTransaction(pool, (tx, note) => endChallenge(tx, note, input.challengeId, input.reason));
    },

    /**
     * Charges a resend that an operator asked for: the same gaps and limits hold. One that was charged and not begun is
     * granted again: whoever charged it died before anybody heard.
     */
    async chargeResend(input: { challengeId: string; policy: Policy; operator: string }): Promise<ResendOutcome> {
      const { challengeId, operator } = input;
      const policy = soundPolicy(input.policy);
      return auditedTransaction(pool, async (tx, note) => {
        const challenge = await findChallenge(tx, challengeId);
        if (challenge === undefined) return { reaction: 'expired' };
        const { senderId, method: current } = challenge;
        // One that nobody asked for goes by itself, and there is none for whom nobody knows (A36).
        const { ordinal: sends, method } = await findLatestAsked(tx, challengeId) ?? { ordinal: 0, method: current };
        if (challenge.state === 'live' && !await wasBegun(tx, codeKey({ id: challengeId, method }, sends))) {
          note({ kind: 'challenge.resent', facts: { challengeId, senderId, sends, method, operator } });
          return { reaction: 'resend', sends };
        }
        const resend = { challengeId, method: current, ...await routeBy(deps, tx, challenge), operator };
        return resendOutcome(await chargeResend(tx, alerting(deps, note), policy, resend));
      });
    },

    /**
     * Charges the same code by the next way, when its `sends`-th send did not arrive: in the budgets of persons,
     * telephones and countries, and in none that the sender can see. Repeat-safe: one that was charged and not begun is
     * granted again.
     */
    async failOver(input: { challengeId: string; sends: number; policy: Policy }): Promise<FailOverOutcome> {
      const { challengeId } = input;
      const policy = soundPolicy(input.policy);
      return auditedTransaction(pool, async (tx, note) => {
        const challenge = await findChallenge(tx, challengeId);
        if (challenge?.state !== 'live' || challenge.expiresInMs <= 0) return { reaction: 'none', why: 'over' };
        const latest = await findLatestThatLeft(tx, challengeId);
        if (latest !== undefined && latest.ordinal > input.sends) {
          const { ordinal: sends, method } = latest;
          const isBegun = await wasBegun(tx, codeKey({ id: challengeId, method }, sends));
          return isBegun ? { reaction: 'none', why: 'over' } : { reaction: 'resend', sends };
        }
        // What was asked for since, and went nowhere, is no answer to this one.
        return failOverFrom(deps, tx, alerting(deps, note), policy, challenge, input.sends);
      });
    },

    /** Lifts a sender's lock for an operator. */
    async unlock(input: { senderId: string; operator: string }): Promise<void> {
      await auditedTransaction(pool, (tx, note) => unlockSender(tx, note, input.senderId, input.operator));
    },
  };
}

export type ChallengeActivities = ReturnType<typeof createChallengeActivities>;

/**
 * What has the length of any code is a guess, whichever length this one has: or the reply would tell whether the sender
 * is known for the person that was claimed.
 */
const lengths = (policy: Policy): number[] => [policy.codeDigitsKnown, policy.codeDigitsStranger];

/** Charges and compares the code that a message holds, in this order, each committed before the next (decision 6). */
async function chargedGuess(
  deps: ChallengeDeps, input: ConfirmInput, challenge: Challenge,
): Promise<'none' | 'refused' | 'right' | 'wrong'> {
  const seen = await peekMessage(deps.pool, deps.storageKeys, input);
  if (seen === undefined || 'result' in seen) return 'none';
  const { kind, text } = seen.message;
  const reading = readMessage('confirm', kind, text, { vocabulary: deps.vocabulary, digits: lengths(input.policy) });
  if (reading.input !== 'code') return 'none';
  const { charge } = await chargeGuess(deps.pool, input.policy, challenge.id, input.messageId, deps.alert);
  if (charge === 'refused') return 'refused';
  // Compared for a decoy, for what was sent to nobody and for a spent budget too, so that it takes as long; but nothing
  // opens them.
  const isOurs = deps.isCode(challenge, reading.code);
  const mayOpen = charge === 'charged' && challenge.employeeId !== null && challenge.hasDestination;
  const guess = { challengeId: challenge.id, messageId: input.messageId, code: reading.code, isOurs, mayOpen };
  const isRight = deps.checkCode === undefined ? isOurs : await deps.checkCode(guess);
  return mayOpen && isRight && await isLetIn(deps, challenge) ? 'right' : 'wrong';
}

async function judge(
  deps: ChallengeDeps, tx: Queryable, note: Note, input: ConfirmInput, challenge: Challenge, right: boolean,
): Promise<ConfirmOutcome> {
  const { challengeId, messageId, sessionId, policy } = input;
  const judgement = await judgeGuess(tx, note, policy, { challengeId, messageId, right });
  if (judgement.verdict !== 'right') return missOutcome(judgement);
  const { senderId, employeeId, method } = challenge;
  if (employeeId === null) throw new Error('a decoy was judged right');
  const assurance = await assuranceOf(tx, challengeId);
  const opened = await openSession(tx, note, policy, {
    sessionId, senderId, employeeId, challengeId, method, assurance,
  });
  if (opened !== 'opened') return { reaction: 'expired' };
  const bound = { senderId, employeeId, sessionId, how: method };
  if (deps.identifyBy === 'workEmail') await bindNumber(tx, note, bound);
  return { reaction: 'right', endsInMs: policy.sessionAbsoluteMs, method };
}

function missOutcome(judgement: Exclude<Judgement, { verdict: 'right' }>): ConfirmOutcome {
  switch (judgement.verdict) {
    case 'wrong': return { reaction: 'wrong', triesLeft: judgement.triesLeft };
    case 'exhausted': return { reaction: 'exhausted', lockedForMs: judgement.lockedForMs };
    case 'over': return { reaction: 'expired' };
  }
}

async function refusal(tx: Queryable, challenge: Challenge): Promise<ConfirmOutcome> {
  const locked = await lockedForMs(tx, challenge.senderId);
  return locked > 0 ? { reaction: 'exhausted', lockedForMs: locked } : { reaction: 'expired' };
}

async function steer(
  deps: ChallengeDeps, tx: Queryable, note: Note, { challengeId, senderId, policy }: ConfirmInput,
  challenge: Challenge, input: keyof typeof stageTable.confirm, text: string,
): Promise<ConfirmOutcome> {
  const reaction = stageTable.confirm[input];
  switch (reaction) {
    case 'holdAndHint': return { reaction, bytes: Buffer.byteLength(text) };
    case 'resend': {
      const { missed } = await triedMethods(tx, challengeId);
      const { method, destination } = await chooseRoute(deps, tx, challenge, missed);
      const resend = { challengeId, method, ...destination };
      return resendOutcome(await chargeResend(tx, alerting(deps, note), policy, resend));
    }
    case 'call': case 'email': {
      if (!deps.methods.includes(reaction)) return { reaction: 'noMethod' };
      const outcome = await resendBy(deps, tx, note, policy, challenge, reaction);
      return outcome.reaction === 'resend' ? { ...outcome, asked: reaction } : outcome;
    }
    case 'cancel': await endChallenge(tx, note, challengeId, 'cancelled'); return { reaction };
    case 'dispute':
      await endChallenge(tx, note, challengeId, 'disputed');
      await dispute(deps, tx, note, senderId, policy);
      return { reaction };
    // A code is charged before this transaction; one that turns up only here was sent while the challenge ended.
    case 'guess': return { reaction: 'expired' };
    default: return { reaction };
  }
}

/**
 * By the next way that may be taken: one whose budget is spent is charged, and passed over. By the same one where there
 * is no other and it may succeed.
 */
async function failOverFrom(
  deps: ChallengeDeps, tx: Queryable, note: Note, policy: Policy, challenge: Challenge, missed: number,
  sends = challenge.sends,
): Promise<FailOverOutcome> {
  const { all: tried } = await triedMethods(tx, challenge.id);
  const route = await nextRoute(deps, tx, challenge, tried) ?? await sameRoute(deps, tx, challenge, missed);
  if (route === undefined) return { reaction: 'none', why: 'noWay' };
  const resend = { challengeId: challenge.id, method: route.method, ...route.destination, missed: sends };
  const charge = await chargeResend(tx, note, policy, resend);
  if (charge.outcome !== 'granted') return { reaction: 'none', why: 'over' };
  if (charge.allowed) return { reaction: 'resend', sends: charge.sends };
  return failOverFrom(deps, tx, note, policy, challenge, missed, charge.sends);
}

/** By this way, whether or not it leads anywhere: nobody learns that it does not. */
async function resendBy(
  deps: ChallengeDeps, tx: Queryable, note: Note, policy: Policy, { id: challengeId, employeeId, senderId }: Challenge,
  method: Method,
): Promise<ResendOutcome> {
  const destination = await routeBy(deps, tx, { employeeId, senderId, method });
  return resendOutcome(await chargeResend(tx, alerting(deps, note), policy, { challengeId, method, ...destination }));
}

function resendOutcome(charge: ResendCharge): ResendOutcome {
  switch (charge.outcome) {
    case 'granted': return { reaction: 'resend', sends: charge.sends };
    case 'tooSoon': return { reaction: 'tooSoon', waitMs: charge.waitMs };
    case 'spent': return { reaction: 'spent' };
    case 'over': return { reaction: 'expired' };
  }
}
