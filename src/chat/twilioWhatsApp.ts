// WhatsApp over Twilio's Messages API. Every text is a request of its own (decision 8), never media. A template holds
// nothing of ours: it only asks somebody to write again.
import { Fault } from '../domain/faults';
import type { Called, Twilio } from '../twilio/client';
import { mayBeDone, unreadable } from '../twilio/errors';
import { isMessageSid, sendMessage } from '../twilio/sendMessage';
import type { ChatChannel, ProviderMessage, ReceivedMessage } from './chatChannel';

export interface TwilioWhatsAppOptions {
  readonly twilio: Twilio;
  /** Our address, `whatsapp:+…`. */
  readonly sender: string;
  /** Where Twilio reports what becomes of a text, by its receipt id. Nothing is reported without. */
  statusCallback?(receiptId: string): string;
  /** Content template, `HX…`, for whoever may be sent no text. */
  readonly windowTemplate?: string;
}

// Twilio took these and gave them up: nobody has them.
const lostStatuses: ReadonlySet<unknown> = new Set(['failed', 'undelivered', 'canceled']);
// Twilio's clock is not ours, and it tells whole seconds.
const clockSlackMs = 60_000;
// In which the receipt comes of a text whose answer was lost, 15 s after it left at most together with the client's own
// patience. Looked for sooner, one that Twilio is still at would be found nowhere, and would leave twice.
const receiptComesMs = 5_000;
// Texts to one person in the hour that a reply is tried for: far below.
const listedMax = 200;
// People write up to 4,096 characters, and as \ud83d\ude00 each may take twelve bytes: below what an answer may have
// (src/twilio/client.ts), or somebody who writes nothing but smileys would keep us from reading the list.
const receivedPageSize = 80;

export function createTwilioWhatsApp(options: TwilioWhatsAppOptions): ChatChannel {
  const { twilio, sender, statusCallback, windowTemplate } = options;
  const reported = (receiptId: string) =>
    statusCallback === undefined ? {} : { statusCallback: statusCallback(receiptId) };
  return {
    sendText: ({ to, text, receiptId }) =>
      sendMessage(twilio, { to, from: sender, body: text, ...reported(receiptId) }).catch(leaveTimeToReport),

    ...windowTemplate === undefined ? {} : {
      sendTemplate: ({ to, receiptId }) =>
        sendMessage(twilio, { to, from: sender, contentSid: windowTemplate, ...reported(receiptId) }),
    },

    async findSent({ to, text, sinceMs }) {
      const since = Date.now() - sinceMs - clockSlackMs;
      // Not by date: Twilio filters by the date of sending, which a message that still waits does not have.
      const page = { to, from: sender, limit: listedMax, pageSize: listedMax };
      const called = await twilio.call((sdk) => sdk.messages.list(page));
      return valueOf(called)
        .filter(({ sid, body, direction, status, dateCreated }) => isMessageSid(sid) && direction !== 'inbound'
          && !lostStatuses.has(status) && comparable(body) === comparable(text) && dateCreated?.getTime() >= since)
        .reverse() // newest first, and of the same second too
        .sort((a, b) => a.dateCreated.getTime() - b.dateCreated.getTime())
        .map(({ sid }) => sid);
    },

    async fetchMessage(id) {
      if (!isMessageSid(id)) return undefined;
      try {
        return messageOf(id, valueOf(await twilio.call((sdk) => sdk.messages(id).fetch())));
      } catch (error) {
        // Twilio's own number for "no such resource"; a bare 404 comes from something else and stays a fault.
        if (error instanceof Fault && error.code === '20404') return undefined;
        throw error;
      }
    },

    async *listReceived(since) {
      const query = { to: sender, dateSentAfter: since, pageSize: receivedPageSize };
      let page = valueOf(await twilio.call((sdk) => sdk.messages.page(query)));
      for (;;) {
        const received = page.instances.flatMap((message) => receivedOf(message, sender) ?? []);
        yield received;
        const next = page.nextPageUrl;
        // Documented is a filter by days; where it is no more than that, the rest of the day is not asked for.
        const isBefore = received.length > 0 && received.every(({ createdAt }) => createdAt < since);
        if (next === undefined || isBefore) return;
        page = valueOf(await twilio.call((sdk) => sdk.messages.getPage(next)));
      }
    },

    async showTyping(messageId) {
      if (!isMessageSid(messageId)) return;
      const indicator = { channel: 'whatsapp', messageId };
      await twilio.call((sdk) => sdk.messaging.v2.typingIndicator.create(indicator)).catch(() => undefined);
    },
  };
}

/** Of a text that may have been taken its receipt is waited for, before the next try looks for it. */
function leaveTimeToReport(error: unknown): never {
  if (!(error instanceof Fault) || !mayBeDone(error)) throw error;
  throw new Fault(error.kind, error.dependency, error.code, receiptComesMs);
}

/** Asking is never undeliverable: whoever answers so is not Twilio. */
function valueOf<T>(called: Called<T>): T {
  if (called.outcome === 'done') return called.value;
  throw unreadable();
}

/** The SDK's types promise what only an answer of Twilio's holds. */
function messageOf(id: string, message: object): ProviderMessage {
  const { sid, from, to, body, direction } = message as Record<string, unknown>;
  if (sid !== id || typeof from !== 'string' || typeof to !== 'string' || typeof body !== 'string') throw unreadable();
  return { id, from, to, text: body, direction: direction === 'inbound' ? 'inbound' : 'outbound' };
}

/** Undefined for what is not from somebody to us: one record that nobody can read must not hide the others. */
function receivedOf(message: object, sender: string): ReceivedMessage | undefined {
  const { sid, from, to, body, direction, numMedia, dateCreated } = message as Record<string, unknown>;
  if (typeof sid !== 'string' || !isMessageSid(sid) || direction !== 'inbound' || to !== sender) return undefined;
  if (typeof from !== 'string' || !(dateCreated instanceof Date)) return undefined;
  const text = typeof body === 'string' ? body : '';
  return { id: sid, from, text, hasMedia: numMedia !== '0', createdAt: dateCreated };
}

function comparable(text: unknown): string {
  return String(text).replaceAll('\r\n', '\n').trim();
}
