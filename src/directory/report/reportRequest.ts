// One request for a report and its body as it comes: from nobody but whom was asked, and to its end.
// Refuses redirects, answers of another kind, and a body that ends before it should.
import { FeedFault } from '../feedFault';
import { codeOf, faultOfStatus, unanswered } from '../../outbound/answer';
import type { ReportAuth } from './reportAuth';
import type { ReportSettings } from './reportSettings';

export interface RequestLimits {
  /** To the first byte: a report is often made when it is asked for. */
  readonly answerMs: number;
  /** Between two pieces of the body. */
  readonly silenceMs: number;
  readonly bytesMax: number;
}

export const usualLimits: RequestLimits = { answerMs: 5 * 60_000, silenceMs: 60_000, bytesMax: 100_000_000 };

export interface ReportAnswer {
  readonly headers: Headers;
  /** Throws FeedFault when it is cut short, or too large. */
  readonly bytes: AsyncGenerator<Uint8Array, void>;
  /** Lets go of it before its end, even while somebody waits for more. */
  leave(): void;
}

export interface ReportClient {
  /** `unchanged`: it is as `conditions` says. Throws FeedFault. */
  get(url: URL, conditions?: Readonly<Record<string, string>>): Promise<ReportAnswer | 'unchanged'>;
}

const who = 'the report';
const accepted = {
  json: { accept: 'application/json', form: /^application\/([\w.-]+\+)?json *(;|$)/i },
  csv: { accept: 'text/csv', form: /^(text|application)\/csv *(;|$)/i },
} as const;

export function createReportClient(
  { format }: Pick<ReportSettings, 'format'>, auth: ReportAuth, limits: RequestLimits, get: typeof fetch,
): ReportClient {
  const { accept, form } = accepted[format];

  async function send(url: URL, conditions: Readonly<Record<string, string>>): Promise<Sent> {
    const headers = {
      accept, authorization: await auth.header(),
      // A packed body that is cut short may look whole, and what was asked for packed says nothing of its length.
      'accept-encoding': 'identity', ...conditions,
    };
    const watch = createWatch();
    watch.within(limits.answerMs);
    try {
      const response = await get(url, { headers, redirect: 'manual', signal: watch.signal });
      watch.rest();
      return { response, watch };
    } catch (error) {
      watch.end();
      throw unanswered(reasonOf(error), who, 'does not answer');
    }
  }

  return {
    async get(url, conditions = {}) {
      let sent = await send(url, conditions);
      if ([401, 403].includes(sent.response.status) && auth.renew()) {
        sent.watch.end();
        sent = await send(url, conditions);
      }
      const { response, watch } = sent;
      try {
        if (response.status === 304 && Object.keys(conditions).length > 0) {
          watch.end();
          return 'unchanged';
        }
        refuseUnfit(response, form, format);
        if (Number(response.headers.get('content-length')) > limits.bytesMax) throw tooLarge(limits);
        return { headers: response.headers, bytes: bytesOf(sent, limits), leave: watch.end };
      } catch (error) {
        watch.end();
        throw error;
      }
    },
  };
}

interface Sent {
  readonly response: Response;
  readonly watch: Watch;
}

type Watch = ReturnType<typeof createWatch>;

/** Ends a request that is silent for too long, or that nobody wants any more. */
function createWatch() {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const rest = () => clearTimeout(timer);
  const end = () => {
    rest();
    controller.abort();
  };
  return {
    signal: controller.signal,
    within(ms: number) {
      rest();
      timer = setTimeout(() => controller.abort(), ms);
    },
    rest,
    end,
  };
}

function refuseUnfit(response: Response, form: RegExp, format: 'json' | 'csv'): void {
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    const why = `${who} redirects elsewhere (${status}), which is not followed: configure where it is`;
    throw new FeedFault('untrustworthy', why);
  }
  if (status > 200 && status < 300) {
    throw new FeedFault('untrustworthy', `${who} answers ${status}, which is no whole report`);
  }
  if (status !== 200) throw faultOfStatus(who, { status, headers, body: new Uint8Array() });
  if (!form.test(headers.get('content-type') ?? '')) {
    throw new FeedFault('untrustworthy', `${who} is not ${format.toUpperCase()}, perhaps it is a page to sign in`);
  }
  // JSON has an end of its own. A list that ends with a line may have gone on.
  if (format === 'csv' && (isPacked(headers) || !hasEnd(headers))) {
    throw new FeedFault('untrustworthy', `${who} does not say how long it is: half of it would look whole`);
  }
}

const isPacked = (headers: Headers): boolean => !/^(identity)?$/i.test(headers.get('content-encoding') ?? '');

const hasEnd = (headers: Headers): boolean =>
  headers.has('content-length') || /\bchunked$/i.test(headers.get('transfer-encoding') ?? '');

const tooLarge = ({ bytesMax }: RequestLimits) =>
  new FeedFault('untrustworthy', `${who} is larger than ${bytesMax / 1_000_000} MB`);

async function* bytesOf({ response, watch }: Sent, limits: RequestLimits): AsyncGenerator<Uint8Array, void> {
  const { headers, body } = response;
  const length = headers.get('content-length');
  let bytes = 0;
  try {
    const reader = body?.getReader();
    for (;;) {
      watch.within(limits.silenceMs);
      const piece = await reader?.read().catch((error: unknown) => { throw cutShort(watch.signal, error); });
      watch.rest();
      if (piece?.value === undefined) break;
      bytes += piece.value.byteLength;
      if (bytes > limits.bytesMax) throw tooLarge(limits);
      yield piece.value;
    }
    if (length !== null && !isPacked(headers) && Number(length) !== bytes) throw cutShort(watch.signal, undefined);
  } finally {
    watch.end();
  }
}

/** By the watch, it went silent; otherwise somebody on the way has ended it. */
function cutShort(signal: AbortSignal, error: unknown): FeedFault {
  return signal.aborted
    ? new FeedFault('unreachable', `${who} went silent before its end`)
    : new FeedFault('untrustworthy', `${who} was cut short (${reasonOf(error)})`);
}

function reasonOf(error: unknown): string {
  if ((error as Partial<Error> | undefined)?.name === 'AbortError') return 'timeout';
  return codeOf(error) ?? 'no reason given';
}
