// POST /customer_authenticate and /getprofile, as contact centres call them. A refusal has one form for each, byte by
// byte, and nothing in it tells which of token, key and JWT was wrong (R37).
import type { Request, RequestHandler, Response } from 'express';
import type { ContactCentres, CustomerAuth, Outcome, Proof, RefusalReason } from '../../clients/contactCentre';
import { isUuid } from '../../domain/identifiers';
import type { Log } from '../../log';
import { authorizationOf } from '../callers/authorization';
import type { FailureLimit } from '../callers/failureLimit';
import { failureWindowMs } from '../callers/failureLimit';
import { Problem, problemType, requestIdOf } from '../problem';
import { readBody } from '../twilioGuards';

export interface ContactCentreDeps {
  readonly centres: ContactCentres;
  readonly log: Pick<Log, 'warn'>;
}

export const authenticatePath = '/customer_authenticate';
export const profilePath = '/getprofile';

const bytesMax = 8_192;
const contentType = /^application\/json(?:; ?charset="?utf-8"?)?$/i;
const keyForm = /^([\x21-\x7e]{1,512})$/;
const jwtForm = /^JWT ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/;
const statementForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** No id of the request in it: two refusals are the same. The header has it. */
const refused = JSON.stringify({
  type: 'urn:doorman:problem:not-authentic', title: 'Unauthorized', status: 401,
  detail: 'The request does not show who calls, and for whom.',
});

export function customerAuthenticate({ centres, log }: ContactCentreDeps, limit: FailureLimit): RequestHandler {
  return async (request, response) => {
    refuseForm(request);
    const { token, apiKey } = shownBy(request);
    const proof = proofIn(jsonOf(await bodyOf(request)));
    // A header of another form is a wrong one, also beside one that is right.
    const isWhole = token !== undefined && apiKey !== undefined && token + apiKey !== '';
    const auth = await looked(limit, request, known(token, apiKey),
      async () => isWhole ? centres.authenticate({ token, apiKey }, proof) : formless);
    if (auth.outcome === 'refused') return refuse(log, response, auth.reason);
    response.json(answerOf(auth.answer));
  };
}

export function readProfile({ centres, log }: ContactCentreDeps, limit: FailureLimit): RequestHandler {
  return async (request, response) => {
    refuseForm(request);
    const body = await bodyOf(request);
    if (body.length > 0 && Object.keys(jsonOf(body)).length > 0) throw new Problem('malformed', 'body');
    const shown = shownBy(request);
    const { token = '', apiKey = '', jwt = '' } = shown;
    const told = await looked(
      limit, request, known(token, apiKey), () => centres.readProfile({ token, apiKey, jwt }));
    const isWhole = Object.values(shown).every((one) => one !== undefined);
    if (told.outcome === 'refused') return refuse(log, response, isWhole ? told.reason : 'form');
    response.json(told.answer);
  };
}

/** Of the request's form alone, whoever it is from. */
function refuseForm(request: Request): void {
  if (request.originalUrl.includes('?')) throw new Problem('query-refused');
  if (request.headers['content-encoding'] !== undefined) throw new Problem('json-refused', 'encoding');
  const types = request.headersDistinct['content-type'] ?? [];
  if (types.length > 1 || types.some((type) => !contentType.test(type))) throw new Problem('json-refused', 'type');
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw new Problem('too-large', 'announced');
}

/** Empty for a header that is not there, undefined for one that stands twice or has no possible form. */
function shownBy(request: Request) {
  const only = (name: string, form: RegExp): string | undefined => {
    const [value, ...more] = request.headersDistinct[name] ?? [];
    return value === undefined ? '' : more.length > 0 ? undefined : form.exec(value)?.[1];
  };
  const authorization = authorizationOf(request);
  const isAbsent = request.headersDistinct.authorization === undefined;
  return {
    token: authorization !== undefined && 'token' in authorization ? authorization.token : isAbsent ? '' : undefined,
    apiKey: only('api-key', keyForm),
    jwt: only('customer-auth', jwtForm),
  };
}

/** A body without a content type is none. */
async function bodyOf(request: Request): Promise<Buffer> {
  const body = await readBody(request, bytesMax);
  if (body.length > 0 && request.headers['content-type'] === undefined) throw new Problem('json-refused', 'type');
  return body;
}

function jsonOf(body: Buffer): object {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below, as of what is JSON and no object.
  }
  throw new Problem('malformed', 'json');
}

/** One proof, and nothing beside it. */
function proofIn(body: object): Proof {
  const [[name, value] = ['', ''], ...more] = Object.entries(body) as [string, unknown][];
  if (more.length > 0 || typeof value !== 'string') throw new Problem('malformed', 'proof');
  if (name === 'statement' && statementForm.test(value)) return { statement: value };
  if (name === 'verification_id' && isUuid(value)) return { verificationId: value };
  throw new Problem('malformed', 'proof');
}

/** By what a caller is remembered that was right before. The key stays while tokens change every hour. */
const known = (token = '', apiKey = ''): string => (apiKey === '' ? token : apiKey);

const formless = { outcome: 'refused', reason: 'form' } as const;

/** What is found; within the limits of the address for credentials that were never right, and of the client. */
async function looked<T>(
  limit: FailureLimit, request: Request, shown: string, find: () => Promise<Outcome<T>>,
): Promise<Exclude<Outcome<T>, { outcome: 'limited' }>> {
  const address = request.socket.remoteAddress ?? '';
  const found = await limit.lookUp(address, shown, find).catch((cause: unknown) => {
    throw new Problem('unavailable', 'notKnown', { headers: { 'Retry-After': '5' }, cause });
  });
  if (found === 'busy') {
    throw new Problem('too-many', undefined, { headers: { 'Retry-After': String(failureWindowMs / 1_000) } });
  }
  if (found.outcome === 'refused') limit.noteFailure(address);
  else limit.noteRight(shown);
  if (found.outcome !== 'limited') return found;
  throw new Problem('client-limited', undefined, { headers: { 'Retry-After': String(found.seconds) } });
}

/** Why is for our log alone: whoever calls is told nothing of it. */
function refuse(log: ContactCentreDeps['log'], response: Response, reason: RefusalReason): void {
  log.warn('request refused', { requestId: requestIdOf(response), status: 401, kind: 'contact-centre', reason });
  response.set('WWW-Authenticate', 'Bearer realm="contact-centre"').status(401).type(problemType).send(refused);
}

/** Names and case as the contract has them. */
function answerOf({ jwt, issuedAt, expiresIn, issuedAtForm }: CustomerAuth): object {
  const forms = {
    seconds: () => issuedAt, milliseconds: () => issuedAt * 1_000, iso: () => new Date(issuedAt * 1_000).toISOString(),
  };
  return { issued_at: forms[issuedAtForm](), JWT: jwt, expires_in: expiresIn };
}
