// What partners' webhooks run on: in a web process what takes and tells, in a worker what forwards. The same in tests.
import { createPool } from '../db/pool';
import type { Pool } from '../db/pool';
import { createPartnerActivities } from '../../activities/partner';
import type { PartnerActivities } from '../../activities/partner';
import type { Config } from '../config';
import type { NoticeOptions } from '../directory/delivery/contactChanges';
import { applyEvent } from '../directory/changes';
import { claimSources } from '../directory/owners';
import type { Countries } from '../directory/phoneNumber';
import type { Keyring } from '../keys/keyring';
import type { Log } from '../log';
import { faultOfThrown } from '../outbound/httpFaults';
import { createTokens } from '../outbound/tokens';
import { createForwarding } from '../partners/forwarding';
import type { Forwarding, ForwardingDeps } from '../partners/forwarding';
import { createForwardTarget } from '../partners/forwardTarget';
import type { AccessTokens, MakeTokens } from '../partners/forwardTarget';
import type { Partner } from '../partners/partnerSettings';
import { createPartners, sourceOf } from '../partners/partners';
import type { PartnerRequest, Partners, PartnersDeps } from '../partners/partners';
import type { Telemetry } from '../telemetry';
import { changeNotices } from './changeNotices';
import { createTellShared } from './sharedContacts';
import type { TellShared } from './sharedContacts';

export interface WiredPartnerDeps extends Pick<PartnersDeps, 'count' | 'now'>, Pick<ForwardingDeps, 'signal'> {
  readonly pool: Pool;
  readonly keys: Keyring;
  readonly partners: readonly Partner[];
  readonly countries: Countries;
  readonly notices: NoticeOptions;
  readonly tellShared: TellShared;
  readonly log: Pick<Log, 'warn'>;
}

/** What takes partners' requests. */
export function createWiredPartners(
  { notices, tellShared, countries, signal, ...deps }: WiredPartnerDeps,
): { partners: Partners; forwarding: Forwarding } {
  const forwarding = createForwarding({ ...deps, signal });
  const partners = createPartners({
    ...deps, countries,
    async applyEvent(tx, note, event) {
      const applied = await applyEvent(tx, note, { ...event, notices });
      if (applied.shared.length > 0) tellShared(event.source, applied.shared);
      return applied;
    },
    tell: (event) => forwarding.tell(event),
  });
  return { partners, forwarding };
}

/** What of the partners does not go with what the database holds; without any, their sources are theirs from now on. */
export async function partnerProblems(pool: Pool, partners: readonly Partner[]): Promise<string[]> {
  const claims = partners.flatMap((one) =>
    one.deliver === 'directory' ? [{ partner: one.name, source: sourceOf(one) }] : []);
  return (await claimSources(pool, claims)).map((partner) =>
    `DOORMAN_PARTNERS: an identity provider pushes the people of partner ${partner}'s source by SCIM, and a source has `
    + 'one owner: name another source, or revoke the tokens of that one (`doorman scim token list`)');
}

interface WebParts extends Pick<WiredPartnerDeps, 'signal'> {
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly database: { requireSound(): void };
}

/**
 * What a web process does for partners; undefined where none is configured. Over connections of its own: events that
 * come all at once, or wait for a reading of their source, hold up no message.
 */
export function wirePartners(config: Config, { log, telemetry, database, signal }: WebParts) {
  const { partners: list, keyring: keys, countries } = config;
  if (list.length === 0) return undefined;
  // Limits as those of messages: whoever posts hears within ten seconds that it is to come again.
  const pool = createPool(
    config.DATABASE_URL, { application_name: 'doorman web partners', max: 5, query_timeout: 6_000 });
  const { partners, forwarding } = createWiredPartners({
    pool, log, keys, countries, signal,
    partners: list,
    notices: changeNotices(config),
    tellShared: createTellShared(log, telemetry),
    count(partner, outcome) {
      if (outcome === 'sha1') telemetry.count('partnerSha1', { partner });
      else telemetry.count('partnerRequests', { partner, outcome });
    },
  });
  return {
    receive: async (request: PartnerRequest) => {
      database.requireSound();
      return partners.receive(request);
    },
    sweep: () => forwarding.sweep(),
    drain: async () => { await forwarding.drain(); await partners.drain(); },
    close: () => pool.end(),
  };
}

/** What forwards their events; undefined when no partner's are forwarded. */
export function createWiredPartnerActivities(
  pool: Pool, keys: Pick<Keyring, 'storage'>, partners: readonly Partner[], alert: (what: 'partnerParked') => void,
  get: typeof fetch = fetch,
): PartnerActivities | undefined {
  const targets = new Map(partners.flatMap((one) =>
    one.deliver === 'forward' ? [[one.name, createForwardTarget(one.forward, accessTokens, get)] as const] : []));
  return targets.size === 0 ? undefined : createPartnerActivities({ pool, storageKeys: keys.storage, targets, alert });
}

/** Of a target, by OAuth client credentials. */
export const accessTokens: MakeTokens = (auth, allowInsecure, get): AccessTokens => {
  const { tokenUrl, clientId, clientSecret, scope } = auth;
  const tokens = createTokens({
    tokenUrl, clientId, clientSecret, allowInsecure, fetch: get,
    ...scope === undefined ? {} : { parameters: () => ({ scope }) },
  });
  const current = () => tokens.bearer().catch((error: unknown) => { throw faultOfThrown('partnerToken', error); });
  return {
    async token(refused) {
      // Another event may have had it renewed meanwhile.
      if (refused !== undefined) tokens.forget(refused);
      return current();
    },
  };
};
