// Finds ports that nobody listens on. Two starts at the same moment may still meet: the server that loses says so.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** The first of `count` neighbouring free ports of the loopback, from `wanted` on; those in `taken` are not free. */
export async function freePort(
  wanted: number, { count = 1, taken = [] }: { count?: number; taken?: readonly number[] } = {},
): Promise<number> {
  for (let port = wanted; port + count <= 65_536; port += 1) {
    const range = Array.from({ length: count }, (_, i) => port + i);
    if (range.some((one) => taken.includes(one))) continue;
    const free = await Promise.all(range.map(isFree));
    if (free.every(Boolean)) return port;
  }
  throw new Error(`no free port from ${wanted} on`);
}

// Below what systems give to outgoing connections: in between, a port that is free now is somebody's a moment later.
const [lowest, highest] = [10_240, 32_767];

/** Any free port of the loopback. */
export async function anyFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest + 1);
    if (await isFree(port)) return port;
  }
}

// On the loopback and on every address: our own web process listens on the latter.
async function isFree(port: number): Promise<boolean> {
  return await canListen(port, '127.0.0.1') && canListen(port, '0.0.0.0');
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
