// The demonstration's way to S/4HANA, against the local one over HTTP.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { demoOrders } from '../../../src/assistant/demo/demoOrders';
import { createS4Orders } from '../../../src/assistant/demo/s4/s4Orders';
import type { S4Options } from '../../../src/assistant/demo/s4/s4Orders';
import { createS4 } from '../../../src/simulator/s4/s4';
import type { S4 } from '../../../src/simulator/s4/s4';

const accountsToken = 'accounts-of-the-company';
const technical = { user: 'DOORMAN', password: 'for-tests-only' };
let clock = Date.now();
let s4: S4;
let server: Server;
let url = '';

beforeEach(async () => {
  clock = Date.now();
  s4 = createS4({ accountsToken, technical, now: () => clock });
  server = createServer(express().use(s4.router)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // cast: it listens on a port
});
afterEach(() => new Promise((resolve) => {
  server.closeAllConnections();
  server.close(resolve);
}));

const orders = (options: Partial<S4Options> = {}) =>
  createS4Orders({ url, auth: { kind: 'perUser' }, allowInsecure: true, timeoutMs: 30_000, ...options });

async function tokenOf(email: string): Promise<string> {
  const answer = await fetch(`${url}/accounts/tokens`, {
    method: 'POST', body: JSON.stringify({ email }),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${accountsToken}` },
  });
  const { token } = await answer.json() as { token: string }; // cast: as the service answers
  return `Bearer ${token}`;
}

const as = async (name: string) => ({ subject: 's', authorization: await tokenOf(`${name}@example.com`) });
const asTechnical = (userOf: (subject: string) => string | undefined): Partial<S4Options> =>
  ({ auth: { kind: 'technical', ...technical, userOf: ({ subject }) => Promise.resolve(userOf(subject)) } });

describe.each(['v4', 'v2'] as const)('an order by API %s', (api) => {
  it('is the same as the demonstration tells it', async () => {
    const maya = await as('maya.lindqvist');
    for (const known of demoOrders) expect(await orders({ api }).find(known.number, maya)).toEqual(known);
  });

  it('is reckoned by the unit that is priced, in a currency without parts', async () => {
    const order = await orders({ api }).find('4500000005', await as('claire.marchand'));
    expect(order).toMatchObject({ total: '93750', currency: 'JPY', status: 'ordered', deliveryDate: '2027-02-01' });
  });

  it('of another organisation is unknown, just as one that does not exist', async () => {
    const maya = await as('maya.lindqvist');
    expect(await orders({ api }).find('4500000005', maya)).toBeUndefined();
    const [forbidden] = s4.requests.splice(0);
    expect(await orders({ api }).find('4500000099', maya)).toBeUndefined();
    expect(s4.requests).toEqual([forbidden!.replaceAll('4500000005', '4500000099')]);
  });

  it('is listed for those who may see it', async () => {
    const numbers = async (name: string) => (await orders({ api }).list(await as(name))).map(({ number }) => number);
    expect(await numbers('maya.lindqvist')).toEqual(demoOrders.map(({ number }) => number));
    expect(await numbers('claire.marchand')).toHaveLength(5);
  });

  it('that a technical user reads is told to its creator and its requisitioners alone', async () => {
    const maya = orders({ api, ...asTechnical(() => 'MLINDQVIST') });
    expect(await maya.find('4500000001', { subject: 's' })).toEqual(demoOrders[0]);
    s4.requests.splice(0);
    expect(await maya.find('4500000003', { subject: 's' })).toBeUndefined();
    const [foreign] = s4.requests.splice(0);
    expect(await maya.find('4500000099', { subject: 's' })).toBeUndefined();
    expect(s4.requests).toEqual([foreign!.replaceAll('4500000003', '4500000099')]);
    expect((await maya.list({ subject: 's' })).map(({ number }) => number)).toEqual(['4500000001', '4500000002']);
  });

  it('is nobody\'s whose user is not known, and no name is a filter', async () => {
    for (const user of [undefined, '', '\' or \'1\' eq \'1', 'a b', 'toolongforauser']) {
      const theirs = orders({ api, ...asTechnical(() => user) });
      expect(await theirs.find('4500000001', { subject: 's' })).toBeUndefined();
      expect(await theirs.list({ subject: 's' })).toEqual([]);
    }
  });

  it.each(['\')/x', '45000000010', '450000000', '../4500000001', '4500000001\')?$expand=x', ''])(
    'is not asked for by %j', async (number) => {
      expect(await orders({ api }).find(number, await as('maya.lindqvist'))).toBeUndefined();
      expect(s4.requests).toEqual([]);
    });
});

describe('S/4HANA', () => {
  it('is not asked for somebody without a token of their own', async () => {
    expect(await orders().find('4500000001', { subject: 's' })).toBeUndefined();
    expect(s4.requests).toEqual([]);
  });

  it.each([
    ['unauthorised', 'refused'], ['throttled', 'unreachable'], ['broken', 'unreachable'], ['html', 'untrustworthy'],
    ['huge', 'untrustworthy'], ['elsewhere', 'untrustworthy'],
  ] as const)('that is %s fails as %s, and says nothing of what it answered', async (mode, kind) => {
    const maya = await as('maya.lindqvist');
    s4.mode = mode;
    const error: unknown = await orders().find('4500000001', maya).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind });
    expect(String(error)).not.toMatch(/x{9}|Log on|169\.254|Bearer|4500000001/);
  });

  it('that is slow is given up', async () => {
    const maya = await as('maya.lindqvist');
    s4.mode = 'slow';
    await expect(orders({ timeoutMs: 50 }).find('4500000001', maya)).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it('takes no token that has run out', async () => {
    const maya = await as('maya.lindqvist');
    clock += 16 * 60_000;
    await expect(orders().find('4500000001', maya)).rejects.toMatchObject({ kind: 'refused' });
  });

  it('is not asked without TLS, unless that is wanted', () => {
    expect(() => createS4Orders({ url, auth: { kind: 'perUser' } })).toThrow(/https/);
  });

  it('is not understood when it answers as its other version does', async () => {
    const maya = await as('maya.lindqvist');
    const askOther: typeof fetch = (input, init) => fetch(
      String(input).replace(/odata4.*PurchaseOrder\(('\d+')\).*/, 'odata/sap/API_PURCHASEORDER_PROCESS_SRV/A_PurchaseOrder($1)'), init);
    await expect(orders({ fetch: askOther }).find('4500000001', maya)).rejects.toMatchObject({ kind: 'untrustworthy' });
  });

  it('is not understood when decimals may have lost digits', async () => {
    const maya = await as('maya.lindqvist');
    const asNumbers: typeof fetch = (input, init) => fetch(input, { ...init, headers: { ...init?.headers, accept: 'application/json' } });
    await expect(orders({ fetch: asNumbers }).find('4500000001', maya)).rejects.toMatchObject({ kind: 'untrustworthy' });
  });
});
