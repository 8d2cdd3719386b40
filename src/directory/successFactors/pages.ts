// The OData service of SuccessFactors: one page at a time, in one session, from nowhere but the configured address.
import { z } from 'zod';
import { FeedFault } from '../feedFault';
import { askFor, faultOfStatus, jsonOf, parsed } from '../../outbound/answer';
import type { Answer } from '../../outbound/answer';
import type { Access } from './access';
import { readPage } from './rows';

export interface Page {
  readonly rows: readonly unknown[];
  /** Where the next one is, checked; undefined after the last. */
  readonly next?: URL;
}

const who = 'SuccessFactors';
// A page of a thousand people with several jobs each is some 5 MB, and takes SuccessFactors a minute on a bad day.
const limits = { timeoutMs: 180_000, bytesMax: 32 * 1024 * 1024 };

/** Reads pages in one session of SuccessFactors', where its snapshots are kept. Throws a FeedFault. */
export function createPageReader(root: URL, access: Access, get?: typeof fetch) {
  let session = newSession();
  const ask = async (url: URL): Promise<Answer> => {
    const headers = { accept: 'application/json', authorization: await access.header(), ...sessionHeaders(session) };
    const answer = await askFor(who, url.href, { headers }, limits, get);
    keepSession(session, answer);
    return answer;
  };
  return async (url: URL): Promise<Page> => {
    let answer = await ask(url);
    if (answer.status === 401 && access.renew()) {
      session = newSession();
      answer = await ask(url);
    }
    if (answer.status !== 200) throw faultOf(answer, skiptokenOf(url) !== undefined);
    const page = readPage(jsonOf(who, answer));
    if (page === undefined) throw new FeedFault('untrustworthy', `${who} answers with something else than a page`);
    return { rows: page.rows, ...page.next !== undefined && { next: followable(root, page.next) } };
  };
}

export function skiptokenOf(url: URL): string | undefined {
  return url.searchParams.get('$skiptoken') ?? undefined;
}

/** An address right below the service's that goes on where a page ended. The token must go to nobody else. */
export function followable(root: URL, reference: string): URL {
  const url = URL.canParse(reference, root.href) ? new URL(reference, root) : undefined;
  const isBelow = url?.origin === root.origin && url.pathname.startsWith(root.pathname)
    && /^[A-Za-z]+$/.test(url.pathname.slice(root.pathname.length));
  if (url === undefined || !isBelow || url.username + url.password !== '') {
    throw new FeedFault('untrustworthy', `${who} refers to a page elsewhere`);
  }
  if (skiptokenOf(url) === undefined) {
    throw new FeedFault('untrustworthy', `${who} refers to a page of no snapshot`);
  }
  url.hash = '';
  return url;
}

/** SuccessFactors counts sign-ins, and may lose a snapshot for which another session asks. */
interface Session {
  readonly cookies: Map<string, string>;
  csrfToken: string | null;
}

const newSession = (): Session => ({ cookies: new Map(), csrfToken: null });

const csrfHeader = 'x-csrf-token';

function sessionHeaders({ cookies, csrfToken }: Session): Record<string, string> {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  return { ...cookie !== '' && { cookie }, ...csrfToken !== null && { [csrfHeader]: csrfToken } };
}

function keepSession(session: Session, { headers }: Answer): void {
  for (const cookie of headers.getSetCookie()) {
    const [, name, value] = /^([^=;\s]+)=([^;]*)/.exec(cookie) ?? [];
    if (name !== undefined && value !== undefined) session.cookies.set(name, value);
  }
  session.csrfToken = headers.get(csrfHeader) ?? session.csrfToken;
}

const errorBody = z.object({
  error: z.object({ code: z.string().optional(), message: z.object({ value: z.string() }).optional() }),
});

/**
 * SuccessFactors keeps a snapshot for 15 minutes after a page, and its last page until that was read; after that the
 * list has to be asked for again. Who asks for first pages only is shut out for half an hour.
 */
function faultOf(answer: Answer, isFurther: boolean): FeedFault {
  const { code = '', message = { value: '' } } = errorBody.safeParse(parsed(answer.body)).data?.error ?? {};
  const isLost = /\[SNP\]|COE0019/.test(message.value) || [400, 404, 410].includes(answer.status);
  if (isFurther && isLost) return new FeedFault('lost', `${who} does not keep this reading any more: begin anew`);
  if (code === 'COE_SNAPSHOT_BAD_REQUEST') {
    return new FeedFault('unreachable', `${who} was asked too often, and has us wait for half an hour (${code})`);
  }
  return faultOfStatus(who, answer, stableCode(code, message.value));
}

/** What SAP's notes are found by; the sentence beside it may repeat values. */
function stableCode(code: string, sentence: string): string | undefined {
  return /\[([A-Z]{3}\d{4})\]/.exec(sentence)?.[1] ?? (/^[A-Z][A-Z_]{2,60}$/.test(code) ? code : undefined);
}
