// What Twilio posts to the fallback URL: the message as it is, with what went wrong before.
import { readMessage } from '../../src/http/twilioMessage';
import { accountSid, bsuidMessage, messageUrl, otherKinds, recipient, textMessage } from '../support/twilioRequests';
import type { Fields } from '../support/twilioRequests';

const read = (fields: Fields) => readMessage(fields, { accountSid, recipient });

describe.each([
  ['11200', messageUrl], ['11205', `${messageUrl}#rc=3&rp=5xx,ct,rt&ct=2000&rt=4000&tt=15000`],
  ['11215', 'http://doorman.example.com:8443/webhooks/twilio/message'],
])('after error %s of %s', (ErrorCode, ErrorUrl) => {
  test('a text is a text, in no doubt', () => {
    const text = 'my id is 144133';
    expect(read(textMessage({ Body: text, ErrorCode, ErrorUrl }))).toMatchObject({
      outcome: 'message', doubts: [], message: { kind: 'text', text } });
  });

  test('somebody who hides the number is known by the BSUID', () => {
    const bsuid = 'whatsapp:US.ABC123xyz';
    expect(read(bsuidMessage(bsuid, { ErrorCode, ErrorUrl }))).toMatchObject({
      outcome: 'message', doubts: [], message: { addresses: { bsuid } } });
  });

  test.each(Object.entries(otherKinds))('%s is what it is', (_, { kind, fields }) => {
    const first = fields();
    const fallback = read({ ...first, ErrorCode, ErrorUrl });
    expect(fallback).toMatchObject({ outcome: 'message', message: { kind } });
    expect(fallback).toEqual(read(first));
  });
});

test('an error that is none waits for the provider', () => {
  expect(read(textMessage({ ErrorCode: 'From', ErrorUrl: messageUrl }))).toMatchObject({ doubts: ['value:ErrorCode'] });
  expect(read(textMessage({ ErrorCode: '11205', ErrorUrl: 'my id is 144133' })))
    .toMatchObject({ doubts: ['value:ErrorUrl'] });
});
