// Twilio's error numbers by what they mean to us, as data: number, class, action. Whoever asks Twilio gets an answer by
// it (errors.ts), and whoever hears later what became of a message: a status callback's ErrorCode is such a number.
// Source: https://www.twilio.com/docs/api/errors. A number that stands nowhere goes by the HTTP status.
import { refusals } from '../domain/faults';
import type { FaultKind, Refusal } from '../domain/faults';

/** What somebody has to look at: fraud protection that stopped a send, an account or setting that Twilio refuses. */
export type TwilioAlert = 'fraudRefused' | 'providerRefuses';

export interface Action {
  readonly about: string;
  /** What whoever asks Twilio is told; without, it is no fault but the outcome `undeliverable`. */
  readonly fault?: FaultKind;
  /** Before it is tried again, in ms, however little Retry-After asks for. */
  readonly waitAtLeastMs?: number;
  /** How often it may be tried again once it was taken; without, a few times. */
  readonly retriesMax?: number;
  /** A code that met it goes by the next method at once. */
  readonly nextMethod: boolean;
  /** For this contact this way comes last for a month (src/otp/routeHealth.ts): people move, and change their mind. */
  readonly passedOver?: true;
  /** The rate of the channel or of the account, not of one recipient: everybody's texts slow down. */
  readonly slowsAll?: true;
  /** Kept until the person writes again. */
  readonly parks?: true;
  /** Told when so many refusals in a row say so. */
  readonly alert?: { readonly what: TwilioAlert; readonly inARow: number };
}

// A full queue or a recipient's rate is not over in the second that back-off starts with.
const slowMs = 60_000;
const dayMs = 86_400_000;
// One may be a slip of the network in front of Twilio; five are not.
const unanswerable = { what: 'providerRefuses', inARow: 5 } as const;

export const errorClasses = {
  retry: { about: 'Twilio is down for a moment', fault: 'unavailable', nextMethod: false },
  slow: { about: 'a rate or a queue is full', fault: 'throttled', waitAtLeastMs: slowMs, nextMethod: false },
  nextMethod: { about: 'not now and not in this way', nextMethod: true },
  permanent: { about: 'no such recipient, or none for this method', nextMethod: true, passedOver: true },
  consent: { about: 'the recipient stopped or blocked us', nextMethod: true, passedOver: true },
  fraud: {
    about: 'fraud protection, or a country that is not enabled', nextMethod: true,
    alert: { what: 'fraudRefused', inARow: 1 },
  },
  window: { about: 'the person wrote too long ago to be answered freely', nextMethod: false, parks: true },
  configuration: {
    about: 'our key, sender, service or request is wrong', fault: 'misconfigured', nextMethod: true,
    alert: unanswerable,
  },
  account: {
    about: 'the account or the sender is suspended', fault: 'misconfigured', nextMethod: true, alert: unanswerable,
  },
  content: { about: 'the words are refused', fault: 'refused', nextMethod: true },
  development: { about: 'a trial account or the sandbox does not know the recipient', nextMethod: true },
} as const satisfies Record<string, Action>;

export type ErrorClass = keyof typeof errorClasses;

export const errorNumbers: Readonly<Record<ErrorClass, readonly number[]>> = {
  retry: [20429, 20500, 20503, 30008, 60212, 63009, 63010, 63012],
  slow: [14107, 21611, 30001, 30022, 63018, 63038],
  // The last two: a verification takes no more guesses, or no more sends.
  nextMethod: [30003, 30036, 30410, 60202, 60203],
  permanent: [21211, 21214, 21217, 21265, 21612, 21614, 21635, 30005, 30006, 60205, 63003, 63024],
  consent: [21610, 30004, 63014, 63032, 63049],
  fraud: [21215, 21216, 21408, 30450, 30453, 60238, 60410, 60605],
  window: [63016],
  configuration: [
    20003, 20403, 20404, 21210, 21212, 21601, 21602, 21603, 21604, 21605, 21606, 21609, 21617, 21619, 21654,
    21655, 21656, 21701, 21703, 21910, 30032, 30034, 60200, 60204, 60207, 60217, 60222, 60223, 63001, 63002,
    63007, 63008, 63027, 63028, 63029, 63030, 63040, 63041, 63042,
  ],
  account: [30002, 63020, 63051],
  content: [30007, 63005, 63013, 63021],
  development: [21219, 21608, 63015],
};

/** What a number asks for beyond its class. */
const beyondClass: Readonly<Record<number, Partial<Action>>> = {
  // Twilio is up, and has had too many requests, or two for one number, at once.
  20429: { fault: 'throttled', slowsAll: true },
  60212: { fault: 'throttled' },
  30008: { retriesMax: 1 },
  63018: { slowsAll: true },
  // The day's cap of the sender.
  63038: { waitAtLeastMs: dayMs, alert: { what: 'providerRefuses', inARow: 1 } },
};

const classes = new Map(Object.entries(errorNumbers)
  // cast: the keys of a record of classes are classes
  .flatMap(([name, numbers]) => numbers.map((number) => [number, name as ErrorClass] as const)));

/** The class of one of Twilio's error numbers; undefined for one that we do not know. */
export function classOf(number: number): ErrorClass | undefined {
  return classes.get(number);
}

/** The class of a number in text: of a status callback's ErrorCode, or of what stands as `fault` beside a send. */
export function classOfCode(code: string | null | undefined): ErrorClass | undefined {
  return /^\d{5}$/.test(code ?? '') ? classOf(Number(code)) : undefined;
}

/** What is done about a number; undefined for one that we do not know. */
export function actionOf(number: number): Action | undefined {
  const name = classOf(number);
  return name && { ...errorClasses[name], ...beyondClass[number] };
}

/** The numbers after which a way to a contact is passed over, as they stand beside a send. */
export function passedOverCodes(): string[] {
  const numbers = [...classes.keys()].filter((number) => actionOf(number)?.passedOver === true);
  return numbers.map(String);
}

/** Whether a number, or an answer without one, says that all of us send too fast. */
export function slowsAll(code: string): boolean {
  return code === 'http 429' || actionOf(Number(code))?.slowsAll === true;
}

/** Whether what was taken and failed with this number may pass: then it is worth another try by the same way. */
export function passes(code: string): boolean {
  const fault = actionOf(Number(code))?.fault;
  return fault === 'unavailable' || fault === 'throttled';
}

/** Whether a class is no fault: the message reaches nobody, and the caller goes on with something else. */
export function isRefusal(name: ErrorClass): name is Refusal {
  return (refusals as readonly string[]).includes(name);
}
