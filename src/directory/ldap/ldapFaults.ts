// What went wrong between us and an LDAP server, in words of ours: a server's own quote names and entries.
import { ResultCodeError } from 'ldapts';
import { FeedFault } from '../feedFault';
import type { FeedFaultKind } from '../feedFault';

// RFC 4511, appendix A; what is not here contradicts what was asked for.
const results: ReadonlyMap<number, readonly [FeedFaultKind, string]> = new Map([
  // Active Directory says so of a search before a bind.
  [1, ['refused', 'the server answers nobody whom it does not know']],
  [2, ['misconfigured', 'the server does not know what it was asked: perhaps it has no StartTLS']],
  [3, ['unreachable', 'the server did not manage a page in the time that it allows itself']],
  [4, ['misconfigured', 'the server\'s size limit holds for pages too: raise it for this user']],
  [8, ['misconfigured', 'the server demands TLS or a signed connection: use ldaps:// or "startTls"']],
  [10, ['misconfigured', 'the server does not hold the base: ask the one that does, it is not followed elsewhere']],
  [11, ['misconfigured', 'the server\'s limit for a search is reached: raise it, or index what the filter asks']],
  [12, ['misconfigured', 'the server does not know paged results']],
  [13, ['misconfigured', 'the server demands TLS: use ldaps:// or "startTls"']],
  [32, ['misconfigured', 'the base is not there, or this user may not see it']],
  [34, ['misconfigured', 'the base or the user is no DN']],
  [48, ['refused', 'the server takes no password from this user']],
  [49, ['refused', 'the server knows no such user and password']],
  [50, ['refused', 'the server does not let this user search']],
  [51, ['unreachable', 'the server is busy']],
  [52, ['unreachable', 'the server is going away']],
  [53, ['refused', 'the server is not willing to answer that']],
]);

/** What was thrown while a server was asked `during` something, as a fault of the feed. Throws on a bug of ours. */
export function ldapFault(error: unknown, during: string): FeedFault {
  if (error instanceof FeedFault) return error;
  const fault = (kind: FeedFaultKind, why: string) => new FeedFault(kind, `${during}: ${why}`);
  if (error instanceof ResultCodeError) {
    const [kind, why] = results.get(error.code) ?? ['untrustworthy', 'the server refuses, and why is not expected'];
    return fault(kind, `${why} (result ${error.code})`);
  }
  // A message that cannot be read: the parser puts to it which one.
  if (error instanceof Error && 'messageDetails' in error) return fault('untrustworthy', 'the server speaks no LDAP');
  if (error instanceof TypeError) throw error;
  const code = codeOf(error);
  if (code === undefined) return fault('unreachable', 'the server did not answer in time, or hung up');
  if (/CERT|ISSUER|SIGNATURE|CRL|INVALID/.test(code)) {
    return fault('untrustworthy', `the server's certificate is not to be trusted (${code})`);
  }
  if (/^ERR_SSL|^EPROTO$/.test(code)) return fault('misconfigured', `the server does not speak TLS here (${code})`);
  return fault('unreachable', `the server cannot be reached (${code})`);
}

function codeOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : undefined;
}
