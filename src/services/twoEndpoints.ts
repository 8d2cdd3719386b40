// The contract that we publish for services with accounts of their own: two endpoints, `users/exists` and `tokens`.
// By POST, so that no address stands in a URL or a log.
import { z } from 'zod';
import { askFor, faultOfStatus, jsonOf } from '../outbound/answer';
import type { Answer } from '../outbound/answer';
import { keepTokens } from '../outbound/keptTokens';
import type { GivenToken } from '../outbound/keptTokens';
import { OutboundFault } from '../outbound/outboundFault';
import { baseAddress, isOpen } from '../outbound/settingForms';
import type { ActAsProvider, Holder } from './actAsProvider';
import type { ProviderOptions } from './providerOptions';
import { heldMax, lifeMaxMs } from './providerOptions';
import { createAuthenticator, isOpenAuth, requestAuth } from './requestAuth';
import { common, line } from './settingForms';

export const twoEndpoints = z.strictObject({
  ...common,
  kind: z.literal('twoEndpoints'),
  /** What stands before `/users/exists` and `/tokens`. */
  base: baseAddress,
  auth: requestAuth,
  scopes: z.array(line).max(50).optional(),
}).refine(({ base, auth, allowInsecure }) => allowInsecure || !(isOpen(base) || isOpenAuth(auth)),
  { path: ['base'], message: 'must be https, here and where tokens come from' });
export type TwoEndpoints = z.infer<typeof twoEndpoints>;

const existsBody = z.object({ exists: z.boolean() });
const tokenBody = z.object({
  token: z.string().regex(/^[\x21-\x7e]{1,16384}$/),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.number().nonnegative(),
});

const who = 'the service';
const json = { 'content-type': 'application/json', accept: 'application/json' };
const bytesMax = 64 * 1024;
// Kept a minute less than that: what is kept is a token, for all that keeps it.
const existsMs = 5 * 60_000;

export function createTwoEndpoints(
  settings: TwoEndpoints, { fetch: get, now = Date.now }: ProviderOptions,
): ActAsProvider {
  const { base, auth, scopes, timeoutMs, allowInsecure } = settings;
  const authenticator = createAuthenticator(auth, { allowInsecure, timeoutMs, fetch: get, now });
  const kept = { entriesMax: heldMax, lifeMaxMs, now };
  const [answers, tokens] = [keepTokens(kept), keepTokens(kept)];

  const post = async (path: string, fields: object): Promise<Answer> => {
    const url = base.replace(/\/+$/, '') + path;
    const body = JSON.stringify(fields);
    const send = (headers: Readonly<Record<string, string>>) =>
      askFor(who, url, { method: 'POST', headers: { ...json, ...headers }, body }, { timeoutMs, bytesMax }, get);
    const headers = await authenticator.headers(body);
    const answer = await send(headers);
    // Our own token was withdrawn before its time: a new one is asked for once.
    return answer.status === 401 && authenticator.renew(headers) ? send(await authenticator.headers(body)) : answer;
  };

  const askExists = async (email: string): Promise<GivenToken> => {
    const answer = await post('/users/exists', { email });
    if (answer.status !== 200) throw faultOfStatus(who, answer);
    const said = existsBody.safeParse(jsonOf(who, answer));
    if (!said.success) throw new OutboundFault('untrustworthy', `${who} does not say whether there is an account`);
    return { token: said.data.exists ? 'yes' : 'no', lifeMs: existsMs };
  };
  const exists = async (email: string) => await answers.token(email, () => askExists(email)) === 'yes';

  const askToken = async (email: string, reason: string): Promise<GivenToken> => {
    const answer = await post('/tokens', { email, ...scopes && { scopes }, reason });
    if (answer.status === 404) throw noAccount();
    if (answer.status !== 200) throw faultOfStatus(who, answer);
    const said = tokenBody.safeParse(jsonOf(who, answer));
    if (!said.success) throw new OutboundFault('untrustworthy', `${who} answers with no bearer token`);
    return { token: said.data.token, lifeMs: said.data.expires_in * 1_000 };
  };
  return {
    exists: async ({ workEmail }) => workEmail !== undefined && exists(workEmail),
    async authorization({ employeeId, workEmail }, reason) {
      if (workEmail === undefined || !await exists(workEmail)) return undefined;
      const token = await tokens.token(keyOf({ employeeId, workEmail }), () => askToken(workEmail, reason))
        .catch(withoutAccount);
      return token === undefined ? undefined : `Bearer ${token}`;
    },
    refused: (holder, authorization) => tokens.forget(keyOf(holder), authorization.replace(/^Bearer /, '')),
  };
}

/** With the address, too: under another one it is another account. */
const keyOf = ({ employeeId, workEmail }: Pick<Holder, 'employeeId' | 'workEmail'>): string =>
  `${employeeId} ${workEmail ?? ''}`;

const gone = 'no account';
const noAccount = () => new OutboundFault('refused', `${who} knows no such account`, { code: gone });

function withoutAccount(error: unknown): undefined {
  if (error instanceof OutboundFault && error.code === gone) return undefined;
  throw error;
}
