// Twilio's Calls API, 2010-04-01: create, fetch, update (cancel, complete, redirect) and the list of all.
import express from 'express';
import type { Request, Response, Router } from 'express';
import { concerns, formOf, pathOf, queryOf, refuse } from '../api';
import type { ApiDeps } from '../api';
import { isWebUrl } from '../messageRules';
import { twilioError } from '../twilioError';
import { callResource, endedStatuses } from './call';
import type { TwilioCall } from './call';
import { composeCall } from './callRules';
import type { Switchboard } from './switchboard';

/** Routes below /Accounts/{sid}. */
export function createCallsApi(deps: Deps): Router {
  const router = express.Router({ caseSensitive: true });
  const one = (use: (call: TwilioCall, req: Request, res: Response) => void) =>
    (req: Request, res: Response) => withCall(req, res, deps, (call) => use(call, req, res));
  router.post('/Calls.json', (req, res) => createCall(req, res, deps));
  router.get('/Calls.json', (req, res) => listCalls(req, res, deps));
  router.get('/Calls/:sid.json', one((call, _req, res) => show(res, call, deps)));
  router.post('/Calls/:sid.json', one((call, req, res) => updateCall(req, res, call, deps)));
  return router;
}

type Deps = ApiDeps & { readonly switchboard: Switchboard };

function createCall(req: Request, res: Response, { state, faults, account, switchboard }: Deps): void {
  const form = formOf(req);
  concerns(res, null, form.find(([name]) => name === 'To')?.[1]);
  const { blockedPrefix } = faults.now;
  const composed = composeCall(form, {
    account, now: Date.now(), blockedPrefix, hasStopped: (number) => state.hasStopped(number),
  });
  if ('code' in composed) return refuse(res, composed);
  state.saveCall(composed);
  concerns(res, composed.sid, composed.to);
  res.status(201).json(callResource(composed, account.sid));
  switchboard.start(composed);
}

// One page, newest first: nobody makes more calls here than a page of Twilio's holds.
const listedMax = 1_000;

function listCalls(req: Request, res: Response, { state, account }: Deps): void {
  const query = queryOf(req);
  const [to, from, status] = ['To', 'From', 'Status'].map((name) => query.get(name));
  concerns(res, null, to, from);
  const calls = state.calls().reverse().slice(0, listedMax).filter((call) =>
    (to ?? call.to) === call.to && (from ?? call.from) === call.from && (status ?? call.status) === call.status);
  const uri = `/2010-04-01/Accounts/${account.sid}/Calls.json`;
  res.json({
    calls: calls.map((call) => callResource(call, account.sid)), end: Math.max(0, calls.length - 1),
    first_page_uri: uri, next_page_uri: null, page: 0, page_size: listedMax, previous_page_uri: null, start: 0, uri,
  });
}

function show(res: Response, call: TwilioCall, { account }: Deps): void {
  res.json(callResource(call, account.sid));
}

/** Status ends a call, Url or Twiml sends one that was answered elsewhere; Twilio refuses both once it is over. */
function updateCall(req: Request, res: Response, call: TwilioCall, deps: Deps): void {
  const form = new Map(formOf(req));
  const [status, url, twiml] = [form.get('Status'), form.get('Url'), form.get('Twiml')];
  if (endedStatuses.has(call.status)) return refuse(res, twilioError(21220, 'in-progress'));
  if (status === 'completed' || status === 'canceled') return endCall(res, call, status, deps);
  const isAsked = status === undefined && (url !== undefined || twiml !== undefined);
  if (!isAsked) return refuse(res, twilioError(20001, 'Status'));
  if (call.status !== 'in-progress') return refuse(res, twilioError(21220, 'in-progress'));
  if (url !== undefined && !isWebUrl(url)) return refuse(res, twilioError(21205, url));
  const source = url === undefined ? { twiml: twiml ?? '' } : { url };
  show(res, deps.switchboard.redirect(call.sid, source) ?? call, deps);
}

function endCall(res: Response, call: TwilioCall, status: 'completed' | 'canceled', deps: Deps): void {
  // Canceled is only what nobody has answered; completed ends the call in any case.
  const isTooLate = status === 'canceled' && call.status === 'in-progress';
  if (isTooLate) return refuse(res, twilioError(21220, 'queued or ringing'));
  show(res, deps.switchboard.end(call.sid) ?? call, deps);
}

function withCall(req: Request, res: Response, { state }: Deps, use: (call: TwilioCall) => void): void {
  const call = state.call(String(req.params.sid));
  if (call === undefined) return refuse(res, twilioError(20404, pathOf(req)));
  concerns(res, call.sid, call.from, call.to);
  use(call);
}
