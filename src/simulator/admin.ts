// What the page and tests tell the simulator: who writes what, which status a message gets, which faults there are.
import express from 'express';
import type { NextFunction, Request, Response, Router } from 'express';
import { z } from 'zod';
import type { FaultSwitches, Faults } from './faults';
import type { Feed } from './feed';
import { findInCast } from './hr/cast';
import type { Hr } from './hr/hr';
import { createHrRoutes } from './hr/hrRoutes';
import { createMailRoutes } from './mail/mailRoutes';
import type { SimulatorState } from './state';
import { createTelephones } from './telephones';
import type { Delivery } from './twilio/delivery';
import { messageStatuses } from './twilio/message';
import type { Switchboard } from './twilio/voice/switchboard';
import type { Inbound, Writing } from './webhooks/inbound';
import type { Content, Sender } from './webhooks/inboundParameters';

export interface AdminDeps {
  readonly state: SimulatorState;
  readonly faults: FaultSwitches;
  readonly inbound: Inbound;
  readonly delivery: Delivery;
  readonly switchboard: Switchboard;
  readonly feed: Feed;
  readonly hr: Hr | undefined;
}

const text = z.string().max(4_096);
const sid = z.string().regex(/^(SM|MM)[0-9a-f]{32}$/);
const content = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), text: text.min(1) }),
  z.strictObject({ kind: z.literal('image'), text }),
  z.strictObject({
    kind: z.literal('location'),
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    label: text,
    address: text,
  }),
  z.strictObject({ kind: z.literal('contacts'), name: text.min(1) }),
  z.strictObject({ kind: z.literal('reaction'), emoji: text.min(1), repliedSid: sid }),
  z.strictObject({ kind: z.literal('button'), text: text.min(1), payload: text, repliedSid: sid }),
]);
const sender = z.strictObject({
  profileName: text,
  number: z.string().regex(/^\+[1-9]\d{6,14}$/).optional(),
  businessScopedId: z.string().regex(/^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/).optional(),
  username: z.string().regex(/^[a-z0-9._]{1,64}$/).optional(),
}).refine((given) => (given.number ?? given.businessScopedId) !== undefined, 'needs a number or an ID');
const writing = z.union([
  z.strictObject({ persona: z.string(), content }),
  z.strictObject({ sender, content }),
]);
const statusChange = z.strictObject({
  status: z.enum(messageStatuses),
  error: z.strictObject({ code: z.int().min(1), message: text }).optional(),
});

/**
 * The admin API: `GET /state`, `POST /messages`, `POST /messages/:sid/resend|status`, `PUT /faults`, `POST /reset`,
 * `GET /mails`, what a person does with a telephone, and what HR does about people.
 */
export function createAdmin(deps: AdminDeps): Router {
  const { state, faults, inbound, delivery, feed, hr } = deps;
  const router = express.Router();
  router.use(express.json({ limit: '64kb' }));
  router.get('/state', (_req, res) => void res.json(feed.snapshot()));
  router.use('/mails', createMailRoutes(state));
  router.use('/hr', createHrRoutes(hr));
  router.get('/messages/:sid', (req, res) => answerOr404(res, state.message(req.params.sid)));
  router.post('/messages', async (req, res) => {
    const given = writing.parse(req.body);
    const writer = 'sender' in given ? given.sender : findInCast(state.staff(), given.persona)?.sender;
    if (writer === undefined) return void res.status(404).json({ problem: 'there is no such persona' });
    // casts: zod gives absent members the type undefined, which is the same to JSON
    await answerWriting(req, res, inbound.write(writer as Sender, given.content as Content));
  });
  router.post('/messages/:sid/resend', async (req, res) => {
    const again = inbound.repost(req.params.sid);
    if (again === undefined) return answerOr404(res, undefined);
    await answerWriting(req, res, again);
  });
  router.post('/messages/:sid/status', (req, res) => {
    const { status, error } = statusChange.parse(req.body);
    const isOurs = state.message(req.params.sid)?.direction === 'outbound-api';
    answerOr404(res, isOurs ? delivery.set(req.params.sid, status, error) : undefined);
  });
  router.use(createTelephones(deps));
  router.put('/faults', (req, res) => void res.json(faults.set(req.body as Partial<Faults>))); // cast: `set` checks it
  router.delete('/faults', (_req, res) => void res.json(faults.clear()));
  router.post('/reset', (_req, res) => {
    faults.clear();
    state.reset();
    res.status(204).end();
  });
  router.use((error: unknown, _req: Request, res: Response, next: NextFunction) => {
    if (res.headersSent) return next(error);
    res.status(400).json({ problem: error instanceof z.ZodError ? z.prettifyError(error) : String(error) });
  });
  return router;
}

/** Answers at once, or with `?wait` when the webhook was answered: the page needs the first, a script the second. */
async function answerWriting(req: Request, res: Response, { message, posted }: Writing): Promise<void> {
  const isAwaited = 'wait' in req.query;
  res.status(isAwaited ? 200 : 202).json(isAwaited ? await posted : message);
}

function answerOr404(res: Response, found: unknown): void {
  if (found === undefined) res.status(404).json({ problem: 'there is no such message' });
  else res.json(found);
}
