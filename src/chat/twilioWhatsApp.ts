// WhatsApp over Twilio's Messages API. Every text is a request of its own (decision 8), never a template, never media.
import { Fault } from '../domain/faults';
import type { Called, Twilio } from '../twilio/client';
import { unreadable } from '../twilio/errors';
import { isMessageSid, sendMessage } from '../twilio/sendMessage';
import type { ChatChannel, ProviderMessage } from './chatChannel';

export interface TwilioWhatsAppOptions {
  readonly twilio: Twilio;
  /** Our address, `whatsapp:+…`. */
  readonly sender: string;
  /** Where Twilio reports what becomes of a text, by its receipt id. Nothing is reported without. */
  statusCallback?(receiptId: string): string;
}

// Twilio's clock is not ours, and it tells whole seconds.
const clockSlackMs = 60_000;
// Texts to one person in the hour that a reply is tried for: far below.
const listedMax = 200;

export function createTwilioWhatsApp({ twilio, sender, statusCallback }: TwilioWhatsAppOptions): ChatChannel {
  return {
    sendText: ({ to, text, receiptId }) => sendMessage(twilio, {
      to, from: sender, body: text,
      ...(statusCallback === undefined ? {} : { statusCallback: statusCallback(receiptId) }),
    }),

    async findSent({ to, text, sinceMs }) {
      const since = Date.now() - sinceMs - clockSlackMs;
      // Not by date: Twilio filters by the date of sending, which a message that still waits does not have.
      const page = { to, from: sender, limit: listedMax, pageSize: listedMax };
      const called = await twilio.call((sdk) => sdk.messages.list(page));
      return valueOf(called)
        .filter(({ sid, body, direction, dateCreated }) => isMessageSid(sid) && direction !== 'inbound'
          && comparable(body) === comparable(text) && dateCreated?.getTime() >= since)
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
  };
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

function comparable(text: unknown): string {
  return String(text).replaceAll('\r\n', '\n').trim();
}
