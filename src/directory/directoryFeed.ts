// Port: where HR's data comes from. The suite in test/ports/directoryFeed holds for each.

/** One person as every feed delivers it: already normalised, not yet compared with what is stored. */
export interface EmployeeRecord {
  /** The source's immutable key; unique within the source. */
  readonly externalId: string;
  readonly employeeNumber: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly preferredLanguage: string | null;
  readonly active: boolean;
  readonly phones: readonly { e164: string; raw: string; type: 'mobile' | 'work' | 'home' | 'other'; primary: boolean }[];
  readonly emails: readonly { address: string; type: 'work' | 'private' | 'other'; primary: boolean }[];
}

/** A row that cannot be used: where it stands (a line number, an id of the source) and why, without personal data. */
export interface FeedProblem {
  readonly where: string;
  readonly why: string;
}

export type FeedItem = { readonly record: EmployeeRecord; readonly where: string } | { readonly problem: FeedProblem };

export interface DirectoryFeed {
  /** Name of the source: part of each employee's key. */
  readonly source: string;
  /** Whether the feed delivers everybody, so that who is missing has left. */
  readonly complete: boolean;
  /** Delivers all people, in any order, without holding them in memory. */
  read(): AsyncIterable<FeedItem>;
}
