// Where requests of Doorman's own may go: to public addresses, and to those private ones that are configured (R63).
// The address is looked at when the connection is made, so that a name cannot lead elsewhere afterwards (A73).
import { lookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { Agent } from 'undici';

/** The code of the error that a refused connection ends with. */
export const privateAddressCode = 'EPRIVATEADDRESS';
/** The same to whoever has to mend it; never with the address. */
export const privateAddress = 'a private address that DOORMAN_PRIVATE_HOSTS does not name';

export interface EgressOptions {
  /** Hosts that may be at a private address, in lower case; `all` while developing. */
  readonly privateHosts: ReadonlySet<string> | 'all';
  /** Of tests: how names become addresses. */
  readonly resolve?: typeof lookup;
}

/** A fetch whose connections are guarded. Redirects are the caller's to refuse. */
export function createEgress({ privateHosts, resolve = lookup }: EgressOptions): typeof fetch {
  if (privateHosts === 'all') return fetch;
  const dispatcher = new Agent({ connect: { lookup: guardedLookup(privateHosts, resolve) }, allowH2: false });
  return (input, init) => {
    const { hostname } = new URL(input instanceof Request ? input.url : input);
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    // A literal address is connected to without being looked up.
    if (isIP(host) !== 0 && isPrivate(host) && !privateHosts.has(host)) return Promise.reject(refusal());
    // cast: the types of Node's own fetch know no dispatcher of the package
    return fetch(input, { ...init, dispatcher } as unknown as RequestInit);
  };
}

function guardedLookup(privateHosts: ReadonlySet<string>, resolve: typeof lookup): LookupFunction {
  return (hostname, options, callback) => {
    const all: LookupOptions & { all: true } = { ...options, all: true };
    resolve(hostname, all, (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => {
      if (error !== null) return callback(error, '');
      // All of them: whoever answers with one of each kind would be asked by either.
      const leadsInside = addresses.length === 0 || addresses.some(({ address }) => isPrivate(address));
      if (leadsInside && !privateHosts.has(hostname.toLowerCase())) return callback(refusal(), '');
      if (options.all === true) return callback(null, addresses);
      callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}

function refusal(): NodeJS.ErrnoException {
  return Object.assign(new Error(privateAddress), { code: privateAddressCode });
}

// IANA's registries of special-purpose addresses: whatever is not reachable from everywhere.
const closed = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12],
  ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15],
  ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4],
] as const) closed.addSubnet(network, bits, 'ipv4');
// Of IPv6, only 2000::/3 is given out; of that, documentation, tunnels and 6to4 lead elsewhere.
const open6 = new BlockList();
open6.addSubnet('2000::', 3, 'ipv6');
for (const [network, bits] of [['2001:db8::', 32], ['2001::', 32], ['2002::', 16]] as const) {
  closed.addSubnet(network, bits, 'ipv6');
}

/** Whether an IP address is none of the public ones; true for what is no address at all. */
export function isPrivate(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = (mapped ?? address).replace(/%.*$/, '');
  switch (isIP(plain)) {
    case 4: return closed.check(plain, 'ipv4');
    case 6: return !open6.check(plain, 'ipv6') || closed.check(plain, 'ipv6');
    default: return true;
  }
}
