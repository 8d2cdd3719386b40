// A system of HR's on the loopback that serves reports, and misbehaves when told to.
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { itemsOf } from '../../../src/directory/directoryFeed';
import type { FeedItem, FeedPage, FeedReading } from '../../../src/directory/directoryFeed';
import { createReportFeed } from '../../../src/directory/report/reportFeed';
import type { ReportFeedDeps } from '../../../src/directory/report/reportFeed';
import { reportSettings } from '../../../src/directory/report/reportSettings';

export interface TestServer {
  readonly origin: string;
  /** Of each request, in order. */
  readonly requests: IncomingMessage[];
  close(): Promise<void>;
}

const opened: TestServer[] = [];

/** A server that answers as told, until `closeServers`. */
export async function serve(answer: RequestListener): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  // Both ends share a processor: what is busy for seconds would find its idle connection closed.
  server.keepAliveTimeout = 0;
  return keep(server, requests, () => server.closeAllConnections());
}

/** A server that says these bytes, whatever it is asked, and hangs up. */
export async function serveRaw(bytes: string): Promise<TestServer> {
  const server = createSocketServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(bytes));
  });
  return keep(server, [], () => undefined);
}

async function keep(server: Server, requests: IncomingMessage[], drop: () => void): Promise<TestServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // cast: it listens on a port
  const kept: TestServer = {
    origin: `http://127.0.0.1:${port}`,
    requests,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      drop();
    }),
  };
  opened.push(kept);
  return kept;
}

export async function closeServers(): Promise<void> {
  await Promise.all(opened.splice(0).map((server) => server.close()));
}

export const json = (response: ServerResponse, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(200, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};

export const csv = (response: ServerResponse, body: string, headers: Record<string, string> = {}): void => {
  response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8', ...headers });
  response.end(body);
};

/** As Workday calls them. */
export const fields = {
  employee_id: 'Employee_ID', given_name: 'First_Name', family_name: 'Last_Name', email: 'Work_Email',
  mobile: 'Mobile_Phone', language: 'Locale', active: 'Active_Status',
};

export const annaRow = {
  Employee_ID: '144133', First_Name: 'Anna', Last_Name: 'Example', Work_Email: 'anna@acme.example',
  Mobile_Phone: '+1 202 555 0123', Locale: 'en_US', Active_Status: '1',
};

export const rowOf = (n: number) => ({ ...annaRow, Employee_ID: String(200_000 + n), Work_Email: `p${n}@acme.example` });

export type Told = Record<string, unknown>;

export function feedAt(url: string, told: Told = {}, deps: ReportFeedDeps = {}) {
  const settings = reportSettings.parse({
    kind: 'report', url, format: 'json', auth: { kind: 'bearer', token: 'the-token' }, fields, allowInsecure: true,
    ...told });
  return createReportFeed({ source: 'workday', ...settings }, {}, deps);
}

export async function itemsAt(url: string, told?: Told, deps?: ReportFeedDeps): Promise<FeedItem[]> {
  const items: FeedItem[] = [];
  for await (const item of itemsOf(feedAt(url, told, deps))) items.push(item);
  return items;
}

export async function pagesOf(feed: ReturnType<typeof feedAt>, reading?: FeedReading): Promise<FeedPage[]> {
  const pages: FeedPage[] = [];
  for await (const page of feed.read(reading)) pages.push(page);
  return pages;
}

export const recordsIn = (items: readonly FeedItem[]) => items.flatMap((item) => ('record' in item ? [item.record] : []));
export const noticesIn = (items: readonly FeedItem[]) => items.flatMap((item) => ('notice' in item ? [item.notice] : []));
