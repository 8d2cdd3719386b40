// POST /assistant/turns/:turnId/replies: the assistant says more to a turn that it answers later. Acknowledged when it
// is stored; whoever does not hear that, pushes again under the same id.
import type { Request, RequestHandler } from 'express';
import type { Push, PushHeaders, PushReading } from '../../assistant/pushReader';
import type { PushOutcome } from '../../assistant/pushes';
import { Problem } from '../problem';
import type { ProblemName } from '../problem';
import { readBody } from '../twilioGuards';

export interface PushedRepliesDeps {
  readonly pushes: {
    /** Checks the signature and reads what it signs. Never throws. */
    read(headers: PushHeaders, body: Buffer): PushReading;
    /** Stores what was pushed. Rejects only when it is not stored. */
    take(push: Push): Promise<PushOutcome>;
  };
}

export const pushPath = '/assistant/turns/:turnId/replies';

const bytesMax = 128 * 1024;
const contentType = /^application\/json(?:; ?charset="?utf-8"?)?$/i;

const refusals: Readonly<Record<Exclude<PushOutcome['outcome'], 'taken' | 'early'>, ProblemName>> = {
  unknown: 'turn-unknown', ended: 'turn-ended', over: 'turn-over', reused: 'push-reused',
};

export function pushedReplies({ pushes }: PushedRepliesDeps): RequestHandler {
  return async (request, response) => {
    refuseForm(request);
    const push = readPush(pushes.read(headersOf(request), await readBody(request, bytesMax)));
    // The path is not signed: what is must say the same.
    if (push.turnId !== request.params.turnId) throw new Problem('not-genuine', 'turn');
    const outcome = await pushes.take(push).catch((error: unknown) => {
      throw new Problem('unavailable', 'notStored', { headers: { 'Retry-After': '5' }, cause: error });
    });
    if (outcome.outcome === 'early') throw new Problem('unavailable', 'early', { headers: { 'Retry-After': '1' } });
    if (outcome.outcome !== 'taken') throw new Problem(refusals[outcome.outcome]);
    response.status(202).json({ taken: outcome.taken, dropped: outcome.dropped });
  };
}

/** In the order in which refusing costs least. */
function refuseForm(request: Request): void {
  if (request.originalUrl.includes('?')) throw new Problem('query-refused');
  const types = request.headersDistinct['content-type'] ?? [];
  if (types.length !== 1 || !contentType.test(types[0]!)) throw new Problem('json-refused', 'type');
  if (request.headers['content-encoding'] !== undefined) throw new Problem('json-refused', 'encoding');
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw new Problem('too-large', 'announced');
}

/** A header that stands twice is none. */
function headersOf({ headersDistinct }: Request): PushHeaders {
  const only = (name: string) => {
    const values = headersDistinct[name] ?? [];
    if (values.length !== 1) throw new Problem('not-genuine', 'signatureForm');
    return values[0]!;
  };
  return { id: only('webhook-id'), timestamp: only('webhook-timestamp'), signature: only('webhook-signature') };
}

function readPush(reading: PushReading): Push {
  switch (reading.outcome) {
    case 'notGenuine': throw new Problem('not-genuine', 'signature');
    case 'malformed': throw new Problem('malformed', 'push');
    case 'push': return reading.push;
  }
}
