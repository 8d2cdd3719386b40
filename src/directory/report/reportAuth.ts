// What goes with a request for a report, so that it is let in.
import { FeedFault } from '../feedFault';
import { createTokens } from '../../outbound/tokens';
import type { ReportSettings } from './reportSettings';

export interface ReportAuth {
  /** Of the Authorization header. Throws FeedFault when there is no token. */
  header(): Promise<string>;
  /** It was refused. Whether another one may be let in. */
  renew(): boolean;
}

export function createReportAuth(
  { auth, allowInsecure }: ReportSettings, get: typeof fetch, now: () => number,
): ReportAuth {
  if (auth.kind === 'bearer') return fixed(`Bearer ${auth.token}`);
  if (auth.kind === 'basic') {
    return fixed(`Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}`);
  }
  const { tokenUrl, clientId, clientSecret, scope, audience } = auth;
  const parameters = () => ({ ...scope !== undefined && { scope }, ...audience !== undefined && { audience } });
  const tokens = createTokens({ tokenUrl, clientId, clientSecret, parameters, allowInsecure, fetch: get });
  return {
    async header() {
      const token = await tokens.bearer();
      try {
        refuseUnfit(token, audience, now());
      } catch (error) {
        tokens.forget();
        throw error;
      }
      return `Bearer ${token}`;
    },
    renew() {
      tokens.forget();
      return true;
    },
  };
}

const fixed = (value: string): ReportAuth => ({ header: async () => value, renew: () => false });

/**
 * Throws when a token says of itself that it is for somebody else, or over: it would be handed to who may not have it,
 * or refused there. Proves nothing: whom it lets in is the report's own question, and most tokens say nothing.
 */
function refuseUnfit(token: string, audience: string | undefined, now: number): void {
  const { aud, exp } = claimsOf(token);
  if (audience !== undefined && aud !== undefined && ![aud].flat().includes(audience)) {
    throw new FeedFault('refused', 'the token endpoint gives a token for another audience than is configured');
  }
  if (typeof exp === 'number' && exp * 1_000 <= now) {
    throw new FeedFault('refused', 'the token endpoint gives a token that is over: compare its clock with ours');
  }
}

function claimsOf(token: string): { aud?: unknown; exp?: unknown } {
  const [, payload = '', ...rest] = token.split('.');
  if (rest.length !== 1) return {};
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? claims : {};
  } catch {
    return {};
  }
}
