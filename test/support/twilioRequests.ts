// Requests as Twilio makes and signs them, by code that shares nothing with the SDK or with ours.
import { createHmac, randomBytes } from 'node:crypto';

export const authToken = 'aaaaaaaabbbbbbbbccccccccdddddddd';
export const nextAuthToken = '11111111222222223333333344444444';
export const accountSid = `AC${'0a'.repeat(16)}`;
export const recipient = 'whatsapp:+14155238886';
export const publicUrl = 'https://doorman.example.com';
export const messageUrl = `${publicUrl}/webhooks/twilio/message`;
export const statusUrl = `${publicUrl}/webhooks/twilio/status`;

export type Fields = Record<string, string>;

/** Base64 of HMAC-SHA1 over the URL and each name and value in order of names, without anything between them. */
export function sign(token: string, url: string, fields: Fields): string {
  const names = Object.keys(fields).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const mac = createHmac('sha1', token).update(url, 'utf8');
  for (const name of names) mac.update(name, 'utf8').update(fields[name]!, 'utf8');
  return mac.digest('base64');
}

/** As Twilio escapes: everything but letters, digits and -._*, with + for a space. */
export function encodeForm(fields: Fields | readonly (readonly [string, string])[]): string {
  return (Array.isArray(fields) ? fields as [string, string][] : Object.entries(fields))
    .map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}

function encode(text: string): string {
  return [...Buffer.from(text, 'utf8')].map((byte) => {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-._*]/.test(character)) return character;
    return byte === 0x20 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

export const newMessageSid = (prefix: 'SM' | 'MM' = 'SM'): string => prefix + randomBytes(16).toString('hex');

/** A WhatsApp text from a phone that also has a BSUID. Undefined in `changes` removes a field. */
export function textMessage(changes: Record<string, string | undefined> = {}): Fields {
  const sid = changes.MessageSid ?? newMessageSid();
  const waId = changes.WaId ?? '447700900123';
  return without({
    ExternalUserId: 'whatsapp:GB.2000000000000042',
    SmsMessageSid: sid,
    NumMedia: '0',
    ProfileName: 'Jo Tester',
    MessageType: 'text',
    SmsSid: sid,
    WaId: waId,
    SmsStatus: 'received',
    Body: 'What is the status of purchase order 4500000001?',
    To: recipient,
    NumSegments: '1',
    ReferralNumMedia: '0',
    MessageSid: sid,
    AccountSid: accountSid,
    ChannelMetadata: JSON.stringify({ type: 'whatsapp', data: { context: { ProfileName: 'Jo Tester', WaId: waId } } }),
    From: `whatsapp:+${waId}`,
    ApiVersion: '2010-04-01',
    ...changes,
  });
}

/** The same from somebody who hides the number. */
export function bsuidMessage(bsuid: string, changes: Record<string, string | undefined> = {}): Fields {
  return textMessage({
    From: bsuid, ExternalUserId: bsuid, WaId: undefined,
    ChannelMetadata: JSON.stringify({ type: 'whatsapp', data: { context: { ProfileName: 'Jo Tester' } } }),
    ...changes,
  });
}

const mediaChanges = { Body: '', NumMedia: '1', MediaContentType0: 'image/jpeg',
  MediaUrl0: 'http://169.254.169.254/latest/meta-data' };

/** One message of each kind that is not a text, each with digits where a code could be looked for. */
export const otherKinds: Readonly<Record<string, { readonly kind: string; readonly fields: () => Fields }>> = {
  image: { kind: 'media', fields: () => textMessage({ ...mediaChanges, MessageType: 'image', Body: '483920' }) },
  voiceNote: { kind: 'media',
    fields: () => textMessage({ ...mediaChanges, MessageType: 'audio', MediaContentType0: 'audio/ogg; codecs=opus' }) },
  sticker: { kind: 'media',
    fields: () => textMessage({ ...mediaChanges, MessageType: 'sticker', MediaContentType0: 'image/webp' }) },
  mediaThatSaysText: { kind: 'media', fields: () => textMessage({ NumMedia: '1', Body: '483920' }) },
  location: { kind: 'location',
    fields: () => textMessage({ MessageType: 'location', Body: '', Latitude: '48.3920', Longitude: '-4.5',
      Label: '483920' }) },
  contacts: { kind: 'contacts',
    fields: () => textMessage({ ...mediaChanges, MessageType: 'contacts', MediaContentType0: 'text/vcard' }) },
  reaction: { kind: 'reaction', fields: () => textMessage({ MessageType: 'reaction', Body: '483920' }) },
  button: { kind: 'button',
    fields: () => textMessage({ MessageType: 'button', Body: '483920', ButtonText: '483920',
      ButtonPayload: '483920' }) },
  interactive: { kind: 'button',
    fields: () => textMessage({ MessageType: 'interactive', Body: '483920', ButtonText: 'x',
      ButtonPayload: '483920' }) },
  forwarded: { kind: 'unsupported',
    fields: () => textMessage({ Body: '483920', Forwarded: 'true', FrequentlyForwarded: 'false' }) },
  unheardOf: { kind: 'unsupported', fields: () => textMessage({ MessageType: 'hologram', Body: '483920' }) },
  edited: { kind: 'edited', fields: () => textMessage({ MessageType: 'edited', Body: '483920' }) },
  editedText: { kind: 'edited', fields: () => textMessage({ Body: '483920', EditedMessageSid: newMessageSid() }) },
  group: { kind: 'group', fields: () => textMessage({ Body: '483920', GroupId: '120363041234567890' }) },
};

export function statusCallback(changes: Record<string, string | undefined> = {}): Fields {
  const sid = changes.MessageSid ?? newMessageSid();
  return without({
    MessageSid: sid, SmsSid: sid, AccountSid: accountSid, From: recipient, To: 'whatsapp:+447700900123',
      ApiVersion: '2010-04-01',
    MessageStatus: 'delivered', SmsStatus: 'delivered', ChannelPrefix: 'whatsapp', ChannelToAddress: '+44770090XXXX',
      ...changes,
  });
}

function without(fields: Record<string, string | undefined>): Fields {
  return Object.fromEntries(Object.entries(fields)
    .filter((entry): entry is [string, string] => entry[1] !== undefined));
}
