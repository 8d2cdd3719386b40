// The least of Twilio that a sender needs: takes messages, answers at once, remembers when they arrived, and lists what
// people wrote whose webhook was dropped.
// Answers from this process, so that an arrival and the webhook before it are timed by one clock.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen } from '../../src/process';
import { nowMs } from '../measure/spread';
import { account } from './webhook';

export interface Arrival {
  /** As nowMs(). */
  readonly at: number;
  readonly text: string;
}

export interface FakeTwilio {
  readonly origin: string;
  /** The next message to this address that nobody has taken yet, in order of arrival. Rejects after half a minute. */
  next(address: string): Promise<Arrival>;
  /** As next(), but undefined when there is none yet. */
  take(address: string): Arrival | undefined;
  /** How many messages came to this address so far. */
  count(address: string): number;
  /** Somebody writes, and no webhook tells of it: it is in the list of messages, and nowhere else. As nowMs(), when. */
  drop(from: string, text: string): number;
  close(): void;
}

interface Mailbox {
  readonly unread: Arrival[];
  readonly readers: ((arrival: Arrival) => void)[];
  count: number;
}

export async function startFakeTwilio(port: number): Promise<FakeTwilio> {
  const mailboxes = new Map<string, Mailbox>();
  const mailbox = (address: string): Mailbox => {
    const found = mailboxes.get(address) ?? { unread: [], readers: [], count: 0 };
    mailboxes.set(address, found);
    return found;
  };
  const deliver = (to: string, arrival: Arrival) => {
    const box = mailbox(to);
    box.count += 1;
    const reader = box.readers.shift();
    if (reader === undefined) box.unread.push(arrival); else reader(arrival);
  };
  const dropped: Dropped[] = [];
  const server = await listen(createAnswer(deliver, dropped), port, '127.0.0.1', { keepAliveTimeout: 60_000 });
  return {
    origin: `http://127.0.0.1:${port}`,
    next: (address) => nextOf(mailbox(address), address),
    take: (address) => mailbox(address).unread.shift(),
    count: (address) => mailbox(address).count,
    drop: (from, text) => {
      dropped.push({ sid: `SM${randomBytes(16).toString('hex')}`, from, text, createdAt: Date.now() });
      return nowMs();
    },
    close: () => { server.close(); server.closeAllConnections(); },
  };
}

const patienceMs = 30_000;

function nextOf(box: Mailbox, address: string): Promise<Arrival> {
  const waiting = box.unread.shift();
  if (waiting !== undefined) return Promise.resolve(waiting);
  return new Promise((resolve, reject) => {
    const expiry = setTimeout(() => reject(new Error(`nothing came to ${address}`)), patienceMs);
    box.readers.push((arrival) => {
      clearTimeout(expiry);
      resolve(arrival);
    });
  });
}

interface Dropped {
  readonly sid: string;
  readonly from: string;
  readonly text: string;
  readonly createdAt: number;
}

function createAnswer(deliver: (to: string, arrival: Arrival) => void, dropped: readonly Dropped[]) {
  let messages = 0;
  return (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const at = nowMs();
      if (request.method !== 'POST') {
        return answer(response, 200, pageOf(dropped, new URL(request.url!, 'http://twilio')));
      }
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const to = form.get('To') ?? '';
      deliver(to, { at, text: form.get('Body') ?? '' });
      messages += 1;
      answer(response, 201, {
        sid: `SM${messages.toString(16).padStart(32, '0')}`, status: 'queued', direction: 'outbound-api',
        num_segments: '1', num_media: '0', to, from: form.get('From'), body: form.get('Body'),
        error_code: null, error_message: null, date_created: new Date().toUTCString(), api_version: '2010-04-01',
      });
    });
  };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** One page, newest first. Who asks whether an earlier try got through names a sender: none did, every try is answered. */
function pageOf(dropped: readonly Dropped[], { pathname, searchParams: query }: URL): object {
  const isAboutReceived = query.get('To') === account.whatsapp && !query.has('From');
  const since = Date.parse(query.get('DateSent>') ?? '') || 0;
  const listed = isAboutReceived ? dropped.filter(({ createdAt }) => createdAt >= since).reverse() : [];
  const [size, page] = [Number(query.get('PageSize') ?? 50), Number(query.get('Page') ?? 0)];
  query.set('Page', String(page + 1));
  return {
    messages: listed.slice(page * size, (page + 1) * size).map(({ sid, from, text, createdAt }) => ({
      sid, from, to: account.whatsapp, body: text, direction: 'inbound', status: 'received', num_media: '0',
      date_created: new Date(createdAt).toUTCString().replace('GMT', '+0000'),
    })),
    next_page_uri: (page + 1) * size < listed.length ? `${pathname}?${query}` : null,
  };
}
