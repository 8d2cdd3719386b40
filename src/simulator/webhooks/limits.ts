// How long Twilio waits for a webhook and what it tries again, with the overrides that a URL's fragment may hold.
// Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides

/** Kinds of failure as the override `rp` names them. */
export const failures = ['4xx', '5xx', 'ct', 'rt'] as const;
export type Failure = (typeof failures)[number];

export interface Limits {
  readonly connectMs: number;
  readonly readMs: number;
  /** Over all attempts together. */
  readonly totalMs: number;
  readonly retries: number;
  readonly retryOn: readonly Failure[];
}

/** One more attempt, and only when no connection came about: neither a 503 nor a slow answer is tried again. */
export const twilioLimits: Limits = { connectMs: 5_000, readMs: 15_000, totalMs: 15_000, retries: 1, retryOn: ['ct'] };

/** The limits that hold for `url`. An override that is out of its range counts as not given. */
export function limitsOf(url: string, defaults: Limits = twilioLimits): Limits {
  const overrides = new URLSearchParams(url.split('#').slice(1).join('#'));
  const number = (name: string, min: number, max: number, fallback: number): number => {
    const value = overrides.get(name) ?? '';
    return /^\d{1,5}$/.test(value) && Number(value) >= min && Number(value) <= max ? Number(value) : fallback;
  };
  return {
    connectMs: number('ct', 100, 10_000, defaults.connectMs),
    readMs: number('rt', 100, 15_000, defaults.readMs),
    totalMs: number('tt', 100, 15_000, defaults.totalMs),
    retries: number('rc', 0, 5, defaults.retries),
    retryOn: policyOf(overrides.get('rp')) ?? defaults.retryOn,
  };
}

function policyOf(list: string | null): readonly Failure[] | undefined {
  if (list === null) return undefined;
  const names = list.split(',').map((name) => name.trim());
  if (names.includes('all')) return failures;
  const known = failures.filter((failure) => names.includes(failure));
  return known.length === 0 ? undefined : known;
}
