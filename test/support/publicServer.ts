// The public routes on a real socket, and a client that sends exactly what it is told to.
import { createServer, request as httpRequest } from 'node:http';
import type { Server, ServerOptions } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createApp, serverOptions } from '../../src/http/app';
import type { AppDeps } from '../../src/http/app';
import { answerBrokenRequests } from '../../src/http/brokenRequests';
import { createLog } from '../../src/log';
import type { Log } from '../../src/log';
import {
  accountSid, authToken, encodeForm, messageUrl, nextAuthToken, publicUrl, recipient, sign,
} from './twilioRequests';
import type { Fields } from './twilioRequests';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Headers in pairs, so that one may stand twice. */
export type Headers = readonly (readonly [string, string])[];

export interface PublicServer {
  readonly port: number;
  readonly server: Server;
  send(method: string, path: string, headers: Headers, body?: string | Buffer): Promise<Answer>;
  /** A message as Twilio posts it, signed, unless the arguments say otherwise. */
  post(
    fields: Fields, more?: { path?: string; url?: string; token?: string; headers?: Headers; body?: string },
  ): Promise<Answer>;
  /** A bare connection, and what came back on it until it was closed. */
  open(): { socket: Socket; closed: Promise<string> };
  close(): Promise<void>;
}

/** A log that is kept in memory, as the process would write it. */
export function keptLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const destination = { write: (line: string) => { lines.push(line); } };
  return { lines, log: createLog({ level: 'debug', name: 'test', destination }) };
}

export const formType = ['Content-Type', 'application/x-www-form-urlencoded'] as const;

export async function startPublicServer(
  deps: Pick<AppDeps, 'takeMessage' | 'log'> & Partial<AppDeps>, options: ServerOptions = {},
): Promise<PublicServer> {
  const disputes: AppDeps['disputes'] = { readToken: () => undefined, dispute: async () => 'unknown', language: 'en' };
  const pushes: AppDeps['pushes'] = { read: () => ({ outcome: 'notGenuine' }), take: async () => ({ outcome: 'unknown' }) };
  const app = createApp({ twilio: { publicUrl, authTokens: [authToken, nextAuthToken], accountSid, recipient },
    disputes, pushes, noteReceipt: async () => undefined, ...deps });
  const server = createServer({ ...serverOptions, ...options }, app);
  answerBrokenRequests(server, deps.log);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const send: PublicServer['send'] = (method, path, headers, body = '') => new Promise((resolve, reject) => {
    const length = method === 'POST' || body.length > 0 ? ['Content-Length', String(Buffer.byteLength(body))] : [];
    const target = { port, host: '127.0.0.1', method, path };
    const allHeaders = ['Host', `127.0.0.1:${port}`, ...length, ...headers.flat()];
    const request = httpRequest({ ...target, headers: allHeaders }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode!, headers: response.headers, text: Buffer.concat(chunks).toString() });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
  return {
    port, server, send,
    post(fields, { path = '/webhooks/twilio/message', url = messageUrl, token = authToken, headers = [],
      body = encodeForm(fields) } = {}) {
      return send('POST', path, [formType, ['X-Twilio-Signature', sign(token, url, fields)], ...headers], body);
    },
    open() {
      const socket = connect(port, '127.0.0.1');
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      const closed = new Promise<string>((resolve) => {
        socket.on('error', () => undefined);
        socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
      });
      return { socket, closed };
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A refusal, in the one form that all have. */
export function expectProblem(answer: Answer, status: number, name: string): void {
  expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/problem+json; charset=utf-8']);
  expect(JSON.parse(answer.text)).toEqual({
    type: `urn:doorman:problem:${name}`, title: expect.any(String), status, detail: expect.any(String),
    request_id: answer.headers['x-request-id'],
  });
}
