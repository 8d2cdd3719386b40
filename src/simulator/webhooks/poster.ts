// Signs and posts what Twilio tells Doorman, and keeps each attempt for the wire panel, with what Twilio's debugger
// would say of it.
import { randomUUID } from 'node:crypto';
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
  readonly account: Account;
  /** Where Doorman is for Twilio, and where it really listens. */
  readonly publicUrl: string;
  readonly webhookUrl: string;
  readonly limits?: Limits | undefined;
  readonly signal: AbortSignal;
}

export interface FormToPost {
  readonly kind: 'inbound' | 'status';
  /** As Twilio has it, overrides in the fragment included. */
  readonly url: string;
  readonly form: Parameters;
  readonly messageSid: string;
  readonly about: readonly string[];
  /** Spoils the signature: a fault switch. */
  readonly badSignature?: boolean;
}

const unanswered = { status: null, answerMs: null, answerHeaders: [], answerBody: '', problem: null, alert: null };

export type Post = (form: FormToPost) => Promise<Attempt>;

/** Posts forms; the promise never rejects and holds the last attempt. */
export function createPoster({ state, account, publicUrl, webhookUrl, limits, signal }: PosterDeps): Post {
  return async (post) => {
    const signed = signedUrl(post.url);
    const target = deliveryUrl(post.url, publicUrl, webhookUrl);
    const signature = signForm(account.authToken, post.url, post.form);
    const headers = headersOf(post.kind, target, post.badSignature === true ? spoil(signature) : signature);
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
    // Seen on the wire: status callbacks name the character set, inbound messages do not.
    ['Content-Type', `application/x-www-form-urlencoded${kind === 'status' ? '; charset=utf-8' : ''}`],
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

function spoil(signature: string): string {
  return (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
}

function alertOf(kind: FormToPost['kind'], attempt: Attempt): Exchange['alert'] {
  if (attempt.failure === 'ct') return { code: 11205, message: `HTTP connection failure: ${attempt.problem}` };
  if (attempt.failure !== undefined) return { code: 11200, message: `HTTP retrieval failure: ${attempt.problem}` };
  const type = attempt.answerHeaders.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const isTwiml = attempt.answerBody === '' || /^(text|application)\/xml\b/.test(type);
  return kind === 'inbound' && !isTwiml ? { code: 12300, message: `Invalid Content-Type: ${type || 'none'}` } : null;
}
