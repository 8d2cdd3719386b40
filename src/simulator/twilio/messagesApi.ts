// Twilio's Messages API, 2010-04-01: create, fetch, list, update (cancel, redact), delete, and the media of a message.
import express from 'express';
import type { Request, Response, Router } from 'express';
import { concerns, formOf, pathOf, queryOf, refuse } from './api';
import type { ApiDeps } from './api';
import type { Delivery } from './delivery';
import { finalStatuses, messageResource } from './message';
import type { TwilioMessage } from './message';
import { messagePage } from './messageList';
import { composeMessage } from './messageRules';
import { twilioError } from './twilioError';

/** Routes below /Accounts/{sid}. */
export function createMessagesApi(deps: Deps): Router {
  const router = express.Router({ caseSensitive: true });
  // Each route of one message starts by finding it.
  const one = (use: (message: TwilioMessage, req: Request, res: Response) => void) =>
    (req: Request, res: Response) => withMessage(req, res, deps, (message) => use(message, req, res));
  router.post('/Messages.json', (req, res) => createMessage(req, res, deps));
  router.get('/Messages.json', (req, res) => listMessages(req, res, deps));
  router.get('/Messages/:sid.json', one((message, _req, res) => show(res, message, deps)));
  router.post('/Messages/:sid.json', one((message, req, res) => updateMessage(req, res, message, deps)));
  router.delete('/Messages/:sid.json', one((message, _req, res) => deleteMessage(res, message, deps)));
  router.get('/Messages/:sid/Media/:mediaSid', one((message, _req, res) => sendMedia(res, message)));
  return router;
}

type Deps = ApiDeps & { readonly delivery: Delivery };

function createMessage(req: Request, res: Response, { state, faults, account, delivery }: Deps): void {
  const form = formOf(req);
  concerns(res, null, form.find(([name]) => name === 'To')?.[1]);
  const composed = composeMessage(form, {
    account, now: Date.now(), blockedPrefix: faults.now.blockedPrefix, hasStopped: (number) => state.hasStopped(number),
  });
  if ('code' in composed) return refuse(res, composed);
  state.saveMessage(composed);
  concerns(res, composed.sid, composed.to);
  res.status(201).json(messageResource(composed, account.sid));
  delivery.start(composed);
}

function listMessages(req: Request, res: Response, { state, account }: Deps): void {
  const query = queryOf(req);
  concerns(res, null, query.get('To'), query.get('From'));
  res.json(messagePage(state.messages(), query, account.sid));
}

function show(res: Response, message: TwilioMessage, { account }: Deps): void {
  res.json(messageResource(message, account.sid));
}

/** An empty Body redacts, Status=canceled stops what is only scheduled; nothing else can be changed. */
function updateMessage(req: Request, res: Response, message: TwilioMessage, deps: Deps): void {
  const form = new Map(formOf(req));
  if (form.get('Status') === 'canceled') {
    if (message.status !== 'scheduled') return refuse(res, twilioError(30409));
    return show(res, deps.delivery.set(message.sid, 'canceled') ?? message, deps);
  }
  if (form.get('Body') !== '') return refuse(res, twilioError(20001, form.has('Body') ? 'Body' : 'Status'));
  show(res, deps.state.changeMessage(message.sid, { body: '' }) ?? message, deps);
}

function deleteMessage(res: Response, message: TwilioMessage, { state }: Deps): void {
  // Delivered is the end for an SMS, and may be the end on WhatsApp: not everybody tells that they read.
  const isComplete = finalStatuses.has(message.status) || message.status === 'delivered';
  if (!isComplete) return refuse(res, twilioError(20009));
  state.removeMessage(message.sid);
  res.status(204).end();
}

// A grey pixel and a card: enough for whoever fetches media.
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64',
);

function sendMedia(res: Response, message: TwilioMessage): void {
  const content = message.inbound?.content;
  if (content?.kind === 'image') return void res.type('image/png').send(pixel);
  if (content?.kind !== 'contacts') return refuse(res, twilioError(20404, 'of media'));
  res.type('text/vcard').send(`BEGIN:VCARD\r\nVERSION:3.0\r\nFN:${content.name}\r\nEND:VCARD\r\n`);
}

function withMessage(req: Request, res: Response, { state }: Deps, use: (message: TwilioMessage) => void): void {
  const message = state.message(String(req.params.sid));
  if (message === undefined) return refuse(res, twilioError(20404, pathOf(req)));
  concerns(res, message.sid, message.from, message.to);
  use(message);
}
