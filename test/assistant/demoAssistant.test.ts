import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { createDemoAssistant, replyTo } from '../../src/assistant/demo/demoAssistant';
import { orderTotal, purchaseOrders } from '../../src/assistant/demo/purchaseOrders';
import { createWebhookAssistant } from '../../src/assistant/webhookAssistant';

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

  it('adds money without losing a cent', () => {
    expect(purchaseOrders.map(orderTotal)).toEqual(['9628.20', '657.30', '4121.58', '688.00']);
    const items = [{ name: 'x', quantity: 3, price: '0.10' }, { name: 'y', quantity: 1, price: '9007199254740993.01' }];
    expect(orderTotal({ ...purchaseOrders[0]!, items })).toBe('9007199254740993.31');
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
      endTurn: true, replies: [{ text: expect.stringMatching(/on its way/) }, { text: expect.stringMatching(/\$4,121\.58$/) }] });
  });

  it('answers nobody else', async () => {
    const body = JSON.stringify(turn);
    const statuses = [
      await post(body), await post(body, { key: `whsec_${Buffer.alloc(32, 8).toString('base64')}` }),
      await post(body, { at: new Date(Date.now() - 3_600_000) }), await post(body, { signed: `${body} ` }),
      await fetch(url, { method: 'POST', body }), await fetch(url),
      await post('{'), await post(JSON.stringify({ ...turn, text: 1 })), await post('x'.repeat(300_000)),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 401, 401, 401, 401, 405, 400, 400, 413]);
  });
});
