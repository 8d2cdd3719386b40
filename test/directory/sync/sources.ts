// Sources that do as they are told, and readings of them without Temporal.
import { randomUUID } from 'node:crypto';
import type { Pool } from '../../../src/db/pool';
import type { DirectoryFeed, FeedPage, FeedReading } from '../../../src/directory/directoryFeed';
import { readSource } from '../../../src/directory/sync/readSource';
import { applySync } from '../../../src/directory/sync/syncs';
import { recordOf } from '../people';
import type { Person } from '../people';

/** A source of pages, two people each, that keeps what it was asked. */
export class Source implements DirectoryFeed {
  readonly source = 'hr';
  readonly asked: FeedReading[] = [];
  complete = true;
  hasDeltas = false;
  isResumable = true;
  watermark: string | undefined;
  /** Called before each page is delivered. */
  beforePage: (page: number) => Promise<void> | void = () => undefined;

  constructor(public people: readonly Person[]) {}

  async* read(reading: FeedReading = { mode: 'full' }): AsyncGenerator<FeedPage> {
    this.asked.push(reading);
    const pages = Math.ceil(this.people.length / 2);
    for (let page = reading.from === undefined ? 0 : Number(reading.from); page < pages; page += 1) {
      await this.beforePage(page);
      const items = this.people.slice(page * 2, page * 2 + 2).map((person, i) => ({
        record: recordOf(person), where: `place ${page * 2 + i}` }));
      const isLast = page === pages - 1;
      yield {
        items,
        ...this.isResumable && !isLast ? { next: String(page + 1) } : {},
        ...isLast && this.watermark !== undefined ? { watermark: this.watermark } : {},
      };
    }
  }
}

const hour = 3_600_000;

export const readInto = (
  pool: Pool, feed: DirectoryFeed, syncId: string, told: unknown[] = [], signal = new AbortController().signal,
) => readSource(
  pool, feed, { syncId, workflowId: `directory-sync-hr-${syncId}`, fullEveryMs: hour }, (one) => told.push(one), signal);

export async function readAndApplied(pool: Pool, feed: DirectoryFeed) {
  const syncId = randomUUID();
  await readInto(pool, feed, syncId);
  return applySync(pool, syncId, {});
}

/** How many pages are kept, of whatever readings. */
export const keptPages = async (pool: Pool) => (await pool.query<{ pages: number }>(
  'SELECT count(*)::int AS pages FROM directory_sync_pages')).rows[0]!.pages;
