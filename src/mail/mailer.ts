// Sends one mail to one registered address over SMTP with TLS. Keeps nothing and logs nothing; attaches and fetches
// nothing. Retries nothing: who calls does, and the same business key makes it the same mail.
import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import type { MailMessage, SMTPPoolOptions } from 'nodemailer';
import { Fault } from '../domain/faults';
import { isMailAddress } from './mailAddress';
import { refusalOf } from './refusals';
import type { Undeliverable } from './refusals';
import { isLoopback, readSmtpUrl } from './smtpUrl';
import type { MailServer } from './smtpUrl';

export interface Mail {
  /** Business key: a repeated send has the same Message-ID, by which mailboxes know it again. Shows in no header. */
  readonly key: string;
  /** From the directory and nowhere else (R19), as it stands there: a canonical address. */
  readonly to: string;
  /** Fixed words of ours (R64). */
  readonly subject: string;
  readonly text: string;
  /** Self-contained: what it refers to is not fetched. */
  readonly html: string;
}

export type MailOutcome =
  /** The server answers for it from here on. `providerId` is the Message-ID, without its brackets. */
  | { readonly outcome: 'accepted'; readonly providerId: string }
  | Undeliverable;

export interface Mailer {
  /** May be repeated. Throws Fault, which holds neither address nor words nor credentials. */
  send(mail: Mail): Promise<MailOutcome>;
  /** Lets sends that are under way finish, and ends the connections. */
  close(): void;
}

export interface MailerOptions {
  /** `smtps://…`, or `smtp://…` with STARTTLS, which only a server on this computer may lack, and not in production. */
  readonly url: string;
  /** Our address, canonical. */
  readonly from: string;
  /** Name beside it. */
  readonly fromName?: string;
  readonly production: boolean;
  /** The one authority (PEM) that the server's certificate must come from; else those that Node knows. */
  readonly ca?: string | Buffer;
  /** For a whole send, in ms. */
  readonly timeoutMs?: number;
}

/** Below the 15 s that a try of an activity has, so that a slow server is told from a dead worker. */
const timeoutMs = 10_000;
/** Servers limit connections of one client, some to very few; a mail takes well under a second. */
const connectionsMax = 2;
/** A connection that lay idle may be gone when it is used: then a new one is tried, once. */
const requeuesMax = 1;

/** Throws when url or sender are not what the configuration lets through. */
export function createMailer(options: MailerOptions): Mailer {
  const { url, from, fromName = '' } = options;
  const server = readSmtpUrl(url);
  if (server === undefined || !isMailAddress(from)) throw new TypeError('a mailer needs a server and a sender');
  const deadlineMs = options.timeoutMs ?? timeoutMs;
  const transport = createTransport({ ...connectionTo(server, options, deadlineMs), pool: true });
  transport.use('stream', refuseOtherEnvelopes);
  const domain = from.slice(from.indexOf('@') + 1);
  return {
    async send({ key, to, subject, text, html }) {
      if (!isMailAddress(to)) return { outcome: 'undeliverable', code: 'no address' };
      const messageId = `${createHash('sha256').update(`mail\0${key}`).digest('hex')}@${domain}`;
      try {
        await transport.sendMail({
          envelope: { from, to: [to] },
          from: { name: fromName, address: from },
          // As an object: a text would be read as a list of addresses.
          to: { name: '', address: to },
          messageId: `<${messageId}>`,
          subject, text, html,
          // Nobody's absence note answers (RFC 3834).
          headers: { 'Auto-Submitted': 'auto-generated' },
          signal: AbortSignal.timeout(deadlineMs),
        });
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal instanceof Fault) throw refusal;
        return refusal;
      }
      return { outcome: 'accepted', providerId: messageId };
    },
    close: () => transport.close(),
  };
}

function connectionTo(
  { host, port, implicitTls, login }: MailServer, { production, ca }: Pick<MailerOptions, 'production' | 'ca'>,
  deadlineMs: number,
): SMTPPoolOptions {
  const isPlain = !implicitTls && !production && isLoopback({ host });
  return {
    host, port,
    secure: implicitTls,
    ...isPlain ? { ignoreTLS: true } : { requireTLS: true },
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ...ca === undefined ? {} : { ca } },
    // A server that offers no login is not the one that we were told of.
    ...login === undefined ? {} : { auth: { user: login.user, pass: login.password }, forceAuth: true },
    maxConnections: connectionsMax,
    maxRequeues: requeuesMax,
    maxRecipients: 1,
    disableFileAccess: true,
    disableUrlAccess: true,
    // The signal ends a send that takes too long as a whole; these end what it left behind.
    connectionTimeout: deadlineMs,
    greetingTimeout: deadlineMs,
    dnsTimeout: deadlineMs,
    socketTimeout: deadlineMs,
    logger: false,
  };
}

/** Looks once more, right before the server is told: one recipient, the one that was given (R64). */
function refuseOtherEnvelopes(mail: MailMessage, next: (error?: Error | null) => void): void {
  const { to } = mail.message.getEnvelope();
  const given = mail.data.envelope?.to;
  const isGiven = Array.isArray(given) && given.length === 1 && to.length === 1 && to[0] === given[0];
  next(isGiven ? undefined : Object.assign(new Error('another envelope'), { code: 'EENVELOPE' }));
}
