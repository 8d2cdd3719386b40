// Who calls: an identity provider that shows its token, as a bearer or as the password of its source. Whoever does not
// gets one and the same answer, and after a while is looked up one at a time (R46).
import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { ScimSource } from '../../directory/scim/scimUser';
import { ScimFault } from './scimFault';

/** Undefined for a token that does not count. Rejects when that cannot be known. */
export type FindSource = (token: string) => Promise<ScimSource | undefined>;

// A provider whose token was changed tries some dozens of requests a minute.
const failuresMax = 30;
const windowMs = 60_000;
// Beyond it all are forgotten: who has that many addresses is not held up by any of them.
const addressesMax = 10_000;
const tokensMax = 100;

export function authenticate(findSource: FindSource): RequestHandler {
  const limit = createFailureLimit();
  let isLookingUp = false;
  return async (request, response, next) => {
    const address = request.socket.remoteAddress ?? '';
    const shown = credentialsOf(request);
    // Behind a load balancer everybody has one address, and nobody may lock a provider out: beyond the limit tokens are
    // looked up one at a time, and one that was right before in any case, however long ago.
    const takesTurns = shown !== undefined && limit.isReached(address) && !limit.wasRight(shown.token);
    if (shown === undefined || (takesTurns && isLookingUp)) throw refused(limit, address);
    if (takesTurns) isLookingUp = true;
    const source = await findSource(shown.token).catch((cause: unknown) => {
      throw new ScimFault('unavailable', { headers: { 'Retry-After': '5' }, cause });
    }).finally(() => {
      if (takesTurns) isLookingUp = false;
    });
    if (source === undefined || (shown.user ?? source.source) !== source.source) throw refused(limit, address);
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
    ? new ScimFault('tooManyAttempts', { headers: { 'Retry-After': String(windowMs / 1_000) } })
    : new ScimFault('notAuthorised', { headers: { 'WWW-Authenticate': challenge } });
}

interface Credentials {
  readonly user?: string;
  readonly token: string;
}

function credentialsOf({ headersDistinct }: Request): Credentials | undefined {
  const [header, ...more] = headersDistinct.authorization ?? [];
  if (header === undefined || more.length > 0) return undefined;
  const [, scheme = '', given = ''] = /^(bearer|basic) +([A-Za-z0-9._~+/=-]{1,512})$/i.exec(header) ?? [];
  if (scheme.toLowerCase() === 'bearer') return { token: given };
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const [user = '', token, ...rest] = Buffer.from(given, 'base64').toString('utf8').split(':');
  return token === undefined || rest.length > 0 ? undefined : { user, token };
}

const fingerprint = (token: string): string => createHash('sha256').update(token).digest('base64url');

type FailureLimit = ReturnType<typeof createFailureLimit>;

/** In this process alone: what it saves are look-ups, for a token of 256 bits is not guessed. */
function createFailureLimit() {
  const failures = new Map<string, { count: number; until: number }>();
  const right = new Set<string>();
  const recent = (address: string) => {
    const known = failures.get(address);
    return known !== undefined && known.until > performance.now() ? known : undefined;
  };
  return {
    isReached: (address: string): boolean => (recent(address)?.count ?? 0) > failuresMax,
    noteFailure(address: string): void {
      const known = recent(address);
      if (known !== undefined) known.count += 1;
      else {
        if (failures.size >= addressesMax) failures.clear();
        failures.set(address, { count: 1, until: performance.now() + windowMs });
      }
    },
    wasRight: (token: string): boolean => right.has(fingerprint(token)),
    noteRight(token: string): void {
      if (right.size >= tokensMax) right.clear();
      right.add(fingerprint(token));
    },
  };
}
