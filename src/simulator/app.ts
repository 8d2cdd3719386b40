// All that the simulator serves, on one screen. The page and its API answer to this computer's own names only, and
// to no other page: whoever can read them can read every code.
import type { RequestListener } from 'node:http';
import express from 'express';
import type { Express, RequestHandler, Router } from 'express';
import { assetPath } from './assets';
import type { Feed } from './feed';
import { isLoopback } from './options';

export interface AppDeps {
  readonly api: Router;
  readonly apiOfVersion2: Router;
  readonly admin: Router;
  readonly feed: Feed;
  readonly assistant?: RequestListener;
  /** Below /s4. */
  readonly s4?: Router | undefined;
  /** Whether the page answers to any host name. */
  readonly allowRemote: boolean;
}

export function createSimulatorApp(deps: AppDeps): Express {
  const { api, apiOfVersion2, admin, feed, assistant, s4, allowRemote } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.get('/livez', (_req, res) => void res.type('text/plain').send('ok\n'));
  app.use('/2010-04-01', api);
  app.use('/v2', apiOfVersion2);
  if (assistant !== undefined) app.use('/assistant', (req, res) => assistant(req, res));
  if (s4 !== undefined) app.use('/s4', s4);
  app.use(guardPage(allowRemote), pageHeaders);
  app.get('/events', (req, res) => feed.follow(req, res));
  app.use('/admin', admin);
  app.use(express.static(assetPath('page'), { cacheControl: false }));
  return app;
}

/** Refuses other names for this computer (DNS rebinding) and requests that another page made. */
function guardPage(allowRemote: boolean): RequestHandler {
  return (req, res, next) => {
    const host = req.headers.host ?? '';
    const isOurs = allowRemote || (URL.canParse(`http://${host}`) && isLoopback(new URL(`http://${host}`).hostname));
    const { origin } = req.headers;
    const isSamePage = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
    // Browsers say here that another site asks, even where they send no Origin.
    const isEmbedded = req.headers['sec-fetch-site'] === 'cross-site' && req.headers['sec-fetch-mode'] !== 'navigate';
    if (isOurs && isSamePage && !isEmbedded) return next();
    res.status(403).json({ problem: 'the simulator answers to its own page on this computer only' });
  };
}

const policy = [
  'default-src \'none\'', 'script-src \'self\'', 'style-src \'self\'', 'img-src \'self\'', 'connect-src \'self\'',
  // The HTML part of a mail, which comes with a policy of its own.
  'frame-src \'self\'',
  'base-uri \'none\'', 'form-action \'none\'', 'frame-ancestors \'none\'',
].join('; ');

const pageHeaders: RequestHandler = (_req, res, next) => {
  res.set({
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    // A new version of the page has to be seen at once; what did not change is answered with 304.
    'Cache-Control': 'no-cache',
  });
  next();
};
