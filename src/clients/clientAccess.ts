// Which client calls: by the bearer token that it got, or by its client id and secret. Whoever the settings do not name
// is nobody, whatever it shows.
import type { Pool } from '../db/pool';
import { findByAccessToken, newAccessToken, storeAccessToken } from './accessTokens';
import type { TokenHolder } from './accessTokens';
import { scopesOf } from './clientSettings';
import type { Client, Scope } from './clientSettings';
import { findBySecret, noteUse } from './credentials';
import type { Credential } from './credentials';

/** What a client may be given a token for. */
export interface Grantee extends Credential {
  readonly scopes: readonly Scope[];
}

export interface ClientAccess {
  /**
   * The client of an `Authorization` header, when it may do this: `Bearer` and a token of `/oauth/token`, or `Basic`
   * with client id and secret. Undefined for everybody else, for whatever reason. Rejects when that cannot be known.
   */
  clientOf(authorization: string | undefined, scope: Scope): Promise<Client | undefined>;
  /** For the token endpoint: whose client id and secret these are. */
  granteeOf(id: string, secret: string): Promise<Grantee | undefined>;
  /** A token that nobody has yet. */
  newToken(): string;
  /** From now on it lets in; false when the credentials were revoked meanwhile. */
  grant(token: string, grantee: Grantee, scopes: readonly Scope[]): Promise<boolean>;
}

/** Credentials let in for whatever the settings say, a token for what it was asked for. */
type Found = Credential & Partial<Pick<TokenHolder, 'scopes'>>;

export interface ClientAccessDeps {
  readonly pool: Pool;
  /** The clients of DOORMAN_CLIENTS. */
  readonly clients: readonly Client[];
}

export function createClientAccess({ pool, clients }: ClientAccessDeps): ClientAccess {
  const byName = new Map(clients.map((client) => [client.name, client]));
  return {
    async clientOf(authorization, scope) {
      const shown = readAuthorization(authorization);
      if (shown === undefined) return undefined;
      const found: Found | undefined = 'token' in shown
        ? await findByAccessToken(pool, shown.token) : await findBySecret(pool, shown.id, shown.secret);
      const client = byName.get(found?.client ?? '');
      if (found === undefined || client === undefined) return undefined;
      const isGranted = found.scopes?.includes(scope) ?? true;
      if (!isGranted || !scopesOf(client).includes(scope)) return undefined;
      await noteUse(pool, [found.id]);
      return client;
    },
    async granteeOf(id, secret) {
      const found = await findBySecret(pool, unescaped(id), unescaped(secret));
      const client = byName.get(found?.client ?? '');
      return found === undefined || client === undefined ? undefined : { ...found, scopes: scopesOf(client) };
    },
    newToken: newAccessToken,
    grant: (token, grantee, scopes) => storeAccessToken(pool, token, grantee, scopes),
  };
}

export type Shown = { readonly token: string } | { readonly id: string; readonly secret: string };

/** What an `Authorization` header shows; undefined for what is none, or has another form. */
function readAuthorization(header: string | undefined): Shown | undefined {
  const [, scheme = '', given = ''] = /^(bearer|basic) +([A-Za-z0-9._~+/=-]{1,1024})$/i.exec(header ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return { token: given };
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const [id = '', secret, ...rest] = Buffer.from(given, 'base64').toString('utf8').split(':');
  return secret === undefined || rest.length > 0 ? undefined : { id: unescaped(id), secret: unescaped(secret) };
}

/**
 * RFC 6749, section 2.3.1: id and secret are form-encoded before they become Basic, and many clients leave that out.
 * Ours have no character that either would read differently.
 */
function unescaped(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
