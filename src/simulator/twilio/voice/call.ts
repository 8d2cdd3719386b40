// A telephone call as the simulated Twilio keeps it, and as its API shows it.
import { rfc2822 } from '../message';

export type CallStatus =
  'queued' | 'ringing' | 'in-progress' | 'completed' | 'busy' | 'no-answer' | 'failed' | 'canceled';

/** No status follows these. */
export const endedStatuses: ReadonlySet<CallStatus> =
  new Set<CallStatus>(['completed', 'busy', 'no-answer', 'failed', 'canceled']);

export const callEvents = ['initiated', 'ringing', 'answered', 'completed'] as const;
export type CallEvent = (typeof callEvents)[number];

/** One line of what was heard: what the call said, what the person pressed, and what was not said. */
export interface SpokenLine {
  readonly kind: 'said' | 'pressed' | 'note';
  /** As it is spoken: digits of a `say-as` stand apart. It grows while it is spoken. */
  readonly text: string;
  /** As the TwiML names it. */
  readonly language?: string;
}

export interface TwilioCall {
  readonly sid: string;
  readonly from: string;
  readonly to: string;
  readonly status: CallStatus;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When it was answered. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Where its TwiML is fetched; null when it came with the request. */
  readonly url: string | null;
  readonly twiml: string | null;
  /** How long it rings, and how long it may last. */
  readonly timeoutSeconds: number;
  readonly limitSeconds: number;
  readonly statusCallback: string | null;
  readonly statusEvents: readonly CallEvent[];
  /** How many events there were, told or not. */
  readonly events: number;
  readonly transcript: readonly SpokenLine[];
  /** Whether a key would be heard now. */
  readonly isListening: boolean;
}

/** Whole seconds from its answer to its end; null while it lasts. */
export function durationOf({ startedAt, endedAt }: TwilioCall): number | null {
  if (endedAt === null) return null;
  return startedAt === null ? 0 : Math.round((endedAt - startedAt) / 1_000);
}

/** The Call resource: the duration is text, dates are RFC 2822 in whole seconds. */
export function callResource(call: TwilioCall, accountSid: string): Record<string, unknown> {
  const path = `/2010-04-01/Accounts/${accountSid}/Calls/${call.sid}`;
  const duration = durationOf(call);
  const dateOf = (time: number | null) => (time === null ? null : rfc2822(time));
  return {
    account_sid: accountSid,
    annotation: null,
    answered_by: null,
    api_version: '2010-04-01',
    caller_name: null,
    date_created: rfc2822(call.createdAt),
    date_updated: rfc2822(call.updatedAt),
    direction: 'outbound-api',
    duration: duration === null ? null : String(duration),
    end_time: dateOf(call.endedAt),
    forwarded_from: null,
    from: call.from,
    from_formatted: call.from,
    group_sid: null,
    parent_call_sid: null,
    phone_number_sid: null,
    price: null,
    price_unit: 'USD',
    queue_time: '0',
    sid: call.sid,
    start_time: dateOf(call.startedAt),
    status: call.status,
    subresource_uris: { events: `${path}/Events.json`, notifications: `${path}/Notifications.json` },
    to: call.to,
    to_formatted: call.to,
    trunk_sid: null,
    uri: `${path}.json`,
  };
}
