// What Twilio refuses to send, and the message that it makes of what it accepts. Refuses in Twilio's own order:
// what is missing, then whose the sender is, then where it goes, then what it says.
import type { Parameters } from '../webhooks/signature';
import type { Account } from './account';
import { newSid } from './message';
import type { TwilioMessage } from './message';
import { segmentsOf } from './segments';
import { twilioError } from './twilioError';
import type { TwilioError, TwilioErrorCode } from './twilioError';

/** Numbers of Twilio's test credentials: what happens is decided by the number. */
const refusedRecipients: Readonly<Record<string, TwilioErrorCode>> = {
  '+15005550001': 21211, '+15005550002': 21612, '+15005550003': 21408, '+15005550004': 21610, '+15005550009': 21614,
};
const refusedSenders: Readonly<Record<string, TwilioErrorCode>> = {
  '+15005550001': 21212, '+15005550007': 21606, '+15005550008': 21611,
};
const willingSender = '+15005550006';

/** Twilio's limit, in characters, over all segments together. */
const bodyLengthMax = 1_600;

export const e164 = /^\+[1-9]\d{6,14}$/;
const bsuid = /^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/;
const messagingService = /^MG[0-9a-fA-F]{32}$/;
const contentTemplate = /^HX[0-9a-fA-F]{32}$/;

/** What decides besides the request itself. */
export interface Circumstances {
  readonly account: Account;
  readonly now: number;
  /** Numbers that begin so are not sent to. */
  readonly blockedPrefix: string | null;
  /** Whether that number has answered STOP. */
  readonly hasStopped: (number: string) => boolean;
}

/** The new message, or why there is none. */
export function composeMessage(form: Parameters, circumstances: Circumstances): TwilioMessage | TwilioError {
  const first = (name: string) => form.find(([given]) => given === name)?.[1] ?? '';
  const request: Request = {
    to: first('To'),
    from: first('From'),
    service: first('MessagingServiceSid'),
    body: first('Body'),
    media: form.filter(([name]) => name === 'MediaUrl').map(([, url]) => url),
    content: first('ContentSid'),
    variables: first('ContentVariables'),
    statusCallback: first('StatusCallback'),
    sendAt: first('ScheduleType') === 'fixed' ? Date.parse(first('SendAt')) : null,
  };
  return refusalOf(request, circumstances) ?? messageOf(request, circumstances.now);
}

interface Request {
  readonly to: string;
  readonly from: string;
  readonly service: string;
  readonly body: string;
  readonly media: readonly string[];
  readonly content: string;
  readonly variables: string;
  readonly statusCallback: string;
  readonly sendAt: number | null;
}

function refusalOf(request: Request, circumstances: Circumstances): TwilioError | undefined {
  const { to, from, service, body, media, content, statusCallback, sendAt } = request;
  if (to === '') return twilioError(21604);
  if (from === '' && service === '') return twilioError(21603);
  if (service !== '' && !messagingService.test(service)) return twilioError(21701);
  if (body === '' && media.length === 0 && content === '') return twilioError(21602);
  if (from !== '' && isWhatsApp(from) !== isWhatsApp(to)) return twilioError(21910);
  return refusalOfSender(from, circumstances.account) ?? refusalOfRecipient(to, from, circumstances)
    ?? (body.length > bodyLengthMax ? twilioError(21617) : undefined)
    ?? refusalOfContent(request)
    ?? (statusCallback !== '' && !isWebUrl(statusCallback) ? twilioError(21609, statusCallback) : undefined)
    ?? refusalOfSchedule(sendAt, service);
}

function refusalOfSender(from: string, account: Account): TwilioError | undefined {
  if (['', account.whatsappSender, account.smsSender, willingSender].includes(from)) return undefined;
  if (isWhatsApp(from)) return twilioError(63007);
  return twilioError(refusedSenders[from] ?? 21606, from);
}

function refusalOfRecipient(to: string, from: string, circumstances: Circumstances): TwilioError | undefined {
  const address = to.replace(/^whatsapp:/, '');
  const isAddress = e164.test(address) || (isWhatsApp(to) && bsuid.test(address));
  if (!isAddress) return twilioError(21211, to);
  if (to === from) return twilioError(21266, to);
  const code = refusedRecipients[address];
  if (code !== undefined) return twilioError(code, to);
  // Both are about SMS: WhatsApp has no countries, and knows no STOP.
  if (isWhatsApp(to)) return undefined;
  const { blockedPrefix, hasStopped } = circumstances;
  if (blockedPrefix !== null && to.startsWith(blockedPrefix)) return twilioError(21408, to);
  return hasStopped(to) ? twilioError(21610) : undefined;
}

function refusalOfContent({ media, content, variables }: Request): TwilioError | undefined {
  const wrong = media.find((url) => !isWebUrl(url));
  if (wrong !== undefined) return twilioError(21620, wrong);
  if (content !== '' && !contentTemplate.test(content)) return twilioError(21655, content);
  return variables !== '' && !isJsonObject(variables) ? twilioError(21656) : undefined;
}

function refusalOfSchedule(sendAt: number | null, service: string): TwilioError | undefined {
  if (sendAt === null) return undefined;
  if (service === '') return twilioError(35118);
  return Number.isNaN(sendAt) ? twilioError(20001, 'SendAt') : undefined;
}

function messageOf(request: Request, now: number): TwilioMessage {
  const { to, from, service, body, media, content, variables, statusCallback, sendAt } = request;
  const channel = isWhatsApp(to) ? 'whatsapp' : 'sms';
  const byService = service !== '';
  return {
    sid: newSid(media.length > 0 ? 'MM' : 'SM'),
    channel,
    direction: 'outbound-api',
    from: from === '' ? null : from,
    to,
    body,
    // Templates lie at Twilio: the phone shows which one came, and what was put into it.
    shown: content === '' ? body : `Template ${content} ${variables}`.trim(),
    status: sendAt !== null ? 'scheduled' : byService ? 'accepted' : 'queued',
    createdAt: now,
    updatedAt: now,
    sentAt: null,
    sendAt,
    errorCode: null,
    errorMessage: null,
    messagingServiceSid: byService ? service : null,
    statusCallback: statusCallback === '' ? null : statusCallback,
    mediaCount: media.length,
    ...(content === '' ? {} : { isTemplate: true }),
    segments: channel === 'sms' ? segmentsOf(body) : 1,
  };
}

/** The sender that a Messaging Service chooses for a recipient. */
export function senderFor(to: string, account: Account): string {
  return isWhatsApp(to) ? account.whatsappSender : account.smsSender;
}

function isWhatsApp(address: string): boolean {
  return address.startsWith('whatsapp:');
}

/** Twilio takes no host name with an underscore. */
export function isWebUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return /^https?:$/.test(protocol) && !hostname.includes('_');
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
