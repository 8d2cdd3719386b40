// What identity providers reach by SCIM.
import type { Config } from '../config';
import { createPool } from '../db/pool';
import { findSource } from '../directory/scim/tokens';
import { createScimUsers } from '../directory/scim/users';
import type { ScimDeps } from '../http/scim/scimRouter';
import { changeNotices } from './changeNotices';
import type { TellShared } from './sharedContacts';

type ScimConfig = Pick<Config, 'DATABASE_URL' | 'keyring' | 'policy' | 'countries' | 'mailsCodes'>;

/** Over connections of its own: a provider that sends a whole company at once does not hold up messages. */
export function wireScim(
  config: ScimConfig, requireSound: () => void, tellShared: TellShared,
): { deps: ScimDeps; close(): Promise<void> } {
  const pool = createPool(config.DATABASE_URL, {
    application_name: 'doorman web scim', max: 5,
    // A leaver among many waits for a connection rather than for the provider's next round.
    connectionTimeoutMillis: 8_000,
  });
  return {
    deps: {
      // Each request begins with it.
      findSource: async (token) => {
        requireSound();
        return findSource(pool, token);
      },
      users: createScimUsers({ pool, countries: config.countries, notices: changeNotices(config), tellShared }),
    },
    close: () => pool.end(),
  };
}
