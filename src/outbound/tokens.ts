// OAuth 2.0 access tokens for reading a source: asked for once, in memory only, until shortly before they end.
import {
  ClientSecretBasic, ClientSecretPost, Configuration, None, allowInsecureRequests, customFetch, genericGrantRequest,
} from 'openid-client';
import type { CustomFetch } from 'openid-client';
import { z } from 'zod';
import { OutboundFault } from './outboundFault';
import { askFor, faultOfStatus, jsonOf, parsed } from './answer';
import type { Answer } from './answer';
import { keepToken } from './keptTokens';
import type { GivenToken } from './keptTokens';

type Fields = Readonly<Record<string, string>>;

export interface TokenOptions {
  readonly tokenUrl: string;
  /** Without one nothing is said of the client: what else is sent names it. */
  readonly clientId?: string;
  /** Without one the client is known by what else it sends. */
  readonly clientSecret?: string | undefined;
  /** Where the secret goes: the Authorization header unless told. */
  readonly secretIn?: 'header' | 'body';
  /** `client_credentials` unless told. */
  readonly grantType?: string;
  /** Further fields of the request, made anew for each. `afresh`: a token was forgotten, and another is wanted. */
  readonly parameters?: (afresh: boolean) => Fields | Promise<Fields>;
  /** RFC 8693, section 2.2.1: the kinds of token that are wanted, one of which the answer has to name. */
  readonly issuedTypes?: readonly string[];
  /** What the body of a refusal means, where it is not OAuth's own: in words of ours, without its values. */
  readonly explain?: (body: unknown) => string | undefined;
  /** From the connection to the last byte, in ms: 30 s unless told. */
  readonly timeoutMs?: number;
  /** For a token endpoint without TLS, in development. */
  readonly allowInsecure?: boolean;
  readonly fetch?: typeof fetch;
  readonly now?: () => number;
}

export interface Tokens {
  /** A token to send as `Authorization: Bearer …`. Throws a OutboundFault. */
  bearer(): Promise<string>;
  /** The token was refused: the next one is asked for. `refused` spares one that was asked for since. */
  forget(refused?: string): void;
}

const who = 'the token endpoint';
const timeoutMsDefault = 30_000;
const bytesMax = 64 * 1024;
// One without an end is taken to live for a short while.
const unknownLifeMs = 5 * 60_000;

/** One ask at a time, however many want a token. */
export function createTokens(options: TokenOptions): Tokens {
  const { token, forget } = keepToken((afresh) => requestToken(options, afresh), options.now ?? Date.now);
  return { bearer: token, forget };
}

/** Asks for one token, and keeps nothing. Throws an OutboundFault. */
export async function requestToken(options: TokenOptions, afresh: boolean): Promise<GivenToken> {
  const { grantType = 'client_credentials', parameters = (): Fields => ({}) } = options;
  if (!options.tokenUrl.startsWith('https:') && options.allowInsecure !== true) {
    throw new OutboundFault('misconfigured', `${who} is not asked without TLS`);
  }
  const fields = await parameters(afresh);
  const { access_token: token, token_type: type, expires_in: seconds, issued_token_type: issued } =
    await genericGrantRequest(configure(options), grantType, fields).catch(unwrap);
  if (type !== 'bearer' || !sendable.test(token)) throw noToken();
  if (options.issuedTypes?.some((one) => one === issued) === false) throw noToken();
  return { token, lifeMs: seconds === undefined ? unknownLifeMs : seconds * 1_000 };
}

/** The library wraps what a request throws. Its own errors carry the answer, and with it perhaps a token. */
function unwrap(error: unknown): never {
  const fault = error instanceof Error ? error.cause : undefined;
  throw fault instanceof OutboundFault ? fault : noToken();
}

/** A header that cannot hold its value is refused with the value in the sentence. */
const sendable = /^[\x21-\x7e]{1,16384}$/;

function noToken(): OutboundFault {
  return new OutboundFault('untrustworthy', `${who} answers with no bearer token`);
}

function configure(options: TokenOptions): Configuration {
  const { tokenUrl, clientId, clientSecret, secretIn = 'header', allowInsecure = false } = options;
  const authentication = clientId === undefined ? () => undefined
    : clientSecret === undefined ? None()
    : secretIn === 'header' ? ClientSecretBasic(clientSecret) : ClientSecretPost(clientSecret);
  const config = new Configuration(
    { issuer: tokenUrl, token_endpoint: tokenUrl }, clientId ?? 'unnamed', undefined, authentication);
  if (allowInsecure) allowInsecureRequests(config);
  config[customFetch] = fetchOf(options);
  return config;
}

/** Answers within limits; the library sees only those that may hold a token. */
function fetchOf({ fetch: get, explain, timeoutMs = timeoutMsDefault }: TokenOptions): CustomFetch {
  const limits = { timeoutMs, bytesMax };
  return async (url, { method, headers, body }) => {
    const form = body as URLSearchParams; // cast: all that a token endpoint is sent
    const answer = await askFor(who, url, { method, headers, body: form }, limits, get);
    if (answer.status !== 200) throw refusal(answer, explain);
    return Response.json(jsonOf(who, answer));
  };
}

// RFC 6749, section 5.2: the only words of an answer that are repeated.
const oauthErrors = [
  'invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type',
  'invalid_scope'] as const;

const errorBody = z.object({ error: z.enum(oauthErrors) });

function refusal(answer: Answer, explain: TokenOptions['explain'] = () => undefined): OutboundFault {
  const body = parsed(answer.body);
  const standard = errorBody.safeParse(body);
  const detail = standard.success ? standard.data.error : explain(body);
  if (![400, 401, 403].includes(answer.status)) return faultOfStatus(who, answer, detail);
  const code = standard.success ? { code: standard.data.error } : {};
  return new OutboundFault('refused', `${who} refuses the request (${detail ?? answer.status})`, code);
}
