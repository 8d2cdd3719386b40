// What applications call: the token endpoint, and the contract of contact centres where one is configured.
import type { RequestHandler } from 'express';
import type { ClientAccess } from '../../clients/clientAccess';
import type { ContactCentres } from '../../clients/contactCentre';
import type { Log } from '../../log';
import { createFailureLimit } from '../failureLimit';
import { authenticatePath, customerAuthenticate, profilePath, readProfile } from './contactCentre';
import { tokenEndpoint, tokenPaths } from './tokenEndpoint';

export interface ClientRoutesDeps {
  readonly access: Pick<ClientAccess, 'granteeOf' | 'newToken' | 'grant'>;
  /** Without, no client is a contact centre. */
  readonly centres?: ContactCentres;
}

/** Each is posted to, and nothing else. */
export function clientRoutes(
  { access, centres }: ClientRoutesDeps, log: Pick<Log, 'warn' | 'error'>,
): [path: string, handle: RequestHandler][] {
  const limit = createFailureLimit();
  const token = tokenEndpoint({ access, log }, limit);
  return [
    ...tokenPaths.map((path): [string, RequestHandler] => [path, token]),
    ...centres === undefined ? [] : [
      [authenticatePath, customerAuthenticate({ centres, log }, limit)] satisfies [string, RequestHandler],
      [profilePath, readProfile({ centres, log }, limit)] satisfies [string, RequestHandler],
    ],
  ];
}
