// An assistant behind a webhook: one signed POST a turn (Standard Webhooks), the answer in its response, or a 202 and
// pushed later (src/assistant/pushes.ts).
// Its answer is not trusted: it is bounded in size and time, and read as data.
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { Fault, retryAfterMs } from '../domain/faults';
import type { FaultKind } from '../domain/faults';
import type { Assistant, AssistantAnswer, Turn } from './assistant';
import { parseJson, repliesSchema } from './replies';
import { stepUpSchema } from './stepUp';

export interface WebhookAssistantOptions {
  readonly url: string;
  /** `whsec_…`; signs each turn. */
  readonly secret: string;
  /** Refuses an endpoint without TLS. */
  readonly production: boolean;
  /** How long a turn may take, from the connection to the last byte. Below the 90 s of a try (workflows/io.ts). */
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

// R63.
const timeoutMsDefault = 30_000;
const answerBytesMax = 256 * 1024;

const schema = z.object({
  replies: repliesSchema,
  end_turn: z.boolean(),
  step_up: stepUpSchema.optional(),
});

/** Throws when the URL cannot be used: at the start, and without repeating it, because a URL can hold a secret. */
export function createWebhookAssistant(options: WebhookAssistantOptions): Assistant {
  const url = endpoint(options.url, options.production);
  const webhook = new Webhook(options.secret);
  const post = options.fetch ?? fetch;
  const timeoutMs = options.timeoutMs ?? timeoutMsDefault;
  return {
    async answer(turn, signal) {
      const timeout = AbortSignal.timeout(timeoutMs);
      const ended = AbortSignal.any([signal, timeout]);
      try {
        return await readAnswer(await post(url, { ...signedRequest(webhook, turn), signal: ended }));
      } catch (error) {
        if (error instanceof Fault) throw error;
        if (signal.aborted) throw aborted();
        throw unavailable(timeout.aborted ? 'timeout' : networkCode(error));
      }
    },
  };
}

function endpoint(raw: string, production: boolean): URL {
  const url = URL.canParse(raw) ? new URL(raw) : undefined;
  const protocols = production ? ['https:'] : ['https:', 'http:'];
  if (url === undefined || !protocols.includes(url.protocol)) {
    throw new Error(`the address of the assistant must be an ${protocols.join(' or ')} URL`);
  }
  if (url.username + url.password !== '') throw new Error('the address of the assistant must hold no credentials');
  return url;
}

function signedRequest(webhook: Webhook, turn: Turn): RequestInit {
  const { turnId, conversationId, subject, verifiedAt, assurance, locale, text, statement, authorization } = turn;
  const body = JSON.stringify({
    turn_id: turnId, conversation_id: conversationId, subject, verified_at: verifiedAt.toISOString(), assurance, locale,
    text,
  });
  // Of this moment: a retry hours later would be refused as a replay.
  const now = new Date();
  return {
    method: 'POST',
    body,
    // A redirect would take the text to somewhere that nobody configured (A73).
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      'webhook-id': turnId,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': webhook.sign(turnId, now, body),
      'idempotency-key': turnId,
      ...statement === undefined ? {} : { 'customer-auth': `JWT ${statement}` },
      ...authorization === undefined ? {} : { authorization },
    },
  };
}

async function readAnswer(response: Response): Promise<AssistantAnswer> {
  try {
    if (response.status === 202) return await taken(response);
    if (response.status !== 200) throw faultOfStatus(response);
    const type = response.headers.get('content-type') ?? '';
    if (!/^application\/json *(;|$)/i.test(type)) throw refused('content type');
    return parseAnswer(await readBounded(response));
  } catch (error) {
    // What is left of a body that nobody wants would keep its connection.
    if (!response.bodyUsed) await response.body?.cancel().catch(() => undefined);
    throw error;
  }
}

/** It will push its replies; what it says here is not read. */
async function taken(response: Response): Promise<AssistantAnswer> {
  await response.body?.cancel().catch(() => undefined);
  return { replies: [], endTurn: false };
}

async function readBounded(response: Response): Promise<Uint8Array> {
  if (Number(response.headers.get('content-length')) > answerBytesMax) throw refused('too large');
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Counted as unpacked, so that a packed answer cannot be more; leaving the loop cancels the rest.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > answerBytesMax) throw refused('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseAnswer(bytes: Uint8Array): AssistantAnswer {
  const parsed = schema.safeParse(parseJson(bytes));
  if (!parsed.success) throw refused('invalid answer');
  const { replies, end_turn: endTurn, step_up: stepUp } = parsed.data;
  return { replies, endTurn, ...stepUp === undefined ? {} : { stepUp } };
}

function faultOfStatus({ status, headers }: Response): Fault {
  const waitMs = retryAfterMs(headers.get('retry-after'), Date.now());
  return new Fault(kindOfStatus(status), 'assistant', `http ${status}`, waitMs);
}

function kindOfStatus(status: number): FaultKind {
  if (status === 429) return 'throttled';
  if (status >= 500 || status === 408 || status === 425) return 'unavailable';
  // Moved, not found, or not open to us: whoever configured the address must look.
  if ((status >= 300 && status < 400) || [401, 403, 404, 405, 410].includes(status)) return 'misconfigured';
  return 'refused';
}

function refused(code: string): Fault {
  return new Fault('refused', 'assistant', code);
}

function unavailable(code: string): Fault {
  return new Fault('unavailable', 'assistant', code);
}

/** The stable name of what went wrong on the way, which fetch wraps once. */
function networkCode(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  const known = [cause?.code, code].find((name) => typeof name === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(name));
  return known === undefined ? 'no answer' : String(known);
}

/** The caller gave up: no fault of the assistant's, and recognised by its name. */
function aborted(): Error {
  return Object.assign(new Error('aborted'), { name: 'AbortError' });
}
