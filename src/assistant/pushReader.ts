// Reads the requests by which an assistant pushes replies: signed with the secret that signs our turns (Standard
// Webhooks), of this moment, for one turn. Believes nothing before the signature; never throws.
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { parsed as parsedJson } from '../outbound/answer';
import type { Reply } from './assistant';
import { repliesSchema } from './replies';

export interface PushHeaders {
  readonly id: string;
  /** Seconds since 1970. More than five minutes away from now is refused. */
  readonly timestamp: string;
  readonly signature: string;
}

export interface Push {
  /** The assistant's own id of this request: the same one has one effect. */
  readonly id: string;
  readonly turnId: string;
  readonly replies: readonly Reply[];
  readonly endTurn: boolean;
}

export type PushReading =
  | { readonly outcome: 'push'; readonly push: Push }
  | { readonly outcome: 'notGenuine' | 'malformed' };

const forms = {
  id: /^[\w.:-]{1,128}$/, timestamp: /^\d{10}$/, signature: /^v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=){0,3}$/,
} as const satisfies Record<keyof PushHeaders, RegExp>;

// The turn is named in what is signed, and not only by the path: a request cannot be turned to somebody else's.
const schema = z.object({
  turn_id: z.string(),
  replies: repliesSchema,
  end_turn: z.boolean(),
  // Its message is settled: whoever asked for a proof here would wait for it, and the person for an answer.
  step_up: z.never().optional(),
}).refine(({ replies, end_turn: endTurn }) => replies.length > 0 || endTurn);

export function createPushReader(secret: string): (headers: PushHeaders, body: Uint8Array) => PushReading {
  const webhook = new Webhook(secret);
  return (headers, body) => {
    if (!isSigned(webhook, headers, Buffer.from(body).toString('utf8'))) return { outcome: 'notGenuine' };
    const parsed = schema.safeParse(parsedJson(body));
    if (!parsed.success) return { outcome: 'malformed' };
    const { turn_id: turnId, replies, end_turn: endTurn } = parsed.data;
    return { outcome: 'push', push: { id: headers.id, turnId, replies, endTurn } };
  };
}

function isSigned(webhook: Webhook, headers: PushHeaders, body: string): boolean {
  const { id, timestamp, signature } = headers;
  if (!forms.id.test(id) || !forms.timestamp.test(timestamp) || !forms.signature.test(signature)) return false;
  const given = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
  try {
    webhook.verify(body, given, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}
