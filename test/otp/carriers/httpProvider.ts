// An SMS provider with an HTTP API, as many are: JSON or a form in, an id out, its own words for what it refuses.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CarrierMood } from '../../ports/codeCarrier.suite';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface HttpProvider {
  readonly url: string;
  readonly asked: Asked[];
  /** What was taken: to whom, and what it says. */
  readonly taken: { readonly to: string; readonly text: string }[];
  /** Called when one was taken. */
  onTaken(): void;
  mood: CarrierMood | 'redirecting' | 'endless' | 'html';
  /** Tokens that `/token` gave, which are good until they are overwritten. */
  readonly tokens: string[];
  close(): Promise<void>;
}

export const credentials = { user: 'doorman', password: 'http-carrier-password-1' } as const;
export const unreachable = '+15005550009';

export async function startHttpProvider(): Promise<HttpProvider> {
  const server = createServer((request, response) => void serve(provider, request, response));
  // Both ends share a processor: what is busy for seconds would find its idle connection closed.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const provider: HttpProvider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [], taken: [], onTaken: () => undefined, tokens: [], mood: 'well',
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
  return provider;
}

async function serve(provider: HttpProvider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString('utf8');
  if (request.url === '/token') {
    provider.tokens.push(`token-${provider.tokens.length + 1}`);
    return answer(response, 200, { access_token: provider.tokens.at(-1), token_type: 'Bearer', expires_in: 3600 });
  }
  provider.asked.push({ method: request.method!, path: request.url!, headers: request.headers, body });
  if (!isKnown(provider, request)) return answer(response, 401, { error: 'who are you' });
  switch (provider.mood) {
    case 'down': return answer(response, 503, { error: 'down' });
    case 'silent': return undefined;
    case 'throttling': return answer(response, 429, {}, { 'retry-after': '7' });
    case 'redirecting': return answer(response, 307, {}, { location: 'http://169.254.169.254/' });
    case 'endless': return void response.writeHead(200, { 'content-type': 'application/json' }).end('9'.repeat(100_000));
    default: return take(provider, request, body, response);
  }
}

function isKnown({ tokens }: HttpProvider, { headers: { authorization } }: IncomingMessage): boolean {
  const basic = `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;
  return authorization === basic || tokens.some((token) => authorization === `Bearer ${token}`);
}

function take(provider: HttpProvider, request: IncomingMessage, body: string, response: ServerResponse): void {
  const isJson = request.headers['content-type']?.startsWith('application/json') === true;
  const sms = isJson ? (JSON.parse(body) as { messages: { to: string; text: string }[] }).messages[0]!
    : Object.fromEntries(new URLSearchParams(body)) as { to: string; text: string };
  const to = `+${sms.to.replace(/^\+/, '')}`;
  if (to === unreachable) return answer(response, 400, { error: { code: 'not-a-mobile', message: `no SMS to ${to}` } });
  provider.taken.push({ to, text: sms.text });
  provider.onTaken();
  if (provider.mood === 'losing answers') return void response.destroy();
  if (provider.mood === 'html') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>ok</p>');
  answer(response, 202, { messages: [{ id: `m-${provider.taken.length}` }] });
}

function answer(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
