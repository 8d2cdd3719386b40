// A simulator on a free port, a Doorman that only records, and the official SDK as the only client.
import './developmentProfile';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import twilio from 'twilio';
import type { SimulatorOptions } from '../../src/simulator/options';
import { startSimulator } from '../../src/simulator/simulator';
import type { RunningSimulator, SimulatorParts } from '../../src/simulator/simulator';

export const account = {
  sid: `AC${'0a'.repeat(16)}`,
  authToken: 'simulated-auth-token-of-32-letters',
  apiKeySid: `SK${'0b'.repeat(16)}`,
  apiKeySecret: 'simulated-api-key-secret-of-32-letters',
  whatsappSender: 'whatsapp:+14155238886',
  smsSender: '+14155550100',
};

/** Statuses follow each other at once, nothing takes time to say, and telephones have all the time in the world. */
export const quickPace = { sentMs: 0, deliveredMs: 0, readMs: 0, ringSecondMs: 60_000, speechSecondMs: 0 };

/** Options of a simulator for a test. */
export function simulatorOptions(changes: Partial<SimulatorOptions> = {}): SimulatorOptions {
  const webhookUrl = changes.webhookUrl ?? 'http://127.0.0.1:1/webhooks/twilio/message';
  return {
    port: 0,
    host: '127.0.0.1',
    allowRemote: false,
    webhookUrl,
    publicUrl: webhookUrl,
    account,
    organisation: 'Example Ltd',
    pace: quickPace,
    ...changes,
  };
}

const toClose: (() => Promise<unknown>)[] = [];

/** Starts a simulator that `closeSimulations` closes. */
export async function simulate(changes: Partial<SimulatorOptions> = {}, parts: SimulatorParts = {}): Promise<RunningSimulator> {
  const simulator = await startSimulator(simulatorOptions(changes), parts);
  toClose.push(() => simulator.close());
  return simulator;
}

/** Closes everything that this file started: for afterEach. */
export async function closeSimulations(): Promise<void> {
  for (const close of toClose.splice(0).reverse()) await close();
}

export interface ReceivedPost {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly form: Readonly<Record<string, string>>;
}

export interface RecordingDoorman {
  readonly url: string;
  readonly posts: ReceivedPost[];
  /** Resolves once there are so many posts. */
  received(count: number): Promise<ReceivedPost[]>;
}

/** A webhook that records what it gets and answers as Doorman does, or as `answer` says. */
export async function listenAsDoorman(
  answer: (post: ReceivedPost, res: ServerResponse, number: number) => void | Promise<void> = (_post, res) => accept(res),
): Promise<RecordingDoorman> {
  const posts: ReceivedPost[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const server = createServer((req, res) => {
    void (async () => {
      const body = await bodyOf(req);
      const post = { path: req.url!, headers: req.headers, body, form: Object.fromEntries(new URLSearchParams(body)) };
      posts.push(post);
      for (const { count, resolve } of waiting) if (posts.length >= count) resolve();
      await answer(post, res, posts.length);
    })();
  });
  const url = await listenOnFreePort(server);
  return {
    url, posts,
    received: async (count) => {
      if (posts.length < count) await new Promise<void>((resolve) => waiting.push({ count, resolve }));
      return posts;
    },
  };
}

/** `200 <Response/>` */
export function accept(res: ServerResponse): void {
  res.writeHead(200, { 'Content-Type': 'text/xml' }).end('<?xml version="1.0" encoding="UTF-8"?><Response/>');
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Starts a server that `closeSimulations` closes, and gives its origin. */
export async function listenOnFreePort(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  toClose.push(() => new Promise((resolve) => {
    server.closeAllConnections();
    server.close(resolve);
  }));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type ClientRequest = Parameters<InstanceType<typeof twilio.RequestClient>['request']>[0];

/** Sends every product's calls to the simulator, and nothing anywhere else. */
class LocalClient extends twilio.RequestClient {
  constructor(private readonly origin: string) {
    super({ timeout: 30_000 });
  }

  override request<T>(request: ClientRequest): ReturnType<InstanceType<typeof twilio.RequestClient>['request']> & Promise<never> {
    const { pathname, search } = new URL(request.uri);
    return super.request<T>({ ...request, uri: this.origin + pathname + search } as never) as never;
  }
}

/** The official SDK, pointed at a simulator. */
export function sdk(url: string, user = account.apiKeySid, secret = account.apiKeySecret): ReturnType<typeof twilio> {
  return twilio(user, secret, { accountSid: account.sid, httpClient: new LocalClient(url) });
}
