// What every process of ours does at its edges: listen, and stop once when asked.
import { createServer } from 'node:http';
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

/** Closes a server: no new requests, those that run are finished, idle connections end at once. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await closed;
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
