// The mail server of the invented company: takes every mail, keeps it for the page, brings it nowhere, and misbehaves
// as the switches say. On the loopback only, where Doorman needs no TLS outside production (src/mail/mailer.ts).
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import type { FaultSwitches } from '../faults';
import type { MailOptions } from '../options';
import type { SimulatorState } from '../state';
import { readMail } from './mail';

export interface MailServerDeps {
  readonly state: SimulatorState;
  readonly faults: FaultSwitches;
  readonly options: MailOptions;
}

export interface MailServer {
  /** What Doorman sends by, login included. */
  readonly url: string;
  close(): Promise<void>;
}

const host = '127.0.0.1';
const user = 'doorman';
/** Far above what Doorman writes. */
const mailBytesMax = 256 * 1024;
/** Mailboxes that no domain has, as Twilio has numbers that fail in a known way. */
const missingMailbox = /^nobody@/;

/** Starts it; port 0 takes a free one. */
export async function startMailServer({ state, faults, options }: MailServerDeps): Promise<MailServer> {
  const sockets = new Set<Socket>();
  const greylist = createGreylist(faults);
  const server = new SMTPServer({
    name: 'simulator',
    disabledCommands: ['STARTTLS'], allowInsecureAuth: true,
    disableReverseLookup: true,
    size: mailBytesMax, rejectOversized: true,
    onAuth({ username, password }, _session, done) {
      const isKnown = username === user && password === options.password && faults.now.mail !== 'login';
      done(isKnown ? null : refusal(535, '5.7.8 who are you'), { user: username });
    },
    onMailFrom(_address, _session, done) {
      done(faults.now.mail === 'busy' ? refusal(421, '4.3.2 come back later') : null);
    },
    onRcptTo({ address }, _session, done) {
      const isMissing = faults.now.mail === 'noMailbox' || missingMailbox.test(address);
      // As real servers do: with the address in the words, which must not travel on.
      if (isMissing) return done(refusal(550, `5.1.1 <${address}>: no such mailbox`));
      done(greylist.isNew(address) ? refusal(451, `4.7.1 <${address}>: greylisted`) : null);
    },
    onData(stream, session, done) {
      take(state, stream, session).then(() => {
        const { mail } = faults.now;
        if (mail === 'lost') cut(sockets, session);
        else if (mail !== 'silent') done(null);
      }, done);
    },
  });
  // Of one connection only: clients that break off.
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
  dropOnChange(faults, sockets);
  server.listen(options.port, host);
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo; // cast: it listens on a port, not on a pipe
  return {
    url: `smtp://${user}:${encodeURIComponent(options.password)}@${host}:${port}`,
    close: () => new Promise((resolve) => {
      server.close(resolve);
      for (const socket of sockets) socket.destroy();
    }),
  };
}

async function take(state: SimulatorState, stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
  const raw = await buffer(stream);
  if (stream.sizeExceeded) return;
  const { mailFrom, rcptTo } = session.envelope;
  const from = mailFrom === false ? '' : mailFrom.address;
  state.saveMail(await readMail({ from, to: rcptTo.map(({ address }) => address) }, raw));
}

function refusal(code: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode: code });
}

function cut(sockets: ReadonlySet<Socket>, { remotePort }: SMTPServerSession): void {
  for (const socket of sockets) if (socket.remotePort === remotePort) socket.destroy();
}

/** Each recipient is new once after the switch was turned. */
function createGreylist(faults: FaultSwitches) {
  const seen = new Set<string>();
  faults.onChange(({ mail }) => mail === 'greylist' || seen.clear());
  return {
    isNew(address: string): boolean {
      if (faults.now.mail !== 'greylist' || seen.has(address)) return false;
      seen.add(address);
      return true;
    },
  };
}

/** A client that keeps its connection would be spared the next log-in: a switch works at once. */
function dropOnChange(faults: FaultSwitches, sockets: ReadonlySet<Socket>): void {
  let was = faults.now.mail;
  faults.onChange(({ mail }) => {
    if (mail === was) return;
    was = mail;
    for (const socket of sockets) socket.destroy();
  });
}
