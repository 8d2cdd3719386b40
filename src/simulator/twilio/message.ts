// A message as the simulated Twilio keeps it, and as its API shows it.
import { randomBytes } from 'node:crypto';
import type { Content, Sender } from '../webhooks/inboundParameters';

export const messageStatuses = [
  'accepted', 'scheduled', 'queued', 'sending', 'sent', 'delivered', 'read', 'undelivered', 'failed', 'canceled',
  'received',
] as const;
export type MessageStatus = (typeof messageStatuses)[number];

/** No status follows these. */
export const finalStatuses: ReadonlySet<MessageStatus> =
  new Set<MessageStatus>(['read', 'undelivered', 'failed', 'canceled', 'received']);

/** What became of a message's webhook. `refused`: not taken, and Twilio does not try again. */
export type Posting = 'posting' | 'taken' | 'refused';

export interface TwilioMessage {
  readonly sid: string;
  readonly channel: 'whatsapp' | 'sms';
  readonly direction: 'inbound' | 'outbound-api';
  /** null while a Messaging Service has not chosen its sender. */
  readonly from: string | null;
  readonly to: string;
  /** What Twilio keeps: empty once redacted. */
  readonly body: string;
  /** What the phone shows, redacted or not. */
  readonly shown: string;
  readonly status: MessageStatus;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly sentAt: number | null;
  readonly sendAt: number | null;
  readonly errorCode: number | null;
  readonly errorMessage: string | null;
  readonly messagingServiceSid: string | null;
  readonly statusCallback: string | null;
  readonly mediaCount: number;
  /** Made from a template that WhatsApp approved: it may be sent at any time. */
  readonly isTemplate?: true;
  readonly segments: number;
  /** What only an inbound message has. */
  readonly inbound?: {
    readonly sender: Sender;
    readonly content: Content;
    readonly posting: Posting;
    /** Why it was refused, in words. */
    readonly problem?: string;
  };
}

/** A new SID: a prefix of two letters and 32 hex digits. */
export function newSid(prefix: 'SM' | 'MM' | 'CA'): string {
  return prefix + randomBytes(16).toString('hex');
}

/** The Message resource. Counters are strings, dates RFC 2822 in whole seconds. */
export function messageResource(message: TwilioMessage, accountSid: string): Record<string, unknown> {
  const path = `/2010-04-01/Accounts/${accountSid}/Messages/${message.sid}`;
  return {
    account_sid: accountSid,
    api_version: '2010-04-01',
    body: message.body,
    date_created: rfc2822(message.createdAt),
    date_sent: message.sentAt === null ? null : rfc2822(message.sentAt),
    date_updated: rfc2822(message.updatedAt),
    direction: message.direction,
    error_code: message.errorCode,
    error_message: message.errorMessage,
    from: message.from,
    messaging_service_sid: message.messagingServiceSid,
    num_media: String(message.mediaCount),
    num_segments: String(message.segments),
    price: null,
    price_unit: 'USD',
    sid: message.sid,
    status: message.status,
    subresource_uris: { media: `${path}/Media.json` },
    to: message.to,
    uri: `${path}.json`,
  };
}

/** A date as Twilio's API writes it. */
export function rfc2822(time: number): string {
  return new Date(time).toUTCString().replace('GMT', '+0000');
}
