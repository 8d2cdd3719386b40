// What every directory feed keeps to. Each feed's test calls this with a way to serve people as its source would.
import { canonicalIdentifier } from '../../src/domain/identifiers';
import { itemsOf as deliver } from '../../src/directory/directoryFeed';
import type { DirectoryFeed, EmployeeRecord, FeedItem, FeedRemark } from '../../src/directory/directoryFeed';

/** A person as HR might have typed it, badly or well. */
export interface WrittenPerson {
  readonly id: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly email: string;
  readonly mobile: string;
  readonly language: string;
  readonly active: boolean;
}

export interface FeedUnderTest {
  readonly feed: DirectoryFeed;
  /** Whether the source's connection, file or cursor is still open. */
  isOpen(): boolean;
  close?(): Promise<void>;
}

const anna: WrittenPerson = {
  id: '144133', givenName: 'Anna', familyName: 'Müller', email: 'Anna.Mueller@Acme.Example',
  mobile: '+49 (0)1522 8817386', language: 'de_DE', active: true,
};
const ben: WrittenPerson = {
  id: 'e-77', givenName: 'Ben', familyName: "O'Neil, Jr.", email: '', mobile: '', language: '', active: false,
};

const person = (n: number): WrittenPerson => ({ ...anna, id: String(200_000 + n), email: `p${n}@acme.example` });

export interface FeedHabits {
  /** A file can be mended, so one wrong contact refuses it; a live system is remarked on, and goes on without it. */
  readonly wrongContact: 'problem' | 'notice';
}

/** Runs the suite for the feed that `serve` makes of people. */
export function directoryFeedSuite(
  name: string, serve: (people: readonly WrittenPerson[]) => Promise<FeedUnderTest>,
  { wrongContact }: FeedHabits = { wrongContact: 'problem' },
): void {
  describe(`${name}, as a directory feed`, () => {
    const opened: FeedUnderTest[] = [];
    const served = async (people: readonly WrittenPerson[]): Promise<FeedUnderTest> => {
      const underTest = await serve(people);
      opened.push(underTest);
      return underTest;
    };
    afterEach(async () => {
      for (const { close } of opened.splice(0)) await close?.();
    });

    it('names its source', async () => {
      const { feed } = await served([anna]);
      expect(feed.source).toMatch(/^[a-z][a-z0-9-]*$/);
    });

    it('delivers everybody, normalised', async () => {
      const { feed } = await served([anna, ben]);
      const people = byNumber(await recordsOf(feed));
      expect(people).toHaveLength(2);
      expect(people[0]).toMatchObject({
        employeeNumber: '144133', givenName: 'Anna', familyName: 'Müller', preferredLanguage: 'de-DE', active: true,
        phones: [{ e164: '+4915228817386', type: 'mobile' }],
        emails: [{ address: 'anna.mueller@acme.example', type: 'work' }],
      });
      expect(people[1]).toMatchObject({
        givenName: 'Ben', familyName: "O'Neil, Jr.", preferredLanguage: null, active: false, phones: [], emails: [],
      });
      expect(canonicalIdentifier(people[1]!.employeeNumber)).toBe('E-77');
    });

    it('keeps what the source wrote beside the number that it means', async () => {
      const { feed } = await served([anna]);
      const [record] = await recordsOf(feed);
      expect(record!.phones[0]!.raw).toBe('+49 (0)1522 8817386');
    });

    it('gives the same people the same keys whenever it is read', async () => {
      const { feed } = await served([anna, ben, person(1)]);
      const [first, second] = [await recordsOf(feed), await recordsOf(feed)];
      expect(byNumber(second)).toEqual(byNumber(first));
      expect(new Set(first.map(({ externalId }) => externalId)).size).toBe(3);
    });

    it('says which contact cannot be used, where and without repeating it, and lets nobody be reached by it', async () => {
      const { feed } = await served([
        anna, { ...person(1), mobile: '+49 900 1234567' }, { ...person(2), email: 'a@b@secret.example' }, person(3)]);
      const items = await itemsOf(feed);
      const remarks = items.flatMap((item) => (wrongContact in item ? [Object.values(item)[0] as FeedRemark] : []));
      expect(remarks).toHaveLength(2);
      expect(new Set(remarks.map(({ where }) => where)).size).toBe(2);
      expect(JSON.stringify(remarks)).not.toMatch(/secret|900|123|20000/);
      const records = items.flatMap((item) => ('record' in item ? [item.record] : []));
      expect(records).toHaveLength(wrongContact === 'problem' ? 2 : 4);
      if (wrongContact === 'notice') expect(byNumber(records).map(contactsOf)).toEqual([[1, 1], [0, 1], [1, 0], [1, 1]]);
    });

    it('tells each person by a place of its own', async () => {
      const { feed } = await served([anna, ben, person(1)]);
      const places = (await itemsOf(feed)).flatMap((item) => ('record' in item ? [item.where] : []));
      expect(new Set(places).size).toBe(3);
    });

    it('goes on after a page that has a cursor, leaving nobody out and telling nobody twice', async () => {
      const { feed } = await served(Array.from({ length: 2_500 }, (_, n) => person(n)));
      const pages = [];
      for await (const page of feed.read()) pages.push(page);
      for (const [i, { next }] of pages.entries()) {
        if (next === undefined) continue;
        const rest = [];
        for await (const { items } of feed.read({ mode: 'full', from: next })) rest.push(...items);
        expect([...pages.slice(0, i + 1).flatMap(({ items }) => items), ...rest].filter((item) => 'record' in item)
          .map((item) => 'record' in item && item.record.externalId).sort())
          .toEqual(pages.flatMap(({ items }) => items).flatMap((item) =>
            ('record' in item ? [item.record.externalId] : [])).sort());
      }
    });

    it('lets go of its source when it was read, and when nobody wants more of it', async () => {
      const underTest = await served(Array.from({ length: 5_000 }, (_, n) => person(n)));
      for await (const { items } of underTest.feed.read()) {
        if (items.length > 0) break;
      }
      expect(underTest.isOpen()).toBe(false);
      expect(await recordsOf(underTest.feed)).toHaveLength(5_000);
      expect(underTest.isOpen()).toBe(false);
    });
  });
}

export async function itemsOf(feed: DirectoryFeed): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  for await (const item of deliver(feed)) items.push(item);
  return items;
}

async function recordsOf(feed: DirectoryFeed): Promise<EmployeeRecord[]> {
  return (await itemsOf(feed)).flatMap((item) => ('record' in item ? [item.record] : []));
}

function byNumber(records: readonly EmployeeRecord[]): EmployeeRecord[] {
  return [...records].sort((a, b) => (a.employeeNumber < b.employeeNumber ? -1 : 1));
}

const contactsOf = ({ phones, emails }: EmployeeRecord): [number, number] => [phones.length, emails.length];
