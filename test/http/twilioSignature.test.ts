import { createSignatureCheck, isSignature } from '../../src/http/twilioSignature';
import { readForm } from '../../src/http/twilioForm';
import { authToken, encodeForm, messageUrl, nextAuthToken, sign, textMessage } from '../support/twilioRequests';

const check = createSignatureCheck([authToken]);
const fields = textMessage({ Body: ' two\nlines, 😀 and \u200f ' });
const signed = (url: string, token = authToken) => sign(token, url, fields);

test('our own signer reproduces the example that Twilio publishes', () => {
  expect(sign('12345', 'https://example.com/myapp.php?foo=1&bar=2', {
    CallSid: 'CA1234567890ABCDE', Caller: '+14158675310', Digits: '1234', From: '+14158675310', To: '+18005551212',
  })).toBe('L/OH5YylLD5NRKLltdqwSvS0BnU=');
});

test('accepts what was signed and nothing that differs in one value', () => {
  expect(check(messageUrl, signed(messageUrl), fields)).toBe(true);
  for (const name of Object.keys(fields)) {
    expect(check(messageUrl, signed(messageUrl), { ...fields, [name]: `${fields[name]}1` })).toBe(false);
  }
});

test('a fragment in the configured URL, where Twilio keeps its overrides, is not signed', () => {
  expect(check(`${messageUrl}#rc=3&rp=5xx,ct,rt`, signed(messageUrl), fields)).toBe(true);
});

test.each([
  ['non-ASCII letters', 'https://doorman.example.com/tür'],
  ['an upper-case host', 'https://Doorman.Example.COM/webhooks'],
  ['a bare host', 'https://doorman.example.com'],
  ['dot segments', 'https://doorman.example.com/a/../b'],
])('accepts a configured URL with %s as it was signed', (_, url) => {
  expect(check(url, signed(url), fields)).toBe(true);
});

test('userinfo is no obstacle and a port may be absent from what was signed, not from what is configured', () => {
  const [portless, withPort] = ['https://doorman.example.com/m', 'https://doorman.example.com:8443/m'];
  expect(check(withPort, signed(portless), fields)).toBe(true);
  expect(check(portless, signed(withPort), fields)).toBe(false);
  expect(check('https://doorman.example.com:443/m', signed(portless), fields)).toBe(true);
  expect(check(portless, signed('https://doorman.example.com:443/m'), fields)).toBe(true);
  expect(check('http://doorman.example.com:80/m', signed('http://doorman.example.com/m'), fields)).toBe(true);
});

test('refuses another scheme, host, path and query', () => {
  for (const other of [messageUrl.replace('https', 'http'), messageUrl.replace('doorman.', 'staging.'),
    `${messageUrl}/`, `${messageUrl}?a=1`]) {
    expect(check(messageUrl, signed(other), fields)).toBe(false);
  }
});

test('brackets and __proto__ in names are validated over the raw form', () => {
  const odd = { ...fields, ['__proto__']: 'x' };
  Object.defineProperty(odd, '__proto__', { value: 'x', enumerable: true });
  const form = readForm(Buffer.from(encodeForm(Object.entries(odd))));
  expect(form.outcome === 'form' && check(messageUrl, sign(authToken, messageUrl, odd), form.parameters)).toBe(true);
});

test('a name that begins like another is signed after it', () => {
  const prefixed = { Body: 'b', Bod: 'y', B: '' };
  expect(check(messageUrl, sign(authToken, messageUrl, prefixed), prefixed)).toBe(true);
});

test('during a rotation either of two tokens counts, and a third does not', () => {
  const both = createSignatureCheck([authToken, nextAuthToken]);
  expect(both(messageUrl, signed(messageUrl, authToken), fields)).toBe(true);
  expect(both(messageUrl, signed(messageUrl, nextAuthToken), fields)).toBe(true);
  expect(both(messageUrl, signed(messageUrl, 'x'.repeat(32)), fields)).toBe(false);
  expect(check(messageUrl, signed(messageUrl, nextAuthToken), fields)).toBe(false);
});

test('A01 only the one canonical base64 of twenty bytes is a signature', () => {
  const good = signed(messageUrl);
  expect(isSignature(good)).toBe(true);
  const looseBits = good.slice(0, 26) + String.fromCharCode(good.charCodeAt(26) + 1) + '=';
  for (const bad of [undefined, '', ' ', good.slice(0, -1), `${good}=`, ` ${good}`, `${good}\n`, looseBits,
    `${good}, ${good}`, 'x'.repeat(28), 'é'.repeat(28), '='.repeat(28), good.slice(4)]) {
    expect(isSignature(bad)).toBe(false);
  }
});

test('A02 refuses to be made with an empty, short or missing token', () => {
  for (const tokens of [[], [''], ['short'], [authToken, '']]) {
    expect(() => createSignatureCheck(tokens)).toThrow('at least 32');
  }
});
