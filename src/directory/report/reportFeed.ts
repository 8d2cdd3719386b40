// A report of HR's system at an address, in JSON or CSV, as a directory feed: Workday's reports as a service, and
// others like them. It is asked for as a whole: pages of two askings do not fit together, so none is gone on with.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { createCsvFeed } from '../csv/csvFeed';
import type { DirectoryFeed, FeedItem, FeedPage, FeedReading } from '../directoryFeed';
import { FeedFault } from '../feedFault';
import type { PhoneRules } from '../phoneNumber';
import { createPersonReader, personItems } from '../reading/person';
import { readWatermark, settingsMark } from '../reading/watermark';
import { createRowFields, valueAt } from './jsonFields';
import { findRows, UnreadableJson } from './jsonRows';
import { createReportAuth } from './reportAuth';
import { createReportClient, usualLimits } from './reportRequest';
import type { ReportAnswer, ReportClient, RequestLimits } from './reportRequest';
import type { ReportSettings } from './reportSettings';

export interface ReportFeedOptions extends ReportSettings {
  /** Name of the source. Changing it makes every person a new one. */
  readonly source: string;
}

export interface ReportFeedDeps {
  readonly fetch?: typeof fetch;
  readonly now?: () => number;
  readonly limits?: Partial<RequestLimits>;
}

/** By what the report said which one it was when it was sent last, and when that was (epoch ms). */
const watermark = z.object({
  settings: z.string(), sentAt: z.number(), etag: z.string().optional(), modified: z.string().optional() });

type Watermark = z.infer<typeof watermark>;

export function createReportFeed(
  options: ReportFeedOptions, phones: PhoneRules, deps: ReportFeedDeps = {},
): DirectoryFeed {
  const { source, complete, format, country, activeValues, absentValues } = options;
  const rules = { ...phones, ...(country && { defaultCountry: country }) };
  const { url, rows, fields, next } = options;
  const settings = settingsMark(
    { url, format, rows, fields, next, activeValues, absentValues, complete }, rules);
  const { fetch: get = fetch, now = Date.now } = deps;
  const auth = createReportAuth(options, get, now);
  const client = createReportClient(options, auth, { ...usualLimits, ...deps.limits }, get);
  const readPerson = createPersonReader(rules, { activeValues, absentValues });

  async function* read({ since }: FeedReading): AsyncGenerator<FeedPage, void> {
    const sentAt = now();
    const answer = await client.get(new URL(url), conditionsOf(readWatermark(watermark, since), settings, sentAt));
    if (answer === 'unchanged') return yield unchangedSince(since);
    const reading = { people: 0, isRefused: false };
    const pages = format === 'csv' ? readCsv(options, rules, answer, readPerson)
      : readJson(options, client, answer, readPerson);
    let last: FeedItem[] = [];
    let isOne = true;
    for await (const { items, pagesAsked } of pages) {
      for (const item of items) {
        if ('record' in item) reading.people += 1;
        if ('problem' in item) reading.isRefused = true;
      }
      isOne = pagesAsked === 1;
      if (last.length > 0) yield { items: last };
      last = [...items];
    }
    if (complete && reading.people === 0 && !reading.isRefused) throw empty();
    // What the first page says of itself says nothing of the others.
    const mark: Watermark = { settings, sentAt, ...isOne && validatorOf(answer.headers) };
    yield { items: last, watermark: JSON.stringify(mark) };
  }

  return { source, complete, hasDeltas: false, read: (reading = { mode: 'full' }) => read(reading) };
}

const unchangedSince = (since: string | undefined): FeedPage =>
  ({ items: [], unchanged: true, ...(since !== undefined && { watermark: since }) });

// Taken at its word, everybody would have left.
const empty = () =>
  new FeedFault('untrustworthy', 'the report holds nobody who can be used, and should hold everybody');

type ReadPerson = ReturnType<typeof createPersonReader>;

interface Part {
  readonly items: readonly FeedItem[];
  /** How many pages of the report were asked for until here. */
  readonly pagesAsked: number;
}

async function* readCsv(
  { source, complete, fields: names }: ReportFeedOptions, phones: PhoneRules, { bytes, leave }: ReportAnswer,
  readPerson: ReadPerson,
): AsyncGenerator<Part, void> {
  const csv = createCsvFeed(() => bytes, { source, complete, names, readPerson, ...phones });
  for await (const { items } of csv.read()) {
    let isLeft = true;
    try {
      yield { items, pagesAsked: 1 };
      isLeft = false;
    } finally {
      // The parser reads ahead, and would wait for what nobody wants any more.
      if (isLeft) leave();
    }
  }
}

const partRows = 1_000;
// A report that goes on and on is none. A million people in pages of a hundred.
const pagesMax = 10_000;

async function* readJson(
  options: ReportFeedOptions, client: ReportClient, first: ReportAnswer, readPerson: ReadPerson,
): AsyncGenerator<Part, void> {
  const fields = createRowFields(options.fields);
  const seen = createSeen(options.url);
  let answer = first;
  let rowsBefore = 0;
  for (let page = 1; ; page += 1) {
    if (page > pagesMax) throw new FeedFault('untrustworthy', `the report has more than ${pagesMax} pages`);
    const { rows, bytes, envelope } = readDocument(await collect(answer.bytes), options.rows);
    seen.add(bytes);
    let items: FeedItem[] = [];
    for (const row of unbroken(rows())) {
      rowsBefore += 1;
      const where = `row ${rowsBefore}`;
      const { values, remarks } = fields.read(row);
      items.push(...remarks.map((remark) => ({ notice: { where, ...remark } })));
      items.push(...personItems(readPerson(values), where));
      if (items.length < partRows) continue;
      yield { items, pagesAsked: page };
      items = [];
    }
    const url = nextPage(options, envelope);
    if (url === undefined) {
      if (rowsBefore > 0) items.push(...fields.findMissing());
      return yield { items, pagesAsked: page };
    }
    yield { items, pagesAsked: page };
    seen.addUrl(url);
    answer = await whole(client, url);
  }
}

async function whole(client: ReportClient, url: URL): Promise<ReportAnswer> {
  const answer = await client.get(url);
  // Only what was asked about can be unchanged, and no page after the first is.
  if (answer === 'unchanged') throw new FeedFault('untrustworthy', 'the report answers what it was not asked');
  return answer;
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces);
}

function readDocument(document: Buffer, rows = 'Report_Entry'): ReturnType<typeof findRows> {
  try {
    return findRows(document, rows === '' ? [] : rows.split('.'));
  } catch (error) {
    throw unreadable(error);
  }
}

function* unbroken(rows: Generator<unknown, void>): Generator<unknown, void> {
  try {
    yield* rows;
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(error: unknown): unknown {
  return error instanceof UnreadableJson ? new FeedFault('untrustworthy', `the report ${error.message}`) : error;
}

/** Pages that came, by what they hold and by where they are: each once, or the report would have no end. */
function createSeen(firstUrl: string) {
  const seen = new Set([new URL(firstUrl).href]);
  const once = (what: string) => {
    if (seen.has(what)) throw new FeedFault('untrustworthy', 'the report repeats a page');
    seen.add(what);
  };
  return {
    add: (rows: Buffer) => once(createHash('sha256').update(rows).digest('base64url')),
    addUrl: ({ href }: URL) => once(href),
  };
}

function nextPage({ url, next }: ReportFeedOptions, envelope: unknown): URL | undefined {
  const value = next === undefined ? undefined : valueAt(envelope, next);
  if (value === undefined || value === null || value === '') return undefined;
  const there = typeof value === 'string' && URL.canParse(value, url) ? new URL(value, url) : undefined;
  // What lets us in goes with the request.
  if (there === undefined || there.origin !== new URL(url).origin || there.username + there.password !== '') {
    throw new FeedFault('untrustworthy', 'the next page of the report is not at the origin of the first');
  }
  there.hash = '';
  return there;
}

const usableTag = /^(W\/)?"[\x21\x23-\x7e]{1,200}"$/;
// Two changes within a second have one time (RFC 9110, section 8.8.2.2).
const certainAfterMs = 60_000;

function validatorOf(headers: Headers): Pick<Watermark, 'etag' | 'modified'> {
  const etag = headers.get('etag') ?? '';
  if (usableTag.test(etag)) return { etag };
  const modified = headers.get('last-modified') ?? '';
  const age = Date.parse(headers.get('date') ?? '') - Date.parse(modified);
  return modified.length < 40 && age >= certainAfterMs ? { modified } : {};
}

// Something between us and the report may keep an answer for too long: once a day it is asked for whatever it was.
const trustedMs = 24 * 3_600_000;

function conditionsOf(last: Watermark | undefined, settings: string, now: number): Record<string, string> {
  if (last === undefined || last.settings !== settings || !(now - last.sentAt < trustedMs)) return {};
  if (last.etag !== undefined) return { 'if-none-match': last.etag };
  return last.modified === undefined ? {} : { 'if-modified-since': last.modified };
}
