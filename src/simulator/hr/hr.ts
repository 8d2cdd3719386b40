// HR's system of the invented company: it knows its people, and tells Doorman of each hire, change, leave and return by
// the signed webhook for partners. Its own list changes when Doorman has taken that, so that both agree.
import { randomUUID } from 'node:crypto';
import type { FaultSwitches } from '../faults';
import type { Exchange, SimulatorState } from '../state';
import { postWebhook } from '../webhooks/webhookPost';
import { sentenceOf, verdictOf } from './answers';
import { inventApplicant, inventNumber } from './applicants';
import { castOf } from './cast';
import { eventBody, signEvent } from './event';
import type { EventType } from './event';
import type { Employment, HrAction, HrAnswer, HrPerson, Particulars } from './person';

export interface HrOptions {
  /** Doorman's webhook for the partner `hr`. */
  readonly url: string;
  /** What both sign with. */
  readonly secret: string;
}

export interface HrDeps {
  readonly state: SimulatorState;
  readonly faults: FaultSwitches;
  readonly options: HrOptions;
  readonly signal: AbortSignal;
  readonly now?: (() => number) | undefined;
}

/** What came of it. `person` is missing when nobody was hired. */
export interface Told {
  readonly answer: HrAnswer;
  readonly person?: HrPerson;
}

export interface Hr {
  /** Somebody to hire, invented anew each time. */
  applicant(): Particulars;
  /** A number to change to, likewise. */
  number(): string;
  /** Throws HrRefusal when HR has that ID already. */
  hire(applicant: Particulars): Promise<Told>;
  /** Throws HrRefusal for nobody whom HR knows, and for what cannot be done of them now. */
  act(id: string, action: Exclude<HrAction, 'hire'>, mobile?: string): Promise<Told>;
}

/** HR itself says no, before Doorman hears of it. */
export class HrRefusal extends Error {
  constructor(readonly status: 404 | 409, sentence: string) {
    super(sentence);
  }
}

interface Step {
  readonly from: readonly Employment[];
  readonly type: EventType;
  /** Where they are afterwards; unchanged where it is missing. */
  readonly to?: Employment;
}

const steps: Readonly<Record<Exclude<HrAction, 'hire'>, Step>> = {
  number: { from: ['here', 'absent'], type: 'worker.changed' },
  absent: { from: ['here'], type: 'worker.changed', to: 'absent' },
  back: { from: ['absent'], type: 'worker.changed', to: 'here' },
  leave: { from: ['here', 'absent'], type: 'worker.left', to: 'left' },
  rehire: { from: ['left'], type: 'worker.rehired', to: 'here' },
};

// One attempt: whoever clicked sees what came of it, and clicks again.
const limits = { connectMs: 5_000, readMs: 10_000, totalMs: 15_000, retries: 0, retryOn: [] } as const;

export function createHr({ state, faults, options, signal, now = Date.now }: HrDeps): Hr {
  let lastVersion = 0;
  let last: Promise<unknown> = Promise.resolve();

  /** One event after the other, so that each is about what the one before has left. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  }

  /** Milliseconds, and never the same ones twice: a clock that is set back makes no event older than the one before. */
  function nextVersion(): number {
    lastVersion = Math.max(now(), lastVersion + 1, ...state.staff().map(({ version }) => version + 1));
    return lastVersion;
  }

  async function tell(action: HrAction, type: EventType, person: HrPerson): Promise<HrAnswer> {
    const at = now();
    const body = eventBody(type, person);
    const isSpoilt = faults.now.webhookBadSignature;
    const headers = signEvent(isSpoilt ? `not ${options.secret}` : options.secret, { id: randomUUID(), at, body });
    const exchange = exchangeOf(options.url, { headers, body, at });
    state.saveExchange(exchange);
    const attempt = await postWebhook({ url: options.url, headers, body, limits, signal });
    const { status, answerMs, answerHeaders, answerBody, problem = null } = attempt;
    state.saveExchange({ ...exchange, status, answerMs, answerHeaders, answerBody, problem });
    const verdict = verdictOf(attempt);
    return { action, isTaken: verdict.isTaken, status, sentence: sentenceOf(verdict), answerMs, at };
  }

  /** Keeps the person as told, or as before with the answer that says why not. */
  async function change(
    action: HrAction, type: EventType, before: HrPerson | undefined, after: HrPerson,
  ): Promise<Told> {
    const answer = await tell(action, type, after);
    const person = answer.isTaken ? after : before;
    return person === undefined ? { answer } : { answer, person: state.savePerson({ ...person, answer }) };
  }

  function taken(): ReadonlySet<string> {
    const people = castOf(state.staff());
    return new Set([...state.staff().flatMap(({ numbers }) => numbers), ...people.flatMap(numbersOf)]);
  }

  return {
    applicant: () => inventApplicant(state.staff(), taken()),
    number: () => inventNumber(taken()),
    hire: (applicant) => inTurn(async () => {
      if (state.person(applicant.id) !== undefined) throw new HrRefusal(409, 'HR has somebody with that employee ID.');
      const { mobile } = applicant;
      return change('hire', 'worker.hired', undefined, {
        ...applicant, employment: 'here', isHired: true, numbers: mobile === '' ? [] : [mobile],
        version: nextVersion(), answer: null,
      });
    }),
    act: (id, action, mobile) => inTurn(async () => {
      const before = state.person(id);
      if (before === undefined) throw new HrRefusal(404, 'HR knows nobody with that employee ID.');
      const { from, type, to = before.employment } = steps[action];
      if (!from.includes(before.employment)) throw new HrRefusal(409, 'HR cannot do that with this person now.');
      const changed = mobile === undefined ? before : withNumber(before, mobile);
      return change(action, type, before, { ...changed, employment: to, version: nextVersion() });
    }),
  };
}

function withNumber(person: HrPerson, mobile: string): HrPerson {
  return { ...person, mobile, numbers: [...new Set([...person.numbers, mobile])] };
}

function numbersOf({ sender, phones }: ReturnType<typeof castOf>[number]): string[] {
  return [...sender.number === undefined ? [] : [sender.number], ...phones.map(({ number }) => number)];
}

/** What the wire panel shows: HR is of nobody in particular, so that whoever plays HR sees it. */
function exchangeOf(
  url: string, { headers, body, at }: Pick<Exchange, 'headers' | 'at'> & { body: string },
): Exchange {
  return {
    id: randomUUID(), at, kind: 'hr', about: [], messageSid: null, method: 'POST', url, headers, form: [], body,
    attempt: 1, status: null, answerMs: null, answerHeaders: [], answerBody: '', problem: null, alert: null,
  };
}
