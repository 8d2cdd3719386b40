import { readForm } from '../../src/http/twilioForm';
import type { Parameters } from '../../src/http/twilioForm';
import { readMessage } from '../../src/http/twilioMessage';
import type { Reading } from '../../src/http/twilioMessage';
import {
  accountSid, bsuidMessage, encodeForm, messageUrl, newMessageSid, otherKinds, recipient, textMessage,
} from '../support/twilioRequests';
import type { Fields } from '../support/twilioRequests';

const ours = { accountSid, recipient };
const read = (fields: Parameters): Reading => readMessage(fields, ours);
const doubts = (fields: Fields) => {
  const reading = read(fields);
  return reading.outcome === 'message' ? reading.doubts : reading;
};
const refusal = (fields: Fields) => {
  const reading = read(fields);
  return reading.outcome === 'refused' ? reading.reason : reading.doubts;
};

describe('a genuine message', () => {
  test('of a phone with a BSUID is taken with both addresses and its words untouched', () => {
    const fields = textMessage({ Body: ' 144133\n' });
    expect(read(fields)).toEqual({
      outcome: 'message', doubts: [],
      message: {
        messageId: fields.MessageSid, kind: 'text', text: ' 144133\n', writtenFrom: 'whatsapp:+447700900123',
        addresses: { phone: 'whatsapp:+447700900123', bsuid: 'whatsapp:GB.2000000000000042' },
      },
    });
  });

  test('of a phone alone, and under the other name of the BSUID', () => {
    expect(read(textMessage({ ExternalUserId: undefined }))).toMatchObject({
      doubts: [], message: { addresses: { phone: 'whatsapp:+447700900123' } } });
    expect(read(textMessage({ ExternalUserId: '' })))
      .toMatchObject({ doubts: [], message: { addresses: { phone: 'whatsapp:+447700900123' } } });
    const renamed = textMessage({ ExternalUserId: undefined, ExternalUserIdentifier: 'whatsapp:US.ENT.Ab1' });
    expect(read(renamed)).toMatchObject({ doubts: [], message: { addresses: { bsuid: 'whatsapp:US.ENT.Ab1' } } });
  });

  test('of somebody who hides the number is known by the BSUID alone', () => {
    const bsuid = 'whatsapp:US.ABC123xyz';
    expect(read(bsuidMessage(bsuid))).toMatchObject({
      outcome: 'message', doubts: [], message: { writtenFrom: bsuid, addresses: { bsuid } } });
    expect(read(bsuidMessage(bsuid, { WaId: '' }))).toMatchObject({ doubts: [] });
  });

  test('keeps every parameter that Twilio is known to send', () => {
    expect(doubts(textMessage({ Username: 'jo.tester_1', MessagingServiceSid: `MG${'1'.repeat(32)}`,
      OriginalRepliedMessageSid: newMessageSid(), OriginalRepliedMessageSender: recipient }))).toEqual([]);
    expect(doubts(textMessage({ ReferralBody: 'Offer', ReferralHeadline: 'Now', ReferralSourceId: '123',
      ReferralSourceType: 'ad',
      ReferralSourceUrl: 'https://fb.me/1', ReferralCtwaClid: 'Af_x-1' }))).toEqual([]);
    expect(doubts(textMessage({ ErrorCode: '11205', ErrorUrl: messageUrl }))).toEqual([]);
  });

  test.each(['447700900123', '1234567', '491511234567890'])('from number %s', (WaId) => {
    expect(doubts(textMessage({ WaId }))).toEqual([]);
  });
});

describe('A14, A15 what is not a text for us alone', () => {
  test.each(Object.entries(otherKinds))('%s is not a text', (_, { kind, fields }) => {
    expect(read(fields())).toMatchObject({ outcome: 'message', message: { kind } });
  });

  test('a kind that nobody marked is still none when it carries another kind\'s parameters', () => {
    for (const more of [{ ButtonPayload: 'x' }, { Latitude: '1', Longitude: '1' }, { ListId: '1' },
      { MediaUrl0: 'https://x' }]) {
      expect(read(textMessage(more))).not.toMatchObject({ message: { kind: 'text' } });
    }
  });

  test('A16 no address of a medium leaves the form', () => {
    expect(JSON.stringify(read(otherKinds.image!.fields()))).not.toContain('169.254');
  });
});

describe('what is refused', () => {
  test('A05 a required field that is missing', () => {
    for (const name of ['AccountSid', 'From', 'To', 'Body', 'MessageSid', 'NumMedia']) {
      const { [name]: _, ...rest } = textMessage();
      expect(refusal(rest)).toBe('missing');
    }
  });

  test('another account, another recipient', () => {
    expect(refusal(textMessage({ AccountSid: `AC${'1'.repeat(32)}` }))).toBe('account');
    expect(refusal(textMessage({ To: 'whatsapp:+14155238887' }))).toBe('recipient');
    expect(refusal(textMessage({ To: `${recipient}x` }))).toBe('recipient');
  });

  test('an id that is not one whole message id, three times the same', () => {
    for (const MessageSid of ['SM1', `SM${'g'.repeat(32)}`, `XX${'0'.repeat(32)}`, `SM${'0'.repeat(33)}`,
      `SM${'A'.repeat(32)}`, '']) {
      expect(refusal(textMessage({ MessageSid }))).toBe('messageId');
    }
    expect(refusal(textMessage({ SmsSid: newMessageSid() }))).toBe('messageId');
    expect(refusal(textMessage({ SmsMessageSid: newMessageSid() }))).toBe('messageId');
  });

  test('a sender that is neither a number nor a BSUID', () => {
    for (const From of ['', '+447700900123', 'whatsapp:447700900123', 'whatsapp:+0123456789', 'whatsapp:+123',
      'whatsapp:+1234567890123456', 'whatsapp:US.', 'whatsapp:us.ABC', `whatsapp:US.${'A'.repeat(129)}`,
      'whatsapp:US.A-B', 'sms:+447700900123', 'whatsapp:1203630@g.us',
      'whatsapp:+447700900123\n', 'whatsapp:US.ABC\n']) {
      expect(refusal(bsuidMessage('whatsapp:US.ABC', { From }))).toBe('sender');
    }
  });

  test('A04 a WhatsApp id that is not the number in From', () => {
    for (const WaId of ['447700900124', '', '+447700900123', '447700900123 ', '44770090012']) {
      expect(refusal(textMessage({ WaId, From: 'whatsapp:+447700900123' }))).toBe('waId');
    }
    expect(refusal(textMessage({ From: 'whatsapp:+447700900123', WaId: undefined, ChannelMetadata: '{}' })))
      .not.toEqual([]);
  });

  test('a BSUID that contradicts itself', () => {
    expect(refusal(textMessage({ ExternalUserIdentifier: 'whatsapp:GB.1' }))).toBe('externalUserId');
    expect(refusal(textMessage({ ExternalUserId: 'GB.1' }))).toBe('externalUserId');
    expect(refusal(bsuidMessage('whatsapp:US.ABC', { ExternalUserId: 'whatsapp:US.ABD' }))).toBe('externalUserId');
  });
});

describe('what the provider has to confirm first', () => {
  test('a parameter that is not on the list, or not in this type', () => {
    expect(doubts(textMessage({ Novelty: '1' }))).toEqual(['unknown:Novelty']);
    expect(doubts(textMessage({ Label: 'x' }))).toContain('unknown:Label');
    expect(doubts(textMessage({ toString: 'x' } as Record<string, string>))).toEqual(['unknown:toString']);
  });

  test('a message without what every message has', () => {
    for (const name of ['ApiVersion', 'ChannelMetadata', 'MessageType', 'NumSegments', 'ReferralNumMedia',
      'SmsMessageSid', 'SmsSid', 'SmsStatus']) {
      expect(doubts(textMessage({ [name]: undefined }))).toEqual([`missing:${name}`]);
    }
  });

  test('a value that its parameter never has', () => {
    expect(doubts(textMessage({ SmsStatus: 'receivedToo' }))).toEqual(['value:SmsStatus']);
    expect(doubts(textMessage({ ChannelMetadata: '{"type":"whatsapp"}x' }))).toEqual(['value:ChannelMetadata']);
    expect(doubts(bsuidMessage('whatsapp:US.ABC', { WaId: '447700900123' }))).toEqual(['value:WaId']);
  });

  test('a BSUID that may have swallowed the parameter after it', () => {
    expect(doubts(textMessage({ ExternalUserId: 'whatsapp:GB.12Forwardedfalse' })))
      .toEqual(['ambiguous:ExternalUserId']);
    const located = { MessageType: 'location', Body: '', Latitude: '1', Longitude: '1', ExternalUserId: undefined };
    expect(doubts(bsuidMessage('whatsapp:US.ABCLabelHome', located))).toEqual(['ambiguous:From']);
  });

  test('words that hold an identity field with its value', () => {
    expect(doubts(textMessage({ Body: '1Fromwhatsapp:+447700900999' }))).toEqual(['ambiguous:Body']);
    expect(doubts(textMessage({ ProfileName: 'WaId447700900999' }))).toEqual(['ambiguous:ProfileName']);
  });

  test('but never a text for using the names of parameters in a sentence', () => {
    expect(doubts(textMessage(
      { Body: 'From: me To: you. Forwarded, Label, Username, ButtonText, MediaUrl0, Address, WaId' }))).toEqual([]);
  });
});

// What an attacker can do with the leaked signature of a message of their own: the same signed string, cut elsewhere.
describe('A04 refuses a request whose field boundary was shifted', () => {
  const victim = 'whatsapp:+447700900999';
  const concatenated = (fields: Fields) => Object.keys(fields).sort().map((name) => name + fields[name]!).join('');
  // Moves everything from `Fromwhatsapp:victim` in the attacker's words to the genuine MessageSid into `absorber`.
  function shifted(genuine: Fields, absorber: string): Fields {
    const whole = concatenated(genuine);
    const start = whole.indexOf(`From${victim}`);
    const end = whole.indexOf(`MessageSid${genuine.MessageSid!}`);
    const { ChannelMetadata: _c, ExternalUserId: _e, From: _f, Label: _l, ...rest } = genuine;
    const forged = {
      ...rest, Body: '1', From: victim, [absorber]: whole.slice(start + `From${victim}${absorber}`.length, end) };
    expect(concatenated(forged)).toBe(whole);
    return forged;
  }
  const attack = (absorber: string, changes: Record<string, string | undefined> = {}) =>
    shifted(textMessage({ Body: `1From${victim}${absorber}`, ...changes }), absorber);

  test('into an unknown parameter', () => expect(refusal(attack('Ga'))).toBe('waId'));
  test('into an ordinary free-text parameter', () => expect(refusal(attack('Label'))).toBe('waId'));
  test('with From doubled', () => {
    const fields = textMessage();
    expect(readForm(Buffer.from(encodeForm([...Object.entries(fields), ['From', fields.From!]]))))
      .toEqual({ outcome: 'malformed', reason: 'repeated' });
  });

  test('between people without a number: at most to wait for the provider, who will disagree', () => {
    const target = 'whatsapp:US.VICTIM';
    const genuine = bsuidMessage('whatsapp:US.ATTACKER', { Body: `1From${target}Label`, ExternalUserId: undefined });
    const whole = concatenated(genuine);
    const { ChannelMetadata: _c, ...rest } = genuine;
    const forged = { ...rest, Body: '1', From: target,
      Label: whole.slice(whole.indexOf('Label') + 5, whole.indexOf(`MessageSid${genuine.MessageSid!}`)) };
    expect(concatenated(forged)).toBe(whole);
    expect(doubts(forged)).toEqual(
      expect.arrayContaining(['unknown:Label', 'ambiguous:Label', 'missing:ChannelMetadata']));
  });
});
