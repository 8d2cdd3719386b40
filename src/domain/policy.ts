// Every number that limits, times or sizes what Doorman does, with its unit, its bounds and its source.
// Values are overridden by DOORMAN_POLICY and refused outside the bounds; R.. and A.. number the security rules
// and attacks that a value answers.

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

interface Rule {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly why: string;
}

const rule = (value: number, min: number, max: number, why: string): Rule => ({ value, min, max, why });

/** The table of numbers: default, hard bounds (inclusive) and reason. Names end with their unit. */
export const policyRules = {
  codeDigitsKnown: rule(6, 6, 10, 'digits of a code for a known sender (R01)'),
  codeDigitsStranger: rule(8, 6, 10, 'digits of a code for a stranger: spraying is the dominant risk (R01, R13)'),
  codeLifetimeMs: rule(5 * minute, 1 * minute, 10 * minute, 'how long a code counts, by the database clock (R03)'),
  codeTriesMax: rule(5, 1, 10, 'evaluated guesses per code, over all its resends (R08)'),
  codeSendsMax: rule(5, 1, 10, 'sends of one code, the first included (R12)'),
  codeSilenceMs: rule(1 * minute, 15 * second, 10 * minute, 'a code of which nobody says so long that it arrived goes by the next way; the process\'s number holds (R12)'),
  codeGap1Ms: rule(30 * second, 10 * second, 10 * minute, 'wait before the 1st resend (R12)'),
  codeGap2Ms: rule(60 * second, 10 * second, 10 * minute, 'wait before the 2nd resend (R12)'),
  codeGap3Ms: rule(120 * second, 10 * second, 10 * minute, 'wait before the 3rd resend (R12)'),
  codeGap4Ms: rule(300 * second, 10 * second, 10 * minute, 'wait before every later resend (R12)'),
  lock1Ms: rule(1 * minute, 1 * minute, 24 * hour, 'lock after the 1st exhausted code in a row (R10)'),
  lock2Ms: rule(5 * minute, 1 * minute, 24 * hour, 'lock after the 2nd exhausted code in a row (R10)'),
  lock3Ms: rule(15 * minute, 1 * minute, 24 * hour, 'lock after the 3rd exhausted code in a row (R10)'),
  lock4Ms: rule(1 * hour, 1 * minute, 24 * hour, 'lock after the 4th exhausted code in a row (R10)'),
  lock5Ms: rule(24 * hour, 1 * minute, 24 * hour, 'lock after every later exhausted code (R10)'),
  senderGuessesPerDayMax: rule(10, 1, 50, 'wrong guesses of one sender in 24 h, over all codes (R11)'),
  senderIdentitiesPerDayMax: rule(3, 1, 20, 'different IDs and addresses that one sender may claim in 24 h (R11)'),
  senderSendsPerDayMax: rule(10, 1, 50, 'sends of codes that one sender may cause in 24 h without a success (R12)'),
  knownGuessesPerDayMax: rule(20, 1, 40, 'wrong guesses at one employee by known senders in 24 h (R10)'),
  knownGuessesInARowMax: rule(40, 1, 40, 'wrong guesses in a row that close the pool of known senders (R10)'),
  strangerGuessesPerDayMax: rule(10, 1, 20, 'wrong guesses at one employee by strangers in 24 h (R09)'),
  strangerGuessesPerMonthMax: rule(30, 1, 60, 'wrong guesses at one employee by strangers in 30 days (R09)'),
  strangerGuessesInARowMax: rule(60, 1, 60, 'wrong guesses in a row that close the pool of strangers (R09)'),
  organisationGuessesPerDayMax: rule(200, 1, 1_000, 'wrong guesses of all strangers in 24 h; then strangers wait (R13)'),
  knownSendsPerHourMax: rule(5, 1, 20, 'sends to one employee for known senders in an hour (R12)'),
  knownSendsPerDayMax: rule(10, 1, 50, 'sends to one employee for known senders in 24 h (R12)'),
  strangerSendsPerHourMax: rule(3, 1, 10, 'sends to one employee for strangers in an hour (R12)'),
  strangerSendsPerDayMax: rule(5, 1, 20, 'sends to one employee for strangers in 24 h (R12)'),
  destinationSendsPerDayMax: rule(10, 2, 50, 'sends to one telephone in 24 h, whoever it belongs to; strangers cause half of them at most (R12)'),
  destinationSendsInAllPerDayMax: rule(200, 20, 10_000, 'sends to one telephone in 24 h, those of codes that were used and notices of sessions and of changed contacts included: one person must not spend a country\'s day (A52)'),
  countrySendsPerDayMax: rule(2_000, 1, 100_000, 'sends of codes to one country in a day (UTC); strangers cause half of them at most (A52)'),
  contactHoldMs: rule(72 * hour, 24 * hour, 168 * hour, 'a contact that was added or changed gets no code for so long; the process\'s number holds, not the conversation\'s (R19)'),
  contactNoticesMax: rule(200, 1, 10_000, 'numbers and addresses that one import tells that they came or went; the others are recorded (R19)'),
  knownSenderDays: rule(90, 1, 365, 'a sender verified for an employee this recently is known (R10, A45)'),
  identifyIdleMs: rule(15 * minute, 1 * minute, 1 * hour, 'silence after which an unanswered question is dropped'),
  sessionIdleMs: rule(30 * minute, 6 * minute, 24 * hour, 'silence that ends a session; longer than a turn of the assistant may take (R29)'),
  sessionAbsoluteMs: rule(8 * hour, 5 * minute, 24 * hour, 'age that ends a session (R29)'),
  stepUpAgeMs: rule(5 * minute, 1 * minute, 5 * minute, 'age of a proof beyond which the assistant can ask for a fresh one (R29, A47)'),
  sessionsPerEmployeeMax: rule(3, 1, 10, 'open sessions of one employee; a further one ends the oldest (R30)'),
  replyQuantumMs: rule(2 * second, 0, 10 * second, 'replies before verification leave on whole multiples of this; 0 only in development (R25)'),
  messagesPerMinuteMax: rule(20, 5, 1_000, 'messages of one sender in a minute; further ones are not read, and one notice says so; the process\'s number holds, not the conversation\'s (R51)'),
  heldMessagesMax: rule(20, 1, 50, 'messages kept until the sender is verified'),
  heldBytesMax: rule(64 * 1024, 1024, 256 * 1024, 'bytes of text kept until the sender is verified'),
  heldAgeMs: rule(15 * minute, 1 * minute, 1 * hour, 'a held message older than this is destroyed'),
  repliesPerTurnMax: rule(20, 1, 50, 'replies relayed for one message; further ones are dropped, and the relay says how many'),
  reconcileIntervalMs: rule(1 * minute, 1 * second, 5 * minute, 'how often the provider\'s list is searched for messages that no webhook brought (R41)'),
  webhookPatienceMs: rule(30 * second, 1 * second, 5 * minute, 'a message younger than this is left to its webhook, which Twilio gives 15 s in all (R41)'),
  replyOrderWaitMs: rule(3 * second, 1, 5 * second, 'how long a reply waits for a report on the one before it; WhatsApp keeps no order between two that are on their way'),
  pushedTurnMs: rule(10 * minute, 1 * minute, 1 * hour, 'how long an assistant that answered 202 may push replies; in a session that is open all the while'),
  stillWorkingAfterMs: rule(20 * second, 3 * second, 1 * hour, 'silence of the assistant after which the person is told, once a turn, that it still works'),
  receiptWaitMs: rule(15 * minute, 1 * minute, 24 * hour, 'a text that the provider took is kept, sealed, until it is known that it arrived, and no longer than this: what WhatsApp gives back afterwards waits; the process\'s number holds (R59)'),
  signingKeyAgeMs: rule(90 * 24 * hour, 2 * 24 * hour, 365 * 24 * hour, 'how long a key signs statements before the next one takes over (R34); the process\'s number holds'),
  textRetentionMs: rule(24 * hour, 1 * hour, 72 * hour, 'text that nobody handled is destroyed after this (R59)'),
} as const satisfies Record<string, Rule>;

export type PolicyName = keyof typeof policyRules;
/** All policy numbers by name. Plain JSON: it enters each conversation and is pinned there. */
export type Policy = { readonly [name in PolicyName]: number };

/** The policy as it is without any override. */
export const defaultPolicy: Policy = Object.freeze(
  Object.fromEntries(Object.entries(policyRules).map(([name, { value }]) => [name, value])),
) as Policy; // cast: fromEntries forgets the keys that the table has

/**
 * The policy that a conversation was started with, as it holds today: what it lacks, because the number was thought of
 * later, is the default; what is outside today's bounds, or was set by somebody who reaches Temporal, is the nearest
 * number within (A72). Never throws: a conversation must not end because a limit was changed.
 */
export function soundPolicy(given: Partial<Policy> | undefined): Policy {
  const sound = Object.entries(policyRules).map(([name, { value, min, max }]) => {
    const pinned = given?.[name as PolicyName];
    return [name, Number.isInteger(pinned) ? Math.min(Math.max(pinned!, min), max) : value];
  });
  return Object.fromEntries(sound) as Policy; // cast: fromEntries forgets the keys that the table has
}

/** The chance that at least one of so many guesses, each at a code of its own, is right. Exact for small ones too. */
export function chanceOf(guesses: number, digits: number): number {
  return -Math.expm1(guesses * Math.log1p(-(10 ** -digits)));
}

/** What strangers who try everybody may have as a chance in a year, whatever is set (R13). */
export const sprayChanceMax = 0.01;

const sprayChance = ({ organisationGuessesPerDayMax, codeDigitsStranger }: Policy): number =>
  chanceOf(365 * organisationGuessesPerDayMax, codeDigitsStranger);

/**
 * Says what is wrong with a policy: one sentence a number outside its bounds or not whole; empty when it may be used.
 * `production` also refuses the values that only development may have.
 */
export function policyProblems(policy: Policy, production: boolean): string[] {
  const problems = Object.entries(policyRules).flatMap(([name, { min, max }]) => {
    const value = policy[name as PolicyName];
    if (!Number.isInteger(value)) return [`policy ${name}: ${String(value)} is not a whole number`];
    return value < min || value > max ? [`policy ${name}: ${value} is outside ${min} to ${max}`] : [];
  });
  if (production && policy.replyQuantumMs < second) {
    problems.push(`policy replyQuantumMs: ${policy.replyQuantumMs} is below ${second}, which only development may use`);
  }
  if (production && problems.length === 0 && sprayChance(policy) > sprayChanceMax) {
    problems.push(`policy organisationGuessesPerDayMax: with ${policy.organisationGuessesPerDayMax} guesses a day at codes `
      + `of ${policy.codeDigitsStranger} digits strangers get in somewhere within a year with a chance of `
      + `${(100 * sprayChance(policy)).toFixed(1)} %; more digits (codeDigitsStranger) or fewer guesses have to bring it `
      + `to ${100 * sprayChanceMax} %`);
  }
  return problems;
}

/** How long a sender is locked, in ms, after its `exhaustedInARow`-th exhausted code (1 is the first). */
export function lockMs(policy: Policy, exhaustedInARow: number): number {
  const ladder = [policy.lock1Ms, policy.lock2Ms, policy.lock3Ms, policy.lock4Ms, policy.lock5Ms];
  return ladder[Math.min(Math.max(exhaustedInARow, 1), ladder.length) - 1]!;
}

/** How long to wait, in ms, after the `sends`-th send of a code before the next one. */
export function resendGapMs(policy: Policy, sends: number): number {
  const gaps = [policy.codeGap1Ms, policy.codeGap2Ms, policy.codeGap3Ms, policy.codeGap4Ms];
  return gaps[Math.min(Math.max(sends, 1), gaps.length) - 1]!;
}
