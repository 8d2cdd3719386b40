// What stands before every route that Twilio calls: form of the request, size, signature (R39, R48, A01 to A09, A11).
import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { Problem } from './problem';
import { formBytesMax, readForm } from './twilioForm';
import type { Parameters } from './twilioForm';
import { isSignature } from './twilioSignature';
import type { SignatureCheck } from './twilioSignature';

const contentType = /^application\/x-www-form-urlencoded(?:; ?charset="?utf-8"?)?$/i;

/**
 * Handlers that let only genuine requests through, in the order in which refusing costs least. `urlOf`: the literal
 * URL that Twilio was told for this route: a signature made for another route or host does not fit (A09, A11).
 */
export function twilioGuards(urlOf: (request: Request) => string, isSigned: SignatureCheck): RequestHandler[] {
  const plainForm: RequestHandler = (request, _response, next) => {
    // A query string would switch the validator to another rule (A08).
    if (request.originalUrl.includes('?')) throw new Problem('query-refused');
    const types = request.headersDistinct['content-type'] ?? [];
    if (types.length !== 1 || !contentType.test(types[0]!)) throw new Problem('content-refused', 'type');
    if (request.headers['content-encoding'] !== undefined) throw new Problem('content-refused', 'encoding');
    const signatures = request.headersDistinct['x-twilio-signature'] ?? [];
    if (signatures.length !== 1 || !isSignature(signatures[0])) throw new Problem('not-genuine', 'signatureForm');
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > formBytesMax) throw new Problem('too-large', 'announced');
    next();
  };
  const signedForm: RequestHandler = async (request, response, next) => {
    const form = readForm(await readBody(request));
    if (form.outcome === 'malformed') {
      throw new Problem(form.reason === 'size' ? 'too-large' : 'malformed', form.reason);
    }
    const signature = request.get('x-twilio-signature');
    if (!isSigned(urlOf(request), signature, form.parameters)) throw new Problem('not-genuine', 'signature');
    response.locals.twilioParameters = form.parameters;
    next();
  };
  return [plainForm, signedForm];
}

/** The raw bytes, up to the limit. Express' own reader takes in all of an oversized body before it refuses it. */
export function readBody(request: IncomingMessage, bytesMax: number = formBytesMax): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes <= bytesMax) return;
      request.pause();
      reject(new Problem('too-large', 'body'));
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    // Also after the end, when it has no effect.
    for (const event of ['error', 'close']) request.on(event, () => reject(new Problem('malformed', 'aborted')));
  });
}

/** The parameters of a request that passed the guards. */
export function signedParameters(response: Response): Parameters {
  return response.locals.twilioParameters as Parameters; // cast: the last guard wrote it
}
