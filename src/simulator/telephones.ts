// What a person does with a telephone, as the page and tests say it: answers and ends calls, presses keys, and answers
// an SMS with STOP or START. There is no webhook for SMS, so that nothing else of what is texted gets anywhere.
import express from 'express';
import type { Response, Router } from 'express';
import { z } from 'zod';
import type { SimulatorState } from './state';
import type { Switchboard } from './twilio/voice/switchboard';

export interface TelephonesDeps {
  readonly state: SimulatorState;
  readonly switchboard: Switchboard;
}

// https://www.twilio.com/docs/messaging/guides/how-to-use-keywords-to-opt-out: the whole text, in any case.
const stopWords = ['stop', 'stopall', 'unsubscribe', 'cancel', 'end', 'quit', 'revoke', 'optout'];
const startWords = ['start', 'yes', 'unstop'];

const keys = z.strictObject({ keys: z.string().regex(/^[0-9*#]{1,32}$/) });
const number = z.string().regex(/^\+[1-9]\d{6,14}$/);
const answered = z.strictObject({ text: z.string().min(1).max(1_600) });

/** `POST /calls/:sid/answer|decline|keys|hangup` and `POST /telephones/:number/texts`. */
export function createTelephones({ state, switchboard }: TelephonesDeps): Router {
  const router = express.Router();
  router.get('/calls/:sid', (req, res) => answerOr404(res, state.call(req.params.sid)));
  router.post('/calls/:sid/answer', (req, res) => answerOr404(res, switchboard.answer(req.params.sid)));
  router.post('/calls/:sid/decline', (req, res) => answerOr404(res, switchboard.decline(req.params.sid)));
  router.post('/calls/:sid/hangup', (req, res) => answerOr404(res, switchboard.hangUp(req.params.sid)));
  router.post('/calls/:sid/keys', (req, res) => {
    const pressed = keys.parse(req.body);
    answerOr404(res, switchboard.press(req.params.sid, pressed.keys));
  });
  router.post('/telephones/:number/texts', (req, res) => {
    const from = number.parse(req.params.number);
    const word = answered.parse(req.body).text.trim().toLowerCase();
    if (stopWords.includes(word)) state.setStopped(from, true);
    if (startWords.includes(word)) state.setStopped(from, false);
    res.json({ number: from, hasStopped: state.hasStopped(from) });
  });
  return router;
}

function answerOr404(res: Response, found: unknown): void {
  if (found === undefined) res.status(404).json({ problem: 'there is no such call' });
  else res.json(found);
}
