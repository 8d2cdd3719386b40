// GET and POST /not-me/:token: an employee says that an announced session is not theirs. Mail scanners follow links, so
// that only the button acts. A link that is wrong, too old or of nothing has one answer.
import type { Request, RequestHandler, Response } from 'express';
import type { Log } from '../../log';
import { Problem, requestIdOf } from '../problem';
import { disputeLanguages, disputePage, disputePolicy } from './disputeHtml';
import type { DisputePageName } from './disputeHtml';

export interface DisputePageDeps {
  readonly disputes: {
    /** The session that a token names, when it is ours and not too old. */
    readToken(token: string): string | undefined;
    /** Ends the session, and what others try as its employee. May be repeated. Rejects only when nothing was done. */
    dispute(sessionId: string): Promise<'disputed' | 'unknown'>;
    /** Of whoever's browser asks for none of ours. */
    readonly language: string;
  };
  readonly log: Pick<Log, 'error'>;
}

export const disputePath = '/not-me/:token';

/** Where a token's link leads, below the public URL. */
export function disputeLinkPath(token: string): string {
  return disputePath.replace(':token', token);
}

const statuses = { ask: 200, done: 200, unknown: 404, later: 503 } as const satisfies Record<DisputePageName, number>;
/** The button sends nothing; somebody else may send something, and nobody reads it. */
const bodyBytesMax = 1_024;

export function disputePages({ disputes, log }: DisputePageDeps): { show: RequestHandler; act: RequestHandler } {
  // The first is what is given to whoever does not say.
  const languages = [...disputeLanguages].sort((a, b) => rank(a) - rank(b));
  function rank(language: string): number {
    return language === disputes.language.split('-')[0] ? 0 : 1;
  }
  function answer(request: Request, response: Response, page: DisputePageName): void {
    const accepted = request.acceptsLanguages([...languages]);
    const language = languages.find((each) => each === accepted) ?? languages[0]!;
    response.set({ 'Content-Security-Policy': disputePolicy, 'Content-Language': language });
    response.status(statuses[page]).type('html').send(disputePage(language, page));
  }
  return {
    show(request, response) {
      answer(request, response, disputes.readToken(tokenOf(request)) === undefined ? 'unknown' : 'ask');
    },
    async act(request, response) {
      refuseBody(request);
      const sessionId = disputes.readToken(tokenOf(request));
      if (sessionId === undefined) return answer(request, response, 'unknown');
      const outcome = await disputes.dispute(sessionId).catch((error: unknown) => {
        const fields = { requestId: requestIdOf(response), status: statuses.later, kind: 'unavailable' };
        log.error('request failed', { ...fields, reason: 'notDisputed', error });
        return 'later' as const;
      });
      if (outcome === 'later') response.set('Retry-After', '60');
      answer(request, response, outcome === 'disputed' ? 'done' : outcome);
    },
  };
}

function tokenOf({ params: { token } }: Request): string {
  return typeof token === 'string' ? token : '';
}

function refuseBody({ headers }: Request): void {
  const isLong = Number(headers['content-length'] ?? 0) > bodyBytesMax;
  if (isLong || headers['transfer-encoding'] !== undefined) throw new Problem('too-large', 'announced');
}
