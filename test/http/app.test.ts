// The public routes as the outside meets them. Each attack of the list has its number in the title.
import { gzipSync } from 'node:zlib';
import type { IncomingMessage } from '../../src/inbox/inbox';
import { createApp } from '../../src/http/app';
import { expectProblem as expectRefusal, formType, keptLog, startPublicServer } from '../support/publicServer';
import type { PublicServer } from '../support/publicServer';
import {
  accountSid, authToken, bsuidMessage, encodeForm, messageUrl, nextAuthToken, otherKinds, publicUrl, recipient, sign,
  statusCallback, statusUrl, textMessage,
} from '../support/twilioRequests';

const messagePath = '/webhooks/twilio/message';
const statusPath = '/webhooks/twilio/status';

let server: PublicServer;
const taken: { message: IncomingMessage; doubts: readonly string[] }[] = [];
const statuses: string[] = [];
const { log, lines } = keptLog();
let fault: Error | undefined;

beforeAll(async () => {
  server = await startPublicServer({
    log,
    takeMessage: async (message, doubts) => {
      if (fault !== undefined) throw fault;
      taken.push({ message, doubts });
      return doubts.length === 0 ? 'delivered' : 'unconfirmed';
    },
    countStatus: (status) => { statuses.push(status); },
  });
});
afterAll(() => server.close());
beforeEach(() => {
  taken.length = 0;
  fault = undefined;
});

function expectProblem(...refusal: Parameters<typeof expectRefusal>): void {
  expectRefusal(...refusal);
  expect(taken).toEqual([]);
}

describe('a genuine message', () => {
  test('is taken and acknowledged with an empty element', async () => {
    const fields = textMessage({ Body: ' two lines,\n😀 + 100% ' });
    const answer = await server.post(fields);
    expect([answer.status, answer.text, answer.headers['content-type']])
      .toEqual([200, '<Response/>', 'text/xml; charset=utf-8']);
    expect(taken).toEqual([{ doubts: [],
      message: expect.objectContaining({ messageId: fields.MessageSid, text: ' two lines,\n😀 + 100% ' }) }]);
  });

  test('may name its character set', async () => {
    for (const charset of ['; charset=utf-8', ';charset=UTF-8', '; charset="utf-8"']) {
      const fields = textMessage();
      const headers = [['Content-Type', formType[1] + charset],
        ['X-Twilio-Signature', sign(authToken, messageUrl, fields)]] as const;
      expect((await server.send('POST', messagePath, headers, encodeForm(fields))).status).toBe(200);
    }
  });

  test('may be signed with either of two tokens during a rotation', async () => {
    expect((await server.post(textMessage(), { token: authToken })).status).toBe(200);
    expect((await server.post(textMessage(), { token: nextAuthToken })).status).toBe(200);
    taken.length = 0;
    expectProblem(await server.post(textMessage(), { token: 'f'.repeat(32) }), 403, 'not-genuine');
  });

  test('may come from somebody who hides the number', async () => {
    expect((await server.post(bsuidMessage('whatsapp:US.ABC'))).status).toBe(200);
    expect(taken[0]!.message)
      .toMatchObject({ addresses: { bsuid: 'whatsapp:US.ABC' }, writtenFrom: 'whatsapp:US.ABC' });
  });

  test('with a parameter that nobody knows is taken with a doubt', async () => {
    expect((await server.post(textMessage({ Novelty: '1' }))).status).toBe(200);
    expect(taken[0]!.doubts).toEqual(['unknown:Novelty']);
  });

  test.each(Object.entries(otherKinds))('A14, A15 of kind %s is acknowledged, never a text', async (_, { fields }) => {
    expect((await server.post(fields())).status).toBe(200);
    expect(taken[0]!.message.kind).not.toBe('text');
  });

  test('that cannot be stored is answered 503, so that Twilio tries again', async () => {
    fault = new Error('canary: insert into inbox failed');
    const answer = await server.post(textMessage());
    expectProblem(answer, 503, 'unavailable');
    expect(answer.text).not.toContain('canary');
    expect(answer.headers['retry-after']).toBe('5');
  });
});

describe('the signature', () => {
  const fields = textMessage();
  const good = sign(authToken, messageUrl, fields);
  const send = (signatures: string[]) =>
    server.send('POST', messagePath, [formType, ...signatures.map((value) => ['X-Twilio-Signature', value] as const)],
      encodeForm(fields));

  test('A01 missing, short, long, repeated, not base64', async () => {
    for (const signatures of [[], [''], [good.slice(0, 8)], [good + good], [good, good], [`${good},${good}`],
      [good.replace('=', '')], [`${good.slice(0, 26)}${String.fromCharCode(good.charCodeAt(26) + 1)}=`],
      [good.toLowerCase()], [`=${good.slice(1)}`], ['?'.repeat(28)], ['[object Object]']]) {
      expectProblem(await send(signatures), 403, 'not-genuine');
    }
  });

  test('A01 two thousand others that could be one', async () => {
    for (let n = 0; n < 2_000; n += 50) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, m) => send([sign(`${n + m}`.padStart(32, 'k'), messageUrl, fields)])));
      for (const answer of answers) expect(answer.status).toBe(403);
    }
    expect(taken).toEqual([]);
  }, 60_000);

  test('A02 an app without a proper token is not made', () => {
    const twilio = { publicUrl, accountSid, recipient };
    const disputes = { readToken: () => undefined, dispute: async () => 'unknown' as const, language: 'en' };
    const pushes = { read: () => ({ outcome: 'notGenuine' as const }), take: async () => ({ outcome: 'unknown' as const }) };
    for (const authTokens of [[], [''], ['default'], [authToken, '']]) {
      expect(() => createApp({ log, disputes, pushes, noteReceipt: async () => undefined, takeMessage: async () => 'known', twilio: { ...twilio, authTokens } })).toThrow();
    }
  });

  test('A09 for another host, whatever Host and forwarding headers say', async () => {
    const other = textMessage();
    const spoofed = [['X-Forwarded-Host', 'evil.example'], ['X-Forwarded-Proto', 'https'],
      ['Forwarded', 'host=evil.example'], ['X-Original-Host', 'evil.example']] as const;
    const url = messageUrl.replace('doorman.example.com', 'evil.example');
    expectProblem(await server.post(other, { url, headers: spoofed }), 403, 'not-genuine');
    expect((await server.post(other, { headers: spoofed })).status).toBe(200);
  });

  test('A11 of the status route on the message route, and the other way round', async () => {
    expectProblem(await server.post(textMessage(), { url: statusUrl }), 403, 'not-genuine');
    expectProblem(await server.post(statusCallback(), { url: messageUrl, path: statusPath }), 403, 'not-genuine');
    const replayed = statusCallback();
    expectProblem(await server.post(replayed, { path: messagePath, url: statusUrl }), 403, 'not-genuine');
  });
});

describe('the form', () => {
  test('A03 a repeated From', async () => {
    const fields = textMessage();
    expectProblem(await server.post(fields,
      { body: `${encodeForm(fields)}&From=${encodeURIComponent(fields.From!)}` }), 400, 'malformed');
  });

  test('A04 a shifted field boundary, with its signature', async () => {
    const genuine = textMessage({ Body: '1Fromwhatsapp:+447700900999Label', WaId: '447700900123' });
    const { ChannelMetadata, ExternalUserId, From, ...rest } = genuine;
    const forged = { ...rest, Body: '1', From: 'whatsapp:+447700900999',
      Label: `ChannelMetadata${ChannelMetadata!}ExternalUserId${ExternalUserId!}From${From!}` };
    expect(sign(authToken, messageUrl, forged)).toBe(sign(authToken, messageUrl, genuine));
    expectProblem(await server.post(forged), 403, 'not-genuine');
  });

  test('A05 a field that was merged into the one before', async () => {
    const { From, ExternalUserId, ...rest } = textMessage();
    const merged = { ...rest, ExternalUserId: `${ExternalUserId!}From${From!}` };
    expect(sign(authToken, messageUrl, merged))
      .toBe(sign(authToken, messageUrl, { ...rest, From: From!, ExternalUserId: ExternalUserId! }));
    expectProblem(await server.post(merged), 403, 'not-genuine');
  });

  test('A06 nested names', async () => {
    const fields = textMessage();
    expectProblem(await server.post({ ...fields, 'From[a]': '1' }), 400, 'malformed');
  });

  test('A07 other content types and encodings', async () => {
    const fields = textMessage();
    const signature = ['X-Twilio-Signature', sign(authToken, messageUrl, fields)] as const;
    for (const type of ['application/json', 'multipart/form-data; boundary=x', 'text/plain',
      'application/x-www-form-urlencoded; charset=utf-16', 'application/x-www-form-urlencoded; charset=latin1',
      'application/x-www-form-urlencoded, text/plain', 'application/x-www-form-urlencodedx', 'x', '']) {
      expectProblem(await server.send('POST', messagePath, [['Content-Type', type], signature], encodeForm(fields)),
        415, 'content-refused');
    }
    expectProblem(await server.send('POST', messagePath, [signature], encodeForm(fields)), 415, 'content-refused');
    expectProblem(await server.send('POST', messagePath, [formType, formType, signature], encodeForm(fields)), 415,
      'content-refused');
    for (const encoding of ['gzip', 'deflate', 'br', 'identity', 'zstd']) {
      const answer = await server.send('POST', messagePath, [formType, signature, ['Content-Encoding', encoding]],
        gzipSync(encodeForm(fields)));
      expectProblem(answer, 415, 'content-refused');
    }
    expectProblem(await server.send('POST', messagePath, [formType, signature],
      Buffer.from(encodeForm(fields), 'utf16le')), 400, 'malformed');
  });

  test('A08 a query string, even an empty one', async () => {
    for (const query of ['?', '?a=1', `?bodySHA256=${'0'.repeat(64)}`]) {
      const fields = textMessage();
      expectProblem(await server.post(fields, { path: messagePath + query, url: messageUrl + query }), 400,
        'query-refused');
    }
  });

  test('for another account, another recipient, or without a body', async () => {
    expectProblem(await server.post(textMessage({ AccountSid: `AC${'1'.repeat(32)}` })), 403, 'not-genuine');
    expectProblem(await server.post(textMessage({ To: 'whatsapp:+14155238887' })), 403, 'not-genuine');
    expectProblem(await server.post(textMessage(), { body: '' }), 400, 'malformed');
  });
});

describe('the route', () => {
  const otherMethods = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
  test.each(otherMethods)('refuses %s and says what it takes', async (method) => {
    for (const path of [messagePath, statusPath]) {
      const answer = await server.send(method, path, []);
      expect([answer.status, answer.headers.allow]).toEqual([405, 'POST']);
      if (method !== 'HEAD') expectProblem(answer, 405, 'method-refused');
    }
  });

  test('has one spelling', async () => {
    for (const path of ['/', '/favicon.ico', '/webhooks', `${messagePath}/`, messagePath.toUpperCase(),
      '/webhooks/twilio/../twilio/message', `/${messagePath}`, '/webhooks/twilio/%6Dessage%00', '/metrics', '/readyz',
      '/.env', '/%', '/webhooks/twilio/message;a=1']) {
      const answer = await server.post(textMessage(), { path });
      expect([400, 404]).toContain(answer.status);
      expect(taken).toEqual([]);
    }
  });

  test('says nothing of what it runs on, and is not cached', async () => {
    const { headers } = await server.send('GET', '/', []);
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'" });
  });

  test('gives each request an id of ours, whatever it brings', async () => {
    const ids = await Promise.all([1, 2].map(async () => (await server.send('GET', '/', [['X-Request-Id', 'theirs']]))
      .headers['x-request-id']));
    expect(new Set(ids).size).toBe(2);
    expect(ids.join()).not.toContain('theirs');
  });
});

test('a bug of ours is answered without a word of it', async () => {
  const broken = await startPublicServer({
    log, takeMessage: async () => 'delivered', countMessage: () => { throw new Error('canary +447700900123'); } });
  const answer = await broken.post(textMessage());
  await broken.close();
  expectProblem(answer, 500, 'internal');
  expect(answer.text).not.toContain('canary');
});

test('A12 no number, no word and no signature of all these requests is in the log', () => {
  const written = lines.join('');
  expect(lines.length).toBeGreaterThan(2_000);
  for (const canary of ['447700', 'purchase order', 'Jo Tester', 'canary', 'whatsapp:', 'evil.example', '483920',
    '=&', accountSid, 'theirs']) {
    expect(written).not.toContain(canary);
  }
  expect(written).not.toMatch(/[A-Za-z0-9+/]{27}=/);
});
