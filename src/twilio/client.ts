// The one way to Twilio's REST API, for chat and codes alike. Nothing of the SDK's errors gets out: see errors.ts.
// Retries nothing: Temporal does, with the limits of workflows/io.ts.
import twilio from 'twilio';
import type RequestClient from 'twilio/lib/base/RequestClient';
import type Response from 'twilio/lib/http/response';
import { Fault } from '../domain/faults';
import type { Refusal } from '../domain/faults';
import { watchAlerts } from './alerts';
import { alertOf, refusalOf, unanswered, Undeliverable, unreadable } from './errors';
import type { TwilioAlert } from './errorTable';

/** Below the 15 s that a try of an activity has, so that a slow provider is told from a dead worker. */
const timeoutMs = 10_000;
// A page of 200 messages of 1,600 characters is under 2 MB; more is no answer of Twilio's.
const answerBytesMax = 4 * 1024 * 1024;

export interface TwilioOptions {
  readonly accountSid: string;
  /** A restricted API key, `SK…`; the auth token only checks signatures. */
  readonly apiKeySid: string;
  readonly apiKeySecret: string;
  /** Development only: the origin, without a slash at its end, that stands for all of Twilio's products. */
  readonly apiUrl?: string;
  readonly timeoutMs?: number;
  /** Hears what an operator or security has to look at. */
  readonly alert?: (what: TwilioAlert) => void;
}

export type TwilioSdk = ReturnType<typeof twilio>;

export type Called<T> =
  | { readonly outcome: 'done'; readonly value: T }
  /** Twilio will never deliver this to this recipient. */
  | { readonly outcome: 'undeliverable'; readonly code: string; readonly class: Refusal };

export interface Twilio {
  /** Makes one call of the SDK. Throws Fault, never anything of the SDK's. */
  call<T>(request: (sdk: TwilioSdk) => Promise<T>): Promise<Called<T>>;
}

export function createTwilio({ accountSid, apiKeySid, apiKeySecret, ...options }: TwilioOptions): Twilio {
  const sdk = twilio(apiKeySid, apiKeySecret, {
    accountSid,
    httpClient: new EndpointClient(options.apiUrl, options.timeoutMs ?? timeoutMs),
  });
  const watch = watchAlerts(options.alert);
  return {
    async call(request) {
      try {
        const value = await request(sdk);
        watch.taken();
        return { outcome: 'done', value };
      } catch (error) {
        if (error instanceof Undeliverable) watch.taken();
        if (error instanceof Undeliverable || error instanceof Fault) watch.refused(alertOf(error));
        if (error instanceof Undeliverable) return { outcome: 'undeliverable', code: error.code, class: error.refusal };
        if (error instanceof Fault) throw error;
        // The SDK could not make or read something, and says what with the words that it stumbled on.
        throw new Fault('refused', 'twilio', 'sdk');
      }
    },
  };
}

class EndpointClient extends twilio.RequestClient {
  readonly #apiUrl: string | undefined;

  constructor(apiUrl: string | undefined, deadlineMs: number) {
    // With a client of our own the SDK ignores these options elsewhere. Its retries ignore Retry-After.
    super({ timeout: deadlineMs, autoRetry: false });
    this.#apiUrl = apiUrl;
    this.axios.defaults.maxContentLength = answerBytesMax;
    // `timeout` is per silence; an answer that trickles in is cut off by this.
    this.axios.interceptors.request.use((config) => Object.assign(config, { signal: AbortSignal.timeout(deadlineMs) }));
    // The SDK keeps the last request, credentials and form included, for as long as it lives.
    for (const kept of ['lastRequest', 'lastResponse']) {
      Object.defineProperty(this, kept, { get: () => undefined, set: () => undefined });
    }
  }

  override async request<Data>(options: RequestClient.RequestOptions<Data>): Promise<Response<Data>> {
    const uri = this.#endpoint(new URL(options.uri));
    // Redirects would carry the credentials to whoever asks for them; `debug` prints addresses and queries.
    const quiet = { ...options, uri, allowRedirects: false, logLevel: 'none' };
    const answer = await super.request(quiet).catch((error: unknown) => {
      throw unanswered(error);
    });
    if (answer.statusCode < 200 || answer.statusCode > 299) throw refusalOf(answer, Date.now());
    const isObject = typeof answer.body === 'object' && answer.body !== null;
    if (!isObject && answer.statusCode !== 204) throw unreadable();
    return answer;
  }

  #endpoint(url: URL): string {
    if (this.#apiUrl !== undefined) return this.#apiUrl + url.pathname + url.search;
    // The SDK takes edge and region from the environment, and next pages from answers.
    const isTwilio = url.protocol === 'https:' && url.hostname.endsWith('.twilio.com');
    if (!isTwilio) throw new Fault('misconfigured', 'twilio', 'host');
    return url.href;
  }
}
