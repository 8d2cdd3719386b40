// One connection to an LDAP server: secured, bound, asked page by page, and closed whatever happens.
import * as net from 'node:net';
import * as tls from 'node:tls';
import { Client, Control, PagedResultsControl, SearchResponse } from 'ldapts';
import type { BerWriter, Entry, Filter, MessageParser, SearchOptions, SearchResult } from 'ldapts';
import { FeedFault } from '../feedFault';
import { ldapFault } from './ldapFaults';
import { isSecure } from './ldapSettings';
import type { LdapSettings } from './ldapSettings';

export interface LdapPage {
  readonly entries: readonly Entry[];
  /** Whether a part of the tree is elsewhere, where it is not followed: the password is for this server. */
  readonly pointsElsewhere: boolean;
  readonly isLast: boolean;
}

export interface LdapSearch {
  readonly filter: Filter;
  readonly attributes: readonly string[];
  /** Of these, the ones that are bytes and no text. */
  readonly binary: readonly string[];
}

export interface LdapConnection {
  /** One entry by its DN, '' for what the server says of itself; undefined when it is not to be seen. */
  readEntry(dn: string, attributes: readonly string[], binary?: readonly string[]): Promise<Entry | undefined>;
  /** Everything below the base that the filter finds. */
  pages(search: LdapSearch): AsyncGenerator<LdapPage, void>;
  close(): Promise<void>;
}

/** Throws a FeedFault when there is no way in. */
export async function openConnection(settings: LdapSettings): Promise<LdapConnection> {
  const { url, startTls, bindDn, password } = settings;
  const sockets: net.Socket[] = [];
  const client = createClient(settings, sockets);
  const cookies = watchCookies(client);
  const isAlive = () => client.isBound && sockets.every((socket) => !socket.destroyed);
  const close = async () => {
    if (isAlive()) await client.unbind().catch(() => undefined);
    for (const socket of sockets) socket.destroy();
  };
  const search = async (base: string, options: SearchOptions, controls: Control[] = []): Promise<SearchResult> => {
    // On a TLS connection of StartTLS that has ended, ldapts would wait for an answer.
    if (!isAlive()) throw new FeedFault('unreachable', 'reading: the server hung up');
    return client.search(base, { timeLimit: Math.ceil(settings.answerSeconds), ...options }, controls);
  };
  try {
    if (startTls && !isSecure(url)) await secure(client, settings, sockets);
    await client.bind(bindDn, password);
  } catch (error) {
    await close();
    throw ldapFault(error, 'connecting');
  }
  return {
    close,
    async readEntry(dn, attributes, binary = []) {
      const asked = { attributes: [...attributes], explicitBufferAttributes: [...binary] };
      try {
        return (await search(dn, { scope: 'base', ...asked })).searchEntries[0];
      } catch (error) {
        const fault = ldapFault(error, 'asking the server about itself');
        if (fault.kind === 'unreachable') throw fault;
        return undefined;
      }
    },
    async* pages({ filter, attributes, binary }) {
      const { base, scope, pageSize } = settings;
      const options = { scope, filter, attributes: [...attributes], explicitBufferAttributes: [...binary] };
      let cookie: Buffer = Buffer.alloc(0);
      do {
        const result = await search(base, options, [new PageControl(pageSize, cookie)])
          .catch((error: unknown) => { throw ldapFault(error, 'reading'); });
        cookie = cookies.last();
        yield {
          entries: result.searchEntries, pointsElsewhere: result.searchReferences.length > 0,
          isLast: cookie.length === 0,
        };
      } while (cookie.length > 0);
    },
  };
}

function createClient(settings: LdapSettings, sockets: net.Socket[]): Client {
  const { url, connectSeconds, answerSeconds } = settings;
  // By itself ldapts would connect anew: as nobody, who may see few people, and in clear where StartTLS was.
  const once = <Given extends unknown[]>(open: (...given: Given) => net.Socket) => {
    let isUsed = false;
    return (...given: Given) => {
      if (isUsed) throw new FeedFault('unreachable', 'reading: the server hung up');
      isUsed = true;
      const socket = open(...given);
      sockets.push(socket);
      return socket;
    };
  };
  return new Client({
    url,
    connectTimeout: connectSeconds * 1_000,
    timeout: answerSeconds * 1_000,
    ...isSecure(url) && { tlsOptions: tlsOptions(settings) },
    // cast: each is called in one of the forms of what it stands for, and passes on what it was given
    createConnection: once((...given: [number, string]) => net.connect(...given)) as typeof net.connect,
    createSecureConnection: once((...given: [tls.ConnectionOptions]) => tls.connect(...given)) as typeof tls.connect,
  });
}

function tlsOptions({ url, ca }: Pick<LdapSettings, 'url' | 'ca'>): tls.ConnectionOptions {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return {
    // Named for StartTLS too, where Node knows only the socket and would compare the certificate with `localhost`.
    host,
    ...net.isIP(host) === 0 && { servername: host },
    ...ca !== undefined && { ca },
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  };
}

/** StartTLS. For a handshake that never ends ldapts has no time-out of its own. */
async function secure(client: Client, settings: LdapSettings, sockets: readonly net.Socket[]): Promise<void> {
  const giveUp = () => {
    for (const socket of sockets.toReversed()) socket.destroy(new Error('no TLS in time'));
  };
  const timer = setTimeout(giveUp, settings.connectSeconds * 1_000);
  try {
    await client.startTLS(tlsOptions(settings));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks for a page (RFC 2696). The iterator of ldapts ends at the first page without entries, but a server that found
 * none in its time for a page sends an empty one with a cookie: whoever comes after it would be taken for gone.
 */
class PageControl extends Control {
  constructor(private readonly size: number, private readonly cookie: Buffer) {
    super(PagedResultsControl.type);
  }

  protected override writeControl(writer: BerWriter): void {
    new PagedResultsControl({ value: { size: this.size, cookie: this.cookie } }).writeControl(writer);
  }
}

/** The cookie of the last page: ldapts' search keeps it to itself. */
function watchCookies(client: Client): { last(): Buffer } {
  let cookie: Buffer = Buffer.alloc(0);
  // cast: private there, and public as a class; the version is pinned, and a test reads beyond an empty page
  const parser = client['messageParser'] as MessageParser;
  parser.on('message', (message) => {
    if (!(message instanceof SearchResponse)) return;
    const control = message.controls?.find((one) => one instanceof PagedResultsControl);
    cookie = control?.value?.cookie ?? Buffer.alloc(0);
  });
  return { last: () => cookie };
}
