// The body of a SCIM request: JSON of modest size and depth. Refuses names by which an object could be more than data.
import type { Request } from 'express';
import { Problem } from '../problem';
import { readBody } from '../twilioGuards';
import { ScimFault } from './scimFault';

// R48. A user with every attribute is a few kilobytes.
const bytesMax = 256 * 1024;
const depthMax = 10;
const contentType = /^application\/(?:scim\+)?json(?:; ?charset="?utf-8"?)?$/i;

export async function readJson(request: Request): Promise<unknown> {
  const types = request.headersDistinct['content-type'] ?? [];
  if (types.length !== 1 || !contentType.test(types[0]!)) throw new ScimFault('notJson');
  if (request.headers['content-encoding'] !== undefined) throw new ScimFault('notJson');
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw new ScimFault('tooLarge');
  const body = parse(await readBody(request, bytesMax).catch(asFault));
  checkData(body, depthMax);
  return body;
}

function asFault(error: unknown): never {
  throw error instanceof Problem ? new ScimFault(error.problem === 'too-large' ? 'tooLarge' : 'invalidSyntax') : error;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ScimFault('invalidSyntax');
  }
}

// Also as a part of a path, which SCIMMY makes objects of.
const forbidden = /(?:^|[.:])(?:__proto__|constructor|prototype)(?:$|[.:])/i;
// Neither can be stored as text.
const unstorable = /[\0\p{Surrogate}]/u;

function checkData(value: unknown, depthLeft: number): void {
  if (typeof value === 'string' && unstorable.test(value)) throw new ScimFault('invalidValue');
  if (typeof value !== 'object' || value === null) return;
  if (depthLeft === 0) throw new ScimFault('invalidSyntax');
  for (const [name, inner] of Object.entries(value)) {
    if (forbidden.test(name) || unstorable.test(name)) throw new ScimFault('invalidSyntax');
    checkData(inner, depthLeft - 1);
  }
}

export type Plain = Readonly<Record<string, unknown>>;

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
