// The internal side, for the platform alone: is the process alive, may it get work, how is it doing. Never public.
import express from 'express';
import type { Express } from 'express';
import { Problem, answerProblems } from './problem';

export interface InternalDeps {
  /** Whether the process can do its work now. A rejection counts as no. */
  ready(): Promise<boolean>;
  /** Prometheus text. */
  metrics(): Promise<string> | string;
}

const quiet = { warn: () => undefined, error: () => undefined };

export function createInternalApp({ ready, metrics }: InternalDeps): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  app.get('/livez', (_request, response) => { response.type('text/plain').send('alive\n'); });
  app.get('/readyz', async (_request, response) => {
    const isReady = await ready().catch(() => false);
    response.status(isReady ? 200 : 503).type('text/plain').send(isReady ? 'ready\n' : 'not ready\n');
  });
  app.get('/metrics', async (_request, response) => {
    response.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics());
  });
  app.use(() => { throw new Problem('not-found'); });
  app.use(answerProblems(quiet));
  return app;
}
