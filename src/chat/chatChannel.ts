// Port: the chat that people write in. Twilio's WhatsApp is one; the suite in test/ports/chatChannel holds for each.
import type { Refusal } from '../domain/faults';

/** A text on its way out. `receiptId` is what the provider names it by when it reports what became of it. */
export interface OutgoingText {
  /** The exact address that the sender last wrote from. */
  readonly to: string;
  readonly text: string;
  readonly receiptId: string;
}

export type SendOutcome =
  | { readonly outcome: 'accepted'; readonly providerId: string }
  /** The provider will never deliver this to this recipient: `code` is its stable error number, `class` the meaning. */
  | { readonly outcome: 'undeliverable'; readonly code: string; readonly class?: Refusal };

/** What the provider itself says that a message was. */
export interface ProviderMessage {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly direction: 'inbound' | 'outbound';
}

/** What the provider keeps of a message that somebody sent to us: not what kind of text it was, and no BSUID. */
export interface ReceivedMessage {
  readonly id: string;
  readonly from: string;
  readonly text: string;
  readonly hasMedia: boolean;
  /** By the provider's clock, which tells whole seconds. */
  readonly createdAt: Date;
}

export interface ChatChannel {
  /**
   * Hands one text to the provider. Not safe to repeat: the caller keeps the outcome by key. Throws Fault; one that
   * leaves open whether the text was taken asks for time in which its receipt comes.
   */
  sendText(message: OutgoingText): Promise<SendOutcome>;
  /**
   * Hands over the approved template that asks somebody to write again, outside of the time in which texts may be sent.
   * Absent where none is configured. Not safe to repeat. Throws Fault.
   */
  sendTemplate?(message: Omit<OutgoingText, 'text'>): Promise<SendOutcome>;
  /**
   * Ids of the texts that the provider took for this recipient with these words within the last `sinceMs` and did not
   * give up, oldest first: how a send whose answer was lost is recognised. Safe to repeat. Throws Fault.
   */
  findSent(sent: { to: string; text: string; sinceMs: number }): Promise<readonly string[]>;
  /** Asks the provider what it knows of a message; undefined when it knows none. Safe to repeat. Throws Fault. */
  fetchMessage(id: string): Promise<ProviderMessage | undefined>;
  /**
   * What the provider took for us since then, newest first, a page at a time, so that a busy day need not be held all
   * at once. A message may come twice when others arrive meanwhile. Safe to repeat. Each page throws Fault.
   */
  listReceived(since: Date): AsyncIterable<readonly ReceivedMessage[]>;
  /** Shows the writer of this message that it is read and answered. A courtesy: tried once, never rejects. */
  showTyping(messageId: string): Promise<void>;
}
