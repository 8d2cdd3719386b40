import { defaultPolicy, policyProblems, policyRules, soundPolicy } from '../../src/domain/policy';
import type { PolicyName } from '../../src/domain/policy';

const names = Object.keys(policyRules) as PolicyName[]; // cast: keys of a constant
/** The only number that may be zero, and not in production: that a reply leaves at once limits nothing. */
const limits = names.filter((name) => name !== 'replyQuantumMs');

describe('a policy number', () => {
  test.each(limits)('%s is never zero, so that zero never means unlimited', (name) => {
    const { value, min, max } = policyRules[name];
    expect([min >= 1, min <= value, value <= max, Number.isSafeInteger(max)]).toEqual([true, true, true, true]);
    for (const none of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, null, undefined, '5', '']) {
      // cast: what a file or somebody who reaches Temporal may hold
      const policy = { ...defaultPolicy, [name]: none as number };
      expect(policyProblems(policy, false)).toHaveLength(1);
      const sound = soundPolicy(policy)[name];
      expect(sound >= min && sound <= max).toBe(true);
    }
  });

  test('is the nearest within its bounds in a conversation that began with another', () => {
    for (const name of names) {
      const { min, max } = policyRules[name];
      expect([min - 1, max + 1].map((given) => soundPolicy({ ...defaultPolicy, [name]: given })[name])).toEqual([min, max]);
    }
  });
});

test('A21 numbers within their bounds are refused when together they let strangers guess their way in', () => {
  const policy = (organisationGuessesPerDayMax: number, codeDigitsStranger: number) =>
    ({ ...defaultPolicy, organisationGuessesPerDayMax, codeDigitsStranger });
  expect(policyProblems(policy(1_000, 8), true)).toEqual([]);
  expect(policyProblems(policy(27, 6), true)).toEqual([]);
  for (const [guesses, digits] of [[28, 6], [1_000, 6], [1_000, 7]] as const) {
    expect(policyProblems(policy(guesses, digits), true)).toEqual([expect.stringMatching(/organisationGuessesPerDayMax.* %/)]);
    expect(policyProblems(policy(guesses, digits), false)).toEqual([]);
  }
});
