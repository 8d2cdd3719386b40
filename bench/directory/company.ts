// A company of any size as a source has it: pages of a thousand, the same people each time but for those who changed.
import type { DirectoryFeed, EmployeeRecord, FeedPage, FeedReading } from '../../src/directory/directoryFeed';

const pagePeople = 1_000;

export interface Company {
  readonly people: number;
  /** Every so many are told in a delta, and have another name then. */
  readonly changedEvery: number;
  /** Grows with each change. */
  readonly version: number;
}

/** By which somebody of the company is looked up. */
export const identifierOf = (nth: number): string => `B${100_000 + nth}`;

export function companyFeed({ people, changedEvery, version }: Company): DirectoryFeed {
  async function* read({ mode, from = '0' }: FeedReading = { mode: 'full' }): AsyncGenerator<FeedPage> {
    const step = mode === 'delta' ? changedEvery : 1;
    for (let first = Number(from); first < people; first += pagePeople * step) {
      const items = [];
      for (let nth = first; nth < Math.min(people, first + pagePeople * step); nth += step) {
        items.push({ record: personOf(nth, nth % changedEvery === 0 ? version : 0), where: `person ${nth}` });
      }
      const next = first + pagePeople * step;
      yield next < people ? { items, next: String(next) } : { items, watermark: String(version) };
    }
  }
  return { source: 'bench', complete: true, hasDeltas: true, read };
}

function personOf(nth: number, version: number): EmployeeRecord {
  const e164 = `+4915${String(100_000_000 + nth)}`;
  return {
    externalId: `person-${nth}`, employeeNumber: identifierOf(nth), givenName: `Given ${version}`,
    familyName: `Family ${nth}`, preferredLanguage: 'de', active: true,
    phones: [{ e164, raw: e164, type: 'mobile', primary: true }],
    emails: [{ address: `person-${nth}@bench.example`, type: 'work', primary: true }],
  };
}
