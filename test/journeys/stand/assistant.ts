// The company's assistant of a journey: the demo's answers, every turn noted, and moods on demand.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { replyTo } from '../../../src/assistant/demo/orderReplies';
import { Webhook } from 'standardwebhooks';

export interface Turn {
  readonly turn_id: string;
  readonly conversation_id: string;
  readonly subject: string;
  readonly locale: string;
  readonly assurance: string;
  readonly text: string;
}

/** Answers instead of the demo; resolves to true when it did. */
type Mood = (turn: Turn, res: ServerResponse) => boolean;

export class RecordingAssistant {
  readonly turns: Turn[] = [];
  /** What `customer-auth` said with each. */
  readonly customerAuths: (string | undefined)[] = [];
  /** Moods of the next turns, first come first served. */
  readonly moods: Mood[] = [];
  private server: Server | undefined;

  constructor(private readonly secret: string) {}

  /** Listens on a port of its own; its URL. */
  async start(): Promise<string> {
    const server = createServer((req, res) => void this.answer(req, res).catch(() => res.destroy()));
    this.server = server;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/turns`; // cast: it listens on a port
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  private async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    new Webhook(this.secret).verify(body, req.headers as Record<string, string>);
    const turn = JSON.parse(body) as Turn; // cast: whoever signs speaks this contract
    this.turns.push(turn);
    this.customerAuths.push(req.headersDistinct['customer-auth']?.join());
    if (this.moods.shift()?.(turn, res) === true) return;
    const replies = replyTo(turn.text, turn.locale).map((text) => ({ text }));
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ replies, end_turn: true }));
  }
}

/** Refuses with a status and an answer that repeats the person's words, as careless services do. */
export const repeats = (status: number): Mood => (turn, res) => {
  const body = JSON.stringify({ error: `cannot answer "${turn.text}"`, turn });
  res.writeHead(status, { 'content-type': 'application/json' }).end(body);
  return true;
};
