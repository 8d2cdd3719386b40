// The OpenAPI document of what other applications call: docs/openapi.json, and GET /v1/openapi.json.
import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { registerClients } from './clientPaths';
import { verificationSchemas } from '../verifications/verificationSchemas';
import type { VerificationSchemas } from '../verifications/verificationSchemas';

const problem = z.object({
  type: z.string().meta({ example: 'urn:doorman:problem:malformed' }),
  title: z.string(), status: z.number().int(), detail: z.string(),
  request_id: z.uuid().meta({ description: 'By which the request is found in our log.' }),
}).meta({ id: 'Problem', description: 'RFC 9457' });

const about = {
  400: 'The request is not well formed, or names a language that there is not.',
  401: 'No client is known by these credentials, or not for this.',
  404: 'There is no such verification of this client.',
  409: 'The Idempotency-Key was that of another request.',
  413: 'The request is too large.',
  415: 'Only application/json in UTF-8 is taken.',
  429: 'Too many requests of this client, or wrong credentials from this address; Retry-After says when.',
  503: 'Not at the moment; Retry-After says when.',
} as const;
type Refusal = keyof typeof about;

const json = (schema: z.ZodType) => ({ 'application/json': { schema } });

function answers(status: number, description: string, schema: z.ZodType, refusals: readonly Refusal[]) {
  const refused = refusals.map((code) =>
    [code, { description: about[code], content: { 'application/problem+json': { schema: problem } } }] as const);
  return { [status]: { description, content: json(schema) }, ...Object.fromEntries(refused) };
}

const security = [{ basic: [] }, { token: [] }];
const ofPost = [400, 401, 413, 415, 429, 503] as const;
const id = z.object({ id: z.uuid().meta({ description: 'As POST /v1/verifications gave it.' }) });

/** `languages`: the tags that Doorman speaks. */
export function openApiDocument(languages: readonly string[]): object {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'basic', { type: 'http', scheme: 'basic' });
  registry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  const schemas = verificationSchemas(languages);
  registerVerifications(registry, schemas);
  registerReturned(registry, schemas);
  registerClients(registry, problem);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Doorman for other applications', version: '1',
      description: 'One-time codes by SMS. Requests for a code are answered alike, whatever becomes of them.',
    },
    servers: [{ url: 'https://doorman.example.com', description: 'DOORMAN_PUBLIC_URL' }],
    tags: [
      { name: 'verifications', description: 'Codes that Doorman checks.' },
      { name: 'clients', description: 'Tokens, and what contact centres ask.' },
      { name: 'otp', description: 'The contract of before.' },
    ],
  });
}

function registerVerifications(
  registry: OpenAPIRegistry, { start, started, check, status }: VerificationSchemas,
): void {
  registry.registerPath({
    method: 'post', path: '/v1/verifications', operationId: 'startVerification', tags: ['verifications'], security,
    summary: 'Has a code sent to a number',
    description: 'Answered alike for every number, whether or not a code may go there, and whatever is spent.',
    request: {
      headers: z.object({
        'Idempotency-Key': z.string().max(255).optional().meta({
          description: 'A request that is repeated under its key within a day has one effect.' }),
      }),
      body: { required: true, content: json(start) },
    },
    responses: answers(202, 'Taken.', started, [...ofPost, 409]),
  });
  registry.registerPath({
    method: 'get', path: '/v1/verifications/{id}', operationId: 'showVerification', tags: ['verifications'], security,
    summary: 'Says how a verification stands', request: { params: id },
    responses: answers(200, 'How it stands.', status, [401, 404, 429, 503]),
  });
  registry.registerPath({
    method: 'post', path: '/v1/verifications/{id}/check', operationId: 'checkVerification', tags: ['verifications'],
    security, summary: 'Checks a code that a person typed',
    description: 'Says `approved` once, to the request that brought the right code. Each request is a try.',
    request: { params: id, body: { required: true, content: json(check) } },
    responses: answers(200, 'What came of it.', status, [...ofPost, 404]),
  });
}

function registerReturned(registry: OpenAPIRegistry, { start, returned }: VerificationSchemas): void {
  registry.registerPath({
    method: 'post', path: '/v1/otp', operationId: 'returnCode', tags: ['otp'], security, deprecated: true,
    summary: 'Has a code sent to a number, and tells it to the caller',
    description: 'Only for clients with `returnsCode`. Whoever holds the credentials of such a client can pass for the '
      + 'owner of any number, and nobody counts wrong guesses. Use /v1/verifications.',
    request: { body: { required: true, content: json(start) } },
    responses: answers(200, 'The code.', returned, [...ofPost, 404]),
  });
}
