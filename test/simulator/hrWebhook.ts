// Doorman's webhook for HR as docs/partners.md has it, for tests of who posts there: what is not signed so is refused.
import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ReceivedPost } from '../support/simulation';

export const hrSecret = '5f0c1a93e7b24d68'.repeat(4);

export interface HrEvent {
  readonly type: string;
  readonly version: number;
  readonly worker: Readonly<Record<string, unknown>> & { readonly number: string };
}

export const eventOf = ({ body }: ReceivedPost) => JSON.parse(body) as HrEvent;

export type HrAnswering = (event: HrEvent, res: ServerResponse) => void | Promise<void>;

export const answerApplied: HrAnswering = (_event, res) => json(res, 200, { outcome: 'applied' });

/** Takes HR's events, each once its signature was checked; everything else is accepted as a message is. */
export function takeHrEvents(answer: HrAnswering = answerApplied): (post: ReceivedPost, res: ServerResponse) => void | Promise<void> {
  return (post, res) => {
    if (post.path !== '/webhooks/partners/hr') return void res.writeHead(200).end();
    return isSigned(post) ? answer(eventOf(post), res)
      : problem(res, 401, 'not-authentic', 'The request is not signed by this partner.');
  };
}

export function problem(res: ServerResponse, status: number, name: string, detail: string, members: object = {}): void {
  res.writeHead(status, { 'Content-Type': 'application/problem+json; charset=utf-8' })
    .end(JSON.stringify({ type: `urn:doorman:problem:${name}`, status, detail, request_id: 'r', ...members }));
}

export function json(res: ServerResponse, status: number, value: object): void {
  res.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(value));
}

function isSigned({ headers, body }: ReceivedPost): boolean {
  const { 'x-hr-event': id, 'x-hr-timestamp': timestamp, 'x-hr-signature': signature, 'content-type': type } = headers;
  const isNow = /^[1-9]\d{9}$/.test(String(timestamp)) && Math.abs(Number(timestamp) * 1_000 - Date.now()) < 300_000;
  const digest = createHmac('sha256', hrSecret).update(`${String(id)}.${String(timestamp)}.${body}`).digest('hex');
  return isNow && type === 'application/json' && signature === `sha256=${digest}`;
}
