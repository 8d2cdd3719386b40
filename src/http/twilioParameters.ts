// Every parameter of an inbound WhatsApp message that is let through without asking the provider: names, values, and
// in which message types (R39). Twilio adds parameters without notice: add them here when they have been seen.
// Order and spelling matter to security: a signature runs over names and values without anything between them.
import { bsuidForm, phoneForm } from '../domain/messages';
import type { MessageKind } from '../domain/messages';

/** Twilio's MessageType, and what it is to us. A type that is not here is `unsupported`. */
export const messageTypes = {
  text: 'text',
  image: 'media', audio: 'media', video: 'media', document: 'media', sticker: 'media',
  location: 'location',
  contacts: 'contacts',
  reaction: 'reaction',
  button: 'button', interactive: 'button',
  group: 'group',
  edit: 'edited', edited: 'edited',
} as const satisfies Record<string, MessageKind>;
export type MessageType = keyof typeof messageTypes;

export interface ParameterRule {
  readonly isValue: (value: string) => boolean;
  /** The message types that may carry it; absent when all may. */
  readonly types?: readonly MessageType[];
  /**
   * `required`: refused without. `usual`: Twilio always sends it (in its types), so that a message without it may have
   * lost it to the value before it, and is confirmed first.
   */
  readonly presence?: 'required' | 'usual';
}

const matches = (form: RegExp) => (value: string) => form.test(value);
const isText = () => true;
const isFlag = matches(/^(true|false)$/);
const isSid = (prefix: string) => matches(new RegExp(`^${prefix}[0-9a-f]{32}$`));
const isCount = matches(/^\d{1,3}$/);
const isUrl = matches(/^https?:\/\/[\x21-\x7E]{1,2000}$/);
const isMediaType = matches(/^[\w.+-]+\/[\w.+-]+(; ?[\w-]+="?[\w.+-]+"?)*$/);
const isDegrees = matches(/^-?\d{1,3}(\.\d{1,20})?$/);

export const messageSidForm = /^(SM|MM)[0-9a-f]{32}$/;
const isAddress = (value: string) => phoneForm.test(value) || bsuidForm.test(value);

const isBsuidOrNone = (value: string) => value === '' || bsuidForm.test(value);

function isJsonObject(value: string): boolean {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

const media = ['image', 'audio', 'video', 'document', 'sticker', 'contacts'] as const satisfies readonly MessageType[];
const location = ['location'] as const satisfies readonly MessageType[];
const buttons = ['button', 'interactive'] as const satisfies readonly MessageType[];
const interactive = ['interactive'] as const satisfies readonly MessageType[];

const always: Record<string, ParameterRule> = {
  AccountSid: { isValue: isSid('AC'), presence: 'required' },
  ApiVersion: { isValue: matches(/^2010-04-01$/), presence: 'usual' },
  Body: { isValue: isText, presence: 'required' },
  ChannelMetadata: { isValue: isJsonObject, presence: 'usual' },
  ErrorCode: { isValue: matches(/^\d{1,6}$/) },
  ErrorUrl: { isValue: isUrl },
  ExternalUserId: { isValue: isBsuidOrNone },
  ExternalUserIdentifier: { isValue: isBsuidOrNone },
  Forwarded: { isValue: isFlag },
  FrequentlyForwarded: { isValue: isFlag },
  From: { isValue: isAddress, presence: 'required' },
  MessageSid: { isValue: matches(messageSidForm), presence: 'required' },
  MessageType: { isValue: matches(/^[a-z_]{1,32}$/), presence: 'usual' },
  MessagingServiceSid: { isValue: isSid('MG') },
  NumMedia: { isValue: isCount, presence: 'required' },
  NumSegments: { isValue: isCount, presence: 'usual' },
  OriginalRepliedMessageSender: { isValue: isAddress },
  OriginalRepliedMessageSid: { isValue: matches(messageSidForm) },
  ProfileName: { isValue: isText },
  ReferralNumMedia: { isValue: isCount, presence: 'usual' },
  SmsMessageSid: { isValue: matches(messageSidForm), presence: 'usual' },
  SmsSid: { isValue: matches(messageSidForm), presence: 'usual' },
  SmsStatus: { isValue: matches(/^received$/), presence: 'usual' },
  To: { isValue: matches(phoneForm), presence: 'required' },
  Username: { isValue: matches(/^[a-z0-9._]{1,64}$/) },
  // Empty or absent for somebody without a visible number; src/http/twilioMessage.ts holds it against From.
  WaId: { isValue: matches(/^([1-9]\d{6,14})?$/) },
};

/** A click on an advertisement opened the chat. */
const referral: Record<string, ParameterRule> = {
  ReferralBody: { isValue: isText },
  ReferralCtwaClid: { isValue: matches(/^[\w-]{1,512}$/) },
  ReferralHeadline: { isValue: isText },
  ReferralMediaContentType: { isValue: isMediaType },
  ReferralMediaId: { isValue: matches(/^[\w-]{1,128}$/) },
  ReferralMediaUrl: { isValue: isUrl },
  ReferralSourceId: { isValue: matches(/^[\w-]{1,128}$/) },
  ReferralSourceType: { isValue: matches(/^[a-z_]{1,32}$/) },
  ReferralSourceUrl: { isValue: isUrl },
};

const byType: Record<string, ParameterRule> = {
  Address: { isValue: isText, types: location },
  Label: { isValue: isText, types: location },
  Latitude: { isValue: isDegrees, types: location, presence: 'usual' },
  Longitude: { isValue: isDegrees, types: location, presence: 'usual' },
  ButtonPayload: { isValue: isText, types: buttons },
  ButtonText: { isValue: isText, types: buttons },
  ButtonType: { isValue: matches(/^[A-Za-z_]{1,32}$/), types: buttons },
  FlowData: { isValue: isJsonObject, types: interactive },
  InteractiveData: { isValue: isJsonObject, types: interactive },
  ListId: { isValue: isText, types: interactive },
  ListTitle: { isValue: isText, types: interactive },
  // WhatsApp carries one media a message; Twilio numbers them up to ten.
  ...Object.fromEntries(Array.from({ length: 10 }, (_, n) => [
    [`MediaContentType${n}`, { isValue: isMediaType, types: media }],
    [`MediaUrl${n}`, { isValue: isUrl, types: media }],
  ] as const).flat()),
};

/** All rules by name. A name that is not here, or not in its type, is confirmed with the provider before dispatch. */
export const parameterRules: ReadonlyMap<string, ParameterRule> =
  new Map(Object.entries({ ...always, ...referral, ...byType }));

/** Whether a message of this type may carry the parameter. */
export function isCarriedBy(rule: ParameterRule, type: string): boolean {
  return rule.types === undefined || (rule.types as readonly string[]).includes(type);
}
