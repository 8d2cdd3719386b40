// What every process of ours does at its edges: listen, and stop once when asked.
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { RequestListener, Server, ServerOptions } from 'node:http';

/** Listens, or rejects with a sentence that names the port. */
export function listen(
  listener: RequestListener, port: number, host: string, options: ServerOptions = {},
): Promise<Server> {
  const server = createServer(options, listener);
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE'
        ? new Error(`port ${port} is taken: stop what listens there or choose another`)
        : error);
    });
    server.listen(port, host, () => resolve(server));
  });
}

/** Closes a server: no new connection, requests that run are finished, and each connection ends when it is idle. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  // A load balancer keeps its connections and would go on using them: the next answer on each is its last,
  server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'));
  server.closeIdleConnections();
  // and one that was busy just now ends when it is idle.
  const timer = setInterval(() => server.closeIdleConnections(), 50);
  await closed.finally(() => clearInterval(timer));
}

export interface Patience {
  /** Hears of each try that failed, and of the wait before the next one. */
  onFailure(error: unknown, waitMs: number): void;
  /** Ends the trying. */
  readonly signal: AbortSignal;
  readonly firstWaitMs?: number;
}

const longestWaitMs = 30_000;

/** Tries until it succeeds, with waits that double from 1 s to 30 s; undefined when the signal ended it. */
export async function tryUntilDone<T>(
  attempt: () => Promise<T>, { onFailure, signal, firstWaitMs = 1_000 }: Patience,
): Promise<T | undefined> {
  const stopped = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  for (let waitMs = firstWaitMs; !signal.aborted; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    try {
      return await Promise.race([attempt(), stopped]);
    } catch (error) {
      onFailure(error, waitMs);
    }
    await delay(waitMs, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

/** Calls `stop` at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function onStop(stop: () => void): void {
  let asked = false;
  const handle = () => {
    if (asked) process.exit(130);
    asked = true;
    stop();
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
}

/** Resolves at the first SIGINT or SIGTERM. */
export function stopRequested(): Promise<void> {
  return new Promise((resolve) => onStop(resolve));
}
