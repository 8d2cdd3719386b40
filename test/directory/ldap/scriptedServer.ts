// An LDAP server that says what it is told to: what no honest one does, or none that can be made to.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { BerReader, BerWriter, PagedResultsControl, ProtocolOperation } from 'ldapts';

export interface ScriptedEntry {
  readonly dn?: string;
  readonly attributes: Readonly<Record<string, string | Buffer>> | readonly (readonly [string, string | Buffer])[];
}

export interface ScriptedAnswer {
  readonly entries?: readonly ScriptedEntry[];
  /** Of the page: there is more. */
  readonly cookie?: string;
  readonly result?: number;
  readonly diagnostics?: string;
  /** Closed after the answer, or in the middle of it; or what is no answer, before it. */
  readonly then?: 'hangUp' | 'cutShort' | 'babble';
}

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  /** What was asked, by name, on all connections. */
  readonly asked: readonly string[];
  connections(): number;
  close(): Promise<void>;
}

const requests: ReadonlyMap<number, string> = new Map([
  [ProtocolOperation.LDAP_REQ_BIND, 'bind'], [ProtocolOperation.LDAP_REQ_SEARCH, 'search'],
  [ProtocolOperation.LDAP_REQ_UNBIND, 'unbind'], [ProtocolOperation.LDAP_REQ_EXTENSION, 'startTls'],
]);

/** Answers searches one by one; a bind and StartTLS with success, or nothing where `silentAt` says so. */
export async function startScriptedServer(
  answer: (search: number) => ScriptedAnswer, silentAt?: 'bind' | 'startTls' | 'tls' | 'search',
): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  const asked: string[] = [];
  let connections = 0;
  let searches = 0;
  const heed = (socket: Socket, id: number, operation: number) => {
    const request = requests.get(operation) ?? 'something else';
    asked.push(request);
    if (request === silentAt || request === 'unbind') return;
    if (request === 'bind') socket.write(message(id, ProtocolOperation.LDAP_RES_BIND, resultOf({})));
    else if (request === 'startTls') socket.write(message(id, ProtocolOperation.LDAP_RES_EXTENSION, resultOf({})));
    else send(socket, id, answer(searches++));
  };
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    let heard = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      // What follows StartTLS is no LDAP, and nobody here understands it.
      for (let reader = new BerReader(heard); heard[0] === 0x30; reader = new BerReader(heard)) {
        if (reader.readSequence() === null || reader.length > reader.remain) return;
        const end = reader.offset + reader.length;
        heed(socket, reader.readInt()!, reader.peek()!); // a whole message has both
        heard = heard.subarray(end);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `ldap://127.0.0.1:${port}`, port, asked,
    connections: () => connections,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function send(socket: Socket, id: number, answer: ScriptedAnswer): void {
  const { LDAP_RES_SEARCH: done, LDAP_RES_SEARCH_ENTRY: found } = ProtocolOperation;
  const entries = (answer.entries ?? []).map((entry) => message(id, found, entryOf(entry)));
  const bytes = Buffer.concat([...entries, message(id, done, resultOf(answer), answer.cookie)]);
  if (answer.then === 'babble') socket.write(message(id, intermediateResponse, resultOf({})));
  if (answer.then === undefined || answer.then === 'babble') socket.write(bytes);
  else socket.end(answer.then === 'hangUp' ? bytes : bytes.subarray(0, Math.floor(bytes.length / 2)));
}

function message(id: number, operation: number, write: (writer: BerWriter) => void, cookie?: string): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(operation);
  write(writer);
  writer.endSequence();
  if (cookie !== undefined) {
    writer.startSequence(ProtocolOperation.LDAP_CONTROLS);
    new PagedResultsControl({ value: { size: 0, cookie: Buffer.from(cookie) } }).write(writer);
    writer.endSequence();
  }
  writer.endSequence();
  return Buffer.from(writer.buffer);
}

/** RFC 4511, 4.13: nobody asked for one. */
const intermediateResponse = 0x79;

const resultOf = ({ result = 0, diagnostics = '' }: ScriptedAnswer) => (writer: BerWriter): void => {
  writer.writeEnumeration(result);
  writer.writeString('');
  writer.writeString(diagnostics);
};

const entryOf = ({ dn = 'cn=somebody', attributes }: ScriptedEntry) => (writer: BerWriter): void => {
  writer.writeString(dn);
  writer.startSequence();
  for (const [type, value] of Array.isArray(attributes) ? attributes : Object.entries(attributes)) {
    writer.startSequence();
    writer.writeString(type);
    writer.startSequence(ProtocolOperation.LBER_SET);
    writer.writeBuffer(Buffer.from(value), 0x04);
    writer.endSequence();
    writer.endSequence();
  }
  writer.endSequence();
};
