// What applications that call Doorman run on. The same in tests.
import { createClientAccess } from '../clients/clientAccess';
import type { Client } from '../clients/clientSettings';
import { createContactCentres } from '../clients/contactCentre';
import type { ContactCentreDeps } from '../clients/contactCentre';
import type { Config } from '../config';
import { createPool } from '../db/pool';
import type { Pool } from '../db/pool';
import { findByCodePhone } from '../directory/employees';
import { findProfile } from '../directory/accounts/profile';
import type { ClientRoutesDeps } from '../http/clients/clientRoutes';
import { findSpeaker } from '../sessions/sessions';
import type { Statements } from '../statements/statements';
import type { Telemetry } from '../telemetry';
import { createApprovedNumber } from '../verifications/verifications';

export interface WiredClientDeps extends Pick<ContactCentreDeps, 'approvedNumber'> {
  readonly pool: Pool;
  readonly clients: readonly Client[];
  /** Over other connections than `pool`. */
  readonly statements: Statements;
  readonly contactHoldMs: number;
}

/** What takes applications' requests. */
export function createWiredClients({ contactHoldMs, ...deps }: WiredClientDeps): ClientRoutesDeps {
  const isCentre = deps.clients.some(({ contactCentre }) => contactCentre !== undefined);
  const centres = isCentre && createContactCentres({
    ...deps, findSpeaker,
    findProfile: (db, employeeId) => findProfile(db, employeeId, contactHoldMs),
    findByPhone: (db, e164) => findByCodePhone(db, e164, contactHoldMs),
  });
  return { access: createClientAccess(deps), ...centres === false ? {} : { centres } };
}

/**
 * What a web process does for applications; no route where none is configured. Over connections of its own: whoever
 * calls in a storm holds up no message.
 */
export function wireClients(
  config: Config, statements: Statements, requireSound: () => void, telemetry: Pick<Telemetry, 'count'>,
): { readonly routes: { readonly clients?: ClientRoutesDeps }; close(): Promise<void> } {
  const { clients, keyring, policy: { contactHoldMs } } = config;
  if (clients.length === 0) return { routes: {}, close: async () => undefined };
  const pool = createPool(
    config.DATABASE_URL, { application_name: 'doorman web clients', max: 5, query_timeout: 6_000 });
  const { access, centres } = createWiredClients({
    pool, clients, statements, contactHoldMs, approvedNumber: createApprovedNumber(keyring.storage),
  });
  const whenSound = <Given extends unknown[], Said>(act: (...given: Given) => Promise<Said>) =>
    async (...given: Given): Promise<Said> => {
      requireSound();
      return act(...given);
    };
  const routes: ClientRoutesDeps = {
    count: (route, outcome) => telemetry.count('clientRequests', { route, outcome }),
    access: { ...access, granteeOf: whenSound(access.granteeOf), grant: whenSound(access.grant) },
    ...centres === undefined ? {} : {
      centres: {
        authenticate: whenSound(centres.authenticate), readProfile: whenSound(centres.readProfile),
      },
    },
  };
  return { routes: { clients: routes }, close: () => pool.end() };
}
