import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createTwilio } from '../../src/twilio/client';
import type { Twilio } from '../../src/twilio/client';
import type { FaultKind } from '../../src/domain/faults';
import { classOf } from '../../src/twilio/errorTable';
import { sendMessage } from '../../src/twilio/sendMessage';
import { faultOf, leaks } from '../ports/leaks';
import { account, closeSimulations, listenOnFreePort, sdk as bareSdk } from '../support/simulation';

const number = '+4915112345678';
const code = '48392017';
const words = `Contoso: ${code} is your code`;
const { sid: accountSid, apiKeySid, apiKeySecret } = account;
const secrets = [number, code, words, apiKeySid, apiKeySecret, Buffer.from(`${apiKeySid}:${apiKeySecret}`).toString('base64')];

type Answer = (res: ServerResponse, heard: string) => unknown;

let requests = 0;

/** A provider that does as it is told; `heard` is all that a careless one could repeat. */
async function provider(answer: Answer, timeoutMs?: number): Promise<Twilio> {
  requests = 0;
  const url = await listenOnFreePort(createServer((req, res) => {
    requests += 1;
    void bodyOf(req).then((body) => answer(res, `${req.headers.authorization} ${decodeURIComponent(body)}`));
  }));
  return clientOf(url, timeoutMs);
}

const clientOf = (apiUrl: string, timeoutMs?: number) =>
  createTwilio({ accountSid, apiKeySid, apiKeySecret, apiUrl, ...(timeoutMs === undefined ? {} : { timeoutMs }) });

const send = (twilio: Twilio) => sendMessage(twilio, { to: number, from: '+14155550100', body: words });

const json = (status: number, body: object, headers: Record<string, string> = {}): Answer => (res, heard) =>
  res.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify({ message: heard, details: { heard }, ...body }));
const html = (status: number): Answer => (res, heard) =>
  res.writeHead(status, { 'Content-Type': 'text/html' }).end(`<html><h1>${status}</h1>${heard}</html>`);

afterEach(closeSimulations);

describe('a failure of Twilio', () => {
  const failures: readonly [string, Answer, FaultKind, string][] = [
    ['400 with a number of an error that nobody knows', json(400, { code: 29999 }), 'refused', '29999'],
    ['400 without a number', json(400, {}), 'refused', 'http 400'],
    ['400 with a number that is a word', json(400, { code }), 'refused', 'http 400'],
    ['400 with a number that is a code', json(400, { code: Number(code) }), 'refused', 'http 400'],
    ['401', json(401, { code: 20003 }), 'misconfigured', '20003'],
    ['403', json(403, { code: 20403 }), 'misconfigured', '20403'],
    ['404', json(404, { code: 20404 }), 'misconfigured', '20404'],
    ['404 of a proxy', html(404), 'misconfigured', 'http 404'],
    ['429', json(429, { code: 20429 }), 'throttled', '20429'],
    ['429 of a proxy', html(429), 'throttled', 'http 429'],
    ['500 with HTML', html(500), 'unavailable', 'http 500'],
    ['503', json(503, { code: 20503 }), 'unavailable', '20503'],
    ['an RFC 9457 problem', json(400, { type: 'about:blank', title: words, status: 400, code: 29998, detail: words }), 'refused', '29998'],
    ['null', (res) => res.writeHead(400, { 'Content-Type': 'application/json' }).end('null'), 'refused', 'http 400'],
    ['success that is HTML', html(201), 'unavailable', 'unreadable answer'],
    ['success without an id', json(201, {}), 'unavailable', 'unreadable answer'],
    ['success with another id', json(201, { sid: words }), 'unavailable', 'unreadable answer'],
    ['success that is empty', (res) => res.writeHead(201).end(), 'unavailable', 'unreadable answer'],
    ['a reset after the request', (res) => res.destroy(), 'unavailable', 'ECONNRESET'],
    ['a reset in the middle of the answer', (res, heard) => {
      res.writeHead(201, { 'Content-Length': '5000', 'Content-Type': 'application/json' }).write(heard, () => res.destroy());
    }, 'unavailable', 'ERR_BAD_RESPONSE'],
    ['an answer of 5 MB', (res, heard) => res.writeHead(201).end(heard.repeat(5_000_000 / heard.length)), 'unavailable', 'ERR_BAD_RESPONSE'],
  ];

  it.each(failures)('%s shows nothing but a stable number', async (_, answer, kind, stable) => {
    const fault = await faultOf(send(await provider(answer)), kind, secrets);
    expect(fault).toMatchObject({ dependency: 'twilio', code: stable });
    expect(requests).toBe(1);
  });

  it('would be noticed if it showed more: the SDK\'s own error shows the secret, the number and the code', async () => {
    const url = await listenOnFreePort(createServer((req) => req.socket.destroy()));
    const error: unknown = await bareSdk(url).messages.create({ to: number, from: '+1', body: words }).catch((thrown: unknown) => thrown);
    expect(leaks(error, secrets)).toEqual(expect.arrayContaining([number, code, secrets.at(-1)]));
  });

  it('a refused connection shows nothing but its name', async () => {
    expect(await faultOf(send(clientOf('http://127.0.0.1:1')), 'unavailable', secrets)).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('silence is given up', async () => {
    expect(await faultOf(send(await provider(() => undefined, 200)), 'unavailable', secrets)).toMatchObject({ code: 'timeout' });
  });

  it('an answer that trickles in for ever is given up', async () => {
    const trickling = await provider(async (res) => {
      res.writeHead(201);
      while (!res.destroyed) {
        res.write(' ');
        await delay(20);
      }
    }, 300);
    expect(await faultOf(send(trickling), 'unavailable', secrets)).toMatchObject({ code: 'timeout' });
  });

  it('is not followed to another place, where the credentials would go too', async () => {
    let elsewhere = 0;
    const other = await listenOnFreePort(createServer((_req, res) => {
      elsewhere += 1;
      res.end();
    }));
    for (const status of [301, 302, 307, 308]) {
      const redirecting = await provider((res) => res.writeHead(status, { Location: other }).end());
      await faultOf(send(redirecting), 'misconfigured', secrets);
      await faultOf(redirecting.call((sdk) => sdk.messages(`SM${'0'.repeat(32)}`).fetch()), 'misconfigured', secrets);
    }
    expect(elsewhere).toBe(0);
  });

  it('says how long to wait when Twilio does, and never tries again by itself', async () => {
    const throttling = await provider(json(429, { code: 20429 }, { 'Retry-After': '7' }));
    expect((await faultOf(send(throttling), 'throttled', secrets)).retryAfterMs).toBe(7_000);
    const down = await provider(json(503, {}, { 'Retry-After': '120' }));
    expect((await faultOf(send(down), 'unavailable', secrets)).retryAfterMs).toBe(120_000);
    expect(requests).toBe(1);
  });

  it('asks for a minute of patience when a queue is full or a recipient has had enough', async () => {
    const full = await provider(json(429, { code: 21611 }, { 'Retry-After': '1' }));
    expect((await faultOf(send(full), 'throttled', secrets)).retryAfterMs).toBe(60_000);
  });

  it('of the SDK itself shows nothing either', async () => {
    const twilio = await provider(json(200, {}));
    const bug = twilio.call(() => Promise.reject(Object.assign(new Error(words), { config: { data: words } })));
    expect(await faultOf(bug, 'refused', secrets)).toMatchObject({ code: 'sdk' });
    await faultOf(twilio.call((sdk) => sdk.messages.create({} as never)), 'refused', secrets);
  });
});

describe('what a number of Twilio\'s means', () => {
  it.each([
    21211, 21214, 21217, 21612, 21614, 30003, 30005, 30006, 63003, 63024, 21610, 30004, 63014, 63032, 63049, 63016,
    21408, 21215, 30450, 60410, 21608, 63015,
  ])('%i: this recipient is not reached', async (number) => {
    expect(await send(await provider(json(400, { code: number })))).toEqual({ outcome: 'undeliverable', code: String(number), class: classOf(number) });
  });

  it.each([
    [20429, 'throttled'], [63018, 'throttled'], [30001, 'throttled'], [20500, 'unavailable'], [63010, 'unavailable'],
    [30007, 'refused'], [63013, 'refused'], [21606, 'misconfigured'], [63007, 'misconfigured'], [21617, 'misconfigured'],
    [30002, 'misconfigured'], [63051, 'misconfigured'],
  ] as const)('%i: %s', async (number, kind) => {
    await faultOf(send(await provider(json(400, { code: number }))), kind, secrets);
  });
});

describe('the client', () => {
  const accepted = json(201, { sid: `SM${'0d'.repeat(16)}` });

  it('keeps no request and no answer', async () => {
    const twilio = await provider(accepted);
    expect(await send(twilio)).toMatchObject({ outcome: 'accepted' });
    const kept = await twilio.call(async (sdk) => sdk.httpClient);
    expect(leaks((kept as { value: unknown }).value, secrets)).toEqual([]);
    expect(leaks(twilio, secrets)).toEqual([]);
  });

  it('prints nothing, not even when it is told to', async () => {
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) => jest.spyOn(console, name).mockReturnValue());
    const twilio = await provider(accepted);
    await twilio.call(async (sdk) => {
      sdk.logLevel = 'debug';
      sdk.opts!.logLevel = 'debug';
    });
    await send(twilio);
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
    jest.restoreAllMocks();
  });

  it('talks to nobody but Twilio, and in production only encrypted', async () => {
    const twilio = createTwilio({ accountSid, apiKeySid, apiKeySecret });
    for (const uri of ['http://api.twilio.com/x', 'https://api.twilio.com.example.com/x', 'https://example.com/x', 'https://twilio.com@example.com/x']) {
      const call = twilio.call((sdk) => sdk.request({ method: 'get', uri }));
      expect(await faultOf(call, 'misconfigured', secrets)).toMatchObject({ code: 'host' });
    }
  });

  it('sends every product to the one origin that development names', async () => {
    const twilio = await provider(json(200, { sid: 'x' }));
    for (const uri of ['https://verify.twilio.com/v2/x?y=1', 'https://messaging.twilio.com//example.com/v2']) {
      expect(await twilio.call((sdk) => sdk.request({ method: 'get', uri }))).toMatchObject({ outcome: 'done' });
    }
    expect(requests).toBe(1 + 1);
  });

  it('tells errors by number, so that two of them at once are not mixed up', async () => {
    const twilio = await provider((res, heard) => json(heard.includes('one') ? 429 : 500, {})(res, heard));
    const both = await Promise.allSettled(['one', 'two'].map((body) => sendMessage(twilio, { to: number, from: '+1', body })));
    expect(both.map((one) => (one as PromiseRejectedResult).reason.kind)).toEqual(['throttled', 'unavailable']);
  });
});

async function bodyOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
