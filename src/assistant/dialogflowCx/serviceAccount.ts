// The access tokens of a Google service account: a JWT that it signs (RFC 7523) is given for each.
import { importPKCS8, SignJWT } from 'jose';
import { faultOfThrown } from '../../outbound/httpFaults';
import { createTokens } from '../../outbound/tokens';

export interface ServiceAccount {
  readonly client_email: string;
  readonly private_key: string;
  readonly private_key_id?: string | undefined;
  readonly token_uri: string;
}

export interface AccountTokens {
  /** `Bearer …`. Throws Fault. */
  authorization(): Promise<string>;
  /** This one was refused: another is asked for, once by however many were refused. */
  forget(authorization: string): void;
}

const scope = 'https://www.googleapis.com/auth/dialogflow';
const assertionSeconds = 300;

export function createAccountTokens(
  account: ServiceAccount, options: { readonly allowInsecure: boolean; readonly fetch: typeof fetch },
): AccountTokens {
  const tokens = createTokens({
    ...options,
    tokenUrl: account.token_uri,
    grantType: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    parameters: async () => ({ assertion: await assertionOf(account) }),
  });
  return {
    async authorization() {
      try {
        return `Bearer ${await tokens.bearer()}`;
      } catch (error) {
        throw faultOfThrown('assistant', error, 'token');
      }
    },
    forget: (authorization) => tokens.forget(authorization.replace(/^Bearer /, '')),
  };
}

async function assertionOf(account: ServiceAccount): Promise<string> {
  const { client_email: email, private_key: pem, private_key_id: kid, token_uri: audience } = account;
  const key = await importPKCS8(pem, 'RS256');
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...kid === undefined ? {} : { kid } })
    .setIssuer(email)
    .setSubject(email)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime(`${assertionSeconds} s`)
    .sign(key);
}
