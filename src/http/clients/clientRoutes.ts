// What applications call: the token endpoint, and the contract of contact centres where one is configured.
import type { RequestHandler } from 'express';
import type { ClientAccess } from '../../clients/clientAccess';
import type { ContactCentres } from '../../clients/contactCentre';
import type { RequestLimit } from '../../clients/requestLimit';
import type { Log } from '../../log';
import { createFailureLimit } from '../callers/failureLimit';
import { authenticatePath, customerAuthenticate, profilePath, readProfile } from './contactCentre';
import { tokenEndpoint, tokenPaths } from './tokenEndpoint';

export interface ClientRoutesDeps {
  readonly access: Pick<ClientAccess, 'granteeOf' | 'newToken' | 'grant'>;
  charge: RequestLimit['charge'];
  /** Without, no client is a contact centre. */
  readonly centres?: ContactCentres;
  /** Hears what became of each request, once it was answered. */
  count?(route: ClientRoute, outcome: ClientOutcome): void;
}

export type ClientRoute = 'token' | 'authenticate' | 'profile';
export type ClientOutcome = 'given' | 'malformed' | 'refused' | 'busy' | 'failed';

/** Each is posted to, and nothing else. */
export function clientRoutes(
  { access, charge, centres, count }: ClientRoutesDeps, log: Pick<Log, 'warn' | 'error'>,
): [path: string, handle: RequestHandler][] {
  const limit = createFailureLimit();
  const counted = (route: ClientRoute, handle: RequestHandler): RequestHandler => (request, response, next) => {
    response.once('finish', () => count?.(route, outcomeOf(response.statusCode)));
    return handle(request, response, next);
  };
  const token = counted('token', tokenEndpoint({ access, charge, log }, limit));
  return [
    ...tokenPaths.map((path): [string, RequestHandler] => [path, token]),
    ...centres === undefined ? [] : [
      [authenticatePath, counted('authenticate', customerAuthenticate({ centres, log }, limit))],
      [profilePath, counted('profile', readProfile({ centres, log }, limit))],
    ] satisfies [string, RequestHandler][],
  ];
}

function outcomeOf(status: number): ClientOutcome {
  if (status < 400) return 'given';
  if (status >= 500) return 'failed';
  if (status === 429) return 'busy';
  return status === 401 ? 'refused' : 'malformed';
}
