// Signs and posts what Twilio tells Doorman, and keeps each attempt for the wire panel, with what Twilio's debugger
// would say of it.
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { FaultSwitches } from '../faults';
import type { Exchange, SimulatorState } from '../state';
import type { Account } from '../twilio/account';
import { limitsOf } from './limits';
import type { Limits } from './limits';
import { signForm, signedUrl } from './signature';
import type { Parameters } from './signature';
import { postWebhook } from './webhookPost';
import type { Attempt } from './webhookPost';

export interface PosterDeps {
  readonly state: SimulatorState;
  readonly faults: FaultSwitches;
  readonly account: Account;
  /** Where Doorman is for Twilio, and where it really listens. */
  readonly publicUrl: string;
  readonly webhookUrl: string;
  readonly limits?: Limits | undefined;
  readonly signal: AbortSignal;
}

export interface FormToPost {
  readonly kind: 'inbound' | 'status' | 'voice';
  /** As Twilio has it, overrides in the fragment included. */
  readonly url: string;
  readonly form: Parameters;
  /** The message or call that it is about. */
  readonly messageSid: string;
  readonly about: readonly string[];
  /** How long a fault switch holds it back. */
  readonly delayMs?: number;
}

const unanswered = { status: null, answerMs: null, answerHeaders: [], answerBody: '', problem: null, alert: null };

export type Post = (form: FormToPost) => Promise<Attempt>;

/** Posts forms; the promise never rejects and holds the last attempt. */
export function createPoster(deps: PosterDeps): Post {
  const { state, faults, account, publicUrl, webhookUrl, limits, signal } = deps;
  return async (post) => {
    // An abort ends the waiting as well, and what is posted then says that the simulator was closed.
    if ((post.delayMs ?? 0) > 0) await wait(post.delayMs, undefined, { signal }).catch(() => undefined);
    const url = post.kind === 'voice' ? voiceUrl(post.url) : post.url;
    const signed = signedUrl(url);
    const target = deliveryUrl(post.url, publicUrl, webhookUrl);
    const signature = signForm(account.authToken, url, post.form);
    const headers = headersOf(post.kind, target, faults.now.webhookBadSignature ? spoil(signature) : signature);
    const begin = (attempt: number): Exchange => ({
      id: randomUUID(),
      at: Date.now(),
      kind: post.kind,
      about: post.about,
      messageSid: post.messageSid,
      method: 'POST',
      url: signedUrl(target),
      ...(signed === signedUrl(target) ? {} : { signedUrl: signed }),
      headers,
      form: post.form,
      attempt,
      ...unanswered,
    });
    let exchange = begin(1);
    state.saveExchange(exchange);
    const body = new URLSearchParams(post.form.map(([name, value]) => [name, value] as [string, string])).toString();
    const overrides = limitsOf(post.url, limits);
    return postWebhook({ url: target, headers, body, limits: overrides, signal }, (attempt) => {
      if (attempt.number > 1) exchange = begin(attempt.number);
      const { status, answerMs, answerHeaders, answerBody, problem = null } = attempt;
      const alert = alertOf(post.kind, attempt);
      exchange = { ...exchange, status, answerMs, answerHeaders, answerBody, problem, alert };
      state.saveExchange(exchange);
    });
  };
}

function headersOf(kind: FormToPost['kind'], target: string, signature: string): Parameters {
  return [
    ['Host', new URL(target).host],
    ['User-Agent', 'TwilioProxy/1.1'],
    ['Accept', '*/*'],
    // Seen on the wire: only inbound messages do not name the character set.
    ['Content-Type', `application/x-www-form-urlencoded${kind === 'inbound' ? '' : '; charset=utf-8'}`],
    ['I-Twilio-Idempotency-Token', randomUUID()],
    ['X-Twilio-Signature', signature],
  ];
}

/** Where a URL of Doorman's public origin really leads on this computer; any other URL as it is. */
function deliveryUrl(url: string, publicUrl: string, webhookUrl: string): string {
  if (url === publicUrl) return webhookUrl;
  const isPublic = new URL(url).origin === new URL(publicUrl).origin;
  return isPublic ? url.replace(/^https?:\/\/[^/?#]+/i, new URL(webhookUrl).origin) : url;
}

/** Of a call over HTTPS, the port is not signed. */
function voiceUrl(url: string): string {
  return url.replace(/^(https:\/\/[^/?#]*):\d+(?=[/?#]|$)/i, '$1');
}

function spoil(signature: string): string {
  return (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
}

function alertOf(kind: FormToPost['kind'], attempt: Attempt): Exchange['alert'] {
  if (attempt.failure === 'ct') return { code: 11205, message: `HTTP connection failure: ${attempt.problem}` };
  if (attempt.failure !== undefined) return { code: 11200, message: `HTTP retrieval failure: ${attempt.problem}` };
  const type = attempt.answerHeaders.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const isTwiml = attempt.answerBody === '' || /^(text|application)\/xml\b/.test(type);
  return kind !== 'status' && !isTwiml ? { code: 12300, message: `Invalid Content-Type: ${type || 'none'}` } : null;
}
