// Who calls: an identity provider that shows its token, as a bearer or as the password of its source. Whoever does not
// gets one and the same answer, and after a while is looked up one at a time (R46).
import type { Request, RequestHandler, Response } from 'express';
import type { ScimSource } from '../../directory/scim/scimUser';
import { authorizationOf } from '../callers/authorization';
import { createFailureLimit, failureWindowMs } from '../callers/failureLimit';
import type { FailureLimit } from '../callers/failureLimit';
import { ScimFault } from './scimFault';

/** Undefined for a token that does not count. Rejects when that cannot be known. */
export type FindSource = (token: string) => Promise<ScimSource | undefined>;

export function authenticate(findSource: FindSource): RequestHandler {
  const limit = createFailureLimit();
  return async (request, response, next) => {
    const address = request.socket.remoteAddress ?? '';
    const shown = credentialsOf(request);
    if (shown === undefined) throw refused(limit, address);
    const source = await limit.lookUp(address, shown.token, () => findSource(shown.token)).catch((cause: unknown) => {
      throw new ScimFault('unavailable', { headers: { 'Retry-After': '5' }, cause });
    });
    if (source === 'busy' || source === undefined) throw refused(limit, address);
    if ((shown.user ?? source.source) !== source.source) throw refused(limit, address);
    limit.noteRight(shown.token);
    response.locals.scimSource = source;
    next();
  };
}

export function sourceOf(response: Response): ScimSource {
  return response.locals.scimSource as ScimSource; // cast: `authenticate` wrote it
}

const challenge = 'Bearer realm="scim", Basic realm="scim", charset="UTF-8"';

function refused(limit: FailureLimit, address: string): ScimFault {
  limit.noteFailure(address);
  return limit.isReached(address)
    ? new ScimFault('tooManyAttempts', { headers: { 'Retry-After': String(failureWindowMs / 1_000) } })
    : new ScimFault('notAuthorised', { headers: { 'WWW-Authenticate': challenge } });
}

interface Credentials {
  readonly user?: string;
  readonly token: string;
}

function credentialsOf(request: Request): Credentials | undefined {
  const shown = authorizationOf(request);
  return shown === undefined || 'token' in shown ? shown : { user: shown.user, token: shown.password };
}
