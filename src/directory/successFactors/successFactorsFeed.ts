// SAP SuccessFactors Employee Central as a directory feed: everybody, or who changed, page by page of one snapshot.
import { z } from 'zod';
import type { DirectoryFeed, FeedItem, FeedPage, FeedReading } from '../directoryFeed';
import { FeedFault } from '../feedFault';
import { parsed } from '../../outbound/answer';
import type { PhoneRules } from '../phoneNumber';
import { createAccess } from './access';
import type { AccessOptions } from './access';
import { createPersonReader } from './person';
import { firstPage } from './query';
import { readRow } from './rows';
import { createPageReader, followable, skiptokenOf } from './pages';
import type { Page } from './pages';
import { isLegacyOver, settle } from './settings';
import type { SettledSettings, SuccessFactorsSettings } from './settings';

/** Throws one sentence when the settings make no sense. */
export function createSuccessFactorsFeed(
  { source, ...written }: SuccessFactorsSettings & { readonly source: string }, phones: PhoneRules,
  { fetch: get, now = Date.now }: AccessOptions = {},
): DirectoryFeed {
  const settings = settled(source, written);
  const access = createAccess(settings, { fetch: get, now });
  return {
    source,
    complete: true,
    hasDeltas: true,
    read(reading = { mode: 'full' }) {
      const readItems = (page: Page, number: number) =>
        itemsOf(page, number, createPersonReader(settings, phones, now()));
      return readPages(settings, reading, now(), createPageReader(settings.url, access, get), readItems);
    },
  };
}

function settled(source: string, written: SuccessFactorsSettings): SettledSettings {
  try {
    return settle(written);
  } catch (error) {
    throw new Error(`${source}: ${(error as Error).message}`);
  }
}

async function* readPages(
  settings: SettledSettings, reading: FeedReading, now: number, ask: (url: URL) => Promise<Page>,
  readItems: (page: Page, number: number) => FeedItem[],
): AsyncGenerator<FeedPage, void> {
  if (isLegacyOver(settings, now)) throw new FeedFault('misconfigured', legacyIsOver);
  const isNew = reading.from === undefined;
  const { startedAt, pages, url: start } = placeOf(settings, reading, now);
  const mustBeNew = createWatch();
  let people = 0;
  let warned = isNew ? warnings(settings) : [];
  for (let number = pages + 1, url: URL | undefined = start; url !== undefined; number += 1) {
    const page: Page = await ask(url);
    mustBeNew(url, page);
    people += page.rows.length;
    url = page.next;
    if (url === undefined && people === 0 && reading.mode === 'full' && isNew) throw nobody();
    const items = [...warned, ...readItems(page, number)];
    warned = [];
    yield {
      items,
      ...url === undefined ? { watermark: startedAt } : { next: cursorOf(settings, { startedAt, pages: number, url }) },
    };
  }
}

const legacyIsOver = 'acceptLegacyBasicUntil is over: register an OAuth client, or name a later day';

/** SuccessFactors says nothing of whom the API user may not see, and whoever is missing has left. */
function nobody(): FeedFault {
  return new FeedFault('untrustworthy', 'SuccessFactors shows nobody: look at the permissions of the API user');
}

/** A page that comes again, by its reference or by who is first on it, would be read for ever, and hides others. */
function createWatch(): (url: URL, page: Page) => void {
  const seen = new Set<string>();
  return (url, { rows: [first], next }) => {
    const marks = [`at ${skiptokenOf(url) ?? ''}`];
    if (first !== undefined) marks.push(`of ${readRow(first)?.personIdExternal || JSON.stringify(first)}`);
    if (marks.some((mark) => seen.has(mark))) throw repeated();
    for (const mark of marks) seen.add(mark);
    if (next !== undefined && seen.has(`at ${skiptokenOf(next)}`)) throw repeated();
  };
}

function repeated(): FeedFault {
  return new FeedFault('untrustworthy', 'SuccessFactors shows a page again that was read already');
}

// Changes of clocks and of what is written while it is read: seen twice rather than never.
const overlapMs = 10 * 60_000;

interface Place {
  /** When the list was asked for: the next delta is of what changes after that. */
  readonly startedAt: string;
  /** How many were read before. */
  readonly pages: number;
  readonly url: URL;
}

const moment = z.iso.datetime();

function placeOf(settings: SettledSettings, { mode, since, from }: FeedReading, now: number): Place {
  if (from !== undefined) return resumed(settings, from);
  const last = mode === 'delta' ? moment.safeParse(since).data : undefined;
  // Without a moment that can be read, everybody has changed.
  const changed = last === undefined ? undefined : Math.min(Date.parse(last), now) - overlapMs;
  return { startedAt: new Date(now).toISOString(), pages: 0, url: firstPage(settings, now, changed) };
}

const cursor = z.strictObject({ startedAt: moment, pages: z.int().min(1), next: z.string() });

/** Without the service's address: a reading does not go on at another one. */
function cursorOf({ url: root }: SettledSettings, { startedAt, pages, url }: Place): string {
  return JSON.stringify({ startedAt, pages, next: url.href.slice(root.href.length) });
}

function resumed({ url: root }: SettledSettings, from: string): Place {
  const read = cursor.safeParse(parsed(Buffer.from(from)));
  if (!read.success) throw new FeedFault('lost', 'SuccessFactors was to be read on from a place of another source');
  const { startedAt, pages, next } = read.data;
  return { startedAt, pages, url: followable(root, next) };
}

function itemsOf(
  { rows }: Page, number: number, readPerson: ReturnType<typeof createPersonReader>,
): FeedItem[] {
  const read = rows.map((row, index) => readPerson(row, `page ${number}, row ${index + 1}`));
  if (rows.length > 0 && read.every((items) => items === undefined)) {
    throw new FeedFault('untrustworthy', 'SuccessFactors shows a page of which nobody can be read');
  }
  return read.flatMap((items, index) => items ?? [
    { notice: { where: `page ${number}, row ${index + 1}`, why: 'has another shape than a person: it is left out' } }]);
}

function warnings({ signIn }: SettledSettings): FeedItem[] {
  if (signIn.by !== 'password') return [];
  const why = 'signs in by password, which SAP has ended: register an OAuth client';
  return [{ notice: { where: 'the settings', column: 'legacyBasic', why } }];
}
