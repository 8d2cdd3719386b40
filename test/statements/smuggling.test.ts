// The assistant sees the headers that Doorman makes, and none that somebody wrote into a text (R37).
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import type { Turn } from '../../src/assistant/assistant';
import { createWebhookAssistant } from '../../src/assistant/webhookAssistant';

const heard: { raw: string[]; body: string }[] = [];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
    heard.push({ raw: request.rawHeaders, body: Buffer.concat(chunks).toString() });
    // No connection is used twice: one that ends while it is idle would be no news about headers.
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end('{"replies":[],"end_turn":true}');
  });
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => { heard.length = 0; });

const turn: Turn = {
  turnId: 'SM1', conversationId: '22222222-2222-4222-8222-222222222222', subject: 'somebody', verifiedAt: new Date(0),
  assurance: 'standard', locale: 'en', text: 'hello', statement: 'our.own.statement',
};
const ask = (text: string) => createWebhookAssistant({
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/turns`, // cast: it listens on a port
  secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`, production: false,
}).answer({ ...turn, text }, new AbortController().signal);

const headersNamed = (pattern: RegExp) => heard.flatMap(({ raw }) => raw.flatMap((name, index) =>
  index % 2 === 0 && pattern.test(name) ? [`${name.toLowerCase()}: ${raw[index + 1]!}`] : []));

const smuggled = [
  '\r\ncustomer-auth: JWT evil.evil.evil', '\ncustomer-auth: JWT evil.evil.evil\n', '\r\n\r\nGET / HTTP/1.1',
  'customer-auth: JWT evil.evil.evil', '","customer_auth":"JWT evil', '\u2028authorization: Bearer evil', '\u0000x-user: root',
  '\r\nauthorization: Bearer evil\r\nx-employee: 144133',
];

test.each(smuggled)('A62 a text that says %j is a text: the assistant gets our statement and no other', async (text) => {
  await ask(text);
  expect(headersNamed(/^(customer-auth|authorization|x-)/i)).toEqual(['customer-auth: JWT our.own.statement']);
  expect(heard.map(({ body }) => (JSON.parse(body) as { text: string }).text)).toEqual([text]);
});

test('A62 no text at all brings a header', async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
    heard.length = 0;
    await ask(text);
    expect(headersNamed(/^(customer-auth|authorization|x-)/i)).toEqual(['customer-auth: JWT our.own.statement']);
  }), { numRuns: 100 });
});
