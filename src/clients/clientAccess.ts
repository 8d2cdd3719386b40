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

/** A token of `/oauth/token`, or client id and secret. */
export type Shown = { readonly token: string } | { readonly user: string; readonly password: string };

export interface ClientAccess {
  /** Who shows this, when they may do that; undefined for everybody else. Rejects when it cannot be known. */
  clientOf(shown: Shown, scope: Scope): Promise<Client | undefined>;
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
  const bySecret = (id: string, secret: string) => findBySecret(pool, unescaped(id), unescaped(secret));
  return {
    async clientOf(shown, scope) {
      const found: Found | undefined = 'token' in shown
        ? await findByAccessToken(pool, shown.token) : await bySecret(shown.user, shown.password);
      const client = byName.get(found?.client ?? '');
      if (found === undefined || client === undefined) return undefined;
      const isGranted = found.scopes?.includes(scope) ?? true;
      if (!isGranted || !scopesOf(client).includes(scope)) return undefined;
      await noteUse(pool, [found.id]);
      return client;
    },
    async granteeOf(id, secret) {
      const found = await bySecret(id, secret);
      const client = byName.get(found?.client ?? '');
      return found === undefined || client === undefined ? undefined : { ...found, scopes: scopesOf(client) };
    },
    newToken: newAccessToken,
    grant: (token, grantee, scopes) => storeAccessToken(pool, token, grantee, scopes),
  };
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
