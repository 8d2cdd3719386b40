// What the page and tests ask of HR: `GET /hr/applicant`, `GET /hr/number`, `POST /hr/people`, and
// `POST /hr/people/:id/number|absent|back|leave|rehire`. The answer says how Doorman answered, also when it refused.
import express from 'express';
import type { NextFunction, Request, Response, Router } from 'express';
import { z } from 'zod';
import { HrRefusal } from './hr';
import type { Hr } from './hr';
import { languages } from './person';
import type { Particulars } from './person';

const nameForm = 'A name has 1 to 100 characters.';
const name = z.string().trim().min(1, nameForm).max(100, nameForm);
const mobile = z.string().regex(/^\+[1-9]\d{6,14}$/, 'A number begins with + and the country: +12025550188.');
/** What is missing is invented. */
const particulars = z.strictObject({
  id: z.string().regex(/^\d{4,10}$/, 'An employee ID has 4 to 10 digits here.'),
  givenName: name,
  familyName: name,
  email: z.union([z.literal(''), z.email('This is no e-mail address.')]),
  mobile: z.union([z.literal(''), mobile]),
  language: z.enum(languages),
}).partial();
const newNumber = z.strictObject({ mobile: mobile.optional() });
const action = z.enum(['absent', 'back', 'leave', 'rehire']);

export function createHrRoutes(hr: Hr | undefined): Router {
  const router = express.Router();
  if (hr === undefined) {
    const problem = 'HR is not connected: SIMULATOR_HR_SECRET connects it';
    router.use((_req, res) => void res.status(404).json({ problem }));
    return router;
  }
  router.get('/applicant', (_req, res) => void res.json(hr.applicant()));
  router.get('/number', (_req, res) => void res.json({ mobile: hr.number() }));
  router.post('/people', async (req, res) => {
    // cast: zod gives absent members the type undefined, which is the same to JSON
    const given = particulars.parse(req.body ?? {}) as Partial<Particulars>;
    res.json(await hr.hire({ ...hr.applicant(), ...given }));
  });
  router.post('/people/:id/number', async (req, res) => {
    const given = newNumber.parse(req.body ?? {});
    res.json(await hr.act(req.params.id, 'number', given.mobile ?? hr.number()));
  });
  router.post('/people/:id/:action', async (req, res) => {
    res.json(await hr.act(req.params.id, action.parse(req.params.action)));
  });
  router.use((error: unknown, _req: Request, res: Response, next: NextFunction) => {
    if (error instanceof HrRefusal) return void res.status(error.status).json({ problem: error.message });
    if (!(error instanceof z.ZodError)) return next(error);
    res.status(400).json({ problem: sentenceOf(error) });
  });
  return router;
}

/** The first thing that is wrong: a form of one person is mended step by step. */
function sentenceOf({ issues: [first] }: z.ZodError): string {
  return [...first!.path, first!.message].join(': '); // an error has at least one
}
