// POST /oauth/token and /access_token: OAuth 2.0 client credentials (RFC 6749, section 4.4). Refuses every other grant
// before the library sees it: with a `code_verifier` it would take clients without their secret.
import OAuth2Server from '@node-oauth/oauth2-server';
import type { Request, RequestHandler, Response } from 'express';
import type { ClientAccess, Grantee } from '../../clients/clientAccess';
import type { Scope } from '../../clients/clientSettings';
import type { RequestLimit } from '../../clients/requestLimit';
import type { Log } from '../../log';
import type { FailureLimit } from '../callers/failureLimit';
import { failureWindowMs } from '../callers/failureLimit';
import { isComplete, requestIdOf } from '../problem';
import { readBody } from '../twilioGuards';
import { readForm } from '../twilioForm';
import type { Parameters } from '../twilioForm';

export interface TokenEndpointDeps {
  readonly access: Pick<ClientAccess, 'granteeOf' | 'newToken' | 'grant'>;
  charge: RequestLimit['charge'];
  readonly log: Pick<Log, 'warn' | 'error'>;
}

export const tokenPaths = ['/oauth/token', '/access_token'] as const;

const bytesMax = 4_096;
const tokenSeconds = 3_600;
const grantType = 'client_credentials';
const contentType = /^application\/x-www-form-urlencoded(?:; ?charset="?utf-8"?)?$/i;

/** RFC 6749, section 5.2, with sentences of ours: the library's may repeat what was thrown. */
const refusals = {
  invalid_request: [400, 'The request is not well formed, or shows client credentials in two ways.'],
  invalid_client: [401, 'Client id and secret are not those of a client.'],
  unauthorized_client: [400, 'This client may not do that.'],
  unsupported_grant_type: [400, 'The only grant is client_credentials.'],
  invalid_scope: [400, 'This client may not have that scope.'],
  too_many: [429, 'Too many wrong client credentials came from this address. Try again later.'],
  limited: [429, 'This client made too many requests within a minute. Try again later.'],
  temporarily_unavailable: [503, 'It cannot be known at the moment. Try again later.'],
} as const satisfies Record<string, readonly [number, string]>;
type RefusalName = keyof typeof refusals;

class Refusal extends Error {
  /** `seconds`: after which the client may come again. */
  constructor(readonly refusal: RefusalName, cause?: unknown, readonly seconds = failureWindowMs / 1_000) {
    super(refusal, { cause });
    this.name = 'Refusal';
  }
}

export function tokenEndpoint({ log, ...deps }: TokenEndpointDeps, limit: FailureLimit): RequestHandler {
  return async (request, response) => {
    const address = request.socket.remoteAddress ?? '';
    try {
      const form = await formOf(request);
      const shown = `${request.headers.authorization ?? ''} ${form.client_id ?? ''} ${form.client_secret ?? ''}`;
      const token = await limit.lookUp(address, shown, () => tokenFor(deps, request, form));
      if (token === 'busy') throw new Refusal('too_many');
      limit.noteRight(shown);
      limit.noteRight(token.access_token);
      response.set('Pragma', 'no-cache').json(token);
    } catch (error) {
      refuse(log, request, response, limited(limit, address, error));
    }
  };
}

/** Whoever shows wrong credentials again and again is told so. */
function limited(limit: FailureLimit, address: string, error: unknown): Refusal {
  const refusal = error instanceof Refusal ? error : new Refusal('temporarily_unavailable', error);
  if (refusal.refusal !== 'invalid_client') return refusal;
  limit.noteFailure(address);
  return limit.isReached(address) ? new Refusal('too_many') : refusal;
}

/** The form, and credentials shown in one way. */
async function formOf(request: Request): Promise<Parameters> {
  const types = request.headersDistinct['content-type'] ?? [];
  const isForm = types.length === 1 && contentType.test(types[0]!);
  if (!isForm || request.originalUrl.includes('?') || request.headers['content-encoding'] !== undefined) {
    throw new Refusal('invalid_request');
  }
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw new Refusal('invalid_request');
  const form = readForm(await readBody(request, bytesMax).catch(() => { throw new Refusal('invalid_request'); }));
  if (form.outcome === 'malformed') throw new Refusal('invalid_request');
  const { parameters } = form;
  const headers = request.headersDistinct.authorization ?? [];
  if (headers.length > 1 || (headers.length === 1 && parameters.client_secret !== undefined)) {
    throw new Refusal('invalid_request');
  }
  if (headers.length === 0 && parameters.client_secret === undefined) throw new Refusal('invalid_client');
  if (parameters.grant_type === undefined) throw new Refusal('invalid_request');
  if (parameters.grant_type !== grantType) throw new Refusal('unsupported_grant_type');
  return parameters;
}

interface Given {
  readonly access_token: string;
}

type ModelDeps = Pick<TokenEndpointDeps, 'access' | 'charge'>;

async function tokenFor(deps: ModelDeps, request: Request, form: Parameters): Promise<Given> {
  const server = new OAuth2Server({ model: modelOf(deps), accessTokenLifetime: tokenSeconds });
  const { client_id: id, client_secret: secret, scope } = form;
  const { authorization } = request.headers;
  const asked = new OAuth2Server.Request({
    method: 'POST', query: {},
    headers: {
      'content-type': 'application/x-www-form-urlencoded', 'content-length': '1',
      ...authorization === undefined ? {} : { authorization },
    },
    // What else the form has is nothing that may change what the library does.
    body: { grant_type: grantType, client_id: id, client_secret: secret, scope },
  });
  const answer = new OAuth2Server.Response({});
  await server.token(asked, answer).catch((error: unknown) => { throw refusalOf(error); });
  return answer.body as Given; // cast: the library's own answer, which it made of a token
}

/** Not extended by anything that a request says. */
function modelOf({ access, charge }: ModelDeps): OAuth2Server.ClientCredentialsModel {
  const granteeOf = (client: OAuth2Server.Client) => client.grantee as Grantee; // cast: `getClient` put it there
  return {
    async getClient(id, secret) {
      const grantee = await access.granteeOf(id, secret);
      const seconds = await charge(grantee?.client);
      if (seconds !== undefined) throw new Refusal('limited', undefined, seconds);
      return grantee === undefined ? false : { id: grantee.id, grants: [grantType], grantee };
    },
    // The library wants somebody to be there; a client acts for itself.
    getUserFromClient: async (client) => ({ id: client.id }),
    async validateScope(_user, client, scope) {
      const { scopes } = granteeOf(client);
      const wanted = scope ?? [...scopes];
      return wanted.length > 0 && wanted.every((one) => scopes.some((known) => known === one)) ? wanted : false;
    },
    generateAccessToken: async () => access.newToken(),
    async saveToken(token, client, user) {
      const scopes = (token.scope ?? []) as Scope[]; // cast: `validateScope` let them pass
      const isGranted = await access.grant(token.accessToken, granteeOf(client), scopes);
      if (!isGranted) throw new OAuth2Server.InvalidClientError('revoked');
      return { ...token, client, user };
    },
    // Only authenticating requests asks for it, which is done elsewhere.
    getAccessToken: async () => false,
  };
}

/** The library's error by its name alone, or ours, which it wraps. */
function refusalOf(error: unknown): Refusal {
  // cast: the library's types leave out what it wraps
  const { inner } = Object(error) as { inner?: unknown };
  if (inner instanceof Refusal) return inner;
  const name = error instanceof OAuth2Server.OAuthError ? error.name : '';
  return isRefusal(name) ? new Refusal(name) : new Refusal('temporarily_unavailable', error);
}

function isRefusal(name: string): name is RefusalName {
  return Object.hasOwn(refusals, name);
}

function refuse(
  log: TokenEndpointDeps['log'], request: Request, response: Response, { refusal, cause, seconds }: Refusal,
): void {
  const [status, description] = refusals[refusal];
  const fields = { requestId: requestIdOf(response), status, kind: `oauth.${refusal}` };
  if (status === 503) log.error('token request failed', { ...fields, error: cause });
  // That one is told of once a minute, by who counts (src/clients/requestLimit.ts).
  else if (refusal !== 'limited') log.warn('token request refused', fields);
  if (response.headersSent) return void response.destroy();
  // What has not arrived yet will not be read: the connection ends with the answer.
  if (!isComplete(request)) response.set('Connection', 'close');
  if (status === 401) response.set('WWW-Authenticate', 'Basic realm="clients", charset="UTF-8"');
  if (status === 429) response.set('Retry-After', String(seconds));
  if (status === 503) response.set('Retry-After', '5');
  const error = status === 429 ? 'temporarily_unavailable' : refusal;
  response.set('Pragma', 'no-cache').status(status).json({ error, error_description: description });
}
