// Where Doorman's own requests may go: real connections to this computer, whose addresses are private.
import type { lookup } from 'node:dns';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { createEgress, isPrivate, privateAddressCode } from '../../src/outbound/egress';

let server: Server;
let origin: string;
let connections = 0;

beforeAll(async () => {
  server = createServer((_request, response) => { response.end('inside'); });
  server.on('connection', () => { connections += 1; });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `127.0.0.1:${(server.address() as AddressInfo).port}`; // cast: it listens on a port
});
afterAll(() => { server.close(); });
beforeEach(() => { connections = 0; });

const port = () => origin.split(':')[1];

/** Names become these addresses, one set after the other. */
function resolving(...answers: string[][]): typeof lookup {
  const left = [...answers];
  const resolve = (_name: string, _options: object, callback: (error: null, found: object[]) => void) => {
    const addresses = left.length > 1 ? left.shift()! : left[0]!;
    callback(null, addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  };
  return resolve as unknown as typeof lookup; // cast: of its many forms only this one is used
}

/** The code that a request to `url` ends with. */
async function codeOf(get: typeof fetch, url: string): Promise<unknown> {
  const error: unknown = await get(url).then(() => undefined, (thrown: unknown) => thrown);
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } }; // cast: whatever was thrown
  return cause?.code ?? code;
}

describe('A73 a request of ours', () => {
  test.each([
    ['to a literal private address', () => `http://${origin}/`],
    ['to one written as a number', () => `http://2130706433:${port()}/`],
    ['to one written in hex', () => `http://0x7f000001:${port()}/`],
    ['to one written in IPv6', () => `http://[::ffff:127.0.0.1]:${port()}/`],
    ['to this computer by name', () => `http://localhost:${port()}/`],
    ['to the metadata of a cloud', () => 'http://169.254.169.254/latest/meta-data/'],
  ])('makes no connection %s', async (_what, url) => {
    const get = createEgress({ privateHosts: new Set() });
    expect(await codeOf(get, url())).toBe(privateAddressCode);
    expect(connections).toBe(0);
  });

  test('makes no connection where a public name leads inside, be it by one of its addresses', async () => {
    const inside = createEgress({ privateHosts: new Set(), resolve: resolving(['127.0.0.1']) });
    const both = createEgress({ privateHosts: new Set(), resolve: resolving(['127.0.0.1', '93.184.216.34']) });
    expect(await codeOf(inside, `http://assistant.example.com:${port()}/`)).toBe(privateAddressCode);
    expect(await codeOf(both, `http://assistant.example.com:${port()}/`)).toBe(privateAddressCode);
    expect(connections).toBe(0);
  });

  test('is checked at the connection, so that a name which changes its mind is caught', async () => {
    const get = createEgress({ privateHosts: new Set(), resolve: resolving(['127.0.0.1'], ['127.0.0.1']) });
    expect(await codeOf(get, `http://rebinding.example.com:${port()}/`)).toBe(privateAddressCode);
    expect(connections).toBe(0);
  });

  test('reaches a private host that is configured, and no other by the same address', async () => {
    const get = createEgress({
      privateHosts: new Set(['assistant.internal', '127.0.0.1']), resolve: resolving(['127.0.0.1']),
    });
    expect(await (await get(`http://assistant.internal:${port()}/`)).text()).toBe('inside');
    expect(await (await get(`http://Assistant.INTERNAL:${port()}/`)).text()).toBe('inside');
    expect(await (await get(`http://${origin}/`)).text()).toBe('inside');
    expect(await codeOf(get, `http://other.internal:${port()}/`)).toBe(privateAddressCode);
  });

  test('reaches everything while developing', async () => {
    expect(await (await createEgress({ privateHosts: 'all' })(`http://${origin}/`)).text()).toBe('inside');
  });
});

describe('an address', () => {
  test.each([
    '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '127.0.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0',
    '255.255.255.255', '224.0.0.1', '::1', '::', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd12:3456::1', '::ffff:10.0.0.1',
    '::ffff:0a00:0001', '::10.0.0.1', '64:ff9b::a00:1', '2002:0a00:0001::', '2001:db8::1', 'ff02::1', '', 'localhost', '1.2.3',
  ])('%s is private, or none', (address) => {
    expect(isPrivate(address)).toBe(true);
  });

  test.each(['8.8.8.8', '93.184.216.34', '172.32.0.1', '192.169.0.1', '2606:2800:220:1::1', '::ffff:8.8.8.8'])(
    '%s is public', (address) => {
      expect(isPrivate(address)).toBe(false);
    });

  test('of a private network stays private, however it is mapped into IPv6', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(fc.property(fc.constantFrom('10', '127'), octet, octet, octet, (first, ...rest) => {
      const address = [first, ...rest].join('.');
      expect(isPrivate(address)).toBe(true);
      expect(isPrivate(`::ffff:${address}`)).toBe(true);
    }));
  });
});
