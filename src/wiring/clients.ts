// What applications that call Doorman run on. The same in tests.
import { createClientAccess } from '../clients/clientAccess';
import type { Client } from '../clients/clientSettings';
import { createContactCentres } from '../clients/contactCentre';
import type { ContactCentreDeps } from '../clients/contactCentre';
import { createRequestLimit } from '../clients/requestLimit';
import type { Config } from '../config';
import { createPool } from '../db/pool';
import type { Pool } from '../db/pool';
import { findProfile } from '../directory/accounts/profile';
import { codeNumbersOf, findByCodePhone } from '../directory/employees';
import { spellingsOf } from '../directory/phoneNumber';
import type { ClientRoutesDeps } from '../http/clients/clientRoutes';
import { lookupHash } from '../keys/box';
import type { Keyring } from '../keys/keyring';
import type { Log } from '../log';
import { findSpeaker } from '../sessions/sessions';
import type { Statements } from '../statements/statements';
import type { Telemetry } from '../telemetry';
import { createApprovedNumber } from '../verifications/verifications';
import { assistantAudience } from './statements';

export interface WiredClientDeps extends Pick<ContactCentreDeps, 'approvedNumber'> {
  readonly pool: Pool;
  readonly clients: readonly Client[];
  /** Over other connections than `pool`. */
  readonly statements: Statements;
  readonly contactHoldMs: number;
  readonly keyring: Pick<Keyring, 'lookup'>;
  readonly log: Pick<Log, 'warn'>;
}

/** What takes applications' requests. */
export function createWiredClients({ contactHoldMs, keyring, ...deps }: WiredClientDeps): ClientRoutesDeps {
  const { charge } = createRequestLimit(deps);
  const hashNumber = (e164: string) => lookupHash(keyring.lookup, 'destination', e164);
  const isCentre = deps.clients.some(({ contactCentre }) => contactCentre !== undefined);
  const centres = isCentre && createContactCentres({
    ...deps, charge, hashNumber, findSpeaker,
    findProfile: (db, employeeId) => findProfile(db, employeeId, contactHoldMs),
    findByPhone: (db, e164) => findByCodePhone(db, e164, contactHoldMs),
    async hasNumber(db, employeeId, numberHash) {
      const numbers = await codeNumbersOf(db, employeeId, contactHoldMs);
      return numbers.flatMap(spellingsOf).some((one) => hashNumber(one).equals(numberHash));
    },
  });
  return { access: createClientAccess(deps), charge, ...centres === false ? {} : { centres } };
}

/**
 * What a web process does for applications; no route where none is configured. Over connections of its own: whoever
 * calls in a storm holds up no message.
 */
export function wireClients(
  config: Config, statements: Statements, requireSound: () => void,
  { log, telemetry }: { readonly log: Log; readonly telemetry: Pick<Telemetry, 'count'> },
): { readonly routes: { readonly clients?: ClientRoutesDeps }; close(): Promise<void> } {
  const { clients, keyring, policy: { contactHoldMs } } = config;
  if (clients.length === 0) return { routes: {}, close: async () => undefined };
  for (const source of centresWithoutStatements(config)) {
    log.warn('the assistant makes no statements for this contact centre (docs/clients.md)', { source });
  }
  const pool = createPool(
    config.DATABASE_URL, { application_name: 'doorman web clients', max: 5, query_timeout: 6_000 });
  const { access, centres, ...unguarded } = createWiredClients({
    pool, clients, statements, contactHoldMs, keyring, log, approvedNumber: createApprovedNumber(keyring.storage),
  });
  const whenSound = <Given extends unknown[], Said>(act: (...given: Given) => Promise<Said>) =>
    async (...given: Given): Promise<Said> => {
      requireSound();
      return act(...given);
    };
  const routes: ClientRoutesDeps = {
    ...unguarded,
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

/** Clients to whom no message proves anybody: their audience is not the one that the assistant's statements have. */
export function centresWithoutStatements(
  config: Pick<Config, 'clients' | 'assistant' | 'DOORMAN_ASSISTANT_AUDIENCE'>,
): string[] {
  const audience = assistantAudience(config);
  return config.clients.flatMap(({ name, contactCentre }) =>
    contactCentre === undefined || contactCentre.audience === audience ? [] : [name]);
}
