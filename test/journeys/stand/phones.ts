// The phones, the mailboxes and the operator of the simulator: what people write and read, followed live over its event stream.
import { createTexts } from '../../../src/texts/render';
import type { CodeTextRequest, NoticeTextRequest, StepUpTextRequest, TextRequest } from '../../../src/texts/keys';
import type { Faults } from '../../../src/simulator/faults';
import type { Sender } from '../../../src/simulator/webhooks/inboundParameters';

/** A message as the simulator shows it. */
export interface Shown {
  readonly sid: string;
  readonly channel: 'whatsapp' | 'sms';
  readonly direction: 'inbound' | 'outbound-api';
  readonly from: string | null;
  readonly to: string;
  readonly text: string;
  readonly status: string;
  readonly at: number;
  readonly posting: 'posting' | 'taken' | 'refused' | null;
  readonly problem: string | null;
}

/** A mail as the simulator shows it. */
export interface ShownMail {
  readonly id: string;
  readonly to: readonly string[];
  readonly messageId: string;
  readonly subject: string;
  readonly text: string;
}

/** A telephone call as the simulator shows it. */
export interface ShownCall {
  readonly sid: string;
  readonly to: string;
  readonly status: string;
  readonly isListening: boolean;
  /** What was said and pressed, line by line; the last one may still be being said. */
  readonly transcript: readonly { readonly kind: 'said' | 'pressed' | 'note'; readonly text: string }[];
}

/** A webhook, or a call of the provider's API, and its answer. */
export interface Posted {
  readonly id: string;
  readonly at: number;
  readonly kind: 'inbound' | 'status' | 'rest';
  readonly messageSid: string | null;
  readonly form: readonly (readonly [string, string])[];
  readonly status: number | null;
  readonly answerMs: number | null;
  readonly answerBody: string;
}

/** A persona of the page by its id, or anybody else. */
export type Who = string | Sender;

// Far above what anything takes on a busy machine: it ends what hangs.
const patienceMs = 90_000;

export const organisation = 'Acme';
const texts = createTexts({ organisation, language: 'en' });

/** The words of one of Doorman's texts. */
export function words(key: (TextRequest | CodeTextRequest | NoticeTextRequest | StepUpTextRequest)['key'], params: object = {}, language = 'en'): string {
  return texts.render({ key, params } as TextRequest, language); // cast: the tests give what the text needs
}

export class Phones {
  private readonly shown = new Map<string, Shown>();
  private readonly posts = new Map<string, Posted>();
  private readonly mails: ShownMail[] = [];
  private readonly rung = new Map<string, ShownCall>();
  private readonly looks = new Set<() => void>();
  private readonly closing = new AbortController();

  constructor(private readonly url: string, private readonly explain: () => string) {}

  /** Begins to follow; resolves when everything that is there already was seen. */
  async open(): Promise<void> {
    const response = await fetch(`${this.url}/events?everyone`, { signal: this.closing.signal });
    const started = new Promise<void>((resolve, reject) => {
      void this.follow(response, resolve).catch((error: Error) => this.closing.signal.aborted || reject(error));
    });
    await started;
  }

  close(): void {
    this.closing.abort();
  }

  /** All messages in the order of their creation. */
  messages(): Shown[] {
    return [...this.shown.values()];
  }

  /** What Doorman sent to an address (`whatsapp:…`) or a number, oldest first. */
  to(address: string): Shown[] {
    return this.messages().filter(({ to, direction }) => to === address && direction === 'outbound-api');
  }

  /** The mails in a mailbox, oldest first. */
  mailsTo(address: string): ShownMail[] {
    return this.mails.filter(({ to }) => to.includes(address));
  }

  /** The telephone calls to a number, oldest first. */
  callsTo(number: string): ShownCall[] {
    return [...this.rung.values()].filter(({ to }) => to === number);
  }

  /** The latest call to a number, once it is so. */
  callTo(number: string, what: string, isSo: (call: ShownCall) => boolean): Promise<ShownCall> {
    return this.until(`a call to ${number} that ${what}`, () => [this.callsTo(number).at(-1)].find((call) => call !== undefined && isSo(call)));
  }

  /** What the provider has told Doorman of its messages, and how that was answered. */
  reports(): { channel: Shown['channel']; what: string; answer: number | null }[] {
    return [...this.posts.values()].filter(({ kind }) => kind === 'status').map(({ form, status }) => {
      const { To, MessageStatus } = Object.fromEntries(form);
      return { channel: To!.startsWith('whatsapp:') ? 'whatsapp' : 'sms', what: MessageStatus!, answer: status };
    });
  }

  /** The webhooks of a message, oldest first. */
  postsOf(sid: string): Posted[] {
    return [...this.posts.values()].filter(({ messageSid, kind }) => messageSid === sid && kind === 'inbound');
  }

  /** What Doorman asked of the provider, with the answers' statuses. */
  calls(): Posted[] {
    return [...this.posts.values()].filter(({ kind }) => kind === 'rest');
  }

  /** Looks again after each change until there is an answer; rejects with the ends of the logs when that is late. */
  until<T>(what: string, look: () => T | undefined, withinMs = patienceMs): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.looks.delete(again);
        settle();
      };
      const again = () => {
        try {
          const found = look();
          if (found !== undefined) end(() => resolve(found));
        } catch (error) {
          end(() => reject(error as Error));
        }
      };
      const late = new Error(`${what}: not within ${withinMs} ms`);
      const timer = setTimeout(() => end(() => {
        late.message += `\n${this.explain()}`;
        reject(late);
      }), withinMs);
      this.looks.add(again);
      again();
    });
  }

  /** Writes and answers at once; the webhook is on its way then. */
  async write(who: Who, text: string): Promise<Shown> {
    return this.call('POST', '/messages', written(who, text));
  }

  /** Writes and waits for the webhook's answer. */
  async say(who: Who, text: string): Promise<Shown> {
    const { sid } = await this.write(who, text);
    return this.posted(sid);
  }

  /** The message once its webhook was answered, or given up. */
  posted(sid: string): Promise<Shown> {
    return this.until(`the webhook of ${sid}`, () => {
      const message = this.shown.get(sid);
      return message?.posting === 'posting' ? undefined : message;
    });
  }

  /** The operator's "resend": the same MessageSid once more. */
  async resend(sid: string): Promise<Shown> {
    const before = this.postsOf(sid).length;
    await this.call('POST', `/messages/${sid}/resend`);
    return this.until(`the webhook of ${sid}, once more`, () => {
      const message = this.shown.get(sid);
      // Until the first new post is seen, the message still shows how the former ones ended.
      return this.postsOf(sid).length === before || message?.posting === 'posting' ? undefined : message;
    });
  }

  async answer({ sid }: ShownCall): Promise<void> {
    await this.call('POST', `/calls/${sid}/answer`);
  }

  async press({ sid }: ShownCall, keys: string): Promise<void> {
    await this.call('POST', `/calls/${sid}/keys`, { keys });
  }

  async hangUp({ sid }: ShownCall): Promise<void> {
    await this.call('POST', `/calls/${sid}/hangup`);
  }

  async fault(changes: Partial<Faults>): Promise<void> {
    await this.call('PUT', '/faults', changes);
  }

  async noFaults(): Promise<void> {
    await this.call('DELETE', '/faults');
  }

  private async call(method: string, path: string, body?: unknown): Promise<Shown> {
    const response = await fetch(`${this.url}/admin${path}`, {
      method, headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return await response.json() as Shown;
  }

  private async follow(response: Response, onSnapshot: () => void): Promise<void> {
    let rest = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) this.take(block, onSnapshot);
      for (const look of [...this.looks]) look();
    }
  }

  private take(block: string, onSnapshot: () => void): void {
    const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? [];
    if (name === undefined) return;
    const value = JSON.parse(data!) as unknown; // casts below: each event carries what its name says
    if (name === 'snapshot') {
      const { messages, exchanges, mails, calls } = value as {
        messages: Shown[]; exchanges: Posted[]; mails: ShownMail[]; calls: ShownCall[];
      };
      this.shown.clear();
      for (const message of messages) this.shown.set(message.sid, message);
      for (const post of exchanges) this.posts.set(post.id, post);
      this.mails.splice(0, Infinity, ...mails);
      for (const call of calls) this.rung.set(call.sid, call);
      onSnapshot();
    }
    if (name === 'message') this.shown.set((value as Shown).sid, value as Shown);
    if (name === 'mail') this.mails.push(value as ShownMail);
    if (name === 'call') this.rung.set((value as ShownCall).sid, value as ShownCall);
    if (name === 'exchange') this.posts.set((value as Posted).id, value as Posted);
    if (name === 'removed') this.shown.delete(value as string);
  }
}

function written(who: Who, text: string): object {
  const content = { kind: 'text', text };
  return typeof who === 'string' ? { persona: who, content } : { sender: who, content };
}
