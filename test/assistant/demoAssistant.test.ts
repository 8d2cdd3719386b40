import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { createPushReader } from '../../src/assistant/pushReader';
import type { Push } from '../../src/assistant/pushReader';
import { createDemoAssistant } from '../../src/assistant/demo/demoAssistant';
import { demoOrders, ownOrders } from '../../src/assistant/demo/demoOrders';
import { replyTo } from '../../src/assistant/demo/orderReplies';
import { createWebhookAssistant } from '../../src/assistant/webhookAssistant';
import { speakerRefused } from '../../src/domain/faults';
import { OutboundFault } from '../../src/outbound/outboundFault';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describe('the demo assistant', () => {
  it('answers about an order in two replies: how it stands, then what it holds', () => {
    expect(replyTo('What is the status of purchase order 4500000001?', 'en')).toEqual([
      'Purchase order 4500000001 from Northwind Office Supplies is approved. Delivery is planned for December 11, 2026.',
      'Items of 4500000001:\n- 12 × Standing desk 160 cm, €489.90\n- 12 × Desk chair, €312.45\nTotal: €9,628.20',
    ]);
  });

  it('speaks German to those who do', () => {
    expect(replyTo('Bestellung 4500000004?', 'de-AT').map((text) => text.replace(/\s/g, ' '))).toEqual([
      'Die Bestellung 4500000004 bei Tailspin Logistics ist geliefert. Geliefert wurde am 5. November 2026.',
      'Positionen von 4500000004: - 40 × Pallet, 17,20 £ Summe: 688,00 £',
    ]);
  });

  it.each([
    ['4500000099', 'en', ['I do not know order 4500000099.']],
    ['4599999999?', 'de', ['Die Bestellung 4599999999 kenne ich nicht.']],
    ['hello', 'en', [expect.stringMatching(/^Hello!/)]], ['Hallo', 'de', [expect.stringMatching(/^Guten Tag!/)]],
    ['help', 'fr', [expect.stringMatching(/^I know/)]], ['?', 'en', [expect.stringMatching(/^I know/)]],
    ['Danke!', 'de', ['Gern geschehen.']],
    ['where is my order', 'en', [expect.stringMatching(/^Which purchase order/)]],
    ['145000000011', 'en', [expect.stringMatching(/^Which purchase order/)]],
    ['45000000011', 'en', [expect.stringMatching(/^Which purchase order/)]], ['', 'en', [expect.stringMatching(/^Which/)]],
  ])('to %j in %s says %j', (text, locale, replies) => {
    expect(replyTo(text, locale)).toEqual(replies);
  });

  it('answers each order of a message once, and three at most', () => {
    expect(replyTo('4500000001, 4500000002 and 4500000001', 'en')).toHaveLength(4);
    expect(replyTo('4500000001 4500000002 4500000003 4500000004', 'en')).toHaveLength(6);
  });

  it('says the same each time, and never what it was told', () => {
    fc.assert(fc.property(fc.string({ maxLength: 80 }), fc.constantFrom('en', 'de', 'xx', ''), (text, locale) => {
      const said = replyTo(text, locale);
      expect(replyTo(text, locale)).toEqual(said);
      expect(said.length).toBeGreaterThan(0);
      if (text.trim().length > 12) expect(said.join('')).not.toContain(text);
    }));
  });
});

describe('the report of the demo assistant', () => {
  const toClose: (() => Promise<void>)[] = [];
  afterEach(async () => { for (const close of toClose.splice(0)) await close(); });

  async function listen(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    toClose.push(() => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const ask = (url: string, text: string) => createWebhookAssistant({ url, secret, production: false }).answer({
    turnId: 'SM1', conversationId: 'c', subject: 's', verifiedAt: new Date(), assurance: 'standard', locale: 'en', text,
  }, new AbortController().signal);

  /** A Doorman that only listens: it answers with these statuses, then with 202. */
  async function listening(statuses: number[] = []) {
    const pushed: Push[] = [];
    const events = new EventEmitter();
    const read = createPushReader(secret);
    const url = await listen((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        const header = (name: string) => String(req.headers[name]);
        const reading = read({
          id: header('webhook-id'), timestamp: header('webhook-timestamp'), signature: header('webhook-signature'),
        }, Buffer.concat(chunks));
        const status = reading.outcome === 'push' && req.url === `/assistant/turns/${reading.push.turnId}/replies`
          ? statuses.shift() ?? 202 : 403;
        res.writeHead(status).end();
        if (reading.outcome === 'push' && status < 500) pushed.push(reading.push);
        events.emit('push');
      });
    });
    const untilEnd = async () => { while (pushed.at(-1)?.endTurn !== true) await once(events, 'push'); };
    return { url, pushed, untilEnd };
  }

  it('is announced by 202 and comes in three pushes, the last of which ends the turn and offers a choice', async () => {
    const { url: doormanUrl, pushed, untilEnd } = await listening();
    const url = await listen(createDemoAssistant({ secret, doormanUrl, pauseMs: 1 }));
    expect(await ask(url, 'a report, please')).toEqual({ replies: [], endTurn: false });
    await untilEnd();
    expect(pushed.map(({ turnId, endTurn }) => [turnId, endTurn])).toEqual([['SM1', false], ['SM1', false], ['SM1', true]]);
    expect(pushed.map(({ replies: [reply] }) => reply!.text.split('\n')[0])).toEqual([
      'I am adding up 4 orders. This takes a moment.', 'All orders:', 'Which one do you want to know more about?']);
    expect(pushed[2]!.replies[0]!.choices).toEqual(demoOrders.map(({ number }) => number));
  });

  it('is pushed again under the same id while Doorman is down', async () => {
    const { url: doormanUrl, pushed, untilEnd } = await listening([503, 500]);
    const url = await listen(createDemoAssistant({ secret, doormanUrl, pauseMs: 1 }));
    await ask(url, 'Report');
    await untilEnd();
    expect(pushed.map(({ id }) => id)).toEqual(['SM1.0', 'SM1.1', 'SM1.2']);
  });

  it('is given at once by an assistant that does not know Doorman', async () => {
    const url = await listen(createDemoAssistant({ secret }));
    const { replies, endTurn } = await ask(url, 'Bericht');
    expect([replies.length, endTurn]).toEqual([3, true]);
  });

  it('does not go before an order that is asked about', async () => {
    const url = await listen(createDemoAssistant({ secret }));
    expect((await ask(url, 'report on 4500000001')).replies[0]!.text).toMatch(/^Purchase order 4500000001/);
  });
});

describe('the demo assistant on the wire', () => {
  let url = '';
  const server = createServer(createDemoAssistant({ secret }));
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/assistant`;
  });
  afterAll(() => new Promise((resolve) => {
    server.closeAllConnections();
    server.close(resolve);
  }));

  const verifiedAt = new Date('2026-01-01T08:00:00Z');
  const turn = {
    turn_id: 't', conversation_id: 'c', subject: 's', verified_at: verifiedAt, assurance: 'standard', locale: 'en', text: '4500000001' };
  const post = async (body: string, { key = secret, at = new Date(), signed = body } = {}) => fetch(url, {
    method: 'POST', body,
    headers: {
      'content-type': 'application/json', 'webhook-id': 't', 'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(key).sign('t', at, signed),
    },
  });

  it('understands Doorman', async () => {
    const assistant = createWebhookAssistant({ url, secret, production: false });
    const answer = await assistant.answer({
      turnId: 't', conversationId: 'c', subject: 's', verifiedAt, assurance: 'standard', locale: 'en', text: 'status of 4500000003',
    }, new AbortController().signal);
    expect(answer).toEqual({
      endTurn: true, replies: [{ text: expect.stringMatching(/is ordered/) }, { text: expect.stringMatching(/\$4,121\.58$/) }] });
  });

  it('answers nobody else', async () => {
    const body = JSON.stringify(turn);
    const statuses = [
      await post(body), await post(body, { key: `whsec_${Buffer.alloc(32, 8).toString('base64')}` }),
      await post(body, { at: new Date(Date.now() - 3_600_000) }), await post(body, { signed: `${body} ` }),
      await fetch(url, { method: 'POST', body }), await fetch(url),
      await post('{'), await post(JSON.stringify({ ...turn, text: 1 })), await post('x'.repeat(300_000)),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 403, 403, 403, 403, 405, 400, 400, 413]);
  });
});

describe('orders that are asked for in the speaker\'s name', () => {
  it.each([['refused', 401], ['unreachable', 503]] as const)('that are %s are a %i: only the former is about the token', async (kind, status) => {
    const find = () => Promise.reject(new OutboundFault(kind, 'canary'));
    const server = createServer(createDemoAssistant({ secret, orders: { ...ownOrders, find } }));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/assistant`;
    const thrown = await createWebhookAssistant({ url, secret, production: false }).answer({
      turnId: 't', conversationId: 'c', subject: 's', verifiedAt: new Date(), assurance: 'standard', locale: 'en',
      text: '4500000001', authorization: 'Bearer hers',
    }, new AbortController().signal).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ name: 'Fault', code: status === 401 ? speakerRefused : 'http 503' });
    server.closeAllConnections();
    server.close();
  });
});

describe('a release', () => {
  const released: string[] = [];
  const orders = {
    ...ownOrders, release: (number: string) => Promise.resolve(released.push(number) > 0),
  };
  const say = async (text: string, verifiedAt: Date, turnId = 't') => {
    const server = createServer(createDemoAssistant({ secret, orders: { ...orders } })).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // cast: it listens on a port
    const body = JSON.stringify({
      turn_id: turnId, conversation_id: 'c', subject: 's', verified_at: verifiedAt, assurance: 'standard', locale: 'en', text,
    });
    const at = new Date();
    const headers = {
      'webhook-id': turnId, 'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign(turnId, at, body),
    };
    const said = [];
    for (let times = 0; times < 2; times += 1) said.push(await (await fetch(url, { method: 'POST', body, headers })).json());
    server.closeAllConnections();
    server.close();
    return said;
  };
  beforeEach(() => { released.length = 0; });

  it('asks for a fresh proof first, and names what it is for', async () => {
    const [answer] = await say('release 4500000002', new Date(Date.now() - 6 * 60_000));
    expect(answer).toEqual({ replies: [], end_turn: true, step_up: { action: 'Release purchase order 4500000002' } });
    expect(released).toEqual([]);
  });

  it('is done once, however often the turn comes', async () => {
    const done = { replies: [{ text: 'Purchase order 4500000002 is released.' }], end_turn: true };
    expect(await say('please release order 4500000002', new Date())).toEqual([done, done]);
    expect(released).toEqual(['4500000002']);
  });

  it('of what does not wait for one, or is not there, does nothing', async () => {
    const [first] = await say('release 4500000001', new Date());
    expect(first).toEqual({ replies: [{ text: 'There is nothing to release in order 4500000001.' }], end_turn: true });
    const [second] = await say('release 4500000099', new Date(0));
    expect(second).toEqual({ replies: [{ text: 'I do not know order 4500000099.' }], end_turn: true });
    expect(released).toEqual([]);
  });
});
