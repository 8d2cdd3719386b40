// The part of the OpenAPI document that is about clients: their tokens, and what contact centres ask.
import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';

const oauthError = z.object({ error: z.string(), error_description: z.string() }).meta({ id: 'OAuthError' });
const token = z.object({
  access_token: z.string(), token_type: z.literal('Bearer'), expires_in: z.number().int(), scope: z.string().optional(),
}).meta({ id: 'Token' });
const inForm = 'Both may stand here in place of `authorization`; the secret never beside it.';
const asked = z.object({
  grant_type: z.literal('client_credentials'),
  client_id: z.string().optional().meta({ description: inForm }),
  client_secret: z.string().optional().meta({ description: inForm }),
  scope: z.string().optional().meta({
    description: 'Of `contact-centre` and `verifications`; all that it may without.',
  }),
}).meta({ id: 'TokenRequest' });
const proof = z.union([z.strictObject({ statement: z.string() }), z.strictObject({ verification_id: z.uuid() })])
  .meta({ id: 'Proof' });
const customer = z.object({
  issued_at: z.union([z.number().int(), z.string()]), JWT: z.string(), expires_in: z.number().int(),
}).meta({ id: 'CustomerAuth' });
const profile = z.record(z.string(), z.string().nullable()).meta({ id: 'Profile' });

const as = (type: string, schema: z.ZodType) => ({ content: { [type]: { schema } } });
const json = (description: string, schema: z.ZodType) => ({ description, ...as('application/json', schema) });
const tags = ['clients'];
const limited = 'Too many requests of this client, or wrong credentials from this address.';

export function registerClients(registry: OpenAPIRegistry, problem: z.ZodType): void {
  registry.registerComponent('securitySchemes', 'apiKey', { type: 'apiKey', in: 'header', name: 'api-key' });
  const refused = (description: string) => ({ description, ...as('application/problem+json', problem) });
  const refusals = {
    400: refused('The request is not well formed.'), 401: refused('It does not show who calls, and for whom.'),
    413: refused('The request is too large.'), 415: refused('A body is taken as application/json in UTF-8 alone.'),
    429: refused(limited), 503: refused('Not at the moment.'),
  };
  const tokenPaths = [['/oauth/token', 'getToken'], ['/access_token', 'getAccessToken']] as const;
  for (const [path, operationId] of tokenPaths) registry.registerPath({
    // By the header, or in the form, which is no scheme of the document's own.
    method: 'post', path, operationId, tags, security: [{ basic: [] }, {}],
    summary: 'Gives a token for client id and secret (RFC 6749, section 4.4)',
    request: { body: { required: true, ...as('application/x-www-form-urlencoded', asked) } },
    responses: {
      200: json('The token.', token),
      400: json('Another grant or scope, no form, or one that is too large.', oauthError),
      401: json('No client has these.', oauthError),
      429: json(limited, oauthError),
      503: json('Not at the moment.', oauthError),
    },
  });
  registry.registerPath({
    method: 'post', path: '/customer_authenticate', operationId: 'authenticateCustomer', tags,
    security: [{ token: [] }, { apiKey: [] }], summary: 'Gives the JWT of a customer who proved who they are',
    request: { body: { required: true, ...as('application/json', proof) } },
    responses: { 200: json('The JWT, to be sent as `customer-auth: JWT …`.', customer), ...refusals },
  });
  registry.registerPath({
    method: 'post', path: '/getprofile', operationId: 'readProfile', tags,
    // Both of them.
    security: [{ token: [], apiKey: [] }], summary: 'Says of a customer what this client may know',
    request: { headers: z.object({ 'customer-auth': z.string().meta({ example: 'JWT eyJ…' }) }) },
    responses: { 200: json('The profile.', profile), ...refusals },
  });
}
