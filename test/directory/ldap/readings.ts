// What a reading of a feed comes to, and which connections it holds.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type {
  DirectoryFeed, EmployeeRecord, FeedItem, FeedReading, FeedRemark,
} from '../../../src/directory/directoryFeed';
import type { FeedFault } from '../../../src/directory/feedFault';
import { OutboundFault } from '../../../src/outbound/outboundFault';

export interface WholeReading {
  readonly pages: number;
  readonly records: readonly EmployeeRecord[];
  readonly notices: readonly FeedRemark[];
  readonly watermark: string | undefined;
}

export async function readAll(feed: DirectoryFeed, reading?: FeedReading): Promise<WholeReading> {
  const items: FeedItem[] = [];
  const watermarks: (string | undefined)[] = [];
  for await (const page of feed.read(reading)) {
    items.push(...page.items);
    watermarks.push(page.watermark);
  }
  expect(watermarks.slice(0, -1).every((watermark) => watermark === undefined)).toBe(true);
  return {
    pages: watermarks.length,
    records: items.flatMap((item) => ('record' in item ? [item.record] : [])),
    notices: items.flatMap((item) => ('notice' in item ? [item.notice] : [])),
    watermark: watermarks.at(-1),
  };
}

/** The fault that a reading ends with. */
export async function faultOf(feed: DirectoryFeed, reading?: FeedReading): Promise<FeedFault> {
  const error: unknown = await readAll(feed, reading).then(() => undefined, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OutboundFault);
  return error as FeedFault; // cast: said a line above
}

export const numbersOf = (records: readonly EmployeeRecord[]): string[] =>
  records.map(({ employeeNumber }) => employeeNumber).sort();

/** The connections that this process has opened to anywhere, and not closed. */
export interface Connections {
  open(): number;
  /** When the last one is closed, by whichever side. */
  allClosed(): Promise<unknown>;
  stop(): void;
}

export function watchConnections(): Connections {
  const sockets: Socket[] = [];
  const see = (message: unknown) => { sockets.push((message as { socket: Socket }).socket); };
  subscribe('net.client.socket', see);
  return {
    open: () => sockets.filter((socket) => !socket.destroyed).length,
    allClosed: () => Promise.all(sockets.filter((socket) => !socket.closed).map((socket) => once(socket, 'close'))),
    stop: () => { unsubscribe('net.client.socket', see); },
  };
}
