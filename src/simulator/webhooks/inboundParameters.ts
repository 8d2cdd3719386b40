// What Twilio posts when somebody writes on WhatsApp: every parameter, in the order in which it was seen on the wire.

/** Who writes. With a number, WhatsApp shows it; with an ID alone, the person hides it (since 2026). */
export interface Sender {
  readonly profileName: string;
  /** E.164. */
  readonly number?: string;
  /** `CC.` and letters or digits. */
  readonly businessScopedId?: string;
  readonly username?: string;
}

interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** What is written. */
export type Content =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image'; readonly text: string }
  | ({ readonly kind: 'location'; readonly label: string; readonly address: string } & Place)
  | { readonly kind: 'contacts'; readonly name: string }
  /** An emoji put on the message of that SID. Twilio documents no parameters for it: the type is a guess. */
  | { readonly kind: 'reaction'; readonly emoji: string; readonly repliedSid: string }
  | { readonly kind: 'button'; readonly text: string; readonly payload: string; readonly repliedSid: string };

export interface InboundMessage {
  readonly sid: string;
  readonly accountSid: string;
  /** Our WhatsApp sender. */
  readonly to: string;
  readonly sender: Sender;
  readonly content: Content;
  /** Where the media of an image or contact is fetched. */
  readonly mediaUrl?: string;
}

type Pairs = readonly (readonly [string, string])[];

/** `whatsapp:` and the number, or the ID of somebody who hides it. Throws when there is neither. */
export function addressOf(sender: Sender): string {
  const address = sender.number ?? sender.businessScopedId;
  if (address === undefined) throw new RangeError('a sender has a number, a business-scoped ID, or both');
  return `whatsapp:${address}`;
}

/** All parameters of one inbound message. */
export function inboundParameters(message: InboundMessage): Pairs {
  const { sid, sender, content, mediaUrl } = message;
  const waId = sender.number?.slice(1);
  const bsuid = sender.businessScopedId;
  const mediaType = mediaTypeOf(content);
  const none: Pairs = [];
  return [
    ...(mediaType === undefined ? none : [['MediaContentType0', mediaType] as const]),
    ...(bsuid === undefined ? none : [['ExternalUserId', `whatsapp:${bsuid}`] as const]),
    ...(sender.username === undefined ? none : [['Username', sender.username] as const]),
    ...placeOf(content),
    ['SmsMessageSid', sid],
    ['NumMedia', mediaType === undefined ? '0' : '1'],
    ['ProfileName', sender.profileName],
    ['MessageType', content.kind === 'button' ? 'interactive' : content.kind],
    ['SmsSid', sid],
    ...(waId === undefined ? none : [['WaId', waId] as const]),
    ['SmsStatus', 'received'],
    ['Body', bodyOf(content)],
    ...replyOf(content, message.to),
    ['To', message.to],
    ['NumSegments', '1'],
    ['ReferralNumMedia', '0'],
    ['MessageSid', sid],
    ['AccountSid', message.accountSid],
    ['ChannelMetadata', channelMetadata(sender, content, waId)],
    ['From', addressOf(sender)],
    ...(mediaType === undefined ? none : [['MediaUrl0', mediaUrl ?? ''] as const]),
    ['ApiVersion', '2010-04-01'],
  ];
}

/** The text of a message, empty for a place or a contact, as Twilio has it. */
export function bodyOf(content: Content): string {
  switch (content.kind) {
    case 'text': case 'image': case 'button': return content.text;
    case 'reaction': return content.emoji;
    case 'location': case 'contacts': return '';
  }
}

/** The content type of what a message carries besides text. */
export function mediaTypeOf(content: Content): string | undefined {
  if (content.kind === 'image') return 'image/png';
  return content.kind === 'contacts' ? 'text/vcard' : undefined;
}

function placeOf(content: Content): Pairs {
  if (content.kind !== 'location') return [];
  return [
    ['Latitude', String(content.latitude)], ['Longitude', String(content.longitude)],
    ['Address', content.address], ['Label', content.label],
  ];
}

function replyOf(content: Content, recipient: string): Pairs {
  if (content.kind !== 'button' && content.kind !== 'reaction') return [];
  const reply: Pairs = [['OriginalRepliedMessageSid', content.repliedSid], ['OriginalRepliedMessageSender', recipient]];
  if (content.kind === 'reaction') return reply;
  return [
    ['ButtonText', content.text], ['ButtonPayload', content.payload], ...reply,
    ['Forwarded', 'false'], ['FrequentlyForwarded', 'false'],
  ];
}

function channelMetadata(sender: Sender, content: Content, waId: string | undefined): string {
  const context = {
    ...(content.kind === 'contacts' ? { Origin: 'other' } : {}),
    ProfileName: sender.profileName,
    ...(waId === undefined ? {} : { WaId: waId }),
  };
  return JSON.stringify({ type: 'whatsapp', data: { context } });
}
