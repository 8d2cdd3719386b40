// Contact centres' own contract, with Doorman as the one that calls: `/access_token`, `/customer_authenticate` for the
// customer's JWT, and `/getprofile` where it is to be seen that the JWT is taken.
import { z } from 'zod';
import { askFor, faultOfStatus, jsonOf } from '../outbound/answer';
import type { Answer } from '../outbound/answer';
import { keepToken, keepTokens } from '../outbound/keptTokens';
import type { GivenToken } from '../outbound/keptTokens';
import { OutboundFault } from '../outbound/outboundFault';
import { baseAddress, isOpen } from '../outbound/settingForms';
import { requestToken } from '../outbound/tokens';
import type { ActAsProvider, Holder } from './actAsProvider';
import type { ProviderOptions } from './providerOptions';
import { heldMax, lifeMaxMs } from './providerOptions';
import { accountFields, client, common, line } from './settingForms';

const fieldName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'must be a name of letters, digits and _');

export const customerAuthenticate = z.strictObject({
  ...common, ...client,
  kind: z.literal('customerAuthenticate'),
  clientSecret: line,
  /** What stands before `/customer_authenticate` and `/getprofile`. */
  base: baseAddress,
  apiKey: z.string().regex(/^[\x21-\x7e]{1,512}$/, 'must be visible characters').optional(),
  scope: line.optional(),
  /** What shows who the customer is: a statement of ours, or a field of the directory. */
  proof: z.enum(['statement', ...accountFields], `must be one of statement, ${accountFields.join(', ')}`)
    .default('statement'),
  /** Under which name it is sent. */
  field: fieldName.default('statement'),
  /** Whom a statement is for; `base` unless told. */
  assertionAudience: line.optional(),
  /** What `sub` of a statement says; an opaque name of ours unless told. */
  account: z.enum(accountFields, `must be one of ${accountFields.join(', ')}`).optional(),
  /** Whether a JWT is used only once `/getprofile` took it. */
  checksProfile: z.boolean().default(false),
}).refine(({ base, tokenUrl, allowInsecure }) => allowInsecure || !(isOpen(base) || isOpen(tokenUrl)),
  { path: ['base'], message: 'must be https, here and where tokens come from' });
export type CustomerAuthenticate = z.infer<typeof customerAuthenticate>;

const sendable = /^[\x21-\x7e]{1,16384}$/;
const jwtBody = z.object({
  JWT: z.string().regex(sendable), expires_in: z.number().nonnegative(),
  /** Seconds, ms or a date: how long the JWT lives is counted from when it was asked for. */
  issued_at: z.union([z.number(), z.string()]),
});
const profileBody = z.object({ customer_id: z.string().min(1) });

const who = 'the contact centre';
const bytesMax = 64 * 1024;

export function createCustomerAuthenticate(
  settings: CustomerAuthenticate, { assert, fetch: get, now = Date.now }: ProviderOptions,
): ActAsProvider {
  const { timeoutMs, apiKey, proof, field, assertionAudience, account, checksProfile } = settings;
  const base = settings.base.replace(/\/+$/, '');
  const own = keepOwn(() => askOwn(settings, get), now);
  const customers = keepTokens({ entriesMax: heldMax, lifeMaxMs, now });

  const post = (path: string, body: object, more: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    own.send((token) => askFor(who, base + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}`,
        ...apiKey === undefined ? {} : { 'api-key': apiKey }, ...more,
      },
      body: JSON.stringify(body),
    }, { timeoutMs, bytesMax }, get));

  const askCustomer = async (holder: Holder): Promise<GivenToken> => {
    // Asked for those alone who have what is sent.
    const subject = account === undefined ? {} : { subject: holder[account]! };
    const shown = proof === 'statement'
      ? await assert(holder, { audience: assertionAudience ?? base, ...subject }) : holder[proof]!;
    const answer = await post('/customer_authenticate', { [field]: shown });
    // 401 after all that could be done about our token: the contract has no other word for who is no customer.
    if (answer.status === 404 || answer.status === 401) {
      throw new OutboundFault('refused', `${who} knows no such customer`, { code: unknown });
    }
    if (answer.status !== 200) throw faultOfStatus(who, answer);
    const said = jwtBody.safeParse(jsonOf(who, answer));
    if (!said.success) throw new OutboundFault('untrustworthy', `${who} answers with no JWT of a customer`);
    const { JWT: token, expires_in: seconds } = said.data;
    if (checksProfile) await checkProfile(token);
    return { token, lifeMs: seconds * 1_000 };
  };

  const checkProfile = async (jwt: string): Promise<void> => {
    const answer = await post('/getprofile', {}, { 'customer-auth': `JWT ${jwt}` });
    if (answer.status !== 200) throw faultOfStatus(who, answer);
    if (!profileBody.safeParse(jsonOf(who, answer)).success) {
      throw new OutboundFault('untrustworthy', `${who} does not say whose the JWT is`);
    }
  };

  return {
    async authorization(holder) {
      const needed = [proof === 'statement' ? 'proof' as const : proof, ...account === undefined ? [] : [account]];
      if (needed.some((name) => holder[name] === undefined)) return undefined;
      const token = await customers.token(keyOf(settings, holder), () => askCustomer(holder)).catch(withoutAccount);
      return token === undefined ? undefined : `Bearer ${token}`;
    },
    refused: (holder, authorization) =>
      customers.forget(keyOf(settings, holder), authorization.replace(/^Bearer /, '')),
  };
}

/** Between two tokens of our own that are asked for because of a 401. */
const renewalMs = 5 * 60_000;

/**
 * Our own token. A 401 is about it or about the customer, and does not say which. Where the token is new, it is the
 * customer; else one other is asked for by however many were refused, and seldom, however many are no customers.
 */
function keepOwn(ask: () => Promise<GivenToken>, now: () => number) {
  let given = 0;
  let renewedAt = -Infinity;
  const kept = keepToken(async (afresh) => {
    if (afresh) renewedAt = now();
    const token = await ask();
    given += 1;
    return token;
  }, now, lifeMaxMs);
  return {
    async send(request: (token: string) => Promise<Answer>): Promise<Answer> {
      const before = given;
      const token = await kept.token();
      const isNew = given !== before;
      const answer = await request(token);
      if (answer.status !== 401 || isNew) return answer;
      if (now() >= renewedAt + renewalMs) kept.forget(token);
      const other = await kept.token();
      return other === token ? answer : request(other);
    },
  };
}

function askOwn(settings: CustomerAuthenticate, get: ProviderOptions['fetch']): Promise<GivenToken> {
  const { tokenUrl, clientId, clientSecret, secretIn, timeoutMs, allowInsecure, scope } = settings;
  return requestToken({
    tokenUrl, clientId, clientSecret, secretIn, timeoutMs, allowInsecure,
    parameters: () => (scope === undefined ? {} : { scope }), ...get && { fetch: get },
  }, false);
}

/** What a statement says of the proof goes into the JWT: it is that session's alone. */
function keyOf({ proof: by }: CustomerAuthenticate, { employeeId, employeeNumber, workEmail, proof }: Holder): string {
  const account = [employeeId, employeeNumber, workEmail ?? ''];
  return JSON.stringify(by === 'statement' ? [...account, proof?.sessionId] : account);
}

const unknown = 'no customer';

function withoutAccount(error: unknown): undefined {
  if (error instanceof OutboundFault && error.code === unknown) return undefined;
  throw error;
}
