// The switches that make the simulated provider misbehave, for people on the page and for tests.

/**
 * How the mail server treats what Doorman sends: knows no mailbox (550), takes each recipient the second time only
 * (451), is busy (421), refuses the login (535), says nothing after it took a mail, or hangs up then.
 */
export const mailFaults = ['noMailbox', 'greylist', 'busy', 'login', 'silent', 'lost'] as const;

export interface Faults {
  /** false: messages are accepted but stay `sent`, as with a phone that is off; true again delivers them. */
  readonly deliver: boolean;
  /** SMS end as `undelivered` with this error of the carrier's; null: they arrive. */
  readonly smsError: number | null;
  /** What a telephone does when it is called; a person accepts, declines or lets it ring. */
  readonly telephones: TelephoneHabit;
  /** Numbers that begin so may be neither called nor sent to: 21215 and 21408; null: all may. */
  readonly blockedPrefix: string | null;
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
  /** Each inbound message waits this long before it is posted. */
  readonly webhookDelayMs: number;
  /** Of two inbound messages of a person that follow each other, the later is posted first. */
  readonly webhookReordered: boolean;
  /** Whatever is posted to Doorman is signed wrongly. */
  readonly webhookBadSignature: boolean;
  /** How often each status callback is posted; 0: never. */
  readonly statusCopies: number;
  readonly statusDelayMs: number;
  /** Of two statuses that follow each other, the later is told first. */
  readonly statusReordered: boolean;
  /** A chat message is read without having been delivered, an SMS delivered without having been sent. */
  readonly statusSkipped: boolean;
  /** How long a person may be written to after writing: 63016 afterwards, told by callback; null: for ever. */
  readonly windowSeconds: number | null;
  /** How many chat messages one person may get at once, then one in six seconds: 63018; null: any number. */
  readonly pairBurst: number | null;
  /** The sender is Twilio's Sandbox: only who wrote `join …` in the last three days may be written to (63015). */
  readonly sandbox: boolean;
  /** null: it takes everything. */
  readonly mail: (typeof mailFaults)[number] | null;
}

export const telephoneHabits = ['person', 'busy', 'no-answer', 'failed', 'voicemail'] as const;
export type TelephoneHabit = (typeof telephoneHabits)[number];

export const noFaults: Faults = {
  deliver: true,
  smsError: null,
  telephones: 'person',
  blockedPrefix: null,
  apiStatus: null,
  apiRetryAfterSeconds: 1,
  apiDelayMs: 0,
  apiLosesAnswers: false,
  webhookCopies: 1,
  webhookDropped: false,
  webhookDelayMs: 0,
  webhookReordered: false,
  webhookBadSignature: false,
  statusCopies: 1,
  statusDelayMs: 0,
  statusReordered: false,
  statusSkipped: false,
  windowSeconds: 24 * 3_600,
  // https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
  pairBurst: 45,
  sandbox: false,
  mail: null,
};

const longestDelayMs = 60_000;
const yearSeconds = 366 * 24 * 3_600;

const bounds: Readonly<Record<keyof Faults, (value: unknown) => boolean>> = {
  deliver: isSwitch,
  smsError: (value) => value === null || isWhole(value, 30_000, 39_999),
  telephones: (value) => telephoneHabits.some((one) => one === value),
  blockedPrefix: (value) => value === null || (typeof value === 'string' && /^\+[1-9]\d{0,6}$/.test(value)),
  apiStatus: (value) => value === null || isWhole(value, 400, 599),
  apiRetryAfterSeconds: (value) => isWhole(value, 0, 3_600),
  apiDelayMs: (value) => isWhole(value, 0, longestDelayMs),
  apiLosesAnswers: isSwitch,
  webhookCopies: (value) => isWhole(value, 1, 10),
  webhookDropped: isSwitch,
  webhookDelayMs: (value) => isWhole(value, 0, longestDelayMs),
  webhookReordered: isSwitch,
  webhookBadSignature: isSwitch,
  statusCopies: (value) => isWhole(value, 0, 10),
  statusDelayMs: (value) => isWhole(value, 0, longestDelayMs),
  statusReordered: isSwitch,
  statusSkipped: isSwitch,
  windowSeconds: (value) => value === null || isWhole(value, 0, yearSeconds),
  pairBurst: (value) => value === null || isWhole(value, 1, 1_000),
  sandbox: isSwitch,
  mail: (value) => value === null || mailFaults.some((fault) => fault === value),
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
