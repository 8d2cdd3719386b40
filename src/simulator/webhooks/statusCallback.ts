// What Twilio posts when the status of a message that we sent changes: never its text.
import type { TwilioMessage } from '../twilio/message';
import type { Parameters } from './signature';

// One WhatsApp sender, one installation: the number itself says nothing.
const channelInstallSid = 'XE00000000000000000000000000000001';

/** The parameters of one callback. `bsuid` is the recipient's, where it is known. */
export function statusParameters(message: TwilioMessage, accountSid: string, bsuid?: string): Parameters {
  const { sid, status, channel, from, to, errorCode, errorMessage } = message;
  const isSeen = status === 'delivered' || status === 'read';
  const optional = (name: string, value: string | number | null | undefined | false): Parameters =>
    (value === null || value === undefined || value === false ? [] : [[name, String(value)]]);
  const isWhatsApp = channel === 'whatsapp';
  return [
    ...optional('ChannelPrefix', isWhatsApp && 'whatsapp'),
    ['ApiVersion', '2010-04-01'],
    ['MessageStatus', status],
    ...optional('RawDlrDoneDate', !isWhatsApp && status === 'delivered' && deliveryDate(message.updatedAt)),
    ['SmsSid', sid],
    ['SmsStatus', status],
    ...optional('ErrorCode', errorCode),
    ...optional('ErrorMessage', errorMessage),
    ...optional('EventType', isWhatsApp && isSeen && status.toUpperCase()),
    ...optional('ChannelInstallSid', isWhatsApp && channelInstallSid),
    ...optional('ExternalUserId', isWhatsApp && isSeen && bsuid !== undefined && `whatsapp:${bsuid}`),
    ['To', to],
    ['From', from ?? ''],
    ['MessageSid', sid],
    ['AccountSid', accountSid],
    ...optional('StructuredMessage', isWhatsApp && status === 'sent' && 'false'),
    ...optional('ChannelToAddress', isWhatsApp && to.replace(/^whatsapp:/, '').replace(/.{4}$/, 'XXXX')),
  ];
}

/** YYMMDDhhmm, as carriers report it. */
function deliveryDate(time: number): string {
  return new Date(time).toISOString().replace(/\D/g, '').slice(2, 12);
}
