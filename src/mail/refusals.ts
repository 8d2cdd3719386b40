// What a mail server's refusals mean to us. Of an error only numbers and fixed words get past this file: a server's
// sentences repeat addresses, and the client's errors hold the whole exchange.
import { Fault } from '../domain/faults';
import type { FaultKind } from '../domain/faults';

const dependency = 'mail';

/** A mail server will not deliver to this recipient, however often it is asked. */
export interface Undeliverable {
  readonly outcome: 'undeliverable';
  /** The server's reply code (RFC 5321), with the enhanced one (RFC 3463) where it gave one. */
  readonly code: string;
}

/** What the client tells of a failure; everything else that it tells is not looked at. */
interface Failure {
  readonly code?: unknown;
  readonly originalCode?: unknown;
  readonly command?: unknown;
  readonly response?: unknown;
}

/** Greylisting asks to come again after a minute or more; a mailbox that is busy is not free sooner either. */
const slowMs = 60_000;
const slow = new Set(['450', '451', '452']);
/** Authentication is required, is too weak, failed, or needs TLS. */
const aboutLogin = new Set(['530', '534', '535', '538']);

/** What a failed send comes to. */
export function refusalOf(error: unknown): Fault | Undeliverable {
  const failure = Object(error) as Failure; // cast: nothing is known of what was thrown
  const reply = failure.code === 'ETLS' ? undefined : readReply(failure.response);
  return reply === undefined ? unanswered(failure) : meaningOf(reply, String(failure.command ?? ''));
}

interface Reply {
  readonly code: string;
  /** Class, subject and detail, `5.1.1`; undefined when the server does not give it. */
  readonly enhanced: string | undefined;
}

/** The last line stands: the lines before it are of the same reply. */
function readReply(response: unknown): Reply | undefined {
  const line = typeof response === 'string' ? response.split('\n').at(-1)! : '';
  const [, code, enhanced] = /^([2-5]\d\d)(?: ([245]\.\d{1,3}\.\d{1,3}))?\b/.exec(line) ?? [];
  return code === undefined ? undefined : { code, enhanced };
}

function meaningOf({ code, enhanced }: Reply, command: string): Fault | Undeliverable {
  const said = enhanced === undefined ? code : `${code} ${enhanced}`;
  const duringData = command === 'DATA';
  const duringEnvelope = duringData || command === 'RCPT TO';
  if (code.startsWith('4') && duringEnvelope && slow.has(code)) return new Fault('throttled', dependency, said, slowMs);
  // 503: the session was out of step, not the message.
  if (!code.startsWith('5') || code === '503') return new Fault('unavailable', dependency, said);
  const subject = enhanced?.split('.')[1];
  // X.7: we may not send through this server, or not to there; an operator can change that.
  const isOurs = aboutLogin.has(code) || (command === 'RCPT TO' && subject === '7');
  if (!duringEnvelope || isOurs) return new Fault('misconfigured', dependency, said);
  // Some servers look for the mailbox only when they have the message: X.1 is about the address, X.2 the mailbox.
  const aboutRecipient = !duringData || subject === '1' || subject === '2';
  if (aboutRecipient) return { outcome: 'undeliverable', code: said };
  // Told apart from the former: it says nothing of the mailbox (src/otp/routeHealth.ts).
  return new Fault('refused', dependency, `message ${said}`);
}

/** Of OpenSSL and Node: a certificate that is not trusted, too old, or somebody else's; or no TLS at all. */
const aboutTls = /CERT|TLS|SSL|ISSUER|SIGNATURE|^EPROTO$/;
/** The client's own words, by what they mean. The last three: it, or the server's limit, does not allow the message. */
const words = new Map<unknown, readonly [FaultKind, string]>([
  ['ETLS', ['misconfigured', 'tls']],
  ['EAUTH', ['misconfigured', 'login']],
  ['ETIMEDOUT', ['unavailable', 'timeout']],
  ['EABORT', ['unavailable', 'timeout']],
  ['EDNS', ['unavailable', 'dns']],
  ['EENVELOPE', ['refused', 'envelope']],
  ['EMAXRECIPIENTS', ['refused', 'envelope']],
  ['EMESSAGE', ['refused', 'message']],
]);

/** The server said nothing. Where it was silent after the message, it may have taken it. */
function unanswered({ code, originalCode }: Failure): Fault {
  const isTls = typeof originalCode === 'string' && aboutTls.test(originalCode);
  const [kind, word] = words.get(isTls ? 'ETLS' : code) ?? ['unavailable', 'connection'];
  return new Fault(kind, dependency, word);
}
