// The local S/4HANA: the purchase-order services V4 and V2 with S/4's own permissions, and the company's directory of
// accounts beside it, where a verified employee's token is got (`users/exists`, `tokens`).
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import express from 'express';
import type { Request, Response, Router } from 'express';
import { dialects } from '../../assistant/demo/s4/dialects';
import { organisationsOf, s4Orders, userOf } from './s4Data';
import type { S4Order } from './s4Data';
import { v2Order, v4Order, v4ScheduleLines } from './s4Json';

export interface S4Options {
  /** What Doorman shows to the directory of accounts. */
  readonly accountsToken: string;
  /** The technical user, who may see everything. */
  readonly technical?: { readonly user: string; readonly password: string };
  readonly now?: (() => number) | undefined;
}

/** How the system misbehaves, until it is told otherwise. */
export type S4Mode = 'well' | 'unauthorised' | 'throttled' | 'broken' | 'html' | 'huge' | 'slow' | 'elsewhere';

export interface S4 {
  /** `/sap/…` and `/accounts/…`. */
  readonly router: Router;
  mode: S4Mode;
  /** Requests to the services so far. */
  readonly requests: string[];
  release(number: string): boolean;
}

const tokenLifeMs = 15 * 60_000;

export function createS4(options: S4Options): S4 {
  const { now = Date.now } = options;
  const orders = s4Orders();
  const tokens = new Map<string, { readonly user: string; readonly until: number }>();
  const router = express.Router({ caseSensitive: true });
  const s4: S4 = {
    router, mode: 'well', requests: [],
    release(number) {
      const order = orders.get(number);
      if (order?.status !== '03') return false;
      order.status = '05';
      return true;
    },
  };

  router.use('/accounts', accounts(options, (user) => {
    const token = randomBytes(32).toString('base64url');
    tokens.set(token, { user, until: now() + tokenLifeMs });
    return token;
  }));

  /** Who asks; undefined for nobody that is known. */
  function askerOf({ headers: { authorization = '' } }: Request): Asker | undefined {
    const [, scheme, credentials = ''] = /^(Bearer|Basic) (\S+)$/.exec(authorization) ?? [];
    const { technical } = options;
    if (scheme === 'Basic' && technical !== undefined) {
      const expected = Buffer.from(`${technical.user}:${technical.password}`).toString('base64');
      return isSame(credentials, expected) ? { sees: () => true } : undefined;
    }
    const token = scheme === 'Bearer' ? tokens.get(credentials) : undefined;
    if (token === undefined || token.until <= now()) return undefined;
    return { sees: ({ organisation }) => organisationsOf(token.user).includes(organisation) };
  }

  router.use('/sap', (req, res, next) => {
    s4.requests.push(`/sap${req.url}`);
    void misbehave(s4.mode, res).then((isDone) => { if (!isDone) next(); });
  });
  router.get('/sap/{*path}', (req, res) => {
    const asker = askerOf(req);
    if (asker === undefined) return refuse(res, 401, 'Unauthorized');
    const body = answer(orders, asker, req);
    if (body === undefined) return refuse(res, 404, 'Resource not found');
    // Said with its parameters, as S/4 does.
    res.setHeader('content-type', 'application/json;odata.metadata=minimal;charset=utf-8');
    res.end(JSON.stringify(body));
  });
  return s4;
}

interface Asker {
  sees(order: S4Order): boolean;
}

/** Undefined for what is not there, and for what the asker may not see. */
function answer(orders: ReadonlyMap<string, S4Order>, asker: Asker, req: Request): object | undefined {
  const { pathname, searchParams } = new URL(req.url, 'http://s4');
  const form = { decimalsAsText: /IEEE754Compatible=true/i.test(req.headers.accept ?? '') };
  const find = (number: string | undefined) => {
    const order = number === undefined ? undefined : orders.get(number);
    return order !== undefined && asker.sees(order) ? order : undefined;
  };
  const isV4 = pathname.startsWith('/sap/opu/odata4/');
  const isList = pathname === new URL(dialects[isV4 ? 'v4' : 'v2'].listPath(undefined), 'http://s4').pathname;
  if (isList) {
    const creator = /^CreatedByUser eq '([^']*)'$/.exec(searchParams.get('$filter') ?? '')?.[1];
    const numbers = [...orders.values()]
      .filter((order) => asker.sees(order) && [undefined, order.createdBy].includes(creator))
      .map(({ number }) => ({ PurchaseOrder: number }));
    return isV4 ? { value: numbers } : { d: { results: numbers } };
  }
  if (pathname.endsWith('/PurchaseOrderScheduleLine')) {
    const order = find(/^PurchaseOrder eq '(\d{10})'$/.exec(searchParams.get('$filter') ?? '')?.[1]);
    return order === undefined ? { value: [] } : v4ScheduleLines(order, form);
  }
  const order = find(/\/(?:A_)?PurchaseOrder\('(\d{10})'\)$/.exec(decodeURIComponent(pathname))?.[1]);
  if (order === undefined) return undefined;
  return isV4 ? v4Order(order, form) : v2Order(order);
}

/** The two endpoints of a service that has users of its own. */
function accounts({ accountsToken }: S4Options, issue: (user: string) => string): Router {
  const router = express.Router({ caseSensitive: true });
  router.use(express.json({ limit: '16kb' }), (req, res, next) => {
    if (isSame(req.headers.authorization ?? '', `Bearer ${accountsToken}`)) return next();
    refuse(res, 401, 'Unauthorized');
  });
  const addressOf = ({ body }: Request): string => {
    const { email } = Object(body) as { email?: unknown }; // cast: whatever was posted may have one
    return typeof email === 'string' ? email : '';
  };
  router.post('/users/exists', (req, res) => void res.json({ exists: userOf(addressOf(req)) !== undefined }));
  router.post('/tokens', (req, res) => {
    const user = userOf(addressOf(req));
    if (user === undefined) return refuse(res, 404, 'no such user');
    res.json({ token: issue(user), token_type: 'Bearer', expires_in: tokenLifeMs / 1_000 });
  });
  return router;
}

/** Whether it has answered already. */
async function misbehave(mode: S4Mode, res: Response): Promise<boolean> {
  switch (mode) {
    case 'well': return false;
    case 'unauthorised': refuse(res, 401, 'Unauthorized'); return true;
    case 'throttled': refuse(res.set('Retry-After', '7'), 429, 'Too many requests'); return true;
    case 'broken': refuse(res, 500, 'Internal error'); return true;
    case 'html': res.type('html').send('<html><body>Log on</body></html>'); return true;
    case 'huge': res.type('json').send(`{"value":"${'x'.repeat(2_000_000)}"}`); return true;
    case 'elsewhere': res.redirect('http://169.254.169.254/latest/meta-data/'); return true;
    case 'slow': await delay(60_000, undefined, { ref: false }); return false;
  }
}

function refuse(res: Response, status: number, message: string): void {
  res.status(status).json({ error: { code: String(status), message } });
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
