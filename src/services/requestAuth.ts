// How a service knows that it is Doorman who asks: a token of its own client, a fixed one, or a signature over the
// request (Standard Webhooks).
import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { baseAddress, isOpen, webhookSecret } from '../outbound/settingForms';
import { createTokens } from '../outbound/tokens';
import { line } from './settingForms';

export const requestAuth = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('oauth'), tokenUrl: baseAddress, clientId: line, clientSecret: line, scope: line.optional(),
    secretIn: z.enum(['header', 'body'], 'must be header or body').default('header'),
  }),
  z.strictObject({
    kind: z.literal('bearer'), token: z.string().regex(/^[\x21-\x7e]{32,4096}$/, 'must have 32 visible characters'),
  }),
  z.strictObject({ kind: z.literal('hmac'), secret: webhookSecret }),
]);
export type RequestAuth = z.infer<typeof requestAuth>;

export const isOpenAuth = (auth: RequestAuth): boolean => auth.kind === 'oauth' && isOpen(auth.tokenUrl);

export interface AuthOptions {
  readonly allowInsecure: boolean;
  readonly timeoutMs: number;
  readonly fetch?: typeof fetch | undefined;
  readonly now: () => number;
}

export interface Authenticator {
  /** The headers of one request with this body. Throws an OutboundFault. */
  headers(body: string): Promise<Readonly<Record<string, string>>>;
  /** These were refused. Whether others can be had: one of them for however many were refused. */
  renew(refused: Readonly<Record<string, string>>): boolean;
}

export function createAuthenticator(auth: RequestAuth, options: AuthOptions): Authenticator {
  const { now, fetch: get, ...limits } = options;
  switch (auth.kind) {
    case 'bearer':
      return { headers: () => Promise.resolve({ authorization: `Bearer ${auth.token}` }), renew: () => false };
    case 'hmac': {
      const webhook = new Webhook(auth.secret);
      return { headers: (body) => Promise.resolve(signed(webhook, body, new Date(now()))), renew: () => false };
    }
    case 'oauth': {
      const { tokenUrl, clientId, clientSecret, secretIn, scope } = auth;
      const tokens = createTokens({
        tokenUrl, clientId, clientSecret, secretIn, now, ...limits, ...get && { fetch: get },
        parameters: () => (scope === undefined ? {} : { scope }),
      });
      return {
        headers: async () => ({ authorization: `Bearer ${await tokens.bearer()}` }),
        renew: ({ authorization = '' }) => { tokens.forget(authorization.replace(/^Bearer /, '')); return true; },
      };
    }
  }
}

function signed(webhook: Webhook, body: string, now: Date): Record<string, string> {
  const id = randomUUID();
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': webhook.sign(id, now, body),
  };
}
