// How likely it is that somebody guesses their way in, by the numbers of a policy: what docs/security.md states.
import { chanceOf, policyRules, sprayChanceMax } from '../domain/policy';
import type { Policy, PolicyName } from '../domain/policy';

interface Exposure {
  readonly what: string;
  /** Digits of the codes in question. */
  readonly digits: PolicyName;
  /** How many guesses are evaluated at most. */
  guesses(policy: Policy): number;
}

const daysOfYear = 365;

export const exposures: readonly Exposure[] = [
  { what: 'one code, known sender', digits: 'codeDigitsKnown', guesses: ({ codeTriesMax }) => codeTriesMax },
  { what: 'one code, stranger', digits: 'codeDigitsStranger', guesses: ({ codeTriesMax }) => codeTriesMax },
  {
    what: 'one employee, all strangers, until two operators reopen the pool',
    digits: 'codeDigitsStranger',
    guesses: ({ strangerGuessesInARowMax }) => strangerGuessesInARowMax,
  },
  {
    what: 'one employee, all strangers, a year in which right codes of strangers keep the pool open',
    digits: 'codeDigitsStranger',
    guesses: (policy) => Math.min(
      policy.strangerGuessesPerDayMax * daysOfYear, Math.ceil(policy.strangerGuessesPerMonthMax * daysOfYear / 30)),
  },
  {
    what: 'anybody at all, all strangers, a year',
    digits: 'codeDigitsStranger',
    guesses: ({ organisationGuessesPerDayMax }) => organisationGuessesPerDayMax * daysOfYear,
  },
  {
    what: 'one employee, known senders, until two operators reopen the pool',
    digits: 'codeDigitsKnown',
    guesses: ({ knownGuessesInARowMax }) => knownGuessesInARowMax,
  },
  {
    what: 'one employee, known senders, a year in which right codes of theirs keep the pool open',
    digits: 'codeDigitsKnown',
    guesses: ({ knownGuessesPerDayMax }) => knownGuessesPerDayMax * daysOfYear,
  },
];

/** The policy that leaves most to chance of those that production takes: every number at its looser bound. */
export function loosestPolicy(): Policy {
  const rules = Object.entries(policyRules);
  const bounds = Object.fromEntries(rules.map(([name, { min, max }]) =>
    [name, name.startsWith('codeDigits') ? min : max])) as Policy; // cast: fromEntries forgets the keys
  const perYear = Math.log1p(-sprayChanceMax) / Math.log1p(-(10 ** -bounds.codeDigitsStranger));
  return { ...bounds, organisationGuessesPerDayMax: Math.floor(perYear / daysOfYear) };
}

export function chanceUnder(policy: Policy, { digits, guesses }: Exposure): number {
  return chanceOf(guesses(policy), policy[digits]);
}
