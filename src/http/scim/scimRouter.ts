// SCIM 2.0 (RFC 7644) at /scim/v2: identity providers push people. SCIMMY is the engine of schema, PATCH and filter;
// routes, pages and errors are ours (decision 17).
import { Router } from 'express';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { ScimUsers } from '../../directory/scim/users';
import { isUuid } from '../../domain/identifiers';
import type { Log } from '../../log';
import { isComplete, requestIdOf } from '../problem';
import { authenticate, sourceOf } from './scimAuth';
import type { FindSource } from './scimAuth';
import { readJson } from './scimBody';
import { ScimFault, sendFault, sendScim, statusOf } from './scimFault';
import { patchUser } from './scimPatch';
import { attributeChoice, listQuery, parametersOf } from './scimQuery';
import { readUser, representationOf } from './scimRepresentation';
import { discoveryOf, listResponse, scimPath } from './scimSchema';

export interface ScimDeps {
  readonly findSource: FindSource;
  readonly users: ScimUsers;
}

/** `publicUrl`: the origin by which the service is known; nothing in a request can replace it. */
export function scimRouter(
  { findSource, users }: ScimDeps, publicUrl: string, log: Pick<Log, 'warn' | 'error'>,
): Router {
  const base = publicUrl + scimPath;
  const router = Router({ caseSensitive: true });
  router.use(authenticate(findSource));
  router.all(['/Bulk', '/Me', '/.search', '/Users/.search'], refuse('notOffered'));
  addDiscovery(router, base);
  addUsers(router, users, base);
  // No groups: who asks for them, as Okta does when it connects, finds none.
  router.route('/Groups').get((_request, response) => sendScim(response, 200, listResponse([])))
    .all(refuse('notOffered'));
  router.use(refuse('unknown'));
  router.use(answerFaults(log));
  return router;
}

function refuse(refusal: 'notOffered' | 'unknown'): RequestHandler {
  return () => { throw new ScimFault(refusal); };
}

function refuseMethod(allowed: string): RequestHandler {
  return () => { throw new ScimFault('methodRefused', { headers: { Allow: allowed } }); };
}

function addDiscovery(router: Router, base: string): void {
  const { schemas, resourceTypes, serviceProvider } = discoveryOf(base);
  const serve = (path: string, answer: (request: Request<{ name: string }>) => unknown) =>
    router.route(path).get((request: Request<{ name: string }>, response) => {
      const found = answer(request);
      if (found === undefined) throw new ScimFault('unknown');
      sendScim(response, 200, found);
    }).all(refuseMethod('GET, HEAD'));
  serve('/ServiceProviderConfig', () => serviceProvider);
  serve('/Schemas', () => listResponse([...schemas.values()]));
  serve('/Schemas/:name', ({ params }) => schemas.get(params.name));
  serve('/ResourceTypes', () => listResponse([...resourceTypes.values()]));
  serve('/ResourceTypes/:name', ({ params }) => resourceTypes.get(params.name));
}

type UserRequest = Request<{ id: string }>;

function addUsers(router: Router, users: ScimUsers, base: string): void {
  router.route('/Users')
    .get(async (request, response) => {
      const parameters = parametersOf(request);
      const [query, choice] = [listQuery(parameters), attributeChoice(parameters)];
      const { total, users: page } = await users.find(sourceOf(response), query).catch(asUnavailable);
      const resources = page.map((user) => representationOf(user, base, choice));
      sendScim(response, 200, listResponse(resources, total, query.startIndex));
    })
    .post(async (request, response) => {
      const heardAt = new Date();
      const choice = attributeChoice(parametersOf(request));
      const user = readUser(await readJson(request));
      const stored = await users.create(sourceOf(response), user, heardAt).catch(asUnavailable);
      if (stored.outcome === 'taken') throw new ScimFault('uniqueness');
      response.location(`${base}/Users/${stored.user.id}`);
      sendScim(response, 201, representationOf(stored.user, base, choice));
    })
    .all(refuseMethod('GET, HEAD, POST'));
  router.route('/Users/:id').all(requireId)
    .get(async (request: UserRequest, response) => {
      const choice = attributeChoice(parametersOf(request));
      const user = await users.get(sourceOf(response), request.params.id).catch(asUnavailable);
      if (user === undefined) throw new ScimFault('unknown');
      sendScim(response, 200, representationOf(user, base, choice));
    })
    .put(async (request: UserRequest, response) => {
      await change(request, response, (body) => {
        const user = readUser(body);
        return () => user;
      });
    })
    .patch(async (request: UserRequest, response) => {
      await change(request, response, (body) => (stored) => patchUser(stored, body, base));
    })
    .delete(async (request: UserRequest, response) => {
      const removed = await users.remove(sourceOf(response), request.params.id, new Date()).catch(asUnavailable);
      if (!removed) throw new ScimFault('unknown');
      response.status(204).end();
    })
    .all(refuseMethod('GET, HEAD, PUT, PATCH, DELETE'));

  async function change(
    request: UserRequest, response: Response, nextOf: (body: unknown) => Parameters<ScimUsers['change']>[2],
  ): Promise<void> {
    const heardAt = new Date();
    // Only of the answer: a PATCH of what a choice leaves would lose the rest.
    const choice = attributeChoice(parametersOf(request));
    const next = nextOf(await readJson(request));
    const changed = await users.change(sourceOf(response), request.params.id, next, heardAt).catch(asUnavailable);
    if (changed.outcome === 'unknown') throw new ScimFault('unknown');
    if (changed.outcome === 'taken') throw new ScimFault('uniqueness');
    sendScim(response, 200, representationOf(changed.user, base, choice));
  }
}

const requireId: RequestHandler<{ id: string }> = ({ params }, _response, next) => {
  if (!isUuid(params.id.toLowerCase())) throw new ScimFault('unknown');
  next();
};

/** What is not stored is to be sent again. */
function asUnavailable(cause: unknown): never {
  throw cause instanceof ScimFault ? cause : new ScimFault('unavailable', { headers: { 'Retry-After': '5' }, cause });
}

function answerFaults(log: Pick<Log, 'warn' | 'error'>): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const fault = error instanceof ScimFault ? error : scimFaultOf(error);
    const status = statusOf(fault.refusal);
    const fields = { requestId: requestIdOf(response), status, kind: `scim.${fault.refusal}` };
    if (status >= 500 && status !== 501) log.error('SCIM request failed', { ...fields, error: fault.more.cause });
    else log.warn('SCIM request refused', { ...fields, reason: fault.more.attribute });
    if (response.headersSent) return void response.destroy();
    // What has not arrived yet will not be read: the connection ends with the answer.
    if (!isComplete(request)) response.set('Connection', 'close');
    sendFault(response, fault);
  };
}

/** Express throws for paths that cannot be decoded. */
function scimFaultOf(error: unknown): ScimFault {
  // cast: nothing is known of what was thrown, so that every property may be anything
  const { status } = Object(error) as Record<string, unknown>;
  return status === 400 ? new ScimFault('unknown') : new ScimFault('internal', { cause: error });
}
