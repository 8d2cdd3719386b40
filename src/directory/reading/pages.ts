// Items of a source that has no pages of its own, in pages that are worth a write each.
import type { FeedItem, FeedPage } from '../directoryFeed';

const pageItems = 1_000;

/** Pages that cannot be resumed: whoever is interrupted reads the source from its beginning. */
export async function* paged(items: AsyncIterable<FeedItem>): AsyncGenerator<FeedPage, void> {
  let page: FeedItem[] = [];
  for await (const item of items) {
    page.push(item);
    if (page.length < pageItems) continue;
    yield { items: page };
    page = [];
  }
  if (page.length > 0) yield { items: page };
}
