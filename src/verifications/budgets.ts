// What applications may have sent and guessed, as the functions of migration 29 read it: the numbers of strangers.
import type { Policy } from '../domain/policy';

export function limitsOf(policy: Policy): string {
  return JSON.stringify({
    sendsPerHour: policy.strangerSendsPerHourMax,
    sendsPerDay: policy.strangerSendsPerDayMax,
    sendsPerDestination: policy.destinationSendsPerDayMax,
    sendsInAllPerDestination: policy.destinationSendsInAllPerDayMax,
    sendsPerCountry: policy.countrySendsPerDayMax,
    gapsMs: [policy.codeGap1Ms, policy.codeGap2Ms, policy.codeGap3Ms, policy.codeGap4Ms],
    guessesPerDay: policy.strangerGuessesPerDayMax,
    guessesPerMonth: policy.strangerGuessesPerMonthMax,
    organisation: policy.organisationGuessesPerDayMax,
  });
}
