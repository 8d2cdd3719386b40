// How SuccessFactors lets us in: by a token for an assertion that we sign, or, where nothing else is left, by password.
import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { Saml20 } from 'saml';
import { z } from 'zod';
import { FeedFault } from '../feedFault';
import { createTokens } from '../../outbound/tokens';
import type { Assertion, SettledSettings } from './settings';

export interface Access {
  /** What the Authorization header says. */
  header(): Promise<string>;
  /** The header was refused. Whether the next one will be another. */
  renew(): boolean;
}

export interface AccessOptions {
  readonly fetch?: typeof fetch | undefined;
  readonly now?: (() => number) | undefined;
}

const grantType = 'urn:ietf:params:oauth:grant-type:saml2-bearer';

export function createAccess(settings: SettledSettings, { fetch: get, now }: AccessOptions): Access {
  const { companyId, user, tokenUrl, allowInsecure, signIn } = settings;
  if (signIn.by === 'password') {
    const credentials = Buffer.from(`${user}@${companyId}:${signIn.password}`).toString('base64');
    return { header: () => Promise.resolve(`Basic ${credentials}`), renew: () => false };
  }
  const sign = createSigner(settings, signIn);
  const tokens = createTokens({
    tokenUrl,
    clientId: signIn.clientId,
    grantType,
    parameters: (afresh) => ({
      company_id: companyId,
      assertion: Buffer.from(sign()).toString('base64'),
      // Otherwise the token that was refused is handed out again for as long as it was to live.
      ...afresh && { new_token: 'true' },
    }),
    explain,
    allowInsecure,
    ...get && { fetch: get },
    ...now && { now },
  });
  return {
    header: async () => `Bearer ${await tokens.bearer()}`,
    renew() {
      tokens.forget();
      return true;
    },
  };
}

const assertionSeconds = 600;

/** Assertions that the API user is who asks (RFC 7522), each for one request. */
export function createSigner(
  { user, tokenUrl }: Pick<SettledSettings, 'user' | 'tokenUrl'>, signing: Assertion,
): () => string {
  // Written anew, in the only form that the library is sure to read.
  const key = createPrivateKey(signing.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  const cert = new X509Certificate(signing.certificate).toString();
  return () => {
    const assertion = Saml20.create({
      key,
      cert,
      // The library's own are of a weak source of chance.
      uid: randomUUID(),
      issuer: signing.issuer,
      audiences: signing.audience,
      recipient: tokenUrl,
      nameIdentifier: user,
      attributes: { api_key: signing.clientId, use_username: String(signing.userIs === 'username') },
      lifetimeInSeconds: assertionSeconds,
      signatureAlgorithm: 'rsa-sha256',
      digestAlgorithm: 'sha256',
    });
    if (assertion === undefined) throw new FeedFault('misconfigured', 'the assertion cannot be signed with this key');
    return assertion;
  };
}

const refusalBody = z.object({ errorMessage: z.string() });

// SuccessFactors says in a sentence what it does not like, and repeats values in it. The first that fits is told.
const causes: readonly (readonly [RegExp, string])[] = [
  [/audience/i, 'the audience of the assertion'],
  [/recipient|destination/i, 'the recipient of the assertion: is it the address of the token endpoint?'],
  [/issuer/i, 'the issuer of the assertion'],
  [/signature|certificate/i, 'the signature: is the certificate the one that is registered for this client?'],
  [/expire|not (yet )?valid (yet|before)|notbefore|notonorafter|too (old|early)/i,
    'the times of the assertion: is this clock right?'],
  [/company/i, 'the company id'],
  [/client|api.?key/i, 'the client id, which is the API key'],
  [/user|subject|nameid/i, 'the API user'],
];

function explain(body: unknown): string | undefined {
  const refusal = refusalBody.safeParse(body);
  if (!refusal.success) return undefined;
  return causes.find(([pattern]) => pattern.test(refusal.data.errorMessage))?.[1];
}
