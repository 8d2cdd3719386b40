// POST /webhooks/partners/:partner: an HR system or a partner's platform posts a signed event. The answer is of what
// was committed; whoever does not hear it sends the event again, and it has its effect once.
import type { Request, RequestHandler } from 'express';
import type { PartnerAnswer, PartnerRequest } from '../../partners/partners';
import { Problem } from '../problem';
import { readBody } from '../twilioGuards';

export interface PartnerWebhookDeps {
  readonly partners: {
    /** Rejects only when nothing came of the request. */
    receive(request: PartnerRequest): Promise<PartnerAnswer>;
  };
}

export const partnerPath = '/webhooks/partners/:partner';

const bytesMax = 1024 * 1024;
// An event of a person has a few kilobytes. Larger bodies, and those of unknown size, are kept of so many requests at a
// time: nobody has shown a signature yet, and a thousand connections would fill the memory.
const largeFrom = 64 * 1024;
const largeMax = 32;

export function partnerWebhook({ partners }: PartnerWebhookDeps): RequestHandler<{ partner: string }> {
  let large = 0;
  async function bodyOf(request: Request<{ partner: string }>): Promise<Buffer> {
    if (Number(request.headers['content-length']) <= largeFrom) return readBody(request, bytesMax);
    if (large >= largeMax) throw new Problem('unavailable', 'busy', { headers: { 'Retry-After': '5' } });
    large += 1;
    return readBody(request, bytesMax).finally(() => { large -= 1; });
  }
  return async (request, response) => {
    refuseForm(request);
    const body = await bodyOf(request);
    const { params: { partner }, headersDistinct: headers } = request;
    const answer = await partners.receive({ partner, headers, body }).catch((error: unknown) => {
      throw new Problem('unavailable', 'notStored', { headers: { 'Retry-After': '5' }, cause: error });
    });
    const [status, said] = accepted(answer);
    response.status(status).json(said);
  };
}

/** Of the request's form alone, whoever it is from, in the order in which refusing costs least. */
function refuseForm(request: Pick<Request, 'originalUrl' | 'headers'>): void {
  if (request.originalUrl.includes('?')) throw new Problem('query-refused');
  if (request.headers['content-encoding'] !== undefined) throw new Problem('encoding-refused', 'encoding');
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw new Problem('too-large', 'announced');
}

function accepted(answer: PartnerAnswer): [status: number, said: object] {
  switch (answer.outcome) {
    case 'refused': throw new Problem('not-authentic', answer.reason);
    case 'malformed': throw new Problem('malformed', 'json');
    case 'unreadable': throw new Problem('event-unreadable', answer.field, { members: { field: answer.field } });
    case 'stored': return [202, { outcome: 'stored' }];
    case 'duplicate': return [200, { outcome: 'duplicate' }];
    default: return [200, { outcome: answer.outcome, ...answer.without.length > 0 ? { without: answer.without } : {} }];
  }
}
