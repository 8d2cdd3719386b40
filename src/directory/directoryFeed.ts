// Port: where HR's data comes from. The suite in test/ports/directoryFeed holds for each.

/** One person as every feed delivers it: already normalised, not yet compared with what is stored. */
export interface EmployeeRecord {
  /** The source's immutable key; unique within the source. */
  readonly externalId: string;
  readonly employeeNumber: string;
  readonly givenName: string;
  readonly familyName: string;
  /** BCP 47 tag. */
  readonly preferredLanguage: string | null;
  readonly active: boolean;
  /** On leave: kept out meanwhile, and back without being hired anew. Only where `active` is false. */
  readonly absent?: boolean;
  /** The source's own key of the department. Who moves to another one proves anew who they are. */
  readonly department?: string | null;
  readonly phones: readonly EmployeePhone[];
  readonly emails: readonly EmployeeEmail[];
}

export interface EmployeePhone {
  readonly e164: string;
  /** As the source writes it. */
  readonly raw: string;
  readonly type: 'mobile' | 'work' | 'home' | 'other';
  readonly primary: boolean;
}

export interface EmployeeEmail {
  /** Plain ASCII, lower case. */
  readonly address: string;
  readonly type: 'work' | 'private' | 'other';
  readonly primary: boolean;
}

/**
 * Something that somebody should know about the data: where it stands (a line, an id of the source), in which column,
 * and what is to be said. Never the value itself: reports are mailed, pasted and logged.
 */
export interface FeedRemark {
  readonly where: string;
  readonly column?: string;
  readonly why: string;
}

/** A `problem` keeps the whole delivery from being applied; a `notice` does not. */
export type FeedItem =
  | { readonly record: EmployeeRecord; readonly where: string }
  | { readonly problem: FeedRemark }
  | { readonly notice: FeedRemark };

/** What is to be read: everybody, or what changed since a former reading. */
export interface FeedReading {
  readonly mode: 'full' | 'delta';
  /** The watermark of the last reading that was applied. */
  readonly since?: string;
  /** The cursor of the last page that was kept: an interrupted reading goes on after it. */
  readonly from?: string;
}

export interface FeedPage {
  readonly items: readonly FeedItem[];
  /** Where reading goes on after this page. Without it an interrupted reading begins anew. Opaque, no secret. */
  readonly next?: string;
  /** On the last page: what the next reading takes as `since`. Opaque, no secret. */
  readonly watermark?: string;
  /** The only page: the source is as it was at `since`, and nothing is to be applied. */
  readonly unchanged?: true;
}

export interface DirectoryFeed {
  /** Name of the source: part of each employee's key. */
  readonly source: string;
  /** Whether a full reading delivers everybody, so that who is missing has left. */
  readonly complete: boolean;
  /** Whether it can read what changed since a watermark; a delta never says that somebody is missing. */
  readonly hasDeltas: boolean;
  /**
   * Delivers people in any order, page by page, without holding them in memory; a full reading unless told. Throws a
   * FeedFault when the source cannot be relied on.
   */
  read(reading?: FeedReading): AsyncIterable<FeedPage>;
}

/** Everything that a full reading delivers, item by item. */
export async function* itemsOf(feed: Pick<DirectoryFeed, 'read'>): AsyncGenerator<FeedItem, void> {
  for await (const { items } of feed.read()) yield* items;
}
