// What every directory feed keeps to. Each feed's test calls this with a way to serve people as its source would.
import { canonicalIdentifier } from '../../src/domain/identifiers';
import type { DirectoryFeed, EmployeeRecord, FeedItem } from '../../src/directory/directoryFeed';

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

/** Runs the suite for the feed that `serve` makes of people. */
export function directoryFeedSuite(
  name: string, serve: (people: readonly WrittenPerson[]) => Promise<FeedUnderTest>,
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

    it('says where a person cannot be used and delivers the others, without repeating what was written', async () => {
      const { feed } = await served([
        anna, { ...person(1), mobile: '+49 900 1234567' }, { ...person(2), email: 'a@b@secret.example' }, person(3)]);
      const items = await itemsOf(feed);
      const problems = items.flatMap((item) => ('problem' in item ? [item.problem] : []));
      expect(problems).toHaveLength(2);
      expect(new Set(problems.map(({ where }) => where)).size).toBe(2);
      expect(JSON.stringify(problems)).not.toMatch(/secret|900|123|20000/);
      expect(items.filter((item) => 'record' in item)).toHaveLength(2);
    });

    it('tells each person by a place of its own', async () => {
      const { feed } = await served([anna, ben, person(1)]);
      const places = (await itemsOf(feed)).flatMap((item) => ('record' in item ? [item.where] : []));
      expect(new Set(places).size).toBe(3);
    });

    it('lets go of its source when it was read, and when nobody wants more of it', async () => {
      const underTest = await served(Array.from({ length: 5_000 }, (_, n) => person(n)));
      for await (const item of underTest.feed.read()) {
        if ('record' in item) break;
      }
      expect(underTest.isOpen()).toBe(false);
      expect(await recordsOf(underTest.feed)).toHaveLength(5_000);
      expect(underTest.isOpen()).toBe(false);
    });
  });
}

export async function itemsOf(feed: DirectoryFeed): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  for await (const item of feed.read()) items.push(item);
  return items;
}

async function recordsOf(feed: DirectoryFeed): Promise<EmployeeRecord[]> {
  return (await itemsOf(feed)).flatMap((item) => ('record' in item ? [item.record] : []));
}

function byNumber(records: readonly EmployeeRecord[]): EmployeeRecord[] {
  return [...records].sort((a, b) => (a.employeeNumber < b.employeeNumber ? -1 : 1));
}
