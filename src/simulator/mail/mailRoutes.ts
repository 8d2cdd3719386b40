// The mails as the page and tests ask for them: `GET /mails`, and `GET /mails/:id/html` for a frame of the page.
import express from 'express';
import type { Router } from 'express';
import type { SimulatorState } from '../state';

// The HTML part is somebody else's: it runs no script, fetches nothing and sends nothing, in a frame of the page or by
// itself. A link opens beside the page, and there it is a page like any other.
const policy = [
  'default-src \'none\'', 'style-src \'unsafe-inline\'', 'img-src data:', 'base-uri \'none\'', 'form-action \'none\'',
  'frame-ancestors \'self\'', 'sandbox allow-popups allow-popups-to-escape-sandbox',
].join('; ');

/** All mails that are kept, of everyone, oldest first; with `?to=` those of one mailbox. */
export function createMailRoutes(state: SimulatorState): Router {
  const router = express.Router();
  router.get('/', (req, res) => {
    const { to } = req.query;
    res.json(state.mails().filter((mail) => typeof to !== 'string' || mail.to.includes(to)));
  });
  router.get('/:id/html', (req, res) => {
    const html = state.mails().find(({ id }) => id === req.params.id)?.html ?? null;
    if (html === null) return void res.status(404).json({ problem: 'there is no such mail' });
    // The first base holds; a second doctype is skipped.
    res.set('Content-Security-Policy', policy).type('html').send(`<!doctype html><base target="_blank">${html}`);
  });
  return router;
}
