// What changed at an LDAP server since a former reading, and from where the next one goes on. Who is missing is found
// by full readings alone: an entry that is gone, or that the filter does not find any more, is no change to be seen.
import { createHash } from 'node:crypto';
import { AndFilter, FilterParser, GreaterThanEqualsFilter } from 'ldapts';
import type { Entry, Filter } from 'ldapts';
import type { FeedReading, FeedRemark } from '../directoryFeed';
import { FeedFault } from '../feedFault';
import type { LdapConnection } from './connection';
import type { ReadingContext } from './entry';
import { createValues } from './entryValues';
import type { LdapSettings } from './ldapSettings';

export interface ReadingPlan {
  /** Everybody, or only who changed. */
  readonly mode: FeedReading['mode'];
  readonly filter: Filter;
  /** What else has to be asked of each entry. */
  readonly attributes: readonly string[];
  /** Why everybody is read though only changes were asked for. */
  readonly notice?: FeedRemark;
  note(entry: Entry): void;
  /** After all entries were noted. */
  watermark(): string | undefined;
}

/** Decides what is searched for, before anything is: what changes from now on is found by the next reading. */
export async function planReading(
  connection: LdapConnection, settings: LdapSettings, { mode, since }: FeedReading, context: ReadingContext,
): Promise<ReadingPlan> {
  const filter = FilterParser.parseString(settings.filter);
  if (settings.changes === undefined) return { mode: 'full', filter, ...noChanges };
  const changes = await begins[settings.changes](connection, settings, context);
  const { attribute, note, watermark } = changes;
  const plan = { attributes: [attribute], note, watermark };
  if (mode === 'full' || since === undefined) return { mode: 'full', filter, ...plan };
  const start = changes.startAt(since);
  if ('why' in start) {
    return { mode: 'full', filter, ...plan, notice: { where: 'the server', why: `${start.why}: everybody is read` } };
  }
  // Values are never put into a filter as text.
  const changed = new GreaterThanEqualsFilter({ attribute, value: start.value });
  return { mode: 'delta', filter: new AndFilter({ filters: [filter, changed] }), ...plan };
}

const noChanges = { attributes: [], note: () => undefined, watermark: () => undefined };

interface Changes {
  readonly attribute: string;
  /** The least value of the attribute that an entry has which changed after the watermark. */
  startAt(watermark: string): { readonly value: string } | { readonly why: string };
  note(entry: Entry): void;
  watermark(): string | undefined;
}

type Begin = (connection: LdapConnection, settings: LdapSettings, context: ReadingContext) => Promise<Changes>;

const begins: Record<NonNullable<LdapSettings['changes']>, Begin> = {
  /** Active Directory: each domain controller counts changes by itself, and anew when it was restored from a backup. */
  async uSNChanged(connection, settings) {
    const root = await readValues(connection, '', ['dnsHostName', 'dsServiceName', 'highestCommittedUSN']);
    const [host, service, usn = ''] = [root?.first('dnsHostName'), root?.first('dsServiceName'),
      root?.first('highestCommittedUSN')];
    if (host === undefined || service === undefined || !isUsn.test(usn)) {
      throw new FeedFault('misconfigured', '"changes": "uSNChanged" is for Active Directory, and this server is none');
    }
    const invocation = (await readValues(connection, service, ['invocationId']))?.guid('invocationId');
    if (invocation === undefined) {
      throw new FeedFault('misconfigured', 'the user may not read the invocationId of the domain controller');
    }
    const own = `usn ${fingerprint(settings)} ${host.toLowerCase()} ${invocation} `;
    return {
      attribute: 'uSNChanged',
      startAt(watermark) {
        const before = watermark.startsWith(own) ? watermark.slice(own.length) : '';
        const known = isUsn.test(before) && BigInt(before) <= BigInt(usn);
        return known ? { value: String(BigInt(before) + 1n) }
          : { why: 'is another domain controller than before or was restored, or the settings changed' };
      },
      note: () => undefined,
      watermark: () => own + usn,
    };
  },

  /** Other servers. Their clock counts, and where several replicate, an entry arrives later than it was changed. */
  async modifyTimestamp(_, settings, context) {
    if (context.isActiveDirectory) {
      throw new FeedFault('misconfigured', 'Active Directory finds nobody by modifyTimestamp: take "uSNChanged"');
    }
    const own = `time ${fingerprint(settings)} `;
    // Never later than now: one entry from a clock that runs ahead would hide all changes until then.
    const end = timestamp(context.now);
    let latest = '';
    return {
      attribute: 'modifyTimestamp',
      startAt(watermark) {
        const before = watermark.startsWith(own) ? watermark.slice(own.length) : '';
        if (!isTimestamp(before)) return { why: 'was read by other settings before' };
        latest = before;
        return { value: timestamp(new Date(dateOf(before).getTime() - overlapMs)) };
      },
      note(entry) {
        const said = createValues(entry, () => undefined).all('modifyTimestamp')[0]?.replace(/[.,]\d+Z$/, 'Z') ?? '';
        if (isTimestamp(said) && said > latest) latest = said;
      },
      watermark: () => (latest === '' ? undefined : own + (latest < end ? latest : end)),
    };
  },
};

const isUsn = /^\d{1,19}$/;
const isTimestamp = (text: string) => /^\d{14}Z$/.test(text) && !Number.isNaN(dateOf(text).getTime());
// Clocks of replicas that differ, and changes under way while the former reading was made.
const overlapMs = 600_000;

/** Of all that decides who is delivered and how: whoever changes it wants everybody read again. */
function fingerprint({ base, scope, filter, key, attributes, status }: LdapSettings): string {
  const text = JSON.stringify([base, scope, filter, key, attributes, status]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Whether the server says so of itself: LDAP_CAP_ACTIVE_DIRECTORY_OID. */
export async function isActiveDirectory(connection: LdapConnection): Promise<boolean> {
  const root = await readValues(connection, '', ['supportedCapabilities']);
  return root?.all('supportedCapabilities').includes('1.2.840.113556.1.4.800') === true;
}

async function readValues(connection: LdapConnection, dn: string, names: readonly string[]) {
  const entry = await connection.readEntry(dn, names, ['invocationId']);
  if (entry === undefined) return undefined;
  const values = createValues(entry, () => undefined);
  return { ...values, first: (name: string) => values.all(name)[0] };
}

function timestamp(date: Date): string {
  return `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
}

function dateOf(stamp: string): Date {
  return new Date(stamp.replace(/^(....)(..)(..)(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
