// A backend of the suite over HTTP: what it was told, and the moods in which it answers.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Assistant, Turn } from '../../../src/assistant/assistant';
import type { AssistantBackend, AssistantMood } from '../../ports/assistant.suite';
import { listen } from './server';
import type { TestServer } from './server';

export type Saying = Extract<AssistantMood, object>;

/** The fields beside the text, as assistants take them. */
export interface SpeakerWire {
  readonly turn_id: string;
  readonly conversation_id: string;
  readonly subject: string;
  readonly verified_at: string;
  readonly assurance: string;
  readonly locale: string;
}

export function turnOf({ turn_id, conversation_id, verified_at, ...rest }: SpeakerWire, text: string): Turn {
  // cast: what a test compares with the turn that it gave
  return { turnId: turn_id, conversationId: conversation_id, verifiedAt: new Date(verified_at), ...rest, text } as unknown as Turn;
}

/** What a fake shares with the suite. */
export class Wire {
  mood: AssistantMood = { says: ['hello'] };
  elsewhere = '';
  readonly turns: { turn: Turn; key: string | undefined }[] = [];
  headers: IncomingHttpHeaders = {};
  private readonly servers: TestServer[] = [];
  private stray = 0;

  async start(listener: (req: IncomingMessage, res: ServerResponse) => unknown): Promise<string> {
    const server = await listen((req, res) => void listener(req, res));
    this.servers.push(server);
    if (this.elsewhere === '') {
      this.elsewhere = 'started';
      this.elsewhere = await this.start((_req, res) => {
        this.stray += 1;
        res.writeHead(200, { 'content-type': 'application/json' }).end('[]');
      });
    }
    return server.url;
  }

  hear({ headers }: IncomingMessage, fields: SpeakerWire, text: string): void {
    this.headers = headers;
    this.turns.push({ turn: turnOf(fields, text), key: fields.turn_id });
  }

  async close(): Promise<void> {
    for (const server of this.servers.splice(0)) await server.close();
  }

  /** `make`: an assistant that waits for so long. Nobody waits for a silence, nor is cut off by a busy machine. */
  backend(
    make: (timeoutMs: number) => Assistant, secrets: readonly string[], more: Partial<AssistantBackend> = {},
  ): AssistantBackend {
    const [patient, impatient] = [make(30_000), make(300)];
    const isSlow = () => this.mood === 'silent' || this.mood === 'trickling';
    return {
      assistant: { ...patient, answer: (...given) => (isSlow() ? impatient : patient).answer(...given) },
      turns: this.turns,
      headers: () => this.headers,
      strayRequests: () => this.stray,
      secrets,
      set: (mood) => { this.mood = mood; },
      close: () => this.close(),
      ...more,
    };
  }
}

export function json(res: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
