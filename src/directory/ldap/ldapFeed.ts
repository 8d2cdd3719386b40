// An LDAP server or Active Directory as a directory feed. A paging cookie dies with its connection, so a reading that
// was interrupted begins anew; an entry that cannot be used is remarked on, and nobody else waits for it.
import type { DirectoryFeed, FeedItem, FeedPage, FeedReading } from '../directoryFeed';
import { FeedFault } from '../feedFault';
import { isPhoneCountry } from '../phoneNumber';
import type { PhoneRules } from '../phoneNumber';
import { isActiveDirectory, planReading } from './changes';
import { openConnection } from './connection';
import type { LdapPage } from './connection';
import { attributesAsked, binaryAttributes, createEntryReader } from './entry';
import type { EntryReading } from './entry';
import type { LdapSettings } from './ldapSettings';

/** Settings as `ldapSettings` reads them. Nothing is asked of the server before the feed is read. */
export function createLdapFeed(
  { source, ...settings }: LdapSettings & { readonly source: string }, phones: PhoneRules,
): DirectoryFeed {
  const { country, changes } = settings;
  const national = country !== undefined && isPhoneCountry(country) ? { defaultCountry: country } : {};
  const readEntry = createEntryReader(settings, { ...phones, ...national });
  return {
    source, complete: true, hasDeltas: changes !== undefined,
    read: (reading = { mode: 'full' }) => readPages(settings, readEntry, reading),
  };
}

type ReadEntry = ReturnType<typeof createEntryReader>;

async function* readPages(
  settings: LdapSettings, readEntry: ReadEntry, reading: FeedReading,
): AsyncGenerator<FeedPage, void> {
  const connection = await openConnection(settings);
  try {
    const now = new Date();
    const context = { now, isActiveDirectory: await isActiveDirectory(connection) };
    const plan = await planReading(connection, settings, reading, context);
    const people = new People();
    let notices: FeedItem[] = plan.notice === undefined ? [] : [{ notice: plan.notice }];
    const attributes = [...attributesAsked(settings), ...plan.attributes];
    const search = { filter: plan.filter, attributes, binary: binaryAttributes(settings) };
    for await (const page of connection.pages(search)) {
      page.entries.forEach(plan.note);
      const readings = page.entries.map((entry, i) => readEntry(entry, `entry ${people.entries + i + 1}`, context));
      const items = [...notices, ...people.take(readings), ...people.remarkOn(page)];
      notices = [];
      if (page.isLast && plan.mode === 'full') people.expectSome();
      const watermark = page.isLast ? plan.watermark() : undefined;
      yield { items, ...watermark !== undefined && { watermark } };
    }
  } finally {
    await connection.close();
  }
}

// Each may take as long as the server allows a search: a server that has nothing to say must stop saying it.
const idlePagesMax = 1_000;

/** Who was delivered by one reading, so that no page is believed twice. */
class People {
  entries = 0;
  private records = 0;
  private idlePages = 0;
  private toldElsewhere = false;
  private readonly keys = new Set<string>();

  /** The items of a page. Who stands in two pages was moved or renamed meanwhile, and counts once. */
  take(readings: readonly EntryReading[]): FeedItem[] {
    this.entries += readings.length;
    const known = readings.filter(({ key }) => key !== undefined && this.keys.has(key));
    if (known.length > 0 && known.length === readings.length && known.length > 1) {
      throw new FeedFault('untrustworthy', 'reading: the server repeats a page');
    }
    const before = this.keys.size;
    const items = readings.flatMap(({ key, where, items: own }) => {
      if (key === undefined || !this.keys.has(key)) {
        if (key !== undefined) this.keys.add(key);
        return own;
      }
      return [{ notice: { where, why: 'stands there a second time, and counts once' } }];
    });
    this.records += items.filter((item) => 'record' in item).length;
    this.idlePages = this.keys.size > before ? 0 : this.idlePages + 1;
    if (this.idlePages > idlePagesMax) {
      throw new FeedFault('untrustworthy', 'reading: the server sends page after page without anybody new');
    }
    return items;
  }

  remarkOn({ pointsElsewhere }: LdapPage): FeedItem[] {
    if (!pointsElsewhere || this.toldElsewhere) return [];
    this.toldElsewhere = true;
    return [{ notice: { where: 'the server', why: 'names other servers for a part of the tree: they are not asked' } }];
  }

  /** A full reading of nobody is a wrong base, filter or attribute, or a right that is missing. */
  expectSome(): void {
    if (this.records > 0) return;
    throw new FeedFault('misconfigured', this.entries === 0
      ? 'reading: nobody is found; look at the base, the filter and what the user may see'
      : 'reading: no entry can be used; look at the key and the attribute of the employee ID');
  }
}
