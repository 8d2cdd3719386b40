// The list of messages as Twilio's API gives it: newest first, filtered, in pages that name their neighbours.
import { messageResource } from './message';
import type { TwilioMessage } from './message';

// Twilio's own bounds of PageSize.
const pageSizeDefault = 50;
const pageSizeMax = 1_000;
const dayMs = 86_400_000;

/** One page of `messages`, which come in the order of their creation. `query` is the request's, with Twilio's names. */
export function messagePage(
  messages: Iterable<TwilioMessage>, query: URLSearchParams, accountSid: string,
): Record<string, unknown> {
  const matching = [...messages].filter(filterOf(query)).reverse();
  const size = bounded(query.get('PageSize'), 1, pageSizeMax, pageSizeDefault);
  const page = bounded(query.get('Page'), 0, 1_000_000, 0);
  const start = page * size;
  const shown = matching.slice(start, start + size);
  const uriOf = (number: number) => pageUri(accountSid, query, number, size);
  return {
    end: Math.max(0, start + shown.length - 1),
    first_page_uri: uriOf(0),
    next_page_uri: start + size < matching.length ? uriOf(page + 1) : null,
    page,
    page_size: size,
    previous_page_uri: page > 0 ? uriOf(page - 1) : null,
    messages: shown.map((message) => messageResource(message, accountSid)),
    start,
    uri: uriOf(page),
  };
}

function filterOf(query: URLSearchParams): (message: TwilioMessage) => boolean {
  const to = query.get('To');
  const from = query.get('From');
  const day = timeOf(query.get('DateSent'));
  // Both bounds include themselves: the wire has `DateSent>=…`, whose name ends before the equals sign.
  const after = timeOf(query.get('DateSent>'));
  const before = timeOf(query.get('DateSent<'));
  return (message) => {
    // What is still queued has no date of sending yet, but has to be found by whoever asks whether it was taken.
    const at = toSecond(message.sentAt ?? message.createdAt);
    return (to === null || message.to === to)
      && (from === null || message.from === from)
      && (day === undefined || Math.floor(at / dayMs) === Math.floor(day / dayMs))
      && (after === undefined || at >= after)
      && (before === undefined || at <= before);
  };
}

function toSecond(time: number): number {
  return Math.floor(time / 1_000) * 1_000;
}

function timeOf(value: string | null): number | undefined {
  const time = Date.parse(value ?? '');
  return Number.isNaN(time) ? undefined : toSecond(time);
}

function bounded(value: string | null, min: number, max: number, fallback: number): number {
  const number = Number(value ?? Number.NaN);
  return Number.isInteger(number) ? Math.min(max, Math.max(min, number)) : fallback;
}

function pageUri(accountSid: string, query: URLSearchParams, page: number, size: number): string {
  const parts = new URLSearchParams(query);
  parts.delete('PageToken');
  parts.set('PageSize', String(size));
  parts.set('Page', String(page));
  return `/2010-04-01/Accounts/${accountSid}/Messages.json?${parts}`;
}
