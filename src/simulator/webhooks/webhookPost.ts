// Posts one signed form as Twilio's proxy does: its headers, its time limits, its retries. Never throws: an attempt
// that failed says so, because a webhook that cannot be reached is an outcome here and not a fault of ours.
import { request as requestHttp } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Failure, Limits } from './limits';
import type { Parameters } from './signature';

export interface WebhookPost {
  /** Where it is delivered. */
  readonly url: string;
  readonly headers: Parameters;
  readonly body: string;
  readonly limits: Limits;
  /** Ends it early: the simulator closes. */
  readonly signal?: AbortSignal;
}

export interface Attempt {
  /** Counted from 1. */
  readonly number: number;
  readonly status: number | null;
  readonly answerMs: number;
  readonly answerHeaders: Parameters;
  readonly answerBody: string;
  /** What was wrong with it, as the retry policy names it; absent when the webhook took the message. */
  readonly failure?: Failure;
  /** The same in words. */
  readonly problem?: string;
}

// Longer answers are cut: no TwiML of ours comes near, and everything here is kept for the page.
const answerLengthMax = 65_536;

/** Posts until it is taken or the limits are reached; `onAttempt` hears of each attempt as it ends. */
export async function postWebhook(
  post: WebhookPost, onAttempt: (attempt: Attempt) => void = () => {},
): Promise<Attempt> {
  const deadline = performance.now() + post.limits.totalMs;
  for (let number = 1; ; number += 1) {
    const attempt = await attemptPost(post, number, deadline);
    onAttempt(attempt);
    const isLast = number > post.limits.retries || post.signal?.aborted === true || performance.now() >= deadline;
    if (attempt.failure === undefined || isLast || !post.limits.retryOn.includes(attempt.failure)) return attempt;
  }
}

function attemptPost(post: WebhookPost, number: number, deadline: number): Promise<Attempt> {
  const start = performance.now();
  return new Promise((resolve) => {
    const timers: NodeJS.Timeout[] = [];
    let connected = false;
    const end = (result: Omit<Attempt, 'number' | 'answerMs'>) => {
      for (const timer of timers) clearTimeout(timer);
      resolve({ number, answerMs: Math.round(performance.now() - start), ...result });
    };
    const fail = (problem: string) => {
      end({ status: null, answerHeaders: [], answerBody: '', failure: connected ? 'rt' : 'ct', problem });
      request.destroy();
    };
    const within = (ms: number, problem: string) => {
      const timer = setTimeout(() => fail(problem), Math.max(0, ms));
      timers.push(timer);
      return timer;
    };
    const request = openRequest(post);
    request.on('error', (error: NodeJS.ErrnoException) => fail(sentenceOf(error)));
    within(deadline - start, `no answer within ${post.limits.totalMs} ms in all`);
    const connectTimer = within(post.limits.connectMs, `no connection within ${post.limits.connectMs} ms`);
    onceConnected(request, () => {
      connected = true;
      clearTimeout(connectTimer);
      within(post.limits.readMs, `no answer within ${post.limits.readMs} ms`);
    });
    request.on('response', (response) => {
      readAnswer(response)
        .then((answer) => end({ ...answer, ...verdictOf(answer.status) }), () => fail('the answer broke off'));
    });
    request.end(post.body);
  });
}

function openRequest({ url, headers, body, signal }: WebhookPost): ClientRequest {
  const open = url.startsWith('https:') ? requestHttps : requestHttp;
  const options: RequestOptions = {
    method: 'POST',
    // No connection is kept: a server that restarts would otherwise break a request that it never saw.
    agent: false,
    headers: Object.fromEntries([...headers, ['Content-Length', String(Buffer.byteLength(body))]]),
    ...(signal === undefined ? {} : { signal }),
  };
  return open(url.split('#', 1)[0]!, options);
}

function onceConnected(request: ClientRequest, listener: () => void): void {
  request.once('socket', (socket) => {
    const event = 'encrypted' in socket ? 'secureConnect' : 'connect';
    if (socket.connecting) socket.once(event, listener);
    else listener();
  });
}

type Answer = Pick<Attempt, 'answerHeaders' | 'answerBody'> & { readonly status: number };

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  response.setEncoding('utf8');
  let answerBody = '';
  for await (const chunk of response) {
    answerBody += String(chunk);
    if (answerBody.length > answerLengthMax) break;
  }
  const raw = response.rawHeaders;
  const answerHeaders = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1]!] as const] : []));
  return { status: response.statusCode!, answerHeaders, answerBody: answerBody.slice(0, answerLengthMax) };
}

function verdictOf(status: number): Pick<Attempt, 'failure' | 'problem'> {
  if (status >= 200 && status < 300) return {};
  return { failure: status >= 500 ? '5xx' : '4xx', problem: `answered ${status}` };
}

function sentenceOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'nothing listens there';
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'there is no such host';
  return error.code === 'ABORT_ERR' ? 'the simulator was closed' : error.message || String(error.code);
}
