// Places one call at Twilio. There is no idempotency key: whoever repeats it may let the telephone ring twice.
import type { CallListInstanceCreateOptions } from 'twilio/lib/rest/api/v2010/account/call';
import type { Twilio } from './client';
import { unreadable } from './errors';
import type { SendResult } from './sendMessage';

const sid = /^CA[0-9a-fA-F]{32}$/;

/** A call that asks us what to say: with words in the request, they would lie in Twilio's log of requests. */
export type Call = Omit<CallListInstanceCreateOptions, 'twiml' | 'url'> & { readonly url: string };

/** Hands one call over. Accepted is not heard: that comes by callback. Throws Fault. */
export async function placeCall(twilio: Twilio, call: Call): Promise<SendResult> {
  const called = await twilio.call(async (sdk) => {
    const created = await sdk.calls.create(call);
    if (!sid.test(String(created.sid))) throw unreadable();
    return created.sid;
  });
  return called.outcome === 'done' ? { outcome: 'accepted', providerId: called.value } : called;
}
