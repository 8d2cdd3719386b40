// Creates one message at Twilio, WhatsApp or SMS. There is no idempotency key: whoever repeats it may send it twice.
import type { MessageListInstanceCreateOptions } from 'twilio/lib/rest/api/v2010/account/message';
import type { Refusal } from '../domain/faults';
import type { Twilio } from './client';
import { unreadable } from './errors';

export type SendResult =
  | { readonly outcome: 'accepted'; readonly providerId: string }
  /** Without a class, Twilio was not asked: it would have been no recipient. */
  | { readonly outcome: 'undeliverable'; readonly code: string; readonly class?: Refusal };

const sid = /^(SM|MM)[0-9a-fA-F]{32}$/;

/** Whether a string has the form of a message's SID; it becomes a part of the address that is fetched. */
export function isMessageSid(id: string): boolean {
  return sid.test(id);
}

/** Hands one message over. Accepted is not delivered: that comes by status callback. Throws Fault. */
export async function sendMessage(twilio: Twilio, message: MessageListInstanceCreateOptions): Promise<SendResult> {
  const called = await twilio.call(async (sdk) => {
    const created = await sdk.messages.create(message);
    if (!isMessageSid(String(created.sid))) throw unreadable();
    return created.sid;
  });
  return called.outcome === 'done' ? { outcome: 'accepted', providerId: called.value } : called;
}
