// A real SMTP server on this computer, which keeps what it is told and refuses what it is told to refuse.
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';
import { Events } from '../support/world';

const fixture = (name: string) => readFileSync(join(__dirname, 'fixtures', name));
/** For 127.0.0.1, signed by itself. It and its key are for tests and worth nothing elsewhere. */
export const testCertificate = fixture('testMailServer.cert.pem');

export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly secure: boolean;
  readonly user: string | undefined;
}

/** At which step a server refuses, and how. */
export interface Refusal {
  readonly at: 'connect' | 'login' | 'sender' | 'recipient' | 'data';
  readonly code: number;
  readonly words: string;
}

export interface MailServerForTests {
  readonly port: number;
  readonly taken: TakenMail[];
  /** The first mail, as soon as it was taken; the test's own time limit ends a wait in vain. */
  first(): Promise<TakenMail>;
  /** Commands that were heard on any connection, logins included. */
  readonly heard: string[];
  /** Connections until now. */
  connections(): number;
  /** Cuts every connection. */
  drop(): void;
  refuse(refusal: Refusal | undefined): void;
  close(): Promise<void>;
}

export const login = { user: 'doorman', password: 'canary p@ss/word' };

export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServerForTests> {
  const mails = new Events<TakenMail>();
  const taken = mails.all;
  const heard: string[] = [];
  let connected = 0;
  const sockets = new Set<Socket>();
  let refusal: Refusal | undefined;
  const refusalAt = (at: Refusal['at']) => (refusal?.at === at
    ? Object.assign(new Error(refusal.words), { responseCode: refusal.code }) : null);
  const server = new SMTPServer({
    key: fixture('testMailServer.key.pem'), cert: testCertificate,
    authOptional: true,
    closeTimeout: 1,
    onConnect(_session, done) {
      connected += 1;
      done(refusalAt('connect'));
    },
    onAuth({ username, password }, _session, done) {
      heard.push('login');
      const refused = refusalAt('login');
      if (refused !== null) return done(refused);
      return username === login.user && password === login.password
        ? done(null, { user: username }) : done(Object.assign(new Error('5.7.8 canary'), { responseCode: 535 }));
    },
    onMailFrom(_address, _session, done) {
      heard.push('sender');
      done(refusalAt('sender'));
    },
    onRcptTo(_address, _session, done) {
      heard.push('recipient');
      done(refusalAt('recipient'));
    },
    onData(stream, { envelope, secure, user }, done) {
      readAll(stream).then((raw) => {
        const refused = refusalAt('data');
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        if (refused === null) mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), raw, secure, user: user as string | undefined });
        done(refused);
      }, done);
    },
    ...options,
  });
  // Clients that do not trust the certificate break off: that is what some tests are about.
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
  // A test that fails must not wait for connections.
  server.listen(0, '127.0.0.1').unref();
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    taken, heard,
    first: () => mails.next(() => true),
    connections: () => connected,
    drop: () => { for (const socket of sockets) socket.destroy(); },
    refuse: (next) => { refusal = next; },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** A server of another mind: `answer` gets each line that a client sends, and the first time none. */
export async function startOddServer(
  answer: (line: string | undefined, socket: Socket) => void,
): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.unref());
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\r\n').filter((each) => each !== '')) answer(line, socket);
    });
    answer(undefined, socket);
  });
  // A test that fails must not wait for those who hang.
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }),
  };
}

/** A server that takes everything as it is, without TLS, and says this after a message, or nothing for ever. */
export async function startListeningServer(
  afterMessage: string | undefined,
): Promise<{ port: number; lines: string[]; close(): Promise<void> }> {
  const lines: string[] = [];
  let inMessage = false;
  const server = await startOddServer((line, socket) => {
    if (line !== undefined) lines.push(line);
    const wasInMessage = inMessage;
    inMessage = line === 'DATA' || (wasInMessage && line !== '.');
    if (line === undefined) socket.write('220 here\r\n');
    else if (line === 'DATA') socket.write('354 go on\r\n');
    else if (line === '.' && afterMessage !== undefined) socket.write(`${afterMessage}\r\n`);
    else if (!wasInMessage) socket.write('250 fine\r\n');
  });
  return { ...server, lines };
}
