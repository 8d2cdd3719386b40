// A target of forwarded events on a real socket, which keeps what it was sent and answers as it is told to.
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Events } from '../../support/world';

export interface Delivery {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface TargetServer {
  readonly url: string;
  readonly deliveries: Events<Delivery>;
  /** 202 unless told. */
  answer: (delivery: Delivery, response: ServerResponse) => void;
  close(): Promise<void>;
}

export const accept = (_delivery: Delivery, response: ServerResponse): void => { response.writeHead(202).end('canary'); };

export async function startTarget(): Promise<TargetServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const delivery = { path: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() };
      target.deliveries.push(delivery);
      target.answer(delivery, response);
    });
  });
  // Both ends share a processor: what is busy for seconds would find its idle connection closed.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const target: TargetServer = {
    url: `http://127.0.0.1:${port}`, deliveries: new Events(), answer: accept,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return target;
}
