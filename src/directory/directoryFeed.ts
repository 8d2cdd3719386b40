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

export interface DirectoryFeed {
  /** Name of the source: part of each employee's key. */
  readonly source: string;
  /** Whether the feed delivers everybody, so that who is missing has left. */
  readonly complete: boolean;
  /** Delivers all people, in any order, without holding them in memory. Each call reads anew. */
  read(): AsyncIterable<FeedItem>;
}
