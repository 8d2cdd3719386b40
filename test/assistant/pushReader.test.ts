import { Webhook } from 'standardwebhooks';
import { createPushReader } from '../../src/assistant/pushReader';
import type { PushHeaders } from '../../src/assistant/pushReader';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const read = createPushReader(secret);
const body = JSON.stringify({ turn_id: 'SM1', replies: [{ text: 'Grüße 👑' }], end_turn: false });

function signed(text: string, { id = 'push-1', at = new Date(), key = secret } = {}): PushHeaders {
  return { id, timestamp: String(Math.floor(at.getTime() / 1_000)), signature: new Webhook(key).sign(id, at, text) };
}

const outcomeOf = (text: string, headers = signed(text)) => read(headers, Buffer.from(text)).outcome;

it('reads a push that is signed', () => {
  expect(read(signed(body), Buffer.from(body))).toEqual({
    outcome: 'push', push: { id: 'push-1', turnId: 'SM1', replies: [{ text: 'Grüße 👑' }], endTurn: false },
  });
});

it('takes one of several signatures, as during a change of secrets', () => {
  const headers = signed(body);
  const other = signed(body, { key: `whsec_${Buffer.alloc(32, 8).toString('base64')}` });
  expect(outcomeOf(body, { ...headers, signature: `${other.signature} ${headers.signature}` })).toBe('push');
});

it.each<[string, Partial<PushHeaders>]>([
  ['no signature', { signature: '' }],
  ['a signature of another version', { signature: signed(body).signature.replace('v1,', 'v2,') }],
  ['a signature that is cut', { signature: signed(body).signature.slice(0, -2) }],
  ['a signature by another secret', { signature: signed(body, { key: `whsec_${Buffer.alloc(32, 8).toString('base64')}` }).signature }],
  ['a signature of another body', { signature: signed(`${body} `).signature }],
  ['a signature of another id', { signature: signed(body, { id: 'push-2' }).signature }],
  ['another id', { id: 'push-2' }], ['no id', { id: '' }], ['an id with spaces', { id: 'push 1' }],
  ['another time', { timestamp: String(Math.floor(Date.now() / 1_000) - 7) }], ['no time', { timestamp: '' }],
  ['a time with more behind it', { timestamp: `${signed(body).timestamp}.5` }],
])('refuses a push with %s', (_, changes) => {
  expect(outcomeOf(body, { ...signed(body), ...changes })).toBe('notGenuine');
});

it('refuses a push that was signed more than five minutes ago, or will be', () => {
  for (const seconds of [-301, 302]) expect(outcomeOf(body, signed(body, { at: new Date(Date.now() + seconds * 1_000) }))).toBe('notGenuine');
  for (const seconds of [-290, 290]) expect(outcomeOf(body, signed(body, { at: new Date(Date.now() + seconds * 1_000) }))).toBe('push');
});

it('does not take a turn of ours, which the same secret signs, for a push', () => {
  const turn = JSON.stringify({
    turn_id: 'SM1', conversation_id: 'c', subject: 's', verified_at: new Date().toISOString(), assurance: 'standard', locale: 'en', text: 'x' });
  expect(outcomeOf(turn, signed(turn, { id: 'SM1' }))).toBe('malformed');
});

it.each([
  '', '{', 'null', '[]', '{}', '{"turn_id":"SM1","replies":[],"end_turn":false}', '{"turn_id":"SM1","replies":[{"text":"x"}]}',
  '{"replies":[{"text":"x"}],"end_turn":true}', '{"turn_id":1,"replies":[{"text":"x"}],"end_turn":true}',
  '{"turn_id":"SM1","replies":[],"end_turn":true,"step_up":true}', '{"turn_id":"SM1","replies":[{"text":""}],"end_turn":true}', '{"turn_id":"SM1","replies":[{"text":"x"}],"end_turn":"yes"}',
])('finds no push in %j', (text) => {
  expect(outcomeOf(text)).toBe('malformed');
});

it('finds a push that only ends the turn', () => {
  expect(outcomeOf('{"turn_id":"SM1","replies":[],"end_turn":true}')).toBe('push');
});

it('finds no push in bytes that are no UTF-8', () => {
  const bytes = Buffer.concat([Buffer.from('{"turn_id":"SM1","replies":[{"text":"'), Buffer.from([0xff]), Buffer.from('"}],"end_turn":true}')]);
  expect(read(signed(bytes.toString('utf8')), bytes).outcome).toBe('malformed');
});
