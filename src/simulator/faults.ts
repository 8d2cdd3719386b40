// The switches that make the simulated provider misbehave, for people on the page and for tests.

export interface Faults {
  /** false: messages are accepted but stay `sent`, as with a phone that is off; true again delivers them. */
  readonly deliver: boolean;
  /** Answered to every call of the Messages API instead of doing it: 429, 500, 503 …; null: no fault. */
  readonly apiStatus: number | null;
  /** The Retry-After of a 429, in seconds. */
  readonly apiRetryAfterSeconds: number;
  /** Every call waits this long first. */
  readonly apiDelayMs: number;
  /** The call is done, but its answer never arrives: the sender cannot know whether it was. */
  readonly apiLosesAnswers: boolean;
  /** How often each inbound message is posted. */
  readonly webhookCopies: number;
  /** Inbound messages are not posted at all: only a look at the provider's list finds them. */
  readonly webhookDropped: boolean;
  readonly webhookBadSignature: boolean;
}

export const noFaults: Faults = {
  deliver: true,
  apiStatus: null,
  apiRetryAfterSeconds: 1,
  apiDelayMs: 0,
  apiLosesAnswers: false,
  webhookCopies: 1,
  webhookDropped: false,
  webhookBadSignature: false,
};

const bounds: Readonly<Record<keyof Faults, (value: unknown) => boolean>> = {
  deliver: isSwitch,
  apiStatus: (value) => value === null || isWhole(value, 400, 599),
  apiRetryAfterSeconds: (value) => isWhole(value, 0, 3_600),
  apiDelayMs: (value) => isWhole(value, 0, 60_000),
  apiLosesAnswers: isSwitch,
  webhookCopies: (value) => isWhole(value, 1, 10),
  webhookDropped: isSwitch,
  webhookBadSignature: isSwitch,
};

function isSwitch(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

/** The switches that now stand, and who wants to know when they change. */
export class FaultSwitches {
  #now: Faults = noFaults;
  readonly #listeners = new Set<(faults: Faults) => void>();

  get now(): Faults {
    return this.#now;
  }

  /** Turns some switches; throws RangeError on a name or a value that there is none of. */
  set(changes: Partial<Faults>): Faults {
    for (const [name, value] of Object.entries(changes)) {
      if (!Object.hasOwn(bounds, name)) throw new RangeError(`there is no switch ${name}`);
      if (!bounds[name as keyof Faults](value)) throw new RangeError(`${name} cannot be ${JSON.stringify(value)}`);
    }
    this.#now = { ...this.#now, ...changes };
    for (const listener of this.#listeners) listener(this.#now);
    return this.#now;
  }

  clear(): Faults {
    return this.set(noFaults);
  }

  onChange(listener: (faults: Faults) => void): void {
    this.#listeners.add(listener);
  }
}
