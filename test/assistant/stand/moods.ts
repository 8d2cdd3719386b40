// How a backend answers that does not answer well, in the form that its protocol has.
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { AssistantMood } from '../../ports/assistant.suite';

export type PlainMood = Exclude<AssistantMood, object>;

/** What its answers look like. */
export interface Form {
  readonly type: string;
  /** A whole answer. */
  said(...texts: string[]): string;
  /** One that is JSON of another shape. */
  readonly misshapen: string;
}

/** `heard` is what a careless backend could repeat. */
export type PlayMood = (mood: PlainMood, res: ServerResponse, heard: string, elsewhere: string) => unknown;

export function moodsOf({ type, said, misshapen }: Form): PlayMood {
  const answer = (res: ServerResponse, body: string | Buffer, status = 200, headers: Record<string, string> = {}) =>
    void res.writeHead(status, { 'content-type': type, ...headers }).end(body);
  const moods: Readonly<Record<PlainMood, (res: ServerResponse, heard: string, elsewhere: string) => unknown>> = {
    down: (res, heard) => answer(res, JSON.stringify({ heard }), 500),
    overloaded: (res, heard) => void res.writeHead(503, { 'content-type': 'text/html' }).end(heard),
    throttling: (res, heard) => answer(res, JSON.stringify({ heard }), 429, { 'retry-after': '7' }),
    'refusing us': (res, heard) => answer(res, JSON.stringify({ heard }), 401),
    gone: (res, heard) => answer(res, JSON.stringify({ heard }), 404),
    'refusing this': (res, heard) => answer(res, JSON.stringify({ heard }), 400),
    silent: () => undefined,
    'hanging up': (res) => res.destroy(),
    'hanging up in the middle': (res) => {
      res.writeHead(200, { 'content-type': type, 'content-length': '500' }).write('{"replies":', () => res.destroy());
    },
    trickling: async (res) => {
      res.writeHead(200, { 'content-type': type });
      while (!res.destroyed) {
        res.write(' ');
        await delay(20);
      }
    },
    endless: async (res) => {
      res.writeHead(200, { 'content-type': type });
      const megabyte = Buffer.alloc(1_048_576, 'x');
      const [before, after] = said('~').split('~');
      res.write(before);
      for (let sent = 0; sent < 100 && !res.destroyed; sent += 1) {
        if (!res.write(megabyte)) await new Promise((resolve) => res.once('drain', resolve).once('close', resolve));
      }
      res.end(after);
    },
    'packed and endless': (res) => {
      answer(res, gzipSync(said('x'.repeat(5_000_000))), 200, { 'content-encoding': 'gzip' });
    },
    'taking its time': (res, heard) => answer(res, JSON.stringify({ heard, replies: [{ text: 'not read' }] }), 202),
    HTML: (res, heard) => void res.writeHead(200, { 'content-type': 'text/html' }).end(`<html>${heard}</html>`),
    'another type': (res) => void res.writeHead(200, { 'content-type': 'application/jsonp' }).end(said('x')),
    redirecting: (res, _heard, elsewhere) => void res.writeHead(307, { location: elsewhere }).end(),
    'broken JSON': (res, heard) => answer(res, `${heard} {`),
    'no UTF-8': (res) => {
      const [before, after] = said('~').split('~');
      answer(res, Buffer.concat([Buffer.from(before!), Buffer.from([0xff]), Buffer.from(after!)]));
    },
    'another shape': (res) => answer(res, misshapen),
    'an empty text': (res) => answer(res, said(' \n')),
    'a text that is too long': (res) => answer(res, said('x'.repeat(65_537))),
    'no content': (res) => void res.writeHead(204).end(),
  };
  return (mood, res, heard, elsewhere) => moods[mood](res, heard, elsewhere);
}
