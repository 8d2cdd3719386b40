// Everything the simulated provider remembers: messages, and what went over the wire. Who listens hears each change.
import type { Journal } from './journal';
import type { TwilioMessage } from './twilio/message';
import type { Parameters } from './webhooks/signature';

/** One request and its answer, as the page's wire panel shows it. */
export interface Exchange {
  readonly id: string;
  readonly at: number;
  /** `inbound` and `status` are webhooks of ours to Doorman, `rest` is Doorman calling our API. */
  readonly kind: 'inbound' | 'status' | 'rest';
  /** The chat addresses and numbers that it is about: the page shows it to nobody else. */
  readonly about: readonly string[];
  readonly messageSid: string | null;
  readonly method: string;
  readonly url: string;
  /** What the signature was made over, where that is another URL. */
  readonly signedUrl?: string;
  readonly headers: Parameters;
  readonly form: Parameters;
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
  | { readonly kind: 'exchange'; readonly exchange: Exchange }
  | { readonly kind: 'reset' };

// Old ones go first. A bench sends tens of thousands; a person never sees so many.
const messagesMax = 20_000;
const exchangesMax = 400;

export class SimulatorState {
  readonly #messages = new Map<string, TwilioMessage>();
  readonly #exchanges = new Map<string, Exchange>();
  readonly #bsuids = new Map<string, string>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #journal: Journal | undefined;

  constructor(journal?: Journal) {
    this.#journal = journal;
    for (const message of journal?.messages ?? []) this.#keep(message);
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

  /** Forgets everything, on disk as well. */
  reset(): void {
    this.#messages.clear();
    this.#exchanges.clear();
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
