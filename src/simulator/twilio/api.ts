// The door of the simulated REST API: who may call, which faults are switched on, and what the wire panel shows of it.
// Each product of Twilio is a router of its own behind it.
import { randomUUID } from 'node:crypto';
import express from 'express';
import type { NextFunction, Request, RequestHandler, Response, Router } from 'express';
import type { FaultSwitches } from '../faults';
import type { SimulatorState } from '../state';
import type { Parameters } from '../webhooks/signature';
import { claimedUser, isAuthorised } from './account';
import type { Account } from './account';
import { errorOfStatus, twilioError } from './twilioError';

export interface ApiDeps {
  readonly state: SimulatorState;
  readonly faults: FaultSwitches;
  readonly account: Account;
}

/** The REST API of version 2010-04-01: each product is a router below the account's path. */
export function createApi(deps: ApiDeps, products: readonly Router[]): Router {
  return behindDoor(deps, '/Accounts/:accountSid', products);
}

/** The APIs of version 2, whose paths name no account: it is that of the credentials. */
export function createApiOfVersion2(deps: ApiDeps, products: readonly Router[]): Router {
  return behindDoor(deps, '/', products);
}

function behindDoor(deps: ApiDeps, path: string, products: readonly Router[]): Router {
  const router = express.Router({ caseSensitive: true });
  router.use(express.raw({ type: () => true, limit: '256kb' }));
  router.use(recordExchange(deps.state));
  router.use(path, authenticate(deps.account), suffer(deps.faults), ...products);
  router.use((req, res) => refuse(res, twilioError(20404, pathOf(req))));
  router.use((error: { status?: number }, _req: Request, res: Response, _next: NextFunction) => {
    refuse(res, errorOfStatus(error.status ?? 500));
  });
  return router;
}

/** Form parameters of a request, in the order of the wire, repeated names included. */
export function formOf(req: Request): Parameters {
  return Buffer.isBuffer(req.body) ? [...new URLSearchParams(req.body.toString('utf8'))] : [];
}

/** Query parameters by Twilio's names, some of which end in `<` or `>`. */
export function queryOf(req: Request): URLSearchParams {
  return new URL(req.originalUrl, 'http://simulator').searchParams;
}

/** The path that was asked for, as error sentences name it. */
export function pathOf(req: Request): string {
  return req.originalUrl.split('?', 1)[0]!;
}

/** Answers with an error body of Twilio's. */
export function refuse(res: Response, error: { readonly status: number }): void {
  res.status(error.status).json(error);
}

/** Says whom the request was about, so that the page shows it to that person only. */
export function concerns(res: Response, messageSid: string | null, ...about: (string | null | undefined)[]): void {
  res.locals.messageSid = messageSid;
  res.locals.about = about.filter((address) => typeof address === 'string' && address !== '');
}

function authenticate(account: Account): RequestHandler {
  return (req, res, next) => {
    const { accountSid = account.sid } = req.params;
    if (!isAuthorised(req.headers.authorization, account) || accountSid !== account.sid) {
      res.set('WWW-Authenticate', 'Basic realm="Twilio API"');
      return refuse(res, twilioError(20003));
    }
    next();
  };
}

/** What the fault switches ask for. Each request sees the switches as they stood when it came. */
function suffer(faults: FaultSwitches): RequestHandler {
  return (_req, res, next) => {
    const { apiStatus, apiRetryAfterSeconds, apiDelayMs, apiLosesAnswers } = faults.now;
    if (apiLosesAnswers) {
      const { socket } = res;
      res.json = () => {
        socket?.destroy();
        return res;
      };
    }
    const go = () => {
      if (apiStatus === null) return next();
      if (apiStatus === 429) res.set('Retry-After', String(apiRetryAfterSeconds));
      refuse(res, errorOfStatus(apiStatus));
    };
    if (apiDelayMs === 0) return go();
    const timer = setTimeout(go, apiDelayMs);
    // Whose answer gets lost is done although nobody waits for it any more.
    if (!apiLosesAnswers) res.on('close', () => clearTimeout(timer));
  };
}

// Long enough to read a page of a list; it is a panel, not an archive.
const shownAnswerMax = 4_000;

/** Keeps the request and its answer for the wire panel; secrets of the caller are left out. */
function recordExchange(state: SimulatorState): RequestHandler {
  return (req, res, next) => {
    const start = performance.now();
    const at = Date.now();
    let answer = '';
    const json = res.json.bind(res);
    res.json = (body: unknown) => {
      answer = JSON.stringify(body, null, 2);
      return json(body);
    };
    res.on('close', () => {
      const isAnswered = res.writableFinished;
      state.saveExchange({
        id: randomUUID(), at, kind: 'rest',
        about: (res.locals.about ?? []) as string[], // cast: only `concerns` sets it
        messageSid: (res.locals.messageSid ?? null) as string | null, // cast: as above
        method: req.method,
        url: `${req.protocol}://${req.headers.host ?? 'simulator'}${req.originalUrl}`,
        headers: shownHeaders(req),
        form: formOf(req),
        attempt: 1,
        status: isAnswered ? res.statusCode : null,
        answerMs: Math.round(performance.now() - start),
        answerHeaders: shownAnswerHeaders(res),
        answerBody: isAnswered ? answer.slice(0, shownAnswerMax) : '',
        problem: isAnswered ? null : 'the connection was closed before the answer',
        alert: null,
      });
    });
    next();
  };
}

function shownAnswerHeaders(res: Response): Parameters {
  const names = ['content-type', 'retry-after'].filter((name) => res.hasHeader(name));
  return names.map((name) => [name, String(res.getHeader(name))]);
}

function shownHeaders(req: Request): Parameters {
  const names = ['host', 'user-agent', 'content-type', 'authorization'] as const;
  return names.flatMap((name) => {
    const value = req.headers[name];
    if (value === undefined) return [];
    return [[name, name === 'authorization' ? `Basic ${claimedUser(value)}:••••••` : value] as const];
  });
}
