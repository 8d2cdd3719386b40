// Waits for a server of ours to answer, or says why it will not.
import { connect } from 'node:net';
import type { ServerProcess } from '../processes';
import { pause } from '../processes';

const pollMs = 20;

/** Waits until `ready` says so. Rejects when the process ends before, or takes longer than `limitMs`. */
export async function untilReady(
  name: string, server: ServerProcess, ready: () => Promise<boolean>, limitMs = 120_000,
): Promise<void> {
  const until = Date.now() + limitMs;
  while (Date.now() < until) {
    const state = await Promise.race([server.gone, ready().catch(() => false)]);
    if (typeof state === 'string') {
      throw new Error(`${name} does not start (${state}). It said:\n${server.lastWords()}`);
    }
    if (state) return;
    await pause(pollMs);
  }
  await server.stop();
  throw new Error(`${name} was not ready after ${limitMs / 1_000} s. It said:\n${server.lastWords()}`);
}

/** Whether somebody listens there. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => resolve(false));
  });
}
