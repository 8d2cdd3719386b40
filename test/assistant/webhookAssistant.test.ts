import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import type { Turn } from '../../src/assistant/assistant';
import { createWebhookAssistant } from '../../src/assistant/webhookAssistant';
import { describeAssistant } from '../ports/assistant.suite';
import type { AssistantMood } from '../ports/assistant.suite';
import { faultOf, leaks } from '../ports/leaks';
import { moodsOf } from './stand/moods';
import { bodyOf, listen as listenOnce } from './stand/server';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const turn: Turn = {
  turnId: 'turn-1', conversationId: 'c-1', subject: 's-1', verifiedAt: new Date('2026-01-01T08:00:00Z'), assurance: 'standard',
  locale: 'en', text: 'hello 4500000001',
};
const patience = () => new AbortController().signal;

const json = (res: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}) =>
  void res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const said = (...texts: string[]) => ({ replies: texts.map((text) => ({ text })), end_turn: true });

const body = (...texts: string[]) => JSON.stringify(said(...texts));
const play = moodsOf({
  type: 'application/json', said: body, misshapen: JSON.stringify({ replies: [{ text: 1 }], end_turn: true }) });

const toClose: (() => Promise<unknown>)[] = [];
afterEach(async () => { for (const close of toClose.splice(0)) await close(); });

describeAssistant('A webhook', async () => {
  let mood: AssistantMood = { says: ['hello'] };
  let stray = 0;
  let headers: IncomingMessage['headers'] = {};
  const turns: { turn: Turn; key: string | undefined }[] = [];
  const elsewhere = await listen((_req, res) => {
    stray += 1;
    json(res, said('stray'));
  });
  const url = await listen((req, res) => {
    void bodyOf(req).then((body) => {
      ({ headers } = req);
      new Webhook(secret).verify(body, req.headers as Record<string, string>);
      const { turn_id, conversation_id, verified_at, ...rest } = JSON.parse(body) as Record<string, string>;
      const key = req.headers['idempotency-key'] as string | undefined;
      const verifiedAt = new Date(verified_at!);
      turns.push({ turn: { turnId: turn_id!, conversationId: conversation_id!, verifiedAt, ...rest } as unknown as Turn, key });
      if (typeof mood === 'object') {
        const stepUp = mood.stepUp === undefined ? {} : { step_up: mood.stepUp };
        const replies = mood.replies === undefined ? {} : { replies: mood.replies };
        return json(res, { ...said(...mood.says), end_turn: mood.endTurn ?? true, ...stepUp, ...replies });
      }
      return play(mood, res, body, elsewhere);
    });
  });
  const [patient, impatient] = [undefined, 300].map((timeoutMs) => createWebhookAssistant({
    url: `${url}/turns?key=url-secret`, secret, production: false, ...(timeoutMs === undefined ? {} : { timeoutMs }) }));
  return {
    // Nobody waits for a silence to end, and nobody is cut off because the machine is busy.
    assistant: { answer: (turn, signal) => (mood === 'silent' || mood === 'trickling' ? impatient! : patient!).answer(turn, signal) },
    turns, headers: () => headers, pushes: true, seesToken: true, keepsToContract: true, strayRequests: () => stray,
    secrets: [secret, secret.slice(6), 'url-secret'],
    set: (next) => { mood = next; },
    close: async () => { for (const close of toClose.splice(0)) await close(); },
  };
});

describe('a turn on its way to a webhook', () => {
  it('is exactly the JSON that was agreed on, signed, with nothing else about anybody', async () => {
    const seen: { headers: IncomingMessage['headers']; body: string; method: string | undefined }[] = [];
    const url = await listen((req, res) => {
      void bodyOf(req).then((body) => {
        seen.push({ headers: req.headers, body, method: req.method });
        json(res, said());
      });
    });
    await createWebhookAssistant({ url, secret, production: false }).answer(turn, patience());
    const [{ headers, body, method }] = seen as [(typeof seen)[0]];
    expect(method).toBe('POST');
    expect(body).toBe('{"turn_id":"turn-1","conversation_id":"c-1","subject":"s-1","verified_at":"2026-01-01T08:00:00.000Z",'
      + '"assurance":"standard","locale":"en","text":"hello 4500000001"}');
    expect(headers).toMatchObject({
      'content-type': 'application/json', 'webhook-id': 'turn-1', 'idempotency-key': 'turn-1',
      'webhook-timestamp': expect.stringMatching(/^\d{10}$/), 'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
    });
    const another = new Webhook(`whsec_${Buffer.alloc(32, 8).toString('base64')}`);
    expect(() => another.verify(body, headers as Record<string, string>)).toThrow();
    expect(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>)).toThrow();
  });

  it('of 100 MB in answer is cut off after 256 KiB', async () => {
    let sentBytes = 0;
    const url = await listen((_req, res) => {
      void play('endless', res, '', '');
      res.on('close', () => { sentBytes = res.socket?.bytesWritten ?? sentBytes; });
    });
    const before = process.memoryUsage().arrayBuffers;
    await faultOf(createWebhookAssistant({ url, secret, production: false }).answer(turn, patience()), 'refused', [turn.text]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30_000_000);
    expect(sentBytes).toBeLessThan(20_000_000);
  });

  it.each([
    'application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON ;charset=UTF-8'])('is answered in %j', async (type) => {
    const url = await listen((_req, res) => void res.writeHead(200, { 'content-type': type }).end(JSON.stringify(said('yes'))));
    const assistant = createWebhookAssistant({ url, secret, production: false });
    expect(await assistant.answer(turn, patience())).toEqual({ replies: [{ text: 'yes' }], endTurn: true });
  });

  it('is answered by fields that were agreed on; others do no harm', async () => {
    const url = await listen((_req, res) => json(res, { ...said('yes'), debug: { subject: 'somebody else' }, __proto__: null }));
    const assistant = createWebhookAssistant({ url, secret, production: false });
    expect(await assistant.answer(turn, patience())).toEqual({ replies: [{ text: 'yes' }], endTurn: true });
  });

  it.each([
    ['no replies', { end_turn: true }], ['no end', { replies: [] }], ['an end that is a word', { replies: [], end_turn: 'true' }],
    ['replies that are one', { replies: { text: 'x' }, end_turn: true }], ['a reply that is a text', { replies: ['x'], end_turn: true }],
    ['a list', []], ['null', null], ['a number', 1],
  ])('cannot be answered by %s', async (_, body) => {
    const url = await listen((_req, res) => json(res, body));
    await faultOf(createWebhookAssistant({ url, secret, production: false }).answer(turn, patience()), 'refused', [turn.text]);
  });

  it('to a closed port is a fault with the name of the failure', async () => {
    const url = await listen(() => undefined);
    for (const close of toClose.splice(0)) await close();
    const assistant = createWebhookAssistant({ url, secret, production: false });
    const fault = await faultOf(assistant.answer(turn, patience()), 'unavailable', [turn.text, secret]);
    expect(fault.code).toBe('ECONNREFUSED');
  });

  it('keeps nothing', async () => {
    const url = await listen((_req, res) => json(res, said('yes')));
    const assistant = createWebhookAssistant({ url, secret, production: false });
    await assistant.answer(turn, patience());
    expect(leaks(assistant, [turn.text, secret])).toEqual([]);
  });
});

describe('the address of an assistant', () => {
  const make = (url: string, production = true) => () => createWebhookAssistant({ url, secret, production });

  it('is encrypted in production', () => {
    expect(make('https://assistant.example.com/turns')).not.toThrow();
    expect(make('http://assistant.example.com/turns')).toThrow(/must be an https: URL/);
    expect(make('http://127.0.0.1:3010/assistant', false)).not.toThrow();
  });

  it.each(['ftp://example.com', 'file:///etc/passwd', 'assistant', '', 'https://user:pass@example.com/'])('is not %j', (url) => {
    for (const production of [true, false]) {
      expect(make(url, production)).toThrow(/^the address of the assistant must/);
      expect(make(url, production)).not.toThrow(/pass@/);
    }
  });
});

async function listen(listener: RequestListener): Promise<string> {
  const { url, close } = await listenOnce(listener);
  toClose.push(close);
  return url;
}
