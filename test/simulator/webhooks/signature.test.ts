import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import twilio from 'twilio';
import { signForm, signJson, signedUrl } from '../../../src/simulator/webhooks/signature';
import type { Parameters } from '../../../src/simulator/webhooks/signature';

const token = 'simulated-auth-token-of-32-letters';
const url = 'https://doorman.example.com/webhooks/twilio/message';

/** What the SDK is given: a repeated name as a list, on an object without a prototype. */
function asSdkParameters(parameters: Parameters): Record<string, string | string[]> {
  const result = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of parameters) {
    const before = result[name];
    result[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return result;
}

function isValidForSdk(parameters: Parameters, requested = url, signature = signForm(token, requested, parameters)): boolean {
  return twilio.validateRequest(token, signature, requested, asSdkParameters(parameters));
}

describe('the signature of a webhook', () => {
  it('is the one of Twilio’s own worked example', () => {
    const parameters: Parameters = [
      ['CallSid', 'CA1234567890ABCDE'], ['Caller', '+14158675310'], ['Digits', '1234'],
      ['From', '+14158675310'], ['To', '+18005551212'],
    ];
    expect(signForm('12345', 'https://example.com/myapp.php?foo=1&bar=2', parameters)).toBe('L/OH5YylLD5NRKLltdqwSvS0BnU=');
  });

  it.each<[string, Parameters]>([
    ['no parameters', []],
    ['emoji and other scripts', [['Body', 'schön 👩‍👩‍👧‍👦 مرحبا 你好']]],
    ['newlines and spaces at the ends', [['Body', '  two\r\nlines\n ']]],
    ['plus, percent and ampersand', [['Body', '1+1=2 & 100 %20'], ['From', 'whatsapp:+12025550123']]],
    ['empty values', [['Body', ''], ['From', '']]],
    ['a repeated name with different values', [['MediaUrl', 'https://b'], ['MediaUrl', 'https://a']]],
    ['a repeated name with one value', [['From', 'x'], ['From', 'x']]],
    ['a name that is the beginning of another', [['MediaUrl10', 'k'], ['MediaUrl1', 'b'], ['MediaUrl', 'a']]],
    ['upper and lower case', [['b', '1'], ['B', '2'], ['a', '3'], ['A', '4']]],
    ['a name that objects have already', [['constructor', 'x'], ['toString', 'y']]],
  ])('is what the official SDK accepts for %s', (_case, parameters) => {
    expect(isValidForSdk(parameters)).toBe(true);
  });

  it.each([
    'https://doorman.example.com:8443/hook',
    'https://doorman.example.com:443/hook',
    'http://127.0.0.1:3000/webhooks/twilio/message',
    'https://doorman.example.com/hook?a=1&b=%20x+y',
    'https://doorman.example.com/a/../b',
  ])('is what the official SDK accepts for %s', (requested) => {
    expect(isValidForSdk([['Body', 'hello']], requested)).toBe(true);
  });

  it('is what the official SDK accepts for any parameters', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((given) => given !== '__proto__');
    const parameters = fc.array(fc.tuple(name, fc.string({ unit: 'binary' })), { maxLength: 12 });
    fc.assert(fc.property(parameters, (given) => isValidForSdk(given)), { numRuns: 500 });
  });

  it('depends on every value, the URL and the token', () => {
    const parameters: Parameters = [['Body', 'hello'], ['From', 'whatsapp:+12025550123']];
    const signature = signForm(token, url, parameters);
    expect(isValidForSdk([['Body', 'hallo'], ['From', 'whatsapp:+12025550123']], url, signature)).toBe(false);
    expect(isValidForSdk(parameters, `${url}?x=1`, signature)).toBe(false);
    expect(signForm(`${token}.`, url, parameters)).not.toBe(signature);
  });

  it('leaves out the fragment, the user and the password', () => {
    expect(signedUrl('https://user:p%40ss@example.com:8443/a?b=c#rc=3&rp=5xx')).toBe('https://example.com:8443/a?b=c');
    expect(signedUrl('https://example.com/path/with@sign')).toBe('https://example.com/path/with@sign');
    const bare = signForm(token, url, [['Body', 'x']]);
    expect(signForm(token, `${url}#rc=3`, [['Body', 'x']])).toBe(bare);
  });

  it('covers a JSON body by its hash in the query', () => {
    for (const body of ['{"a":1}', '{}', '']) {
      const signed = signJson(token, `${url}?x=1`, body);
      expect(twilio.validateRequestWithBody(token, signed.signature, signed.url, body)).toBe(true);
      expect(twilio.validateRequestWithBody(token, signed.signature, signed.url, `${body} `)).toBe(false);
    }
  });

  it('is made with SHA-1 over UTF-8 and written in base64', () => {
    const expected = createHmac('sha1', token).update(Buffer.from(`${url}Bodyé`, 'utf8')).digest('base64');
    expect(signForm(token, url, [['Body', 'é']])).toBe(expected);
  });
});
