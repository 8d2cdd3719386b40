// GET /.well-known/jwks.json: the public keys that statements are checked by. For everybody, and for caches.
import type { RequestHandler } from 'express';
import { Problem } from '../problem';

export interface KeySetRouteDeps {
  /** The key set as JSON. */
  keySet(): Promise<string>;
}

export const keySetPath = '/.well-known/jwks.json';

// A key is published a day before it signs, so that what is five minutes old is good enough.
const cacheControl = 'public, max-age=300';

export function keySetRoute({ keySet }: KeySetRouteDeps): RequestHandler {
  return async (request, response) => {
    // One address, one thing to be kept by a cache.
    if (request.url.includes('?')) throw new Problem('query-refused', 'query');
    const json = await keySet().catch((cause: unknown) => { throw new Problem('unavailable', 'keys', { cause }); });
    response.set('Cache-Control', cacheControl).type('application/json').send(json);
  };
}
