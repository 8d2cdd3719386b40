// An assistant behind a webhook: one signed POST a turn (Standard Webhooks), the answer in its response, or a 202 and
// pushed later (src/assistant/pushes.ts).
// Its answer is not trusted: it is bounded in size and time, and read as data.
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { Fault, speakerRefused } from '../domain/faults';
import type { AssistantAnswer, Turn, TurnMemory } from './assistant';
import { timeoutMsDefault } from './assistantSettings';
import { createExchange, refused } from './exchange';
import type { Exchange } from './exchange';
import { repliesSchema } from './replies';
import { stepUpSchema } from './stepUp';
import { isStreamed, readStreamed, streamTypes } from './stream/streamedAnswer';

export interface WebhookAssistantOptions {
  readonly url: string;
  /** `whsec_…`; signs each turn. */
  readonly secret: string;
  /** Refuses an endpoint without TLS. */
  readonly production: boolean;
  /** How long a turn may take, from the connection to the last byte. Below the 90 s of a try (workflows/io.ts). */
  readonly timeoutMs?: number;
  /** Takes answers in parts as well, with at most so long between two of them. */
  readonly partGapMs?: number;
  readonly fetch?: typeof fetch;
}

const schema = z.object({
  replies: repliesSchema,
  end_turn: z.boolean(),
  step_up: stepUpSchema.optional(),
});

/** Can be given a turn again: it knows a turn by its id, so that only what it said in parts need be remembered. */
export interface WebhookAssistant {
  answer(turn: Turn, signal: AbortSignal, memory?: Pick<TurnMemory, 'say'>): Promise<AssistantAnswer>;
}

/** Throws when the URL cannot be used: at the start, and without repeating it, because a URL can hold a secret. */
export function createWebhookAssistant(options: WebhookAssistantOptions): WebhookAssistant {
  const { partGapMs, fetch: get = fetch, timeoutMs = timeoutMsDefault } = options;
  const url = endpoint(options.url, options.production);
  const webhook = new Webhook(options.secret);
  const accept = ['application/json', ...partGapMs === undefined ? [] : streamTypes].join(', ');
  return {
    async answer(turn, signal, memory) {
      const exchange = createExchange(get, signal, timeoutMs);
      const response = await exchange.send(url, signedRequest(webhook, turn, accept));
      if (response.status === 401 && turn.authorization !== undefined) return refuseSpeaker(exchange, response);
      const isInParts = partGapMs !== undefined && isStreamed(response);
      if (isInParts) return readStreamed(exchange, response, partGapMs, memory);
      return readAnswer(exchange, response);
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

function signedRequest(webhook: Webhook, turn: Turn, accept: string): RequestInit {
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
    headers: {
      'content-type': 'application/json',
      accept,
      'webhook-id': turnId,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': webhook.sign(turnId, now, body),
      'idempotency-key': turnId,
      ...statement === undefined ? {} : { 'customer-auth': `JWT ${statement}` },
      ...authorization === undefined ? {} : { authorization },
    },
  };
}

/** `authorization` holds the speaker's token and nothing of ours, so a 401 is about it. */
function refuseSpeaker(exchange: Exchange, response: Response): Promise<never> {
  return exchange.read(response, () => Promise.reject(new Fault('refused', 'assistant', speakerRefused)));
}

/** A 202 will push its replies; what it says here is not read. */
async function readAnswer(exchange: Exchange, response: Response): Promise<AssistantAnswer> {
  if (response.status === 202) {
    await response.body?.cancel().catch(() => undefined);
    return { replies: [], endTurn: false };
  }
  const parsed = schema.safeParse(await exchange.json(response));
  if (!parsed.success) throw refused('invalid answer');
  const { replies, end_turn: endTurn, step_up: stepUp } = parsed.data;
  return { replies, endTurn, ...stepUp === undefined ? {} : { stepUp } };
}
