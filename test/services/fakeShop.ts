// A service with accounts, asked over HTTP: checks who asks, gives tokens, and can misbehave.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServiceMood } from '../ports/actAsProvider.suite';

export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a request comes to: an account, a refusal or anything to send. */
export type Handle = (asked: Asked) => Promise<Reply> | Reply;
export interface Reply { readonly status: number; readonly body: object }

/** For whom waits until there is an answer, and for whom a silence is to end. */
export const [patientMs, impatientMs] = [15_000, 1_500];

export class FakeShop {
  mood: ServiceMood = 'well';
  said: { token_type?: unknown; expires_in?: unknown } = {};
  readonly asked: Asked[] = [];
  readonly redirected: string[] = [];
  private readonly owners = new Map<string, string>();
  private readonly server = createServer((request, response) => { void this.answer(request, response); });

  constructor(private readonly handle: Handle) {}

  async start(): Promise<this> {
    // Both ends share a processor: what is busy for seconds would find its idle connection closed.
    this.server.keepAliveTimeout = 0;
    await new Promise<void>((resolve) => { this.server.listen(0, '127.0.0.1', resolve); });
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
  }

  /** A new token for an account. */
  tokenOf(account: string): string {
    const token = `token-${this.owners.size + 1}`;
    this.owners.set(token, account);
    return token;
  }

  ownerOf(authorization: string): string | undefined {
    return this.owners.get(authorization.replace(/^Bearer /, ''));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const path = request.url!;
    if (path === '/elsewhere') this.redirected.push(body);
    const asked = { path, headers: request.headers, body };
    this.asked.push(asked);
    switch (this.mood) {
      case 'well': {
        const reply = await this.handle(asked);
        return send(response, reply.status, JSON.stringify(reply.body));
      }
      case 'down': return send(response, 503, '{}');
      case 'throttling': return send(response, 429, '{}', { 'retry-after': '7' });
      case 'shut': return send(response, 403, '{}');
      case 'silent': return;
      case 'redirecting': return send(response, 307, '', { location: `${this.url}/elsewhere` });
      case 'showing a page': return send(response, 200, '<html>canary</html>', { 'content-type': 'text/html' });
      case 'breaking off':
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"token"');
        response.destroy();
        return;
      case 'endless': return endless(response);
    }
  }
}

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body);
}

/** 100 MB, if somebody reads them. */
function endless(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const chunk = Buffer.alloc(1_024 * 1_024, ' ');
  let left = 100;
  const more = () => {
    while (left > 0 && response.write(chunk)) left -= 1;
    if (left > 0) response.once('drain', more);
    else response.end('{}');
  };
  more();
}
