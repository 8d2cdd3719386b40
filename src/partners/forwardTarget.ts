// Where a partner's events are forwarded to: one POST an event, to the configured address and nowhere else, with
// credentials of ours and nothing of what came with the request but its body and the headers that are named.
import { codeOf } from '../outbound/answer';
import { faultOfAnswer, faultOfNoAnswer } from '../outbound/httpFaults';
import type { Forwarded } from './events';
import type { ForwardSettings } from './partnerSettings';

export interface ForwardTarget {
  /** Resolves once the target has taken the event. Throws a Fault; an AbortError when `signal` ends it. */
  send(event: Forwarded, signal: AbortSignal): Promise<void>;
}

/** Access tokens of one client. Rejects with a Fault. */
export interface AccessTokens {
  /** `refused`: the token that the target did not take: never that one again. */
  token(refused?: string): Promise<string>;
}

type OauthSettings = Extract<ForwardSettings['auth'], { kind: 'oauth' }>;
export type MakeTokens = (auth: OauthSettings, allowInsecure: boolean, get: typeof fetch) => AccessTokens;

const dependency = 'partnerTarget';

export function createForwardTarget(
  settings: ForwardSettings, makeTokens: MakeTokens, get: typeof fetch = fetch,
): ForwardTarget {
  const { url, auth, timeoutMs } = settings;
  const post = async (event: Forwarded, authorization: string, signal: AbortSignal): Promise<Response> => {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const ended = AbortSignal.any([signal, timeout]);
      const response = await get(url, { ...requestOf(event, authorization), signal: ended });
      // What it says besides is nobody's to read, and would keep the connection.
      await response.body?.cancel().catch(() => undefined);
      return response;
    } catch (error) {
      if (signal.aborted) throw Object.assign(new Error('aborted'), { name: 'AbortError' });
      throw faultOfNoAnswer(dependency, timeout.aborted ? 'timeout' : codeOf(error) ?? 'no answer');
    }
  };
  if (auth.kind === 'basic') {
    const authorization = `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}`;
    return { send: async (event, signal) => expectTaken(await post(event, authorization, signal)) };
  }
  const tokens = makeTokens(auth, settings.allowInsecure, get);
  return {
    async send(event, signal) {
      const token = await tokens.token();
      const response = await post(event, `Bearer ${token}`, signal);
      // Withdrawn before its time: a new one is asked for once.
      if (response.status !== 401) return expectTaken(response);
      expectTaken(await post(event, `Bearer ${await tokens.token(token)}`, signal));
    },
  };
}

function requestOf({ eventId, headers, body }: Forwarded, authorization: string): RequestInit {
  // A header holds ASCII: an id of other letters could never be sent, and all events after it would wait for days.
  const id = /^[\x20-\x7e]+$/.test(eventId) ? eventId : encodeURIComponent(eventId);
  return {
    method: 'POST',
    body: new Uint8Array(body),
    // A redirect would take the event to somewhere that nobody configured (A73).
    redirect: 'manual',
    headers: { ...headers, authorization, 'idempotency-key': id, 'webhook-id': id },
  };
}

// 409: the former try is still under way there.
const failing = [409];

function expectTaken(response: Response): void {
  if (!response.ok) throw faultOfAnswer(dependency, response, failing);
}
