// Every error answer of ours: an RFC 9457 problem document with a stable type and nothing of the request in it.
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { ErrorRequestHandler, Response } from 'express';
import type { Log } from '../log';

/** Status and sentence by name; the name is the last part of the document's `type` and never changes. */
export const problems = {
  'malformed': { status: 400, detail: 'The request is not well formed.' },
  'query-refused': { status: 400, detail: 'This route takes no query string.' },
  'not-authentic': { status: 401, detail: 'The request is not signed by this partner.' },
  'client-unknown': { status: 401, detail: 'No client that may do this is known by these credentials.' },
  'not-genuine': { status: 403, detail: 'The request is not signed for this route, or not for this service.' },
  'not-found': { status: 404, detail: 'There is nothing at this address.' },
  'turn-unknown': { status: 404, detail: 'There is no turn of this id that is answered later.' },
  'method-refused': { status: 405, detail: 'This route does not take this method.' },
  'too-slow': { status: 408, detail: 'The request took too long to arrive.' },
  'turn-ended': { status: 409, detail: 'The turn was ended before; nothing of this request was taken.' },
  'push-reused': { status: 409, detail: 'The webhook-id was that of a request for another turn.' },
  'key-reused': { status: 409, detail: 'The Idempotency-Key was that of a request for something else.' },
  'turn-over': { status: 410, detail: 'The time of the turn, or the session that it belongs to, is over.' },
  'too-large': { status: 413, detail: 'The request is too large.' },
  'content-refused': {
    status: 415, detail: 'This route takes application/x-www-form-urlencoded in UTF-8, not encoded otherwise.',
  },
  'json-refused': { status: 415, detail: 'This route takes application/json in UTF-8, not encoded otherwise.' },
  'encoding-refused': { status: 415, detail: 'This route takes bodies that are not encoded.' },
  'event-unreadable': { status: 422, detail: 'A field of the event cannot be read; nothing of it was taken.' },
  'too-many': { status: 429, detail: 'Too many such requests came from this address. Try again later.' },
  'client-limited': { status: 429, detail: 'This client made too many requests within a minute. Try again later.' },
  'headers-too-large': { status: 431, detail: 'The headers of the request are too large.' },
  'internal': { status: 500, detail: 'Something went wrong on our side.' },
  'unavailable': { status: 503, detail: 'The request cannot be taken at the moment. Try again later.' },
} as const satisfies Record<string, { status: number; detail: string }>;
export type ProblemName = keyof typeof problems;

/** Ends a request with a problem document. `reason` goes to the log: a word of ours, never a part of the request. */
export class Problem extends Error {
  constructor(
    readonly problem: ProblemName, readonly reason?: string,
    readonly more: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
      /** Further members of the document: words of ours. */
      readonly members?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(problem, { cause: more.cause });
    this.name = 'Problem';
  }
}

export function problemStatus(problem: ProblemName): number {
  return problems[problem].status;
}

/** The document itself. `requestId` is ours and finds the request in the log. */
export function problemDocument(
  problem: ProblemName, requestId: string, members: Readonly<Record<string, string>> = {},
): string {
  const { status, detail } = problems[problem];
  const type = `urn:doorman:problem:${problem}`;
  return JSON.stringify({ type, title: STATUS_CODES[status], status, detail, request_id: requestId, ...members });
}

export const problemType = 'application/problem+json; charset=utf-8';

/** The last handler: whatever was thrown becomes a problem document. */
export function answerProblems(log: Pick<Log, 'warn' | 'error'>): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const problem = error instanceof Problem ? error : problemOf(error);
    const requestId = requestIdOf(response);
    const status = problemStatus(problem.problem);
    const fields = { requestId, status, kind: problem.problem, reason: problem.reason };
    if (status >= 500) log.error('request failed', { ...fields, error: problem.cause });
    // That one is told of once a minute, by who counts (src/clients/requestLimit.ts).
    else if (problem.problem !== 'client-limited') log.warn('request refused', fields);
    if (response.headersSent) return void response.destroy();
    // What has not arrived yet will not be read: the connection ends with the answer.
    if (!isComplete(request)) response.set('Connection', 'close');
    response.set(problem.more.headers ?? {}).status(status).type(problemType)
      .send(problemDocument(problem.problem, requestId, problem.more.members));
  };
}

export function isComplete(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': chunked } = request.headers;
  return request.complete || (length === undefined && chunked === undefined);
}

export function requestIdOf(response: Response): string {
  return String(response.getHeader('X-Request-Id'));
}

/** Express throws errors that repeat the path: only their status is looked at. */
function problemOf(error: unknown): Problem {
  // cast: nothing is known of what was thrown, so that every property may be anything
  const { status } = Object(error) as Record<string, unknown>;
  if (typeof status === 'number' && status >= 400 && status < 500) return new Problem('malformed', 'path');
  return new Problem('internal', undefined, { cause: error });
}
