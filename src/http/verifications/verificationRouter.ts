// /v1/verifications: other applications have codes sent, and checked. /v1/otp: the contract of before.
// The answer to a request for a code depends on its form and on nothing else (R47, A37).
import { Router } from 'express';
import type { Request, RequestHandler } from 'express';
import type { z } from 'zod';
import type { Shown } from '../../clients/clientAccess';
import type { Client } from '../../clients/clientSettings';
import type { RequestLimit } from '../../clients/requestLimit';
import { isUuid } from '../../domain/identifiers';
import type { NewVerification, Verifications } from '../../verifications/verifications';
import { authorizationOf } from '../callers/authorization';
import { createFailureLimit, failureWindowMs } from '../callers/failureLimit';
import type { FailureLimit } from '../callers/failureLimit';
import { openApiDocument } from '../openapi/openApiDocument';
import { Problem } from '../problem';
import { readBody } from '../twilioGuards';
import { verificationSchemas } from './verificationSchemas';

export interface VerificationRouterDeps {
  /** The client who shows this, when it may have codes sent. Rejects when that cannot be known. */
  clientOf(shown: Shown): Promise<Client | undefined>;
  charge: RequestLimit['charge'];
  readonly verifications: Pick<Verifications, 'start' | 'startReturned' | 'check' | 'status'>;
  /** Tags. */
  readonly languages: readonly string[];
  /** How long a code counts. */
  readonly lifetimeMs: number;
  count(client: string, outcome: string): void;
}

const bytesMax = 4 * 1024;
const jsonType = /^application\/json(?:; ?charset="?utf-8"?)?$/i;
const keyForm = /^[\x21-\x7e]{1,255}$/;
// RFC 9745: since when it is deprecated, 1 January 2026.
const deprecated = '@1767225600';

export function verificationRouter(deps: VerificationRouterDeps): Router {
  const { verifications, count } = deps;
  const schemas = verificationSchemas(deps.languages);
  const document = openApiDocument(deps.languages);
  const limit = createFailureLimit();
  const router = Router({ caseSensitive: true, strict: true });
  const serve = (act: (client: Client, request: Request<{ id: string }>) => Promise<[number, object]>) =>
    async (request: Request<{ id: string }>, response: Parameters<RequestHandler>[1]) => {
      if (request.originalUrl.includes('?')) throw new Problem('query-refused');
      const client = await authenticate(deps, limit, request);
      const [status, body] = await act(client, request).catch(unavailableUnlessProblem);
      response.status(status).json(body);
    };

  router.route('/v1/verifications').post(serve(async (client, request) => {
    const asked: NewVerification = { ...await readJson(request, schemas.start), key: keyOf(request) };
    const started = await verifications.start(mayVerify(client), asked);
    count(client.name, started.outcome);
    if (started.outcome === 'reused') throw new Problem('key-reused');
    return [202, { id: started.id, status: 'pending', expiresInSeconds: Math.floor(deps.lifetimeMs / 1_000) }];
  })).all(refuseMethod('POST'));

  router.route('/v1/verifications/:id').get(serve(async (client, { params: { id } }) => {
    const status = isUuid(id) ? await verifications.status(mayVerify(client), id) : undefined;
    if (status === undefined) throw new Problem('not-found');
    return [200, { status }];
  })).all(refuseMethod('GET, HEAD'));

  router.route('/v1/verifications/:id/check').post(serve(async (client, request) => {
    const { code } = await readJson(request, schemas.check);
    const { id } = request.params;
    const status = isUuid(id) ? await verifications.check(mayVerify(client), id, code) : 'none';
    count(client.name, status);
    if (status === 'none') throw new Problem('not-found');
    return [200, { status }];
  })).all(refuseMethod('POST'));

  router.route('/v1/otp').post((_request, response, next) => {
    response.set('Deprecation', deprecated);
    next();
  }, serve(async (client, request) => {
    if (client.verifications?.returnsCode !== true) throw new Problem('not-found');
    const otp = await verifications.startReturned(mayVerify(client), await readJson(request, schemas.start));
    count(client.name, 'returned');
    return [200, { otp }];
  })).all(refuseMethod('POST'));

  router.route('/v1/openapi.json').get((_request, response) => { response.json(document); })
    .all(refuseMethod('GET, HEAD'));
  return router;
}

async function authenticate(
  { clientOf, charge, count }: VerificationRouterDeps, limit: FailureLimit,
  request: Pick<Request, 'headers' | 'headersDistinct' | 'socket'>,
): Promise<Client> {
  const shown = authorizationOf(request);
  const { headers: { authorization = '' }, socket: { remoteAddress: address = '' } } = request;
  const client = shown === undefined ? undefined
    : await limit.lookUp(address, authorization, () => clientOf(shown)).catch(unavailable);
  if (client === 'busy') {
    throw new Problem('too-many', undefined, { headers: { 'Retry-After': String(failureWindowMs / 1_000) } });
  }
  if (client === undefined) {
    limit.noteFailure(address);
    count('unknown', 'refused');
    const headers = { 'WWW-Authenticate': 'Basic realm="doorman", Bearer realm="doorman"' };
    throw new Problem('client-unknown', undefined, { headers });
  }
  limit.noteRight(authorization);
  const seconds = await charge(client.name).catch(unavailable);
  if (seconds === undefined) return client;
  count(client.name, 'limited');
  throw new Problem('client-limited', undefined, { headers: { 'Retry-After': String(seconds) } });
}

function mayVerify({ name, verifications }: Client): { name: string; countries: readonly string[] } {
  return { name, countries: verifications?.countries ?? [] };
}

async function readJson<Schema extends z.ZodType>(
  request: Request<{ id: string }>, schema: Schema,
): Promise<z.output<Schema>> {
  const types = request.headersDistinct['content-type'] ?? [];
  if (types.length !== 1 || !jsonType.test(types[0]!)) throw new Problem('json-refused', 'type');
  if (request.headers['content-encoding'] !== undefined) throw new Problem('json-refused', 'encoding');
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw new Problem('too-large', 'announced');
  const read = schema.safeParse(parse(await readBody(request, bytesMax)));
  if (!read.success) throw new Problem('malformed', 'shape');
  return read.data;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Problem('malformed', 'json');
  }
}

function keyOf({ headersDistinct }: Pick<Request, 'headersDistinct'>): string | undefined {
  const keys = headersDistinct['idempotency-key'];
  if (keys === undefined) return undefined;
  if (keys.length !== 1 || !keyForm.test(keys[0]!)) throw new Problem('malformed', 'key');
  return keys[0];
}

function unavailable(cause: unknown): never {
  throw new Problem('unavailable', 'notStored', { headers: { 'Retry-After': '5' }, cause });
}

function unavailableUnlessProblem(error: unknown): never {
  if (error instanceof Problem) throw error;
  return unavailable(error);
}

function refuseMethod(allowed: string): RequestHandler {
  return () => { throw new Problem('method-refused', undefined, { headers: { Allow: allowed } }); };
}
