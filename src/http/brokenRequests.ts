// Requests that never become one: too slow, too large headers, not HTTP. Node would answer them without a document.
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from '../log';
import { problemDocument, problemStatus, problemType } from './problem';
import type { ProblemName } from './problem';

const problemsByCode: Readonly<Record<string, ProblemName>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'too-slow',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
};

/** Answers such requests with a problem document and ends their connection. */
export function answerBrokenRequests(server: Server, log: Pick<Log, 'warn'>): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // A connection that the other side dropped cannot be answered.
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const problem = problemsByCode[error.code ?? ''] ?? 'malformed';
    const requestId = randomUUID();
    const body = problemDocument(problem, requestId);
    const status = problemStatus(problem);
    log.warn('request refused', { requestId, status, kind: problem });
    socket.end([
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `Content-Type: ${problemType}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      'Cache-Control: no-store',
      'Connection: close',
      '',
      body,
    ].join('\r\n'));
  });
}
