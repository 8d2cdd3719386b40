// An assistant that answers at once with one reply, so that only the relay is measured, and a call to it without one.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createWebhookAssistant } from '../../src/assistant/webhookAssistant';
import { listen } from '../../src/process';

const body = JSON.stringify({ replies: [{ text: 'Purchase order 4500000001 is on its way.' }], end_turn: true });

export async function startQuickAssistant(port: number): Promise<{ url: string; close(): void }> {
  const server = await listen((request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(body);
    });
  }, port, '127.0.0.1', { keepAliveTimeout: 60_000 });
  return { url: `http://127.0.0.1:${port}/turns`, close: () => { server.close(); server.closeAllConnections(); } };
}

/** Asks it as Doorman's adapter does; milliseconds to its answer. */
export function createDirectCall(url: string, secret: string): () => Promise<number> {
  const assistant = createWebhookAssistant({ url, secret, production: false });
  return async () => {
    const start = performance.now();
    await assistant.answer({
      turnId: randomUUID(), conversationId: randomUUID(), subject: 'bench', verifiedAt: new Date(), assurance: 'standard',
      locale: 'en', text: 'What is the status of purchase order 4500000001?',
    }, new AbortController().signal);
    return performance.now() - start;
  };
}
