// Opens payloads for operators in the Temporal UI and CLI: only with the token, only for the UI's origin, each decode
// in the audit before it is answered (R54, A71). The caller listens on the loopback and nowhere else.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { z } from 'zod';
import type { PurposeKeys } from '../keys/keyring';
import { createPayloadCodec, isSealedPayload } from './payloadCodec';

export interface CodecServerOptions {
  readonly keys: PurposeKeys;
  /**
   * What a client shows: as `Authorization: Bearer <token>`, or as the first part of the path. The development UI sends
   * no token of its own, so its endpoint is `http://127.0.0.1:8081/<token>`. At least 32 characters.
   */
  readonly token: string;
  /** The exact origin of the UI. Requests without an origin come from no browser: the CLI. */
  readonly origin: string;
  /** Records a decode, and rejects when it cannot: then nothing is decoded (R57). */
  readonly audit: (decoded: { payloads: number; operator: string }) => Promise<void>;
  /**
   * Requests a minute, all clients together. R54 asks for 60; but the UI asks once for each list of payloads, some 50
   * times for one conversation's page, so that 60 would break its second page. 600 still slows a harvest down.
   */
  readonly requestsPerMinuteMax?: number;
  /** Hears why a decode was refused by the audit, or failed: for the log. */
  readonly report?: (error: unknown) => void;
}

const tokenLengthMin = 32;
/** Temporal's limit for one message is 4 MB; a payload has at most 2. */
const bodyBytesMax = 4 * 1024 * 1024;
const bodyTimeoutMs = 10_000;

/** A request that gets no payloads. The sentence is fixed: it repeats nothing of the request. */
class Refusal extends Error {
  constructor(readonly status: number, readonly type: string, readonly title: string, cause?: unknown) {
    super(title, { cause });
    this.name = 'Refusal';
  }
}

/** The listener for `http.createServer`. Throws when the token is too short. */
export function createCodecServer(options: CodecServerOptions): RequestListener {
  const { token } = options;
  if (token.length < tokenLengthMin) throw new Error(`the codec server's token needs ${tokenLengthMin} characters`);
  const codec = createPayloadCodec(options.keys);
  const admit = createRateLimit(options.requestsPerMinuteMax ?? 600);
  return (request, response) => {
    handle(options, codec, admit, request, response).catch((error: unknown) => {
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'internal', 'The server failed.');
      if (refusal.status >= 500) options.report?.(refusal.cause ?? error);
      sendProblem(response, refusal);
      // What is left of a body that nobody reads must not keep the connection busy.
      if (!request.complete) response.once('finish', () => request.destroy());
    });
  };
}

async function handle(
  options: CodecServerOptions, codec: PayloadCodec, admit: () => boolean,
  request: IncomingMessage, response: ServerResponse,
): Promise<void> {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Vary', 'Origin');
  const { origin } = request.headers;
  if (origin !== undefined) {
    if (origin !== options.origin) throw new Refusal(403, 'origin', 'This origin is not allowed.');
    response.setHeader('Access-Control-Allow-Origin', origin);
  }
  if (request.method === 'OPTIONS' && origin !== undefined) return answerPreflight(request, response);
  const { task, token } = routeOf(request);
  const method = task === 'livez' ? 'GET' : 'POST';
  if (request.method !== method) {
    response.setHeader('Allow', `${method}, OPTIONS`);
    throw new Refusal(405, 'method', `This address takes ${method} only.`);
  }
  if (task === 'livez') return void response.writeHead(200, { 'Content-Type': 'text/plain' }).end('ok\n');
  const operator = identify(options.token, token, response);
  if (!admit()) {
    response.setHeader('Retry-After', '60');
    throw new Refusal(429, 'rate', 'Too many requests in this minute.');
  }
  const payloads = parseBody(await readBody(request));
  const answer = task === 'decode' ? await decode(options, codec, operator, payloads) : await encode(codec, payloads);
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ payloads: answer }));
}

type Task = 'decode' | 'encode' | 'livez';
const tasks: ReadonlySet<string> = new Set<Task>(['decode', 'encode', 'livez']);

function routeOf(request: IncomingMessage): { task: Task; token: string } {
  const [path = ''] = (request.url ?? '').split('?');
  const parts = path.split('/').slice(1);
  const task = parts.pop() ?? '';
  const [inPath, ...more] = parts;
  if (!tasks.has(task) || more.length > 0) throw new Refusal(404, 'not-found', 'There is nothing here.');
  const bearer = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '');
  return { task: task as Task, token: bearer?.[1] ?? inPath ?? '' };
}

/** Who decodes, as the audit knows it: a trace of the token, so that its successors can be told apart. */
function identify(expected: string, shown: string, response: ServerResponse): string {
  const digest = digestOf(expected);
  // Digests have one length, which timingSafeEqual needs, and hide how much of the token was right.
  if (!timingSafeEqual(digestOf(shown), digest)) {
    response.setHeader('WWW-Authenticate', 'Bearer');
    throw new Refusal(401, 'token', 'The token is missing or wrong.');
  }
  return `codec-${digest.toString('hex').slice(0, 8)}`;
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Counts in whole minutes: simple, and at most twice the limit around the turn of one. */
function createRateLimit(requestsMax: number): () => boolean {
  let minute = 0;
  let requests = 0;
  return () => {
    const current = Math.floor(Date.now() / 60_000);
    if (current !== minute) [minute, requests] = [current, 0];
    requests += 1;
    return requests <= requestsMax;
  };
}

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const tooLarge = new Refusal(413, 'size', 'The body is larger than 4 MB.');
    if (Number(request.headers['content-length'] ?? 0) > bodyBytesMax) return reject(tooLarge);
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => reject(new Refusal(408, 'slow', 'The body took too long.')), bodyTimeoutMs);
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bodyBytesMax) return void chunks.push(chunk);
      chunks.length = 0;
      reject(tooLarge);
    });
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.once('error', reject);
    request.once('close', () => {
      clearTimeout(timer);
      // Without effect when the body is complete.
      reject(new Refusal(400, 'body', 'The body ended early.'));
    });
  });
}

const base64 = z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/);
const bodySchema = z.object({
  payloads: z.array(z.looseObject({ metadata: z.record(z.string(), base64).nullish(), data: base64.nullish() })),
});

interface Received {
  /** As it came, to be returned when it is not for us. */
  readonly json: unknown;
  readonly payload: Payload;
}

function parseBody(body: string): Received[] {
  const bad = new Refusal(400, 'body', 'The body must be {"payloads": [{"metadata", "data"}]} with values in base64.');
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw bad;
  }
  const parsed = bodySchema.safeParse(json);
  if (!parsed.success) throw bad;
  return parsed.data.payloads.map(({ metadata, data }, at) => ({
    json: (json as { payloads: unknown[] }).payloads[at],
    payload: { metadata: mapValues(metadata ?? {}, fromBase64), data: fromBase64(data ?? '') },
  }));
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text, 'base64');
}

/** Opens what can be opened. What we did not seal, or cannot open, goes back as it came: the UI shows it sealed. */
async function decode(
  { audit }: Pick<CodecServerOptions, 'audit'>, codec: PayloadCodec, operator: string, received: readonly Received[],
): Promise<unknown[]> {
  const sealed = received.filter(({ payload }) => isSealedPayload(payload)).length;
  if (sealed > 0) {
    await audit({ payloads: sealed, operator }).catch((error: unknown) => {
      throw new Refusal(503, 'audit', 'The audit cannot be written, so nothing is decoded.', error);
    });
  }
  return Promise.all(received.map(async ({ payload, json }) => {
    if (!isSealedPayload(payload)) return json;
    const opened = await codec.decode([payload]).catch(() => undefined);
    return opened === undefined ? json : toJson(opened[0]!);
  }));
}

async function encode(codec: PayloadCodec, received: readonly Received[]): Promise<unknown[]> {
  return (await codec.encode(received.map(({ payload }) => payload))).map(toJson);
}

function toJson({ metadata, data }: Payload): unknown {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return { metadata: mapValues(metadata ?? {}, text), data: text(data ?? new Uint8Array()) };
}

function mapValues<A, B>(values: Record<string, A>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}

function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Methods', 'POST, OPTIONS');
  response.setHeader('Access-Control-Allow-Headers', 'content-type, x-namespace, authorization');
  response.setHeader('Access-Control-Max-Age', '600');
  // Chromium asks before a page from elsewhere reaches the loopback.
  if (request.headers['access-control-request-private-network'] === 'true') {
    response.setHeader('Access-Control-Allow-Private-Network', 'true');
  }
  response.writeHead(204).end();
}

function sendProblem(response: ServerResponse, { status, type, title }: Refusal): void {
  if (response.headersSent) return void response.destroy();
  // The UI may read why it was refused; another origin got no CORS headers and reads nothing.
  response.writeHead(status, { 'Content-Type': 'application/problem+json' });
  response.end(JSON.stringify({ type: `urn:doorman:problem:codec-${type}`, title, status }));
}
