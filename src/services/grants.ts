// Token endpoints that take an assertion of who speaks for a token of that person's: token exchange (RFC 8693) and JWT
// bearer (RFC 7523) with an assertion of ours, SAML bearer (RFC 7522) with one of SAML.
import { z } from 'zod';
import { keepTokens } from '../outbound/keptTokens';
import { OutboundFault } from '../outbound/outboundFault';
import { isOpen } from '../outbound/settingForms';
import { requestToken } from '../outbound/tokens';
import type { ActAsProvider, Holder } from './actAsProvider';
import { createSamlSigner, isSigningPair, samlFields } from './samlAssertion';
import type { ProviderOptions } from './providerOptions';
import { heldMax, lifeMaxMs } from './providerOptions';
import { accountFields, client, common, line } from './settingForms';
import type { AccountField } from './settingForms';

type Fields = Readonly<Record<string, string>>;

/** What further fields must not replace, in whatever grant. */
const ownFields: ReadonlySet<string> = new Set([
  'grant_type', 'client_id', 'client_secret', 'assertion', 'subject_token', 'subject_token_type', 'scope']);
/** Claims of ours that a field of the directory must not replace. */
const ownClaims: ReadonlySet<string> = new Set(
  ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'auth_time', 'amr', 'acr']);
const noneOf = (names: ReadonlySet<string>) => (given: object) => !Object.keys(given).some((name) => names.has(name));

const grant = {
  ...common, ...client,
  scope: line.optional(),
  /** Further fields of the request, such as a company's id. */
  parameters: z.record(z.string(), line)
    .refine(noneOf(ownFields), 'names a field that Doorman fills in').default({}),
};
const accountField = z.enum(accountFields, `must be one of ${accountFields.join(', ')}`);
const ours = {
  ...grant,
  /** What the assertion is for; the token endpoint's address unless told. */
  assertionAudience: line.optional(),
  /** What `sub` says; an opaque name of ours unless told. */
  account: accountField.optional(),
  /** Further claims, each a field of the directory. */
  claims: z.record(z.string(), accountField)
    .refine(noneOf(ownClaims), 'names a claim that Doorman makes').default({}),
};

export const tokenExchange = closed(z.strictObject({
  ...ours, kind: z.literal('tokenExchange'), audience: line.optional(), resource: line.optional(),
  requestedTokenType: line.optional(),
}));
export const jwtBearer = closed(z.strictObject({ ...ours, kind: z.literal('jwtBearer') }));
export const samlBearer = closed(z.strictObject({
  ...grant, ...samlFields, kind: z.literal('samlBearer'), account: accountField,
}).refine(isSigningPair, { path: ['privateKey'], message: 'must be RSA, and that of the certificate' }));
type Ours = z.infer<typeof tokenExchange> | z.infer<typeof jwtBearer>;
export type Grant = Ours | z.infer<typeof samlBearer>;

function closed<Schema extends z.ZodType<{ tokenUrl: string; allowInsecure: boolean }>>(schema: Schema) {
  return schema.refine(({ tokenUrl, allowInsecure }) => allowInsecure || !isOpen(tokenUrl),
    { path: ['tokenUrl'], message: 'must be https' });
}

const grantTypes = {
  tokenExchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  jwtBearer: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  samlBearer: 'urn:ietf:params:oauth:grant-type:saml2-bearer',
} as const;

export function createGrantProvider(settings: Grant, options: ProviderOptions): ActAsProvider {
  const { tokenUrl, clientId, clientSecret, secretIn, timeoutMs, allowInsecure, scope, parameters } = settings;
  const now = options.now ?? Date.now;
  const tokens = keepTokens({ entriesMax: heldMax, lifeMaxMs, now });
  const assertionOf = assertionMaker(settings, options);
  const ask = async (holder: Holder) => {
    const fields = { ...parameters, ...scope !== undefined && { scope }, ...await assertionOf(holder) };
    return requestToken({
      tokenUrl, clientId, clientSecret, secretIn, timeoutMs, allowInsecure, parameters: () => fields,
      grantType: grantTypes[settings.kind], ...issuedTypes(settings), ...options.fetch && { fetch: options.fetch },
    }, false);
  };
  return {
    async authorization(holder) {
      if (needed(settings).some((field) => holder[field] === undefined)) return undefined;
      const token = await tokens.token(keyOf(settings, holder), () => ask(holder)).catch(withoutAccount);
      return token === undefined ? undefined : `Bearer ${token}`;
    },
    refused: (holder, authorization) =>
      tokens.forget(keyOf(settings, holder), authorization.replace(/^Bearer /, '')),
  };
}

/** Fields of the directory without which nobody is known there; `proof` where ours is the assertion. */
function needed(settings: Grant): (AccountField | 'proof')[] {
  if (settings.kind === 'samlBearer') return [settings.account];
  return ['proof', ...settings.account === undefined ? [] : [settings.account], ...Object.values(settings.claims)];
}

/** What an assertion says of the proof goes into the token: it is that session's alone. */
function keyOf({ kind }: Grant, { employeeId, employeeNumber, workEmail, proof }: Holder): string {
  const account = [employeeId, employeeNumber, workEmail ?? ''];
  return JSON.stringify(kind === 'samlBearer' ? account : [...account, proof?.sessionId]);
}

function assertionMaker(settings: Grant, { assert }: ProviderOptions): (holder: Holder) => Promise<Fields> {
  if (settings.kind === 'samlBearer') {
    const sign = createSamlSigner(settings);
    return (holder) => {
      const assertion = sign(holder[settings.account]!); // asked for those alone who have it
      return Promise.resolve({ assertion: Buffer.from(assertion).toString('base64url') });
    };
  }
  return async (holder) => {
    const { tokenUrl, assertionAudience: audience = tokenUrl, account, claims } = settings;
    const jwt = await assert(holder, {
      audience,
      ...account === undefined ? {} : { subject: holder[account]! }, // as above
      claims: Object.fromEntries(Object.entries(claims).map(([name, field]) => [name, holder[field]!])),
    });
    return settings.kind === 'jwtBearer' ? { assertion: jwt } : exchangeFields(settings, jwt);
  };
}

/** What may be sent as a bearer token, unless the settings want a kind of its own. */
const sentAsBearer = ['access_token', 'jwt'].map((kind) => `urn:ietf:params:oauth:token-type:${kind}`);

function issuedTypes(settings: Grant): { readonly issuedTypes?: readonly string[] } {
  if (settings.kind !== 'tokenExchange') return {};
  const { requestedTokenType: wanted } = settings;
  return { issuedTypes: wanted === undefined ? sentAsBearer : [wanted] };
}

function exchangeFields(settings: z.infer<typeof tokenExchange>, jwt: string): Fields {
  const { audience, resource, requestedTokenType } = settings;
  return {
    subject_token: jwt,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    ...audience !== undefined && { audience },
    ...resource !== undefined && { resource },
    ...requestedTokenType !== undefined && { requested_token_type: requestedTokenType },
  };
}

/** `invalid_grant` is OAuth's word for an assertion that opens nothing there: nobody of that name has an account. */
function withoutAccount(error: unknown): undefined {
  if (error instanceof OutboundFault && error.code === 'invalid_grant') return undefined;
  throw error;
}
