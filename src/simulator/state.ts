// Everything the simulated world remembers: messages, calls, mails, HR's people, and what went over the wire. Who
// listens hears each change.
import { demoStaff } from './hr/person';
import type { HrPerson } from './hr/person';
import type { Journal } from './journal';
import { mailsMax } from './mail/mail';
import type { ReceivedMail } from './mail/mail';
import type { TwilioMessage } from './twilio/message';
import type { TwilioCall } from './twilio/voice/call';
import type { Parameters } from './webhooks/signature';

/** One request and its answer, as the page's wire panel shows it. */
export interface Exchange {
  readonly id: string;
  readonly at: number;
  /** `inbound`, `status`, `voice` and `hr` are webhooks of ours to Doorman, `rest` is Doorman calling our API. */
  readonly kind: 'inbound' | 'status' | 'voice' | 'hr' | 'rest';
  /** The chat addresses and numbers that it is about: the page shows it to nobody else. */
  readonly about: readonly string[];
  readonly messageSid: string | null;
  readonly method: string;
  readonly url: string;
  /** What the signature was made over, where that is another URL. */
  readonly signedUrl?: string;
  readonly headers: Parameters;
  readonly form: Parameters;
  /** What was posted, where that is no form. */
  readonly body?: string;
  readonly attempt: number;
  /** null while it runs, and for ever when no answer came. */
  readonly status: number | null;
  readonly answerMs: number | null;
  readonly answerHeaders: Parameters;
  readonly answerBody: string;
  readonly problem: string | null;
  /** What Twilio's debugger would list. */
  readonly alert: { readonly code: number; readonly message: string } | null;
}

export type Change =
  | { readonly kind: 'message'; readonly message: TwilioMessage }
  | { readonly kind: 'removed'; readonly sid: string }
  | { readonly kind: 'mail'; readonly mail: ReceivedMail }
  | { readonly kind: 'exchange'; readonly exchange: Exchange }
  | { readonly kind: 'call'; readonly call: TwilioCall }
  | { readonly kind: 'typing'; readonly typing: Typing }
  | { readonly kind: 'person'; readonly person: HrPerson }
  | { readonly kind: 'stopped'; readonly number: string; readonly hasStopped: boolean }
  | { readonly kind: 'reset' };

/** Doorman is typing to somebody, until then or until a message comes. */
export interface Typing {
  readonly address: string;
  readonly until: number;
}

// Old ones go first. A bench sends tens of thousands; a person never sees so many.
const messagesMax = 20_000;
const exchangesMax = 400;
const callsMax = 2_000;

export class SimulatorState {
  readonly #messages = new Map<string, TwilioMessage>();
  readonly #exchanges = new Map<string, Exchange>();
  readonly #calls = new Map<string, TwilioCall>();
  readonly #typing = new Map<string, Typing>();
  readonly #stopped: Set<string>;
  readonly #mails: ReceivedMail[] = [];
  readonly #staff: Map<string, HrPerson>;
  readonly #bsuids = new Map<string, string>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #journal: Journal | undefined;

  constructor(journal?: Journal) {
    this.#journal = journal;
    for (const message of journal?.messages ?? []) this.#keep(message);
    for (const call of journal?.calls ?? []) this.#calls.set(call.sid, call);
    this.#stopped = new Set(journal?.stopped);
    this.#mails.push(...journal?.mails ?? []);
    this.#staff = new Map([...demoStaff(), ...journal?.staff ?? []].map((person) => [person.id, person]));
  }

  /** All messages, in the order of their creation. */
  messages(): TwilioMessage[] {
    return [...this.#messages.values()];
  }

  message(sid: string): TwilioMessage | undefined {
    return this.#messages.get(sid);
  }

  /** All exchanges that are still kept, oldest first. */
  exchanges(): Exchange[] {
    return [...this.#exchanges.values()];
  }

  /** Adds a message or puts its new version in the place of the old one. */
  saveMessage(message: TwilioMessage): TwilioMessage {
    // What was sent before goes on changing its status while Doorman types.
    const isNewReply = message.direction === 'outbound-api' && !this.#messages.has(message.sid);
    if (isNewReply) this.#typing.delete(message.to);
    this.#keep(message);
    this.#journal?.append({ message });
    this.#tell({ kind: 'message', message });
    return message;
  }

  /** The business-scoped ID that was last seen with a chat address. */
  bsuidOf(address: string): string | undefined {
    return this.#bsuids.get(address);
  }

  /** Changes a message that is still there; undefined when it was removed in the meantime. */
  changeMessage(sid: string, changes: Partial<TwilioMessage>): TwilioMessage | undefined {
    const message = this.#messages.get(sid);
    return message && this.saveMessage({ ...message, ...changes, updatedAt: Date.now() });
  }

  removeMessage(sid: string): void {
    this.#messages.delete(sid);
    this.#journal?.append({ removed: sid });
    this.#tell({ kind: 'removed', sid });
  }

  saveExchange(exchange: Exchange): void {
    this.#exchanges.set(exchange.id, exchange);
    dropOldest(this.#exchanges, exchangesMax);
    this.#tell({ kind: 'exchange', exchange });
  }

  exchange(id: string): Exchange | undefined {
    return this.#exchanges.get(id);
  }

  /** All calls, in the order of their creation. */
  calls(): TwilioCall[] {
    return [...this.#calls.values()];
  }

  call(sid: string): TwilioCall | undefined {
    return this.#calls.get(sid);
  }

  saveCall(call: TwilioCall): TwilioCall {
    this.#calls.set(call.sid, call);
    dropOldest(this.#calls, callsMax);
    this.#journal?.append({ call });
    this.#tell({ kind: 'call', call });
    return call;
  }

  /** Changes a call that is still there; undefined when everything was forgotten in the meantime. */
  changeCall(sid: string, changes: Partial<TwilioCall>): TwilioCall | undefined {
    const call = this.#calls.get(sid);
    return call && this.saveCall({ ...call, ...changes, updatedAt: Date.now() });
  }

  startTyping(typing: Typing): void {
    this.#typing.set(typing.address, typing);
    dropOldest(this.#typing, messagesMax);
    this.#tell({ kind: 'typing', typing });
  }

  /** To whom Doorman is typing. */
  typing(): Typing[] {
    return [...this.#typing.values()].filter(({ until }) => until > Date.now());
  }

  /** Whether that number wants no more SMS of ours. */
  hasStopped(number: string): boolean {
    return this.#stopped.has(number);
  }

  stopped(): string[] {
    return [...this.#stopped];
  }

  setStopped(number: string, hasStopped: boolean): void {
    if (hasStopped) this.#stopped.add(number);
    else this.#stopped.delete(number);
    this.#journal?.append({ number, hasStopped });
    this.#tell({ kind: 'stopped', number, hasStopped });
  }

  /** The last mails that were taken, oldest first. */
  mails(): ReceivedMail[] {
    return [...this.#mails];
  }

  saveMail(mail: ReceivedMail): void {
    this.#mails.push(mail);
    if (this.#mails.length > mailsMax) this.#mails.shift();
    this.#journal?.append({ mail });
    this.#tell({ kind: 'mail', mail });
  }

  /** Everybody whom HR knows: the demo's people, then those who were hired here, in that order. */
  staff(): HrPerson[] {
    return [...this.#staff.values()];
  }

  /** The one with that employee ID. */
  person(id: string): HrPerson | undefined {
    return this.#staff.get(id);
  }

  savePerson(person: HrPerson): HrPerson {
    this.#staff.set(person.id, person);
    this.#journal?.append({ person });
    this.#tell({ kind: 'person', person });
    return person;
  }

  /** Forgets everything, on disk as well, but HR's people: Doorman goes on knowing them too. */
  reset(): void {
    this.#messages.clear();
    this.#exchanges.clear();
    this.#calls.clear();
    this.#typing.clear();
    this.#stopped.clear();
    this.#mails.length = 0;
    this.#journal?.append({ reset: true });
    this.#tell({ kind: 'reset' });
  }

  /** Calls `listener` after each change until the returned function is called. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #keep(message: TwilioMessage): void {
    this.#messages.set(message.sid, message);
    dropOldest(this.#messages, messagesMax);
    const bsuid = message.inbound?.sender.businessScopedId;
    if (bsuid === undefined) return;
    this.#bsuids.set(message.from!, bsuid);
    dropOldest(this.#bsuids, messagesMax);
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function dropOldest(map: Map<string, unknown>, max: number): void {
  if (map.size <= max) return;
  const [oldest] = map.keys();
  map.delete(oldest!);
}
