// Reads a source from where it was left, and keeps page by page. What contradicts itself is not kept on.
import type { Pool } from '../../db/pool';
import type { DirectoryFeed, FeedPage } from '../directoryFeed';
import { FeedFault } from '../feedFault';
import { beginSync, keepNotices, keepPage, markRead, restartSync } from './syncs';
import type { NewSync, Sync } from './syncs';
import { untilAborted } from './untilAborted';

export interface ReadProgress {
  readonly mode: Sync['mode'];
  readonly pages: number;
  readonly people: number;
}

export type Read = ReadProgress & { readonly outcome: 'read' | 'unchanged' };

// A page that refers to itself would be read for ever. Far beyond any company.
const peopleMax = 2_000_000;

/**
 * Reads the source of a sync to its end. Repeated, it goes on after the last page that was kept, or begins anew where
 * the source cannot. Throws a FeedFault; and what `signal` is aborted with, even if the source does not answer.
 */
export async function readSource(
  pool: Pool, feed: DirectoryFeed, sync: Omit<NewSync, 'source' | 'complete' | 'hasDeltas'>,
  onProgress: (progress: ReadProgress) => void, signal: AbortSignal,
): Promise<Read> {
  const { source, complete, hasDeltas } = feed;
  const begun = await beginSync(pool, { ...sync, source, complete, hasDeltas });
  const { mode, since } = begun;
  if (begun.isRead) return { outcome: 'read', mode, pages: begun.pages, people: begun.people };
  const isResumed = begun.cursor !== null;
  if (!isResumed && begun.pages > 0) await restartSync(pool, sync.syncId);
  let { pages, people } = isResumed ? begun : { pages: 0, people: 0 };
  const seen = new Set(isResumed ? [begun.cursor] : []);
  const reading = { mode, ...since === null ? {} : { since }, ...begun.cursor === null ? {} : { from: begun.cursor } };
  for await (const page of untilAborted(feed.read(reading), signal)) {
    if (page.unchanged === true) {
      await keepNotices(pool, sync.syncId, page);
      return { outcome: 'unchanged', mode, pages, people };
    }
    mustGoOn(page, seen);
    people += await keepPage(pool, sync.syncId, pages, page);
    pages += 1;
    if (people > peopleMax) throw new FeedFault('untrustworthy', `delivers more than ${peopleMax} people`);
    onProgress({ mode, pages, people });
  }
  await markRead(pool, sync.syncId);
  return { outcome: 'read', mode, pages, people };
}

function mustGoOn({ next }: FeedPage, seen: Set<string | null>): void {
  if (next === undefined) return;
  if (seen.has(next)) throw new FeedFault('untrustworthy', 'refers to a page that was read already');
  seen.add(next);
}
