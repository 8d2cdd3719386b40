// Reading a feed to the end, or until it throws.
import type {
  DirectoryFeed, EmployeeRecord, FeedItem, FeedPage, FeedReading,
} from '../../../src/directory/directoryFeed';
import type { FeedFault } from '../../../src/directory/feedFault';
import { OutboundFault } from '../../../src/outbound/outboundFault';
import type { FeedFaultKind } from '../../../src/directory/feedFault';
import { leaks } from '../../ports/leaks';
import { credentials } from './fakeSuccessFactors';

export async function pagesOf(feed: DirectoryFeed, reading?: FeedReading): Promise<FeedPage[]> {
  const pages: FeedPage[] = [];
  for await (const page of feed.read(reading)) pages.push(page);
  return pages;
}

export async function itemsOf(feed: DirectoryFeed, reading?: FeedReading): Promise<FeedItem[]> {
  return (await pagesOf(feed, reading)).flatMap(({ items }) => items);
}

export const recordsIn = (items: readonly FeedItem[]): EmployeeRecord[] =>
  items.flatMap((item) => ('record' in item ? [item.record] : []));

export const noticesIn = (items: readonly FeedItem[]) =>
  items.flatMap((item) => ('notice' in item ? [item.notice] : []));

export async function recordsOf(feed: DirectoryFeed, reading?: FeedReading): Promise<EmployeeRecord[]> {
  return recordsIn(await itemsOf(feed, reading));
}

/** Secrets, and what a server said: nothing of it may be in a fault. */
const secrets = [credentials.clientId, credentials.password, 'canary', 'sfapi'];

/** The fault that an action ends with, once it is sure that it is of this kind and keeps every secret. */
export async function faultOf(action: Promise<unknown>, kind: FeedFaultKind): Promise<FeedFault> {
  const fault = await action.then((value: unknown) => value, (error: unknown) => error);
  expect(fault).toBeInstanceOf(OutboundFault);
  expect(fault).toMatchObject({ kind });
  expect(leaks(fault, secrets)).toEqual([]);
  return fault as FeedFault;
}
