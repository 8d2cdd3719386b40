// Twilio's typing indicator, messaging v2: names a message that a person wrote, and shows "typing" in that chat.
import express from 'express';
import type { Request, Response, Router } from 'express';
import { concerns, formOf, pathOf, refuse } from './api';
import type { ApiDeps } from './api';
import { twilioError } from './twilioError';

/** WhatsApp's own: it ends earlier when a message comes. */
const typingMs = 25_000;

/** Routes below /v2 of messaging.twilio.com. */
export function createTypingApi(deps: ApiDeps): Router {
  const router = express.Router({ caseSensitive: true });
  router.post('/Indicators/Typing.json', (req, res) => showTyping(req, res, deps));
  return router;
}

function showTyping(req: Request, res: Response, { state }: ApiDeps): void {
  const form = new Map(formOf(req));
  const message = state.message(form.get('messageId') ?? '');
  concerns(res, message?.sid ?? null, message?.from);
  if (form.get('channel') !== 'whatsapp') return refuse(res, twilioError(20001, 'channel'));
  if (message?.direction !== 'inbound') return refuse(res, twilioError(20404, pathOf(req)));
  state.startTyping({ address: message.from!, until: Date.now() + typingMs });
  res.status(200).json({ success: true });
}
