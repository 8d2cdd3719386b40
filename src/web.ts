// The web process: takes messages in, stores them, tells their conversations; sweeps up what could not be told, and
// what never came.
import type { Config } from './config';
import { createApp, serverOptions } from './http/app';
import { answerBrokenRequests } from './http/brokenRequests';
import { createInternalApp } from './http/internalApp';
import { closeServer, listen, stopRequested } from './process';
import { wireWeb } from './wiring';

/** How often rows that were stored but not dispatched are looked for. */
const sweepIntervalMs = 5_000;

/** Runs the web process until it is told to stop; resolves when every acknowledged message is settled or stored. */
export async function runWeb(config: Config): Promise<void> {
  const wired = wireWeb(config);
  await wired.database.check();
  const internalApp = createInternalApp({ ready: wired.database.isReady, metrics: () => wired.telemetry.render() });
  const internal = await listen(internalApp, config.DOORMAN_INTERNAL_PORT, '0.0.0.0');
  const server = await listen(createApp(wired.app), config.DOORMAN_PORT, '0.0.0.0', serverOptions);
  answerBrokenRequests(server, wired.log);
  wired.log.info('web started', { port: config.DOORMAN_PORT });
  const stopping = new AbortController();
  const stopped = stopRequested().finally(() => stopping.abort());
  // Until then every message is answered with 503: what cannot be relied on must not be written to.
  await wired.database.untilSound(stopping.signal);
  if (!stopping.signal.aborted) {
    wired.dispatcher.start(sweepIntervalMs);
    wired.reconciler.start();
  }
  await stopped;
  await closeServer(server);
  await wired.reconciler.stop();
  await wired.dispatcher.stop();
  await closeServer(internal);
  await wired.close();
}
